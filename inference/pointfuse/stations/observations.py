"""Observations at stations: the table that readers fill and gridding takes."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

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
        Names of the stations in their network.
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
    """

    name: str
    format: str
    stations: int
    times: int
    remarks: tuple[str, ...] = ()

    def with_remarks(self, more: Iterable[str]) -> SourceFile:
        """The same with further remarks."""
        return replace(self, remarks=(*self.remarks, *more))


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
