"""Assign stations to cells and select the values that the model can use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.errors import require
from pointfuse.grid.regular_grid import Grid, Interpolation
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.hours_seen import DayHours
from pointfuse.stations.observations import Observations, Stations, require_observations
from pointfuse.stations.quality.flags import Counts, count_reasons
from pointfuse.stations.quality.hour_checks import range_reasons
from pointfuse.stations.quality.reasons import Reason, usable


@dataclass(frozen=True)
class StationCounts:
    """What became of the stations and their daily means.

    Parameters
    ----------
    read : int
        Stations in the files.
    valid : int
        Of these, with a daily mean that the model can take on at least one day.
    without_coordinates, outside_grid : int
        Valid stations that have no coordinates, or stand outside the grid.
    used : int
        Valid stations on the grid.
    out_of_range : int
        Daily means outside the model's valid range, which were left out.
    suspect : int
        Daily means within it that quality control left out.
    """

    read: int
    valid: int
    without_coordinates: int
    outside_grid: int
    used: int
    out_of_range: int
    suspect: int = 0


@dataclass(frozen=True, eq=False)
class PlacedObservations(ByValue):
    """Daily means that a model can take, at stations on its grid.

    Parameters
    ----------
    observations : Observations
        The stations used, and their valid values.
    cell : ndarray of int64, shape (station,)
        ``row * columns + column`` of the cell of each station.
    interpolation : Interpolation
        How a field is read at each station.
    metadata : ModelMetadata
        The model that is to take them.
    counts : StationCounts
        What was read and left out.
    listed : Observations
        All stations that were read, with the values as used (NaN where they were not) and what
        quality control says of them.
    quality : mapping
        Values by step, variable, state and reason, as `count_reasons` gives them; empty without
        quality control.
    valid : ndarray of bool, shape (listed station,)
        Which of the listed stations have a daily mean in the valid range, wherever they stand.
    hours : DayHours
        Hours that the daily means of the fused variable were made of.
    """

    observations: Observations
    cell: NDArray[np.int64]
    interpolation: Interpolation
    metadata: ModelMetadata
    counts: StationCounts
    listed: Observations
    quality: Counts
    valid: NDArray[np.bool_]
    hours: DayHours

    @property
    def target_stations(self) -> NDArray[np.int64]:
        """Stations with a value of the fused variable on each day, shape (day,)."""
        table = self.observations.values.get(self.metadata.target.name)
        if table is None:
            return np.zeros(len(self.observations.times), np.int64)
        count: NDArray[np.int64] = np.isfinite(table).sum(axis=1)
        return count

    def on_days(self, days: slice | NDArray[np.intp]) -> PlacedObservations:
        """The same stations on some of the days (positions along the time axis)."""
        return replace(
            self,
            observations=self.observations.at_times(days),
            listed=self.listed.at_times(days),
            hours=self.hours.on_days(days),
        )

    def without(self, withheld: NDArray[np.bool_]) -> PlacedObservations:
        """The same days without some of the stations."""
        return replace(
            self,
            observations=self.observations.at_stations(~withheld),
            cell=self.cell[~withheld],
            interpolation=self.interpolation[~withheld],
        )


@dataclass(frozen=True, eq=False)
class GriddedDays(ByValue):
    """Input of a model.

    Parameters
    ----------
    observations, observed : ndarray of float32, shape (day, variable, row, column)
        Means over the stations of a cell, and 1 where there are any; 0 elsewhere. For a model that
        counts stations (`ModelMetadata.counts_stations`) the mask of the fused variable is
        their number.
    station_count : ndarray of int16, shape (day, row, column)
        Stations of the fused variable in each cell.
    """

    observations: NDArray[np.float32]
    observed: NDArray[np.float32]
    station_count: NDArray[np.int16]


def place(observations: Observations, metadata: ModelMetadata) -> PlacedObservations:
    """Keep the values that a model can take, and find the cells of their stations.

    Parameters
    ----------
    observations : Observations
        Daily means or hours. Those that quality control (`pointfuse.check_days`) has found suspect
        are left out; without it all in the valid range are taken.
    metadata : ModelMetadata
        Grid, variables and valid ranges of the model.

    Raises
    ------
    ArgumentError
        If an argument is of another kind.
    """
    require_observations(observations)
    require(
        metadata,
        ModelMetadata,
        "the metadata of a model (pointfuse.ModelMetadata)",
        source="take model.metadata",
    )
    stations = observations.stations
    cell = metadata.grid.cells(stations.longitude, stations.latitude)
    values, out_of_range, suspect = {}, 0, 0
    valid = np.zeros(len(stations), bool)
    for variable in metadata.variables:
        if variable.name not in observations.values:
            continue
        table = observations.values[variable.name]
        reason = range_reasons(table, variable)
        in_range = reason == Reason.PASSED
        out_of_range += int((reason == Reason.OUT_OF_RANGE).sum())
        valid |= in_range.any(axis=0)
        taken = in_range
        if variable.name in observations.reasons:
            taken = in_range & usable(observations.reasons[variable.name])
            suspect += int((in_range & ~taken).sum())
        values[variable.name] = np.where(taken & (cell >= 0), table, np.nan)
    used = np.zeros(len(stations), bool)
    for table in values.values():
        used |= np.isfinite(table).any(axis=0)
    counts = count_stations(stations, cell, valid, used, out_of_range, suspect)
    listed = replace(observations, values=values, hours=None)
    return PlacedObservations(
        listed.at_stations(used),
        cell[used],
        metadata.grid.interpolation(stations.longitude[used], stations.latitude[used]),
        metadata,
        counts,
        listed,
        count_reasons(observations),
        valid,
        DayHours.of(observations, metadata.target.name),
    )


def count_stations(
    stations: Stations,
    cell: NDArray[np.int64],
    valid: NDArray[np.bool_],
    used: NDArray[np.bool_],
    out_of_range: int,
    suspect: int,
) -> StationCounts:
    """What became of stations, of which some have valid values and some were used.

    Parameters
    ----------
    stations : Stations
        All that were read.
    cell : ndarray of int64, shape (station,)
        Their cells, -1 where they are on none.
    valid, used : ndarray of bool, shape (station,)
        Which have a valid value, and which of these were used.
    out_of_range, suspect : int
        Daily means that were left out.
    """
    located = np.isfinite(stations.longitude) & np.isfinite(stations.latitude)
    return StationCounts(
        read=len(stations),
        valid=int(valid.sum()),
        without_coordinates=int((valid & ~located).sum()),
        outside_grid=int((valid & located & (cell < 0)).sum()),
        used=int(used.sum()),
        out_of_range=out_of_range,
        suspect=suspect,
    )


def grid_days(placed: PlacedObservations) -> GriddedDays:
    """Average the stations of each cell, day by day."""
    grid, variables = placed.metadata.grid, placed.metadata.variables
    days, size = len(placed.observations.times), grid.rows * grid.columns
    means = np.zeros((days, len(variables), size), np.float32)
    counts = np.zeros((days, len(variables), size), np.int16)
    for channel, variable in enumerate(variables):
        table = placed.observations.values.get(variable.name)
        if table is None:
            continue
        for day, row in enumerate(table):
            present = np.isfinite(row)
            cell = placed.cell[present]
            count = np.bincount(cell, minlength=size)
            total = np.bincount(cell, row[present], size)
            counts[day, channel] = count
            np.divide(total, count, out=means[day, channel], where=count > 0, casting="same_kind")
    observed = (counts > 0).astype(np.float32)
    if placed.metadata.counts_stations:
        observed[:, 0] = counts[:, 0]
    shape = (days, len(variables), *grid.shape)
    return GriddedDays(
        means.reshape(shape),
        observed.reshape(shape),
        counts[:, 0].reshape(days, *grid.shape),
    )


def station_distance(occupied: NDArray[np.bool_], grid: Grid) -> NDArray[np.float32]:
    """Distance from each cell centre to that of the nearest cell with a station.

    Parameters
    ----------
    occupied : ndarray of bool, shape (row, column)
        Cells with a station; at least one.
    grid : Grid
        Grid of the cells.

    Returns
    -------
    ndarray of float32, shape (row, column)
        m in the plane of the projection; 0 in a cell with a station.

    Notes
    -----
    Exact Euclidean distance in two passes: along each row, then over the rows above and below
    (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012, with the minimum over parabolas
    taken directly).
    """
    rows, columns = occupied.shape
    column = np.arange(columns, dtype=np.int32)
    # Stands for "none in this row"; its square is beyond every distance on the grid.
    far = rows + columns
    west = np.maximum.accumulate(np.where(occupied, column, -far), axis=1)
    east = np.minimum.accumulate(np.where(occupied, column, columns + far)[:, ::-1], axis=1)
    along_row = np.minimum(column - west, east[:, ::-1] - column) ** 2
    nearest = along_row.copy()
    for offset in range(1, rows):
        if offset**2 >= nearest.max():
            break
        np.minimum(nearest[offset:], along_row[:-offset] + offset**2, out=nearest[offset:])
        np.minimum(nearest[:-offset], along_row[offset:] + offset**2, out=nearest[:-offset])
    return np.asarray(np.sqrt(nearest) * grid.cell_size, np.float32)
