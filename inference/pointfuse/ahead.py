"""The next item is made while the last one is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Items in their order, each made in another thread while the one before it is used.

    Parameters
    ----------
    items : iterable
        Asked for one item at a time, and never for more than one beyond the last that was taken.
        What it raises is raised where the item would have come.
    """
    source, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="one-ahead") as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield item  # type: ignore[misc]  # which is an item, since it is not the end
