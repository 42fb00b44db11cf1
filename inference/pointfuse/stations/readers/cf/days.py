"""Assign values of a netCDF time series to hours or days."""

from __future__ import annotations

import datetime
import math
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.netcdf_files.time_units import instants, parse_time_units
from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError

_HOUR = np.timedelta64(3600, "s")
_DAY = np.timedelta64(24, "h")
_JITTER = 5.0
"""Seconds by which stamps that are meant to be at one time of the day may differ."""
_COARSEST = 1800.0
"""Seconds; stamps that are stored less exactly do not say which hour they mean."""


def labels(
    time: netCDF4.Variable[Any],
    bounds: netCDF4.Variable[Any] | None,
    zone: datetime.tzinfo,
    remarks: list[str],
) -> NDArray[Any]:
    """Day or instant of each time of a file.

    Values are means over their bounds where there are any, and daily ones if all of them are a day
    long. Without bounds they are daily if all are stamped with one time of the day, in Greenwich
    or in the time zone, on several days, or at midnight; else they belong to the hour of their
    time stamp. Stamps may be as far from midnight or from the hour as float32 makes them, or a few
    seconds if they jitter.

    Parameters
    ----------
    time : netCDF4.Variable
        The coordinate of time.
    bounds : netCDF4.Variable, optional
        Begin and end of each time.
    zone : datetime.tzinfo
        Time zone whose days are averaged.
    remarks : list of str
        Gets one on which days came out, where the file does not say it itself.

    Returns
    -------
    ndarray of datetime64[D] or datetime.datetime, as objects in the shape of the times
        None where a time is missing.

    Raises
    ------
    InputError
        If the units are not understood, or the bounds do not fit.
    """
    stamps = _instants(time, time, remarks)
    if bounds is None:
        error = _storage_error(time)
        days = _days_of_stamps(stamps, zone, _own_zone(time), error, remarks)
        stamps = _at_hours(stamps, error)
    else:
        # The bounds of a coordinate have its units, but for files that say otherwise.
        edges = _instants(bounds, bounds if "units" in bounds.ncattrs() else time, remarks)
        if edges.shape != (*stamps.shape, 2):
            raise InputError(
                f"expected a begin and an end of each time in {bounds.name}, its shape is "
                f"{edges.shape} where that of {time.name} is {stamps.shape}"
            )
        stamps = edges[..., 0] + (edges[..., 1] - edges[..., 0]) / 2
        days = _days_of_bounds(stamps, edges, zone, remarks)
    return _each(_moment, stamps) if days is None else _each(_day, days)


def _instants(
    numbers: netCDF4.Variable[Any], described: netCDF4.Variable[Any], remarks: list[str]
) -> NDArray[np.datetime64]:
    """Instants of a variable in the units of another; NaT where one is missing."""
    texts = (str(getattr(described, name, "")) for name in ("units", "calendar"))
    return instants(read_numbers(numbers, remarks=remarks), *texts)


def _own_zone(time: netCDF4.Variable[Any]) -> datetime.timezone:
    """The zone that the units of a time name; Greenwich if they name none."""
    seconds = parse_time_units(str(getattr(time, "units", ""))).zone
    return datetime.timezone(datetime.timedelta(seconds=seconds))


def _storage_error(time: netCDF4.Variable[Any]) -> float:
    """Seconds by which rounding to float32 makes times wrong at most, such as 85 of days.

    Whatever their type is now, numbers that float32 has all of were rounded to it somewhere; where
    they were not, so that midnight is one of them too, the others are farther from it than this.
    """
    numbers = np.abs(read_numbers(time))
    numbers = numbers[np.isfinite(numbers)]
    step = parse_time_units(str(getattr(time, "units", ""))).step
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = numbers.astype(np.float32)
        if not (numbers.size and (rounded == numbers).all()):
            return 0.0
        error = float(np.spacing(rounded.max())) * step / 2
    # Instants are rounded to the second.
    return min(math.ceil(error), _COARSEST) if error >= 1 else 0.0


def _midnights(times: NDArray[np.datetime64], error: float) -> NDArray[np.datetime64] | None:
    """The midnights that times are meant to be at; None if they are not.

    A second before midnight on every day is not meant to be midnight, but some seconds before on
    one day and after on another are.
    """
    nearest, off = _nearest(times, _DAY)
    known = off[~np.isnat(times)]
    tolerance = max(error, _JITTER if len(np.unique(known)) > 1 else 0)
    return nearest if len(known) and np.abs(known).max() <= tolerance else None


def _at_hours(times: NDArray[np.datetime64], error: float) -> NDArray[np.datetime64]:
    """Times, those at the hour that are meant to be."""
    nearest, off = _nearest(times, _HOUR)
    known = off[~np.isnat(times)]
    jitter = len(np.unique(known)) > 1 and np.abs(known).max() <= _JITTER
    return np.where(np.abs(off) <= max(error, _JITTER if jitter else 0), nearest, times)


