"""Assign values of a netCDF time series to hours or days."""

from __future__ import annotations

import datetime
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.netcdf_files.time_units import instants
from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError

_HOUR = np.timedelta64(3600, "s")
_DAY = np.timedelta64(24, "h")


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
    time stamp.

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
        days = _days_of_stamps(stamps, zone, remarks)
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


def _days_of_stamps(
    stamps: NDArray[np.datetime64], zone: datetime.tzinfo, remarks: list[str]
) -> NDArray[np.datetime64] | None:
    """Day of each stamp; None where these are hours."""
    local = _local(stamps, zone)
    clocks, there = (_clocks(stamps), _clocks(local))
    several = len(_known_days(stamps)) > 1
    greenwich, midnight = clocks == {0}, there == {0}
    one_clock = len(clocks) == 1 or len(there) == 1
    if not (greenwich or midnight or (several and one_clock)):
        return None
    days = (stamps if greenwich else local).astype("datetime64[D]")
    other = (local if greenwich else stamps).astype("datetime64[D]")
    also = f"{zone_name(zone)} they are of" if greenwich else "UTC they are of"
    if midnight and not greenwich:
        how = "which begin at their stamps; give bounds if they end there"
    elif greenwich:
        how = "the dates of their stamps at 00:00 UTC"
    else:
        how = "in which their stamps lie"
    if (not midnight) and (days != other)[~np.isnat(stamps)].any():
        how += f"; in {also} {_span(other)}, so give bounds if that is meant"
    remarks.append(f"daily means were taken as days of {zone_name(zone)}, {_span(days)}, {how}")
    return days


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


def _clocks(times: NDArray[np.datetime64]) -> set[int]:
    """The times of the day that occur, in seconds."""
    known = times[~np.isnat(times)]
    return set((known - known.astype("datetime64[D]")).astype(np.int64).tolist())


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
