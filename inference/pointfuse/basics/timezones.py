"""Time zones, and the days that begin and end in them."""

from __future__ import annotations

import datetime
import re
import zoneinfo

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError

BEIJING = datetime.timezone(datetime.timedelta(hours=8), "Asia/Shanghai")
"""Time of the Chinese networks. China has not changed its clocks since 1991, so this needs no time
zone database, which some systems lack."""

LONGITUDE = "longitude"
"""In place of the name of a time zone: each station's own clock."""


def parse_period(text: str) -> tuple[np.datetime64 | None, np.datetime64 | None]:
    """A period as people write it: 2019-01-01:2019-01-31, or a single day.

    Parameters
    ----------
    text : str
        First and last day, both included; open where one is left out.

    Raises
    ------
    InputError
        If these are no days, or the last comes before the first.
    """
    first, colon, last = text.partition(":")
    begin = _day(first) if first else None
    end = (_day(last) if last else None) if colon else begin
    if begin is not None and end is not None and begin > end:
        raise InputError(f"expected the first day before the last, got '{text}'")
    return begin, end


def _day(text: str) -> np.datetime64:
    """A day as people write it: 2019-01-06."""
    try:
        return np.datetime64(datetime.date.fromisoformat(text), "D")
    except ValueError as error:
        raise InputError(f"expected a day such as 2019-01-06, got '{text}'") from error


class OwnClocks(datetime.tzinfo):
    """Each station's own clock: that of the sun at its longitude, in whole hours.

    To all that asks for the offset of a time it is UTC, in which files are read: their hours are
    moved afterwards.
    """

    def utcoffset(self, _: datetime.datetime | None) -> datetime.timedelta:
        """None: as UTC."""
        return datetime.timedelta(0)

    def dst(self, _: datetime.datetime | None) -> datetime.timedelta:
        """None: the sun has no summer time."""
        return datetime.timedelta(0)

    def tzname(self, _: datetime.datetime | None) -> str:
        """The name under which it is asked for."""
        return LONGITUDE

    def __str__(self) -> str:
        return LONGITUDE

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnClocks)

    def __hash__(self) -> int:
        return hash(LONGITUDE)


# Python calls its own nameless offsets UTC+05:00.
_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{2}):?(\d{2})")


def parse_timezone(name: str) -> datetime.tzinfo:
    """Time zone of a name such as ``Asia/Shanghai``, ``UTC``, ``+05:30`` or ``longitude``.

    Raises
    ------
    InputError
        If the name is no time zone, or the system has no time zone database.
    """
    if name == BEIJING.tzname(None):
        return BEIJING
    if name == "UTC":
        return datetime.UTC
    if name == LONGITUDE:
        return OwnClocks()
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
        size = datetime.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return datetime.timezone(-size if offset[1] == "-" else size, name)
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"the time zone '{name}' is not known here; expected a name such as 'Europe/Paris' "
            "(on systems without a time zone database: pip install tzdata) or an offset such as "
            "'+08:00'"
        ) from error


def zone_name(zone: datetime.tzinfo) -> str:
    """Name under which `parse_timezone` finds the zone again."""
    return str(zone)


def utc_midnights(days: NDArray[np.datetime64], zone: datetime.tzinfo) -> NDArray[np.datetime64]:
    """Instants at which local days begin.

    Parameters
    ----------
    days : ndarray of datetime64[D]
        Local calendar days.
    zone : datetime.tzinfo
        Their time zone.

    Returns
    -------
    ndarray of datetime64[s], the shape of `days`
        UTC.
    """
    return utc_hours(days.astype("datetime64[h]"), zone)


def utc_hours(hours: NDArray[np.datetime64], zone: datetime.tzinfo) -> NDArray[np.datetime64]:
    """Instants of hours of local clocks; of an hour that clocks show twice the first.

    Parameters
    ----------
    hours : ndarray of datetime64[h]
        Local times.
    zone : datetime.tzinfo
        Their time zone.

    Returns
    -------
    ndarray of datetime64[s], the shape of `hours`
        UTC.
    """
    instants = [
        hour.replace(tzinfo=zone).astimezone(datetime.UTC).replace(tzinfo=None)
        for hour in hours.astype("datetime64[s]").tolist()
    ]
    return np.array(instants, "datetime64[s]")


def local_hours(days: NDArray[np.datetime64], zone: datetime.tzinfo) -> NDArray[np.bool_]:
    """Which hours of the clock each local day has: 23 where clocks are put forward.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (day,)
        Local calendar days.
    zone : datetime.tzinfo
        Their time zone.

    Returns
    -------
    ndarray of bool, shape (day, 24)
        Whether the day has the hour.
    """
    there = np.ones((len(days), 24), bool)
    begins, ends = utc_midnights(days, zone), utc_midnights(days + np.timedelta64(1, "D"), zone)
    for day in np.flatnonzero(ends - begins < np.timedelta64(24, "h")):
        instants = np.arange(begins[day], ends[day], np.timedelta64(1, "h")).tolist()
        clock = [each.replace(tzinfo=datetime.UTC).astimezone(zone).hour for each in instants]
        there[day] = np.isin(np.arange(24), clock)
    return there
