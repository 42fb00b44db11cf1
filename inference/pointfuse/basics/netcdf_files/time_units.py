"""Read netCDF time: units such as ``hours since 2019-01-06 00:00:00 +08:00``, calendars.

The units are read here, every character of them: libraries drop what stands behind the clock time
where it is not in their own spelling, and are hours off without a word. What is understood are the
forms of UDUNITS (https://docs.unidata.ucar.edu/udunits/current/#Syntax) and those of ISO 8601.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError

_SECONDS = {
    1e-6: ("microsecond", "microseconds", "microsec", "microsecs"),
    1e-3: ("millisecond", "milliseconds", "millisec", "millisecs", "msec", "msecs", "ms"),
    1.0: ("second", "seconds", "sec", "secs", "s"),
    60.0: ("minute", "minutes", "min", "mins"),
    3600.0: ("hour", "hours", "hr", "hrs", "h"),
    86400.0: ("day", "days", "d"),
    604800.0: ("week", "weeks"),
}
_SECONDS_OF = {name: seconds for seconds, names in _SECONDS.items() for name in names}

_UNITS = re.compile(
    r"(?P<step>[a-z]+)\s+(?:since|after|from|ref)\s+"
    r"(?:(?P<date>\d{8})|(?P<year>\d{1,4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?)"
    r"(?:(?:\s*t|\s+|_)(?:(?P<clock>\d{4}(?:\d{2})?)"
    r"|(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:\.\d*)?))?)?)"
    r"(?P<zone>.*)|(?P<word>\s*[a-z]+))?",
    re.IGNORECASE | re.ASCII,
)
# Of a zone without a sign UDUNITS says that it is east of Greenwich.
_ZONE = re.compile(
    r"\s*(?:z|(?:utc|gmt|ut)?\s*(?P<sign>[+-])\s*(?P<digits>\d{1,4}|\d{1,2}:\d{2}(?::00)?)"
    r"|(?:\s(?P<east>\d{1,2}:\d{2}|\d{1,2}|\d{3,4}))|utc|gmt|ut)?\s*",
    re.IGNORECASE | re.ASCII,
)
_FARTHEST_ZONE = datetime.timedelta(hours=14)
"""The largest offset from Greenwich that any place has, in Kiribati."""

_USUAL = ("standard", "gregorian", "proleptic_gregorian")
_LONGEST = 4e11
"""Seconds, 12,000 years: whatever is farther from its reference is no time."""


@dataclass(frozen=True)
class TimeUnits:
    """Units of time.

    Parameters
    ----------
    step : float
        Seconds that a number counts.
    day : str
        Day of the reference in the file's calendar, such as ``2019-01-06``.
    shift : float
        Seconds from midnight of that day in Greenwich to the reference.
    zone : float
        Seconds by which the clock of the reference is ahead of Greenwich.
    """

    step: float
    day: str
    shift: float
    zone: float

    def seconds(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds since midnight of `day` in Greenwich."""
        with np.errstate(over="ignore", invalid="ignore"):
            return numbers * self.step + self.shift


def parse_time_units(units: str) -> TimeUnits:
    """Units of time from their text.

    Parameters
    ----------
    units : str
        Such as ``hours since 2019-01-06 00:00:00 +08:00``.

    Raises
    ------
    InputError
        If any of it is not understood; the message has no name of a file.
    """
    found = _UNITS.fullmatch(units.strip("\0 \t\r\n").replace("\N{MINUS SIGN}", "-"))
    step = _SECONDS_OF.get(found["step"].lower()) if found else None
    zone = _ZONE.fullmatch(found["zone"] or found["word"] or "") if found else None
    offset = _offset(zone) if zone else None
    if found is None or step is None or offset is None:
        raise _not_understood(units)
    year, month, day = (int(found[name] or 1) for name in ("year", "month", "day"))
    if packed := found["date"]:
        year, month, day = int(packed[:4]), int(packed[4:6]), int(packed[6:])
    hour, minute, second = (float(found[name] or 0) for name in ("hour", "minute", "second"))
    if packed := found["clock"]:
        hour, minute, second = float(packed[:2]), float(packed[2:4]), float(packed[4:] or 0)
    if not (hour < 24 and minute < 60 and second < 60):
        raise _not_understood(units)
    shift = 3600 * hour + 60 * minute + second - offset
    return TimeUnits(step, f"{year:04}-{month:02}-{day:02}", shift, offset)


