"""Fields of days or hours: results of a fusion, with support and provenance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.counted import counted
from pointfuse.errors import require
from pointfuse.fields.day_status import DayStatus
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations

DEVIATION = math.pi / math.sqrt(3)
"""Standard deviation of a logistic distribution, in scales (Johnson, Kotz and Balakrishnan,
Continuous univariate distributions 2, 1995, chapter 23)."""

MULTIPLES = {
    percent: math.log((100 + percent) / (100 - percent)) / DEVIATION for percent in (50, 80, 90, 95)
}
"""Intervals: observations they should hold, in 100, and half their width in standard
uncertainties, for a logistic distribution of the errors."""


@dataclass(frozen=True, eq=False)
class TimedFields(ByValue):
    """Complete fields of days, or of hours, and the observations they were made from.

    Parameters
    ----------
    values : ndarray of float32, shape (time, row, column)
        The fused variable in the units of the model; row 0 is south, column 0 is west.
    uncertainty : ndarray of float32, shape (time, row, column)
        Standard deviation of the difference to what a station in the cell would measure; NaN
        where it is not known.
    station_count : ndarray of int16, shape (time, row, column)
        Stations of the fused variable in each cell.
    station_distance : ndarray of float32, shape (time, row, column)
        Distance from each cell centre to the nearest cell with a station, m; NaN where there is
        none.
    status : ndarray of int8, shape (time,)
        Whether each was fused, and if not, why, as numbers of `DayStatus`; the other arrays are
        NaN where it was not.
    stations : PlacedObservations
        The stations used, their cells and values.
    model_sha256 : str
        Hash of the model file.
    device, provider : str
        Device that ran the network, such as ``cpu``, and execution provider of ONNX Runtime.
    gives_uncertainty : bool
        Whether the model gives an uncertainty, wherever there is a field.
    """

    values: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    station_count: NDArray[np.int16]
    station_distance: NDArray[np.float32]
    status: NDArray[np.int8]
    stations: PlacedObservations
    model_sha256: str
    device: str
    provider: str
    gives_uncertainty: bool = True

    def __repr__(self) -> str:
        target, times = self.model.target, self.times
        # Without a copy of a year's fields, and without what is missing.
        low = np.fmin.reduce(self.values, axis=None, initial=np.nan)
        top = np.fmax.reduce(self.values, axis=None, initial=np.nan)
        values = f"{low:.1f} to {top:.1f}" if np.isfinite(low) else "none"
        period = f"{times[0]} to {times[-1]}" if len(times) else "none"
        unit = self.stations.observations.step.unit
        return "\n".join(
            [
                f"<{type(self).__name__} of {target.name} by {self.model.name} "
                f"{self.model.version} on {self.device}>",
                f"{unit}s: {period}, {counted(len(times), unit)}, {int(self.fused.sum())} fused",
                f"values: {values} {target.units}",
                f"stations: {self.stations.counts.used} used, {self.stations.counts.read} read",
                f"grid: {self.model.grid.summary}",
            ]
        )

    @property
    def days(self) -> NDArray[np.datetime64]:
        """The day of each field in the time zone of the observations, datetime64[D], (time,)."""
        return self.times.astype("datetime64[D]")

    @property
    def times(self) -> NDArray[np.datetime64]:
        """Days of the fields, datetime64[D], or their hours, datetime64[h], shape (time,).

        Hours are those of the stations' network, in the time zone of the observations.
        """
        return self.stations.observations.times

    @property
    def hourly(self) -> bool:
        """Whether these are fields of hours."""
        return self.stations.observations.hourly

    @property
    def fused(self) -> NDArray[np.bool_]:
        """At which times there is a field, shape (time,)."""
        fused: NDArray[np.bool_] = self.status == DayStatus.FUSED
        return fused

    @property
    def model(self) -> ModelMetadata:
        """The model that made the fields: its grid, variables and provenance."""
        return self.stations.metadata

    @property
    def x(self) -> NDArray[np.float64]:
        """Cell centres along a row, m in the plane of the projection, shape (column,)."""
        return self.model.grid.x

    @property
    def y(self) -> NDArray[np.float64]:
        """Cell centres along a column, m in the plane of the projection, shape (row,)."""
        return self.model.grid.y

    @property
    def longitude(self) -> NDArray[np.float64]:
        """Degrees east of the cell centres, shape (row, column)."""
        return self.model.grid.longitude_latitude()[0]

    @property
    def latitude(self) -> NDArray[np.float64]:
        """Degrees north of the cell centres, shape (row, column)."""
        return self.model.grid.longitude_latitude()[1]


Fields = TypeVar("Fields", bound=TimedFields)


def checked_fields(
    batches: Iterable[TimedFields | Sequence[TimedFields]],
) -> Iterator[Sequence[TimedFields]]:
    """Fields as they come, for a writer.

    Raises
    ------
    ArgumentError
        If they are something else; at once if they do not come one after the other.
    """
    source = "pointfuse.fuse makes them; give those of several times as a list"
    require(batches, Iterable, "fields (pointfuse.FusedFields), one after the other", source=source)

    def each() -> Iterator[Sequence[TimedFields]]:
        for batch in batches:
            bundle = batch if isinstance(batch, list | tuple) else (batch,)
            for fields in bundle:
                require(fields, TimedFields, "fields (pointfuse.FusedFields)", source=source)
            yield bundle

    return each()


def concatenate(parts: Sequence[Fields], stations: PlacedObservations) -> Fields:
    """Fields of successive times as one.

    Parameters
    ----------
    parts : sequence of TimedFields
        At least one; of one model.
    stations : PlacedObservations
        The observations of all their times, of which those of the parts are slices.
    """
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        uncertainty=np.concatenate([part.uncertainty for part in parts]),
        station_count=np.concatenate([part.station_count for part in parts]),
        station_distance=np.concatenate([part.station_distance for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        stations=stations,
    )