def _nearest(
    times: NDArray[np.datetime64], step: np.timedelta64
) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """The nearest hours or midnights, and by how many seconds times are off them."""
    length = int(step / np.timedelta64(1, "s"))
    seconds = times.astype("datetime64[s]").astype(np.int64)
    off = (seconds + length // 2) % length - length // 2
    return np.where(np.isnat(times), times, times - off.astype("timedelta64[s]")), off


def _days_of_stamps(
    stamps: NDArray[np.datetime64],
    zone: datetime.tzinfo,
    own: datetime.timezone,
    error: float,
    remarks: list[str],
) -> NDArray[np.datetime64] | None:
    """Day of each stamp; None where these are hours."""
    local = _local(stamps, zone)
    written = _local(stamps, own)
    greenwich, midnight, own_midnight = (
        _midnights(times, error) for times in (stamps, local, written)
    )
    several = len(_known_days(stamps)) > 1
    one_clock = any(_at_one_clock(times, error) for times in (stamps, local))
    at_midnight = [each for each in (greenwich, midnight, own_midnight) if each is not None]
    if not (at_midnight or (several and one_clock)):
        return None
    named = zone_name(zone)
    meant, other, also = local, stamps, "UTC"
    if greenwich is not None:
        meant, other, also = greenwich, local if midnight is None else midnight, named
        how = "the dates of their stamps at 00:00 UTC"
    elif midnight is not None:
        meant = other = midnight
        how = "which begin at their stamps; give bounds if they end there"
    else:
        how = "in which their stamps lie"
        if own_midnight is not None:
            other, also = own_midnight, f"{own}, the zone of their units,"
    days, others = (times.astype("datetime64[D]") for times in (meant, other))
    if midnight is None and (days != others)[~np.isnat(stamps)].any():
        how += f"; in {also} they are of {_span(others)}, so give bounds if that is meant"
    if off := _farthest(stamps if greenwich is not None else local, meant):
        how += f"; their stamps are up to {off} s off midnight"
    remarks.append(f"daily means were taken as days of {named}, {_span(days)}, {how}")
    return days


def _at_one_clock(times: NDArray[np.datetime64], error: float) -> bool:
    """Whether times are at one time of the day, but for what they are off by."""
    known = times[~np.isnat(times)]
    clocks = (known - known.astype("datetime64[D]")).astype(np.int64)
    # From the first one, on either side of midnight.
    off = (clocks - clocks[:1] + 43_200) % 86_400
    return bool(len(off) and np.ptp(off) <= 2 * max(error, _JITTER))


def _farthest(times: NDArray[np.datetime64], meant: NDArray[np.datetime64]) -> int:
    """Seconds between times and those that are meant, at most."""
    return int(np.abs((times - meant)[~np.isnat(times)].astype(np.int64)).max())


def _days_of_bounds(
    middle: NDArray[np.datetime64],
    edges: NDArray[np.datetime64],
    zone: datetime.tzinfo,
    remarks: list[str],
) -> NDArray[np.datetime64] | None:
    """The calendar day in which the middle of each span lies; None where spans are no days."""
    lengths = (edges[..., 1] - edges[..., 0])[~np.isnat(middle)]
    # When clocks are changed, a day has an hour less or more.
    if not (len(lengths) and (np.abs(lengths - _DAY) <= _HOUR).all()):
        return None
    local = _local(middle, zone)
    days = local.astype("datetime64[D]")
    off = np.abs(local - days - _DAY / 2)[~np.isnat(local)]
    if (off > _HOUR).any():
        remarks.append(
            f"daily means were taken as days of {zone_name(zone)}, {_span(days)}, in which the "
            "middle of their bounds lies"
        )
    return days


def _local(stamps: NDArray[np.datetime64], zone: datetime.tzinfo) -> NDArray[np.datetime64]:
    """Clock times of instants in a time zone."""
    known, where = np.unique(stamps, return_inverse=True)
    shown = []
    for moment in known.tolist():
        try:
            shown.append(
                moment and moment.replace(tzinfo=datetime.UTC).astimezone(zone).replace(tzinfo=None)
            )
        except OverflowError:  # at the ends of the calendar
            shown.append(None)
    return np.array(shown, "datetime64[s]")[where].reshape(stamps.shape)


def _known_days(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    known: NDArray[np.datetime64] = np.unique(times[~np.isnat(times)].astype("datetime64[D]"))
    return known


def _span(days: NDArray[np.datetime64]) -> str:
    """First and last day."""
    known = _known_days(days)
    return str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"


def _moment(stamp: np.datetime64) -> datetime.datetime | None:
    moment: Any = stamp.item()
    return None if moment is None else moment.replace(tzinfo=datetime.UTC)


def _day(day: np.datetime64) -> np.datetime64 | None:
    return None if np.isnat(day) else day


def _each(function: Any, times: NDArray[np.datetime64]) -> NDArray[Any]:
    """A function of each element, as objects."""
    results = np.empty(times.size, object)
    results[:] = [function(time) for time in times.ravel()]
    return results.reshape(times.shape)