def _offset(zone: re.Match[str]) -> float | None:
    """Seconds by which a zone is ahead of Greenwich; None where no place is so far."""
    digits = zone["digits"] or zone["east"] or "0"
    if ":" in digits:
        hours, minutes = map(int, digits.split(":")[:2])
    else:
        hours, minutes = divmod(int(digits), 100) if len(digits) > 2 else (int(digits), 0)
    size = datetime.timedelta(hours=hours, minutes=minutes)
    if minutes >= 60 or size > _FARTHEST_ZONE:
        return None
    return -size.total_seconds() if zone["sign"] == "-" else size.total_seconds()


def _not_understood(units: str) -> InputError:
    return InputError(
        f"the time units '{printable(units[:60])}' are not understood; expected such as "
        "'hours since 2019-01-06 00:00:00 +08:00', with an offset (+8, +0800, UTC+8), Z, UTC "
        "or GMT; names such as CST are ambiguous"
    )


def calendar_dates(
    numbers: NDArray[Any], units: str, calendar: str = "standard", *, local: bool = False
) -> NDArray[Any]:
    """Dates of numbers in the units and the calendar of a file.

    Parameters
    ----------
    numbers : ndarray or masked array
        Numbers; NaN or masked where missing.
    units : str
        Their units.
    calendar : str
        Any calendar of the CF conventions.
    local : bool
        Whether to give them by the clock of the units' own zone, and not in UTC.

    Returns
    -------
    ndarray of cftime.datetime, the shape of `numbers`
        None where a time is missing, or farther away than any date.

    Raises
    ------
    InputError
        If the units or the calendar are not understood; the message has no name of a file.
    """
    told = parse_time_units(units)
    seconds = told.seconds(np.ma.filled(np.ma.asarray(numbers, np.float64), np.nan))
    seconds += told.zone if local else 0
    there = np.abs(seconds) < _LONGEST  # false where one is missing
    known, where = np.unique(seconds[there], return_inverse=True)
    dates = np.full(seconds.shape, None, object)
    try:
        found: Any = netCDF4.num2date(
            known, f"seconds since {told.day} 00:00:00", calendar.strip("\0 ") or "standard"
        )
    except (ValueError, OverflowError) as error:
        named = calendar.strip("\0 ")
        of_calendar = f" in the calendar '{printable(named[:20])}'" if named else ""
        reason = str(error).partition(" provided")[0][:60]
        raise InputError(
            f"the times '{printable(units[:60])}'{of_calendar} are not understood "
            f"({printable(reason)}); expected a date and a calendar of the CF conventions"
        ) from error
    dates[there] = np.atleast_1d(np.asarray(found, object))[where]
    return dates


def instants(
    numbers: NDArray[Any], units: str, calendar: str = "standard"
) -> NDArray[np.datetime64]:
    """Instants in UTC of numbers in the units of a file.

    Parameters
    ----------
    numbers : ndarray or masked array
        Numbers; NaN or masked where missing.
    units : str
        Their units.
    calendar : str
        ``standard``, ``gregorian`` or ``proleptic_gregorian``.

    Returns
    -------
    ndarray of datetime64[s], the shape of `numbers`
        To the nearest second, since numbers of days are fractions of it off; NaT where a time is
        missing, or outside the years 1 to 9999.

    Raises
    ------
    InputError
        If the units are not understood, or the calendar is one of models, whose dates people do
        not have; the message has no name of a file.
    """
    if (calendar.strip("\0 ").lower() or "standard") not in _USUAL:
        raise InputError(
            f"the times are in the calendar '{printable(calendar[:20])}'; expected a "
            f"civil one, {_USUAL[0]} or {_USUAL[-1]}"
        )
    dates = calendar_dates(numbers, units, calendar)
    known = [date is not None and 1 <= date.year <= 9999 for date in dates.flat]
    texts = [
        date.isoformat() if there else "NaT" for date, there in zip(dates.flat, known, strict=True)
    ]
    exact = np.array(texts, "datetime64[us]").reshape(dates.shape)
    return (exact + np.timedelta64(500, "ms")).astype("datetime64[s]")
