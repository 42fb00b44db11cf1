"""Observations at stations: the table that readers fill and gridding takes."""

from __future__ import annotations

import datetime
import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import printable
from pointfuse.basics.shown import Shown
from pointfuse.basics.timezones import BEIJING
from pointfuse.errors import InputError

logger = logging.getLogger(__name__)

_EARLIEST, _LATEST = np.datetime64("1900-01-01"), np.datetime64("2200-01-01")


@dataclass(frozen=True)
class Stations:
    """Places of measurement.

    Parameters
    ----------
    code : ndarray of str, shape (station,)
        Names of the stations in their network, with escapes in place of characters that cannot be
        printed, whatever they are read from.
    longitude, latitude : ndarray of float64, shape (station,)
        Degrees east and north; NaN where unknown.
    """

    code: NDArray[np.str_]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not (self.code.shape == self.longitude.shape == self.latitude.shape):
            raise InputError(
                "expected as many longitudes and latitudes as station codes, got "
                f"{self.longitude.shape}, {self.latitude.shape} and {self.code.shape}"
            )
        codes = self.code.tolist()
        if not all(codes):
            raise InputError(
                f"expected a code for each station, got none for number {codes.index('')}; name "
                "the station or leave it out"
            )
        # All at once: of many stations, this is made many times.
        if not "".join(codes).isprintable():
            object.__setattr__(self, "code", np.array([printable(code) for code in codes], np.str_))

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True)
class SourceFile:
    """What a reader found in a file.

    Parameters
    ----------
    name : str
        Name of the file, without its folder.
    format : str
        Format in which it was read.
    stations, times : int
        Stations and hours (or days) in it.
    remarks : tuple of str
        Oddities that did not stop the reading, one sentence each.

    Texts are made printable, as those of station codes.
    """

    name: str
    format: str
    stations: int
    times: int
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "remarks", tuple(map(printable, self.remarks)))


@dataclass(frozen=True)
class Observations(Shown):
    """Values of some variables at stations and times.

    Parameters
    ----------
    stations : Stations
        Places of measurement.
    times : ndarray of datetime64[h] or datetime64[D], shape (time,)
        Hours or days in `timezone`, increasing, each once.
    values : mapping of str to ndarray of float64, shape (time, station)
        One table a variable, in the units of the model; NaN where missing.
    timezone : datetime.tzinfo
        Time zone of `times`; that of the Chinese networks by default.
    files : tuple of SourceFile
        Where the values came from.
    reasons : mapping of str to ndarray of uint8, shape (time, station)
        What quality control says of the values of a variable, as numbers of
        `pointfuse.stations.quality.reasons.Reason`; empty where it has not looked yet.
    hours : Observations, optional
        The checked hourly values that daily means were made of.

    Raises
    ------
    InputError
        If the arrays do not fit each other, or the times are not increasing or not of our age.
    """

    stations: Stations
    times: NDArray[np.datetime64]
    values: Mapping[str, NDArray[np.float64]]
    timezone: datetime.tzinfo = BEIJING
    files: tuple[SourceFile, ...] = ()
    reasons: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    hours: Observations | None = None

    def __post_init__(self) -> None:
        if self.times.dtype not in (np.dtype("datetime64[h]"), np.dtype("datetime64[D]")):
            raise InputError(f"expected times in hours or days, got {self.times.dtype}")
        if not (self.times[1:] > self.times[:-1]).all():
            raise InputError("expected times that increase, each once; sort them first")
        # Typing errors; and dates at the ends of the calendar overflow in another time zone.
        if len(self.times) and not (self.times[0] >= _EARLIEST and self.times[-1] < _LATEST):
            source = f"{self.files[0].name}: " if self.files else ""
            raise InputError(
                f"{source}expected times from {_EARLIEST} to {_LATEST}, got {self.times[0]} to "
                f"{self.times[-1]}; correct the dates"
            )
        shape = (len(self.times), len(self.stations))
        tables = [(name, table.shape) for name, table in self.values.items()]
        tables += [(f"reasons of {name}", table.shape) for name, table in self.reasons.items()]
        for name, found in tables:
            if found != shape:
                raise InputError(
                    f"expected a table of {name} with the shape (time, station) = {shape}, got "
                    f"{found}"
                )

    @property
    def hourly(self) -> bool:
        """Whether the times are hours, not days."""
        return bool(self.times.dtype == np.dtype("datetime64[h]"))

    def require_daily(self) -> None:
        """Make sure that these are daily means.

        Raises
        ------
        InputError
            If they are hourly values.
        """
        if self.hourly:
            raise InputError("expected daily means, got hourly values; average them first")

    def between(
        self, first: np.datetime64 | None = None, last: np.datetime64 | None = None
    ) -> Observations:
        """Observations of a period.

        Parameters
        ----------
        first, last : datetime64[D], optional
            First and last day, both included; open where None.
        """
        days = self.times.astype("datetime64[D]")
        kept = np.ones(len(days), bool)
        if first is not None:
            kept &= days >= first
        if last is not None:
            kept &= days <= last
        if kept.all():
            return self
        return self.at_times(kept)

    def at_times(self, chosen: slice | NDArray[np.intp] | NDArray[np.bool_]) -> Observations:
        """Observations of some of the times (positions along the time axis)."""
        times, hours = self.times[chosen], self.hours
        if hours is not None:
            hours = hours.at_times(np.isin(hours.times.astype(times.dtype), times))
        return replace(
            self,
            times=times,
            values={name: table[chosen] for name, table in self.values.items()},
            reasons={name: table[chosen] for name, table in self.reasons.items()},
            hours=hours,
        )

    def at_stations(self, chosen: NDArray[np.bool_]) -> Observations:
        """Observations of some of the stations; the hours stay those of all."""
        stations = self.stations
        return replace(
            self,
            stations=Stations(
                stations.code[chosen], stations.longitude[chosen], stations.latitude[chosen]
            ),
            values={name: table[:, chosen] for name, table in self.values.items()},
            reasons={name: table[:, chosen] for name, table in self.reasons.items()},
        )


