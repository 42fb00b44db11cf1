"""What a model of any place is told of each cell: where it is, and what is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.world_layers import WorldLayer, world_layers
from pointfuse.errors import ModelFileError
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid

Floats = NDArray[np.float64]

_WIDEST_SPACING = 9300.0
"""Distance of the points whose mean a cell is, m: that of the finest layers."""

_MOST_POINTS = 1_000_000
"""Points whose layers are read at once."""

PLACES = ("east", "north", "up", "edge")
"""Layers that say where a cell is and how large: coordinates of its centre in space, with the
middle of the grid as origin, and its edge, m. Distances in space are right wherever the grid is
and whatever its projection."""

_SAME_NAME = (
    "height",
    "broad_height",
    "water_fraction",
    "urban_fraction",
    "cropland_fraction",
    "barren_fraction",
    "forest_fraction",
    "broad_lights",
)
_READ: dict[str, Callable[[Mapping[str, WorldLayer], Floats, Floats], NDArray[Any]]] = {
    **{name: lambda world, *place, name=name: world[name].at(*place) for name in _SAME_NAME},
    "broad_ruggedness": lambda world, *place: world["ruggedness"].at(*place),
    "log_lights": lambda world, *place: np.log1p(world["night_lights"].at(*place)),
}
"""Layers by their names in the metadata of a model, in plain units."""


def static_input(
    grid: Grid, layers: Mapping[str, float], cells: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """The input `static` of a model for cells of a grid.

    Parameters
    ----------
    grid : Grid
        Any grid.
    layers : mapping of str to float
        What the model takes, in its order, and the size of the unit of each.
    cells : ndarray of int64, shape (cell,), optional
        ``row * columns + column`` of the cells; all by default.

    Returns
    -------
    ndarray of float32, shape (layer, cell)

    Raises
    ------
    MissingExtraError
        If pointfuse-world is not installed.
    ModelFileError
        If the model takes a layer that is not known.
    """
    if unknown := [name for name in layers if name not in (*PLACES, *_READ)]:
        raise ModelFileError(
            f"the model takes the static layer '{unknown[0]}', this pointfuse knows "
            f"{', '.join((*PLACES, *_READ))}; install a version that matches the model"
        )
    if cells is None:
        cells = np.arange(grid.rows * grid.columns)
    result = np.empty((len(layers), len(cells)), np.float32)
    n = max(1, math.ceil(grid.cell_size / _WIDEST_SPACING))
    at_once = max(1, _MOST_POINTS // n**2)
    for first in range(0, len(cells), at_once):
        some = slice(first, first + at_once)
        row, column = np.divmod(cells[some], grid.columns)
        found = _layers(grid, list(layers), grid.x[column], grid.y[row], n)
        for layer, (name, unit) in enumerate(layers.items()):
            result[layer, some] = found[name] / unit
    return result


def _layers(
    grid: Grid, names: list[str], x: Floats, y: Floats, n: int
) -> dict[str, NDArray[np.floating[Any]]]:
    """Layers of cells in plain units; what is there is the mean of n by n points."""
    offsets = grid.cell_size * ((np.arange(n) + 0.5) / n - 0.5)
    across, up = (place.ravel() for place in np.meshgrid(offsets, offsets))
    points = grid.projection.inverse(x[:, None] + across, y[:, None] + up)
    longitude, latitude = grid.projection.inverse(x, y)
    edge = np.full(latitude.shape, grid.cell_size)
    if isinstance(grid.projection, LatitudeLongitude):
        # Cells of degrees are the narrower the nearer they are to a pole.
        edge = edge * np.sqrt(np.cos(np.radians(latitude)).clip(min=0))
    found: dict[str, NDArray[np.floating[Any]]] = dict(
        zip(PLACES, [*grid.in_space(longitude, latitude), edge], strict=True)
    )
    for name in names:
        if name in _READ:
            found[name] = _READ[name](world_layers(), *points).mean(1)
    return found
