"""Timings: calls repeated after a warm-up, and what is said of many of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

WARM_UP = 3
"""Calls before the first that counts."""

_FEWEST_FOR_P99 = 100
"""With fewer calls the 99th percentile is only another name of the slowest."""


def repeat(
    call: Callable[[], object], most: int, seconds: float, warm_up: int = WARM_UP
) -> list[float]:
    """Seconds of each of several calls, one after the other.

    Parameters
    ----------
    call : callable
        What is measured; it must return when it is done.
    most : int
        Calls that count.
    seconds : float
        No further call is begun after so long, but there is always one.
    warm_up : int
        Calls before them that do not count.
    """
    for _ in range(warm_up):
        call()
    found: list[float] = []
    ends = time.perf_counter() + seconds
    while not found or (len(found) < most and time.perf_counter() < ends):
        found.append(timed(call))
    return found


def timed(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """What is said of timings: how many, and percentiles in milliseconds.

    Returns
    -------
    dict
        ``n``, ``p50``, ``p90``, ``slowest`` and, from 100 timings on, ``p99``.
    """
    percentiles = {"p50": 50, "p90": 90}
    if len(seconds) >= _FEWEST_FOR_P99:
        percentiles["p99"] = 99
    thousandths = 1000 * np.array(seconds)
    return {
        "n": len(seconds),
        **{name: round(float(np.percentile(thousandths, p)), 3) for name, p in percentiles.items()},
        "slowest": round(float(thousandths.max()), 3),
    }