def table_of_means(
    time: NDArray[np.int64],
    station: NDArray[np.int64],
    values: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Mean of the values of each time and station.

    Parameters
    ----------
    time, station : ndarray of int64, shape (value,)
        Row and column of each value in the table.
    values : ndarray of float64, shape (value,)
        Values; NaN where missing.
    shape : tuple of two ints
        Times and stations.

    Returns
    -------
    ndarray of float64, shape `shape`
        NaN where there is no value.
    """
    valid = np.isfinite(values)
    cell = (time * shape[1] + station)[valid]
    size = shape[0] * shape[1]
    total = np.bincount(cell, values[valid], size)
    count = np.bincount(cell, minlength=size)
    means = np.full(size, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means.reshape(shape)


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


def join_times(parts: Sequence[Observations]) -> Observations:
    """Observations of successive times at the same stations as one.

    Parameters
    ----------
    parts : sequence of Observations
        At least one; without `hours`.
    """
    first = parts[0]
    return replace(
        first,
        times=np.concatenate([part.times for part in parts]),
        values={
            name: np.concatenate([part.values[name] for part in parts]) for name in first.values
        },
        reasons={
            name: np.concatenate([part.reasons[name] for part in parts]) for name in first.reasons
        },
    )


def merge(parts: Sequence[Observations]) -> Observations:
    """One table of several: all stations, all times, all variables.

    Stations are the same where code and coordinates are the same.

    Parameters
    ----------
    parts : sequence of Observations
        At least one; all hourly or all daily, in one time zone. At most one knows its `hours`.

    Raises
    ------
    InputError
        If two parts give different values for one station, time and variable.
    """
    index: dict[tuple[str, float | None, float | None], int] = {}
    places = []
    for part in parts:
        stations = part.stations
        keys = zip(
            stations.code.tolist(),
            _equal_to_itself(stations.longitude),
            _equal_to_itself(stations.latitude),
            strict=True,
        )
        places.append(np.array([index.setdefault(key, len(index)) for key in keys], np.int64))
    times = np.unique(np.concatenate([part.times for part in parts]))
    columns = list(zip(*index, strict=True)) or [(), (), ()]
    merged = Observations(
        Stations(
            np.array(columns[0], np.str_),
            np.array(columns[1], np.float64),
            np.array(columns[2], np.float64),
        ),
        times,
        {
            name: np.full((len(times), len(index)), np.nan)
            for name in dict.fromkeys(name for part in parts for name in part.values)
        },
        parts[0].timezone,
        tuple(file for part in parts for file in part.files),
        hours=next((part.hours for part in parts if part.hours is not None), None),
    )
    reasons: dict[str, NDArray[np.uint8]] = {}
    for part, place in zip(parts, places, strict=True):
        cells = np.ix_(np.searchsorted(times, part.times), place)
        for name, table in part.values.items():
            known = merged.values[name][cells]
            _refuse_contradiction(part, name, known, table)
            merged.values[name][cells] = np.where(np.isnan(table), known, table)
        for name, found in part.reasons.items():
            reasons.setdefault(name, np.zeros(merged.values[name].shape, np.uint8))[cells] = found
    for name, found in reasons.items():
        # What one part lacks another may have.
        found[np.isfinite(merged.values[name])] = 0
    return replace(merged, reasons=reasons)


def _equal_to_itself(coordinates: NDArray[np.float64]) -> list[float | None]:
    """Coordinates with None for the missing ones, since no NaN is equal to another."""
    return [None if math.isnan(value) else value for value in coordinates.tolist()]


def warn_of_moved_stations(stations: Stations) -> None:
    """Name the codes that stand at several places, in a warning."""
    twice = [code for code, places in Counter(stations.code.tolist()).items() if places > 1]
    if twice:
        logger.warning(
            "%d codes stand at several places, each taken as a station of its own: %s",
            len(twice),
            ", ".join(twice[:5]) + (", ..." if len(twice) > 5 else ""),
        )


def _refuse_contradiction(
    part: Observations, name: str, known: NDArray[np.float64], table: NDArray[np.float64]
) -> None:
    # The same value in two units differs in its last bits.
    differs = np.abs(known - table) > 1e-9 * np.abs(known)  # false where one is missing
    if not differs.any():
        return
    time, station = np.argwhere(differs)[0]
    raise InputError(
        f"station {part.stations.code[station]} has two values of {name} for "
        f"{part.times[time]}, {known[time, station]:g} and {table[time, station]:g} (the second "
        f"in {part.files[0].name if part.files else 'the last table'}); remove one of them"
    )
