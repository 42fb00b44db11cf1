"""Calendar weeks, the unit of quality control.

A value is judged by its own week, and hours by two days before and after it too. So its flags do
not depend on how many years are read in one call, nor on whether they are read at once or as a
stream.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MARGIN = np.timedelta64(2, "D")
"""Days before and after a week whose hours are looked at: stuck values go on over midnight."""

# 1970-01-01 was a Thursday; weeks begin on Mondays.
_DAYS_TO_MONDAY = 3


def week_numbers(times: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Number of the calendar week of each time; successive weeks have successive numbers."""
    numbers: NDArray[np.int64] = (
        times.astype("datetime64[D]").astype(np.int64) + _DAYS_TO_MONDAY
    ) // 7
    return numbers


def week_bounds(number: int) -> tuple[np.datetime64, np.datetime64]:
    """First and last day of a week."""
    monday = np.datetime64(7 * number - _DAYS_TO_MONDAY, "D")
    return monday, monday + np.timedelta64(6, "D")


def weeks(times: NDArray[np.datetime64]) -> Iterator[tuple[slice, slice]]:
    """Positions of each week in increasing times, alone and with the margin around it.

    Parameters
    ----------
    times : ndarray of datetime64[h] or datetime64[D], shape (time,)
        Increasing.
    """
    days = times.astype("datetime64[D]")
    for number in np.unique(week_numbers(times)):
        first, last = week_bounds(int(number))
        own, around = (
            slice(
                int(np.searchsorted(days, first - margin)),
                int(np.searchsorted(days, last + margin, side="right")),
            )
            for margin in (np.timedelta64(0, "D"), MARGIN)
        )
        yield own, around
