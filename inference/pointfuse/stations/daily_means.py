"""Daily means of hourly observations: how many valid hours make a day, or one that is not over."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.timezones import local_hours
from pointfuse.errors import InputError
from pointfuse.model.metadata import Variable
from pointfuse.stations.observations import Observations, Unfinished
from pointfuse.stations.pollutants import measured_by_the_hour

HOURS = 24
"""Of a day."""


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
    needed = hours_needed(days, min_hours, hourly.unfinished)
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
    days: NDArray[np.datetime64], min_hours: int, unfinished: Unfinished | None
) -> NDArray[np.int64]:
    """Valid hours that make each of some days, shape (day,)."""
    needed = np.full(len(days), min_hours)
    if unfinished is not None:
        needed[days == unfinished.day] = math.ceil(min_hours * unfinished.hours / HOURS)
    return needed


def unfinished_day(parts: Iterable[Observations], target: Variable) -> Unfinished | None:
    """The last day of all files, if it was not over when they were written.

    The last hour is the last that more than half of the stations have, of as many as the busiest
    hour has: one clock that is wrong, or one network that is ahead, ends no day.

    Parameters
    ----------
    parts : iterable of Observations
        All hourly values of some days before the end, and until it.
    target : Variable
        The variable that is fused, and its valid range.
    """
    name, (low, high) = measured_by_the_hour(target), target.valid_range
    stations: dict[np.datetime64, int] = {}
    zone = None
    for part in parts:
        table = part.values.get(name)
        if not part.hourly or table is None:
            continue
        with_value = ((table >= low) & (table <= high)).sum(axis=1)
        for time, count in zip(part.times, with_value.tolist(), strict=True):
            stations[time] = stations.get(time, 0) + count
        zone = part.timezone
    busiest = max(stations.values(), default=0)
    if zone is None or not busiest:
        return None
    last = max(time for time, count in stations.items() if 2 * count > busiest)
    day = last.astype("datetime64[D]")
    hour = int((last - day.astype("datetime64[h]")).astype(np.int64))
    (whole,) = local_hours(np.array([day]), zone)
    return None if hour >= np.flatnonzero(whole)[-1] else Unfinished(day, hour + 1)


def until_now(hourly: Observations, unfinished: Unfinished | None) -> Observations:
    """Hourly values without those behind the last hour of a day that is not over."""
    if unfinished is None:
        return hourly
    end = unfinished.day.astype("datetime64[h]") + np.timedelta64(unfinished.hours, "h")
    later = (hourly.times >= end) & (hourly.times.astype("datetime64[D]") == unfinished.day)
    return replace(hourly.at_times(~later), unfinished=unfinished)
