"""Daily means of hourly observations: how many valid hours make a day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations


def daily_means(hourly: Observations, min_hours: int = 18) -> Observations:
    """Daily means of hourly observations.

    Parameters
    ----------
    hourly : Observations
        Hourly values; the day of a value is the calendar day of its time.
    min_hours : int
        Valid hours that make a day, 1 to 24; with fewer the day is missing.

    Raises
    ------
    InputError
        If `min_hours` is not between 1 and 24.
    """
    if not 1 <= min_hours <= 24:
        raise InputError(f"a day needs 1 to 24 valid hours, got {min_hours}")
    days, day_of_hour = np.unique(hourly.times.astype("datetime64[D]"), return_inverse=True)
    values = {}
    for name, table in hourly.values.items():
        means = np.full((len(days), table.shape[1]), np.nan)
        for day in range(len(days)):
            hours = table[day_of_hour == day]
            count = np.isfinite(hours).sum(axis=0)
            enough = count >= min_hours
            means[day, enough] = np.nansum(hours[:, enough], axis=0) / count[enough]
        values[name] = means
    return replace(hourly, times=days, values=values, reasons={})
