"""Estimates from gridded stations: one pass of the network, and how far it is supported."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pointfuse.fields.timed_fields import DEVIATION
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import PlacedObservations, grid_days, station_distance

Scalar = TypeVar("Scalar", bound=np.generic)


class Estimates(NamedTuple):
    """Estimates of the fused variable; all arrays have the shape (day, cell).

    Parameters
    ----------
    values : ndarray of float32
        The variable in the units of the model.
    uncertainty : ndarray of float32
        Standard deviation of the difference to what a station in the cell would measure, same
        units; NaN where the model gives none.
    station_distance : ndarray of float32
        Distance from the cell centre to the nearest cell with a station, m.
    station_count : ndarray of int16
        Stations of the fused variable in the cell.
    """

    values: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    station_distance: NDArray[np.float32]
    station_count: NDArray[np.int16]


def estimate(
    placed: PlacedObservations, model: Model, cells: NDArray[np.int64] | None = None
) -> Estimates:
    """Estimate complete fields, or some cells of them.

    Parameters
    ----------
    placed : PlacedObservations
        Stations on the grid of the model; each day has an observation of the fused variable.
    model : Model
        The model.
    cells : ndarray of int64, shape (cell,), optional
        ``row * columns + column`` of the cells wanted; all by default.
    """
    grid, gridded = model.metadata.grid, grid_days(placed)
    # The graph tells the error of a day, which it has learned.
    hourly = model.metadata.hourly_factor if placed.observations.hourly else None
    deviation = DEVIATION * (hourly or 1)
    wanted: slice | NDArray[np.int64] = slice(None) if cells is None else cells
    field, scale = model.run(gridded.observations, gridded.observed, cells)

    def of_cells(fields: NDArray[Scalar]) -> NDArray[Scalar]:
        return fields.reshape(len(fields), -1)[:, wanted]

    distance = np.stack([station_distance(day > 0, grid) for day in gridded.station_count])
    values = field.reshape(len(field), -1)
    return Estimates(
        values,
        np.full_like(values, np.nan) if scale is None else deviation * scale.reshape(values.shape),
        of_cells(distance),
        of_cells(gridded.station_count),
    )
