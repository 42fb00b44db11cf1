"""Observations at stations: the table that readers fill and gridding takes."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue, same
from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.basics.shown import Shown
from pointfuse.basics.timezones import BEIJING, zone_name
from pointfuse.errors import InputError, kind_of, require

YEARS = range(1900, 2200)
"""Of measurements; what is of others is a typing error."""

_EARLIEST, _LATEST = (np.datetime64(f"{year}-01-01") for year in (YEARS.start, YEARS.stop))
_SHOWN = 3
"""Codes and variables that a text of observations names."""


@dataclass(frozen=True, eq=False, repr=False)
class Stations(ByValue):
    """Places of measurement.

    Two are equal where all codes and places are, in their order; there is no hash.

    Parameters
    ----------
    code : ndarray of str, shape (station,)
        Names of the stations in their network, with escapes in place of characters that cannot be
        printed, whatever they are read from.
    longitude, latitude : ndarray of float64, shape (station,)
        Degrees east and north; NaN where unknown.

    Raises
    ------
    InputError
        If these are not as many codes as numbers of either kind.
    """

    code: NDArray[np.str_]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, kind in (("code", np.str_), ("longitude", np.float64), ("latitude", np.float64)):
            object.__setattr__(self, name, _array(getattr(self, name), kind, f"{name}s"))
        if not (
            self.code.ndim == 1 and self.code.shape == self.longitude.shape == self.latitude.shape
        ):
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

    def __repr__(self) -> str:
        named = ", ".join(self.code[:_SHOWN].tolist()) + (", ..." if len(self) > _SHOWN else "")
        unknown = int((np.isnan(self.longitude) | np.isnan(self.latitude)).sum())
        without = f", {unknown} without coordinates" if unknown else ""
        if unknown < len(self):
            without = (
                f", longitude {_extent(self.longitude)}, latitude {_extent(self.latitude)}{without}"
            )
        return f"<Stations: {len(self)} ({named}){without}>"


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
    columns : mapping of str to str
        What was taken from which column: station, places, times and variables.
    units : mapping of str to str
        Units in which the file gives the variables, where they are the same in all rows.
    clock : str
        The time zone of its times.
    written : str
        How it is written: CSV with commas, in UTF-8.
    hours_end : bool
        Whether an hour ends at its time, as in the Chinese network, or begins there.

    Texts are made printable, as those of station codes.
    """

    name: str
    format: str
    stations: int
    times: int
    remarks: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    units: Mapping[str, str] = field(default_factory=dict, hash=False)
    clock: str = ""
    written: str = ""
    hours_end: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "remarks", tuple(map(printable, self.remarks)))

    def with_remarks(self, more: Iterable[str]) -> SourceFile:
        """The same with further remarks."""
        return replace(self, remarks=(*self.remarks, *more))


class TimeStep(NamedTuple):
    """What the times of observations are, for messages.

    Parameters
    ----------
    unit : str
        ``day`` or ``hour``.
    value : str
        What a value is: ``daily mean`` or ``hourly value``.
    """

    unit: str
    value: str


DAY, HOUR = TimeStep("day", "daily mean"), TimeStep("hour", "hourly value")


class Unfinished(NamedTuple):
    """A day that was not over.

    Parameters
    ----------
    day : datetime64[D]
        The day, in the time zone of the observations.
    hours : int
        Its hours so far, of the clock.
    """

    day: np.datetime64
    hours: int


@dataclass(frozen=True, eq=False, repr=False)
class Observations(Shown):
    """Values of some variables at stations and times.

    Two are equal where stations, times, values and reasons are, and the hours they were made of,
    from whatever files these came; there is no hash.

    Parameters
    ----------
    stations : Stations
        Coordinates of measurement.
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
    unfinished : Unfinished, optional
        A day that was not over when its hours were read, and is taken as what it is: its means are
        of the hours until then.

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
    unfinished: Unfinished | None = None

    def __post_init__(self) -> None:
        made = "; read_stations makes observations of files and tables"
        if not isinstance(self.stations, Stations):
            raise InputError(f"expected Stations, got {kind_of(self.stations)}{made}")
        if not isinstance(self.values, Mapping):
            raise InputError(
                f"expected values as a mapping of variables to tables of (time, station), got "
                f"{kind_of(self.values)}{made}"
            )
        object.__setattr__(self, "times", _array(self.times, np.datetime64, "times"))
        tables = {
            name: _array(table, np.float64, f"values of {name}")
            for name, table in self.values.items()
        }
        object.__setattr__(self, "values", tables)
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
        shapes = [(name, table.shape) for name, table in self.values.items()]
        shapes += [(f"reasons of {name}", table.shape) for name, table in self.reasons.items()]
        for name, found in shapes:
            if found != shape:
                raise InputError(
                    f"expected a table of {name} with the shape (time, station) = {shape}, got "
                    f"{found}"
                )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Observations):
            return NotImplemented
        return (
            self.stations == other.stations
            and self.times.dtype == other.times.dtype
            and np.array_equal(self.times, other.times)
            and self.timezone == other.timezone
            and same(self.values, other.values)
            and same(self.reasons, other.reasons)
            and self.hours == other.hours
            and self.unfinished == other.unfinished
        )

    __hash__ = None  # type: ignore[assignment]  # its arrays can be changed

    def __repr__(self) -> str:
        times = counted(len(self.times), "hour" if self.hourly else "day")
        lines = [f"<Observations of {counted(len(self.stations), 'station')} on {times}"]
        if len(self.times):
            lines[0] += f", {self.times[0]} to {self.times[-1]} ({zone_name(self.timezone)})"
        for name, table in [*self.values.items()][:_SHOWN]:
            known = np.isfinite(table)
            extent = f", {_extent(table)}" if known.any() else ""
            lines.append(f"  {name}: {known.sum()} of {table.size} values{extent}")
        if len(self.values) > _SHOWN:
            lines.append(f"  and {len(self.values) - _SHOWN} more variables")
        return "\n".join(lines) + ">"

    @property
    def hourly(self) -> bool:
        """Whether the times are hours, not days."""
        return bool(self.times.dtype == np.dtype("datetime64[h]"))

    @property
    def step(self) -> TimeStep:
        """What the times are, for messages."""
        return HOUR if self.hourly else DAY

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

    def of_variables(self, names: Collection[str]) -> Observations:
        """Observations of some of the variables; the hours stay those of all."""
        return replace(
            self,
            values={name: table for name, table in self.values.items() if name in names},
            reasons={name: table for name, table in self.reasons.items() if name in names},
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


def require_observations(given: object) -> None:
    """Make sure that an argument is observations.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    require(
        given,
        Observations,
        "observations (pointfuse.Observations)",
        source="read them with pointfuse.read_stations",
    )


def _array(given: Any, kind: type[np.generic], what: str) -> NDArray[Any]:
    """An array of what was given, which is mostly one already; NaN where it is masked."""
    if isinstance(given, np.ma.MaskedArray) and np.issubdtype(given.dtype, np.floating):
        return np.ma.filled(given, np.nan)
    if isinstance(given, np.ndarray) and np.issubdtype(given.dtype, kind):
        return given
    try:
        return np.asarray(given, kind)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected an array of {what}, got {kind_of(given)}: {error}") from error


def _extent(numbers: NDArray[np.float64]) -> str:
    return f"{np.nanmin(numbers):g} to {np.nanmax(numbers):g}"
