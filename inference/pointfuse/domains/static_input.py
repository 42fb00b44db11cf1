"""What a model of any place is told of each cell: where it is, and what is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.world_layers import WorldLayer, world_layers
from pointfuse.errors import ModelFileError
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import StaticLayer

Places = NDArray[np.float64]

_WIDEST_SPACING = 9300.0
"""Distance of the points whose mean a cell is, m: that of the finest layers."""

_MOST_POINTS = 1_000_000
"""Points whose layers are read at once."""

PLACES = ("east", "north", "up", "edge")
"""Layers that say where a cell is and how large: coordinates of its centre in space, with the middle
of the grid as origin, and its edge, m. Distances in space are right wherever the grid is and
whatever its projection."""

_BRIGHTNESS = "night_lights"

_READ: dict[str, Callable[[dict[str, WorldLayer], Places, Places], NDArray[Any]]] = {
    **{
        name: lambda world, longitude, latitude, name=name: world[name].at(longitude, latitude)
        for name in (
            "height",
            "broad_height",
            "water_fraction",
            "urban_fraction",
            "cropland_fraction",
            "barren_fraction",
            "forest_fraction",
            "broad_lights",
        )
    },
    "broad_ruggedness": lambda world, *place: world["ruggedness"].at(*place),
    "log_lights": lambda world, *place: np.log1p(world[_BRIGHTNESS].at(*place)),
}
"""Layers by their names in the metadata of a model, in plain units."""


def static_input(
    grid: Grid, layers: Sequence[StaticLayer], rows: slice = slice(None)
) -> NDArray[np.float32]:
    """The input `static` of a model, for some rows of a grid.

    Parameters
    ----------
    grid : Grid
        Any grid.
    layers : sequence of StaticLayer
        What the model takes, in its order and its units.
    rows : slice
        The rows wanted.

    Returns
    -------
    ndarray of float32, shape (layer, row, column)

    Raises
    ------
    MissingExtraError
        If pointfuse-world is not installed.
    ModelFileError
        If the model takes a layer that is not known.
    """
    if unknown := [one.name for one in layers if one.name not in (*PLACES, *_READ)]:
        raise ModelFileError(
            f"the model takes the static layer '{unknown[0]}', this pointfuse knows "
            f"{', '.join((*PLACES, *_READ))}; install a version that matches the model"
        )
    y = grid.y[rows]
    result = np.empty((len(layers), len(y), grid.columns), np.float32)
    of_names = {one.name: one.scale for one in layers}
    n = max(1, math.ceil(grid.cell_size / _WIDEST_SPACING))
    at_once = max(1, _MOST_POINTS // (grid.columns * n * n))
    for first in range(0, len(y), at_once):
        some = slice(first, first + at_once)
        centres = grid.projection.inverse(*np.meshgrid(grid.x, y[some]))
        found = dict(
            zip(PLACES, [*_in_space(grid, *centres), _edges(grid, centres[1])], strict=True)
        )
        points = _points(grid, y[some], n)
        for name in of_names:
            if name in _READ:
                found[name] = _cell_means(_READ[name](world_layers(), *points), n)
        for place, (name, scale) in enumerate(of_names.items()):
            result[place, some] = found[name] / scale
    return result


def _points(grid: Grid, y: Places, n: int) -> tuple[Places, Places]:
    """Longitudes and latitudes of n by n points in each cell, shape (rows n, columns n)."""
    offsets = grid.cell_size * ((np.arange(n) + 0.5) / n - 0.5)
    x_of_points = (grid.x[:, None] + offsets).ravel()
    return grid.projection.inverse(*np.meshgrid(x_of_points, (y[:, None] + offsets).ravel()))


def _cell_means(values: NDArray[Any], n: int) -> NDArray[Any]:
    rows, columns = (size // n for size in values.shape)
    means: NDArray[Any] = values.reshape(rows, n, columns, n).mean((1, 3))
    return means


def _edges(grid: Grid, latitude: Places) -> Places:
    """Edges of the cells; in degrees they are the narrower the nearer they are to a pole."""
    if not isinstance(grid.projection, LatitudeLongitude):
        return np.full(latitude.shape, grid.cell_size)
    edges: Places = grid.cell_size * np.sqrt(np.cos(np.radians(latitude)).clip(min=0))
    return edges


def _in_space(grid: Grid, longitude: Places, latitude: Places) -> NDArray[np.float64]:
    """Coordinates of points, m, shape (3, ...): east, north and up in the middle of the grid."""
    middle = grid.x[[0, -1]].mean(), grid.y[[0, -1]].mean()
    of_middle = (float(one) for one in grid.projection.inverse(*middle))
    turn, tilt = (math.radians(angle) for angle in of_middle)
    # Seen from the middle of the grid.
    east = np.radians(longitude) - turn
    north = np.radians(latitude)
    across, ahead, high = np.cos(north) * np.sin(east), np.cos(north) * np.cos(east), np.sin(north)
    places: NDArray[np.float64] = grid.projection.earth_radius * np.stack(
        [
            across,
            high * math.cos(tilt) - ahead * math.sin(tilt),
            high * math.sin(tilt) + ahead * math.cos(tilt) - 1,
        ]
    )
    return places
