"""Contents of the panels of a map: a field with its support, or two fields and their difference."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.errors import InputError
from pointfuse.fields.cf.field_variables import STATION_DISTANCE
from pointfuse.fields.map_file import MapFile, StationMeans
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.grid.regular_grid import Grid
from pointfuse.limits.concentrations import pollutant_of
from pointfuse.limits.indices import sub_index
from pointfuse.limits.standards import STANDARDS, Standard
from pointfuse.trust.scores import PairSums, mean_bias, root_mean_square_error, squared_correlation

_INTERVAL = 90
"""Interval that is drawn, in 100."""

_MINUS = "\N{MINUS SIGN}"
_DIFFERENCE = f"B {_MINUS} A"

Advance = Callable[[int], object]


class Kind(enum.Enum):
    """What values mean, which decides their colours; panels of a kind share them."""

    AMOUNT = enum.auto()
    UNCERTAINTY = enum.auto()
    DISTANCE = enum.auto()
    DIFFERENCE = enum.auto()
    INDEX = enum.auto()


@dataclass(frozen=True)
class Panel:
    """A map of values.

    Parameters
    ----------
    title : str
        What it shows.
    kind : Kind
        What the values mean.
    label : str
        Values and units, for the colour bar.
    field : ndarray of float64, shape (rows, columns)
        The values, row 0 in the south; NaN where there is none.
    stations : StationMeans, optional
        What stations measured, to be shown in the same colours.
    note : str
        What else is to be said below the title.
    standard : Standard, optional
        What an index is of, which has colours of its own.
    """

    title: str
    kind: Kind
    label: str
    field: NDArray[np.float64]
    stations: StationMeans | None = None
    note: str = ""
    standard: Standard | None = None


PROVISIONAL = "provisional: {} is not over"
"""What a map says of a day that was not over when its hours were read."""


@dataclass(frozen=True)
class Period:
    """Days, or hours, that a map is the mean of.

    Parameters
    ----------
    name : str
        Such as ``June to August``; empty for times without a name.
    times : ndarray of datetime64[D] or datetime64[h], shape (time,)
        They, in order, each once.
    """

    name: str
    times: NDArray[np.datetime64]

    def __str__(self) -> str:
        """The period as titles have it."""
        unit = "hour" if self.times.dtype == np.dtype("datetime64[h]") else "day"
        number = counted(len(self.times), unit)
        if self.name:
            return f"{self.name}, {number}"
        if len(self.times) == 1:
            return str(self.times[0])
        return f"mean of {number}, {self.times[0]} to {self.times[-1]}"


@dataclass(frozen=True)
class FieldMap:
    """Panels of one file: its field, and how sure it is.

    Parameters
    ----------
    file : MapFile
        The file.
    stations, uncertainty, support : bool
        Whether to show the stations, the uncertainty, and the distance to the nearest station.
    farthest : float, optional
        Cells that are farther than this from a station, km, have no value.
    standard : Standard, optional
        Index that concentrations are shown in the classes of.
    """

    file: MapFile
    stations: bool = False
    uncertainty: bool = False
    support: bool = False
    farthest: float | None = None
    standard: Standard | None = None

    def __post_init__(self) -> None:
        for wanted, name, remedy in (
            (self.uncertainty, self._uncertainty, "fuse with a model that gives one"),
            (self._measures, STATION_DISTANCE, "take a file as 'pointfuse fuse' wrote it"),
        ):
            if wanted and self.file.support(name) is None:
                raise InputError(f"{self.file.path.name} holds no {name}; {remedy}")

    @property
    def title(self) -> str:
        """What is shown."""
        return self.file.title

    @property
    def of_period(self) -> bool:
        """Whether the values are sums over a period, which the title names."""
        methods = getattr(self.file.dataset[self.file.variable], "cell_methods", "")
        return str(methods) == "time: sum"

    @property
    def times(self) -> NDArray[np.datetime64]:
        """Days, or hours, that can be shown."""
        return self.file.times_with_fields

    @property
    def grid(self) -> Grid:
        """Grid of the panels."""
        return self.file.grid

    @property
    def source(self) -> str:
        """What made the field."""
        return self.file.source

    @property
    def provisional_days(self) -> NDArray[np.datetime64]:
        """Days that were not over when their hours were read."""
        return self.file.provisional_days

    @property
    def readings(self) -> int:
        """How many variables are read of each day."""
        return 1 + self.uncertainty + self._measures

    @property
    def _measures(self) -> bool:
        """Whether the distance to the nearest station is read."""
        return self.support or self.farthest is not None

    def panels(self, period: Period, advance: Advance) -> list[Panel]:
        """The panels of a period."""
        file, chosen = self.file, np.isin(self.file.times, period.times)
        label = f"{file.title[:1].lower()}{file.title[1:]} ({file.units})"
        name = str(getattr(file.dataset[file.variable], "index_standard", ""))
        of_file = STANDARDS.get(name)
        if of_file and self.standard:
            raise InputError(f"{file.path.name} holds the {of_file.title} already; leave out --aqi")
        standard = self.standard or of_file
        far = file.support(STATION_DISTANCE) if self._measures else None
        distance = file.mean(far, chosen, advance) if far else None
        panels = [
            Panel(
                file.title,
                Kind.AMOUNT if standard is None else Kind.INDEX,
                label if standard is None else standard.source,
                self._indices(self._near(file.mean(file.variable, chosen, advance), distance)),
                self._stations(chosen),
                standard=standard,
            )
        ]
        if self.uncertainty:
            deviation = self._near(file.mean(self._uncertainty, chosen, advance), distance)
            panels.append(
                Panel(
                    f"Half-width of the {_INTERVAL} % interval of a day",
                    Kind.UNCERTAINTY,
                    f"± ({file.units})",
                    MULTIPLES[_INTERVAL] * deviation,
                )
            )
        if self.support and far is not None and distance is not None:
            units = file.units_of(far)
            title = "Distance to the nearest station"
            panels.append(Panel(title, Kind.DISTANCE, f"distance ({units})", distance))
        return panels

    def _stations(self, chosen: NDArray[np.bool_]) -> StationMeans | None:
        """What stations measured, where that is to be shown."""
        if not self.stations:
            return None
        means = self.file.station_means(chosen)
        return replace(means, values=self._indices(means.values))

    def _indices(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of concentrations the index that they are shown in; else the values."""
        if self.standard is None:
            return values
        file = self.file
        if file.hourly and not self.standard.any_averaging:
            raise InputError(
                f"{file.path.name} holds hours, and the {self.standard.title} is of the values of "
                "days; fuse it without --hourly, or use --aqi europe"
            )
        variable = file.dataset[file.variable]
        name = str(getattr(variable, "standard_name", ""))
        try:
            pollutant = pollutant_of(file.variable, name)
            return sub_index(self.standard, pollutant, values, str(variable.units))
        except InputError as error:
            raise InputError(f"{file.path.name}: {error}") from error

    def _near(
        self, field: NDArray[np.float64], distance: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """A field without the cells that are too far from stations."""
        if self.farthest is None or distance is None:
            return field
        return np.where(distance <= self.farthest, field, np.nan)

    @property
    def _uncertainty(self) -> str:
        return f"{self.file.variable}_uncertainty"


@dataclass(frozen=True)
class Comparison:
    """Panels of two files: the field of each, and the second less the first.

    Parameters
    ----------
    first, second : MapFile
        The files, on one grid and in one unit.
    stations : bool
        Whether to show the stations of each.

    Raises
    ------
    InputError
        If they differ in their grids or units.
    """

    first: MapFile
    second: MapFile
    stations: bool = False

    def __post_init__(self) -> None:
        first, second = self.first, self.second
        if not (first.grid.shape == second.grid.shape and first.grid.coincides(second.grid)):
            raise InputError(
                f"{first.path.name} and {second.path.name} are on different grids; regrid one of "
                "them to compare them"
            )
        if first.units != second.units:
            raise InputError(
                f"{first.variable} of {first.path.name} is in {first.units}, {second.variable} of "
                f"{second.path.name} in {second.units}; bring them to one unit to compare them"
            )

    readings = 2
    """How many variables are read of each day."""

    of_period = False
    """Whether the values are sums over a period."""

    @property
    def grid(self) -> Grid:
        """Grid of the panels."""
        return self.first.grid

    @property
    def source(self) -> str:
        """What made the fields."""
        return f"A: {self.first.source}, B: {self.second.source}"

    @property
    def title(self) -> str:
        """What is shown."""
        return self.first.title

    @property
    def provisional_days(self) -> NDArray[np.datetime64]:
        """Days that were not over when the hours of one of the files were read."""
        return np.union1d(self.first.provisional_days, self.second.provisional_days)

    @property
    def times(self) -> NDArray[np.datetime64]:
        """Days, or hours, that both files hold.

        Raises
        ------
        InputError
            If there is none, or one file holds days and the other hours.
        """
        if self.first.hourly != self.second.hourly:
            raise InputError(
                f"expected two files of days or two of hours, got {self.first.path.name} and "
                f"{self.second.path.name}, of which one has hours"
            )
        common: NDArray[np.datetime64] = np.intersect1d(
            self.first.times_with_fields, self.second.times_with_fields
        )
        if not len(common):
            raise InputError(
                f"{self.first.path.name} ({_span(self.first.times)}) and {self.second.path.name} "
                f"({_span(self.second.times)}) have no day in common"
            )
        return common

    def panels(self, period: Period, advance: Advance) -> list[Panel]:
        """The panels of a period."""
        label = f"{self.title[:1].lower()}{self.title[1:]} ({self.first.units})"
        first, second = (
            Panel(
                f"{letter}: {file.path.name}",
                Kind.AMOUNT,
                label,
                file.mean(file.variable, chosen, advance),
                file.station_means(chosen) if self.stations else None,
            )
            for letter, file in (("A", self.first), ("B", self.second))
            for chosen in [np.isin(file.times, period.times)]
        )
        label = f"difference ({self.first.units})"
        difference = second.field - first.field
        note = _scores_text(first.field, second.field, self.first.units)
        return [first, second, Panel(_DIFFERENCE, Kind.DIFFERENCE, label, difference, note=note)]


def _scores_text(first: NDArray[np.float64], second: NDArray[np.float64], units: str) -> str:
    """How far two fields agree, over the cells that both have."""
    sums = PairSums.of(np.where(np.isfinite(second), first, np.nan), second).over()
    if not sums.pairs:
        return "no cell in common"
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = float(squared_correlation(sums))
    correlation = f", R² {squared:.3f}" if np.isfinite(squared) else ""
    cells = "" if sums.pairs == first.size else f", {int(sums.pairs):,} of {first.size:,} cells"
    return (
        f"mean {_signed(float(mean_bias(sums)))}, RMSE {root_mean_square_error(sums):.2f} "
        f"{units}{correlation}{cells}"
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", _MINUS)


def _span(times: NDArray[np.datetime64]) -> str:
    return f"{times.min()} to {times.max()}"
