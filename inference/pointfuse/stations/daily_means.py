"""Daily means of hourly observations: how many valid hours make a day, or one that is not over."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.timezones import local_hours
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations

HOURS = 24


def daily_means(hourly: Observations, min_hours: int = 18) -> Observations:
    """Daily means of hourly observations.

    Parameters
    ----------
    hourly : Observations
        Hourly values; the day of a value is the calendar day of its time.
    min_hours : int
        Valid hours that make a day, 1 to 24; with fewer the day is missing. Of the day that is not
        over the same share of its hours so far is enough.

    Raises
    ------
    InputError
        If `min_hours` is not between 1 and 24.
    """
    if not 1 <= min_hours <= 24:
        raise InputError(f"a day needs 1 to 24 valid hours, got {min_hours}")
    days, day_of_hour = np.unique(hourly.times.astype("datetime64[D]"), return_inverse=True)
    needed = hours_needed(hourly, days, min_hours)
    values = {}
    for name, table in hourly.values.items():
        means = np.full((len(days), table.shape[1]), np.nan)
        for day in range(len(days)):
            hours = table[day_of_hour == day]
            count = np.isfinite(hours).sum(axis=0)
            enough = count >= needed[day]
            means[day, enough] = np.nansum(hours[:, enough], axis=0) / count[enough]
        values[name] = means
    return replace(hourly, times=days, values=values, reasons={})


def hours_needed(
    hourly: Observations, days: NDArray[np.datetime64], min_hours: int
) -> NDArray[np.int64]:
    """Valid hours that make each of some days, shape (day,)."""
    needed = np.full(len(days), min_hours)
    if hourly.unfinished is not None:
        so_far = hours_so_far(hourly, hourly.unfinished)
        # A day without any hour has no mean, whatever share of it were enough.
        needed[days == hourly.unfinished] = max(1, math.ceil(min_hours * so_far / HOURS))
    return needed


def unfinished_day(hourly: Observations, last: np.datetime64) -> np.datetime64 | None:
    """The last day of all files, if it was not over when they were written.

    Parameters
    ----------
    hourly : Observations
        Hourly values.
    last : datetime64[D]
        The last day of all files.
    """
    so_far = hours_so_far(hourly, last)
    (whole,) = local_hours(np.array([last]), hourly.timezone)
    return last if 0 < so_far <= np.flatnonzero(whole)[-1] else None


def hours_so_far(hourly: Observations, day: np.datetime64) -> int:
    """Hours of a day until the last in which any station has a value."""
    there = np.zeros(len(hourly.times), bool)
    for table in hourly.values.values():
        there |= np.isfinite(table).any(axis=1)
    own = hourly.times[there & (hourly.times.astype("datetime64[D]") == day)]
    return 1 + int((own[-1] - day.astype("datetime64[h]")).astype(np.int64)) if len(own) else 0
