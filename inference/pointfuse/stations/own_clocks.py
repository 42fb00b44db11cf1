"""Hours by the clock of each station, for days of stations that are zones apart."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from pointfuse.basics.timezones import LONGITUDE, OwnClocks
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations

_DEGREES_AN_HOUR = 15


def by_own_clocks(observations: Observations) -> Observations:
    """Hours in UTC as hours of the sun at each station, to the nearest whole one.

    Parameters
    ----------
    observations : Observations
        Hours; those in another time zone than `OwnClocks`, and days, stay as they are.

    Returns
    -------
    Observations
        A station at 30 degrees east has 14 h where UTC has 12 h.
    """
    if not (isinstance(observations.timezone, OwnClocks) and observations.hourly):
        return observations
    longitude = np.nan_to_num(observations.stations.longitude)
    # Half a circle either way: the date changes opposite Greenwich.
    ahead = np.rint(((longitude + 180) % 360 - 180) / _DEGREES_AN_HOUR).astype(np.int64)
    hours = observations.times.astype(np.int64)
    times = np.unique(hours[:, None] + np.unique(ahead))
    values = {}
    for name, table in observations.values.items():
        moved = np.full((len(times), table.shape[1]), np.nan)
        for hour in np.unique(ahead):
            alike = np.flatnonzero(ahead == hour)
            moved[np.searchsorted(times, hours + hour)[:, None], alike] = table[:, alike]
        values[name] = moved
    return replace(observations, times=times.astype("datetime64[h]"), values=values)


def refuse_own_clocks(zone: datetime.tzinfo) -> None:
    """Make sure that hours are those of one clock.

    Raises
    ------
    InputError
        If each station has its own.
    """
    if isinstance(zone, OwnClocks):
        raise InputError(
            f"--timezone {LONGITUDE} is for days; hours are the same everywhere: name UTC, or the "
            "time zone of times that name none"
        )
