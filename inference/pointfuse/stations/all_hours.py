"""Make one checked table of hours from the results of all readers: every hour, gaps too."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.timezones import BEIJING, local_hours, utc_hours, zone_name
from pointfuse.errors import InputError
from pointfuse.model.metadata import Variable
from pointfuse.stations.merging import merge
from pointfuse.stations.observations import Observations, SourceFile
from pointfuse.stations.pollutants import POLLUTANTS, is_eight_hour_maximum
from pointfuse.stations.quality.hour_checks import check_hours
from pointfuse.stations.quality.reasons import Reason

logger = logging.getLogger(__name__)


def hours_between(read: NDArray[np.datetime64], zone: datetime.tzinfo) -> NDArray[np.datetime64]:
    """Every hour of the days on which hours were read, from the first hour to the last.

    Parameters
    ----------
    read : ndarray of datetime64[h], shape (read hour,)
        Hours that were read.
    zone : datetime.tzinfo
        Their time zone.

    Returns
    -------
    ndarray of datetime64[h], shape (hour,)
        Increasing. Of days of which nothing was read there is none, nor are
        there hours that clocks which are put forward leave out.

    Raises
    ------
    InputError
        If there are none.
    """
    if not len(read):
        raise InputError(
            "there are no hourly values in the period: the files hold none of it, or daily means "
            "alone; name another period, give files of hours, or fuse days"
        )
    read = np.unique(read)
    days = np.unique(read.astype("datetime64[D]"))
    every = days[:, None].astype("datetime64[h]") + np.arange(24)
    wanted = local_hours(days, zone) & (every >= read[0]) & (every <= read[-1])
    hours: NDArray[np.datetime64] = every[wanted]
    return hours


def hours_of_parts(parts: Sequence[Observations]) -> NDArray[np.datetime64]:
    """As `hours_between`, of what readers gave: hours and daily means, of which none count.

    Raises
    ------
    InputError
        If there are no hours.
    """
    hourly = [part for part in parts if part.hourly]
    read = [part.times for part in hourly]
    zone = hourly[0].timezone if hourly else BEIJING
    return hours_between(np.concatenate(read) if read else np.array([], "datetime64[h]"), zone)


def hourly_table(
    parts: Sequence[Observations],
    variables: Sequence[Variable],
    times: NDArray[np.datetime64],
    *,
    quality_control: bool,
) -> Observations:
    """Merge hourly parts to checked values of all their stations.

    Parameters
    ----------
    parts : sequence of Observations
        Hourly values in any order; daily means among them only name their stations.
    variables : sequence of Variable
        Their valid ranges; pollutants, and the first, are checked for spikes.
    times : ndarray of datetime64[h], shape (hour,)
        The hours of the table; nothing is known of those that no part has.
    quality_control : bool
        Whether to look for stuck values and spikes.

    Raises
    ------
    InputError
        If two parts contradict each other.
    """
    merged = merge([part if part.hourly else _stations_of(part) for part in parts])
    checked = check_hours(merged, variables, thorough=quality_control)
    named = checked.of_variables([variable.name for variable in variables])
    return _on_times(named, times)


def refuse_daily_statistics(variables: Sequence[Variable]) -> None:
    """Make sure that variables have values of hours.

    Raises
    ------
    InputError
        If one is of a day by its definition.
    """
    for variable in filter(is_eight_hour_maximum, variables):
        raise InputError(
            f"{variable.name} is the {variable.long_name}, which no hour has; fuse it by day, or "
            "o3 by hour"
        )


def hours_end(files: Sequence[SourceFile]) -> bool:
    """Whether the hours of files end at their times, or begin there."""
    return any(file.hours_end for file in files)


def stamped(parts: Iterable[Observations]) -> dict[bool, str]:
    """A file whose hours of a pollutant end at their times, and one whose hours begin there."""
    found: dict[bool, str] = {}
    for part in parts:
        if part.hourly and part.files and set(part.values) & set(POLLUTANTS):
            found.setdefault(part.files[0].hours_end, part.files[0].name)
    return found


def warn_of_hours(files: Mapping[bool, str], zone: datetime.tzinfo) -> None:
    """Say in warnings why hours may not be what they seem.

    Parameters
    ----------
    files : mapping of bool to str
        Files of both kinds, as of `stamped`.
    zone : datetime.tzinfo
        The time zone of their times.
    """
    if len(files) > 1:
        logger.warning(
            "hours of %s end at their times, those of %s begin there: the latter are taken as an "
            "hour earlier than they are; fuse them apart",
            files[True],
            files[False],
        )
    (noon,) = utc_hours(np.array(["2000-01-01T12"], "datetime64[h]"), zone)
    if noon != noon.astype("datetime64[h]"):
        logger.warning(
            "the time zone %s is not a whole number of hours from UTC: hours of files in another "
            "one are cut to its hours; name the zone of the files with --timezone",
            zone_name(zone),
        )


def _stations_of(daily: Observations) -> Observations:
    """The stations of daily means, with no hour."""
    none = daily.at_times(slice(0, 0))
    return replace(none, times=none.times.astype("datetime64[h]"), hours=None)


def _on_times(observations: Observations, times: NDArray[np.datetime64]) -> Observations:
    """The same values on other times, with nothing where there are none."""
    known = np.isin(times, observations.times)
    rows = np.searchsorted(observations.times, times[known])
    shape = (len(times), len(observations.stations))
    values, reasons = {}, {}
    for name, table in observations.values.items():
        values[name] = np.full(shape, np.nan)
        values[name][known] = table[rows]
        reasons[name] = np.full(shape, Reason.NO_VALUE, np.uint8)
        reasons[name][known] = observations.reasons[name][rows]
    return replace(observations, times=times, values=values, reasons=reasons)
