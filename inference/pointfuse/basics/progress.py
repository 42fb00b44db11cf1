"""Progress bar for terminals."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import click

Progress = Callable[[int, str], AbstractContextManager[Any]]
"""From the number of steps and their name to a bar with the method ``update``."""


def progress(length: int, label: str, hidden: bool, unit: str = "days") -> Any:
    """Bar of progress with the rate and the time left, for people who watch.

    Parameters
    ----------
    length : int
        How much there is to do.
    label : str
        What is done.
    hidden : bool
        Whether to show nothing; nor is anything shown where nobody watches.
    unit : str
        What is counted.
    """
    began = time.perf_counter()

    def rate(_: object) -> str:
        done = bar.pos / (time.perf_counter() - began)
        return f"{done:.2f} {unit}/s" if bar.pos else ""

    bar: Any = click.progressbar(
        length=length,
        label=label,
        file=sys.stderr,
        hidden=hidden or not sys.stderr.isatty(),
        show_pos=True,
        show_eta=True,
        item_show_func=rate,
    )
    return bar
