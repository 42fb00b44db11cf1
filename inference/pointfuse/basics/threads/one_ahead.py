"""Compute the next item while the current one is used."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pointfuse.basics.threads.native_calls import Pool

Item = TypeVar("Item")


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Items in their order, each made in another thread while the one before it is used.

    Parameters
    ----------
    items : iterable
        Asked for one item at a time, and never for more than one beyond the last that was taken.
        What it raises is raised where the item would have come.
    """
    source = iter(items)
    with Pool(1, thread_name_prefix="one-ahead") as thread:
        coming = thread.submit(_next, source)
        while item := coming.result():
            coming = thread.submit(_next, source)
            yield from item


def _next(source: Iterator[Item]) -> list[Item]:
    """The next item, in a list that is empty at the end."""
    return list(itertools.islice(source, 1))
