"""Where stations and points lie, as the baselines need it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.gridding import PlacedObservations


def in_plane(grid: Grid, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.float64]:
    """Coordinates in the plane of the grid's projection, km, shape (point, 2)."""
    return np.stack(grid.projection.forward(longitude, latitude), axis=-1) / 1000


def cells_of(grid: Grid, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int64]:
    """Cells of points, shape (point,), as `Grid.cells`.

    Raises
    ------
    InputError
        If a point lies outside the grid.
    """
    cell = grid.cells(longitude, latitude)
    outside = int((cell < 0).sum())
    if outside:
        raise InputError(
            f"expected points on the grid of {grid.rows} x {grid.columns} cells, got {outside} of "
            f"{len(cell)} outside it; leave them out"
        )
    return cell


def values_of(known: PlacedObservations) -> tuple[PlacedObservations, NDArray[np.float64]]:
    """Stations with a value of the fused variable on the day, and their values, shape (station,).

    Raises
    ------
    InputError
        If there is not exactly one day, or no station has a value.
    """
    table = known.observations.values[known.metadata.target.name]
    if len(table) != 1:
        raise InputError(f"a baseline takes one day at a time, got {len(table)}; select one")
    there = np.isfinite(table[0])
    if not there.any():
        raise InputError(
            f"there is no {known.metadata.target.name} on {known.observations.times[0]} to "
            "predict from; leave the day out"
        )
    return known.without(~there), table[0, there]
