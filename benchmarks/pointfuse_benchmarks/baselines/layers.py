"""Terrain and land of the cells, which the better baselines know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.static_input import static_input
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.processes.covariates import derived_layers

_OF_THE_WORLD = {
    "height": ("height", 1000.0),
    "broad_height": ("broad_height", 1000.0),
    "ruggedness": ("broad_ruggedness", 1.0),
    "lights": ("log_lights", 1.0),
    "broad_lights": ("broad_lights", 1.0),
    "barren": ("barren_fraction", 1.0),
    "forest": ("forest_fraction", 1.0),
}
"""Layers of pointfuse-world, and the size of a unit of ours."""

_FILE = Path(__file__).with_name("china12_layers.npz")


def layer_table(grid: Grid, cell: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.float64]:
    """Layers at some cells of a grid.

    Parameters
    ----------
    grid : Grid
        Grid of the cells.
    cell : ndarray of int64, shape (point,)
        ``row * columns + column``.
    names : sequence of str
        Keys of `derived_layers`.

    Returns
    -------
    ndarray of float64, shape (point, name)

    Raises
    ------
    MissingExtraError
        If layers are asked for on another grid than that of the models of China, and
        pointfuse-world is not installed.
    """
    if not names:
        return np.empty((len(cell), 0))
    grid_of_layers, layers = _read()
    if grid != grid_of_layers:
        table = static_input(grid, {_OF_THE_WORLD[name][0]: 1.0 for name in names}, cell)
        units = [_OF_THE_WORLD[name][1] for name in names]
        return table.T.astype(np.float64) / units
    return np.stack([layers[name].ravel()[cell] for name in names], axis=1)


@cache
def _read() -> tuple[Grid, dict[str, NDArray[np.float64]]]:
    """The grid of the layers, and the layers."""
    with np.load(_FILE) as file:
        rows, columns = file["height"].shape
        first, second, longitude, latitude, radius = file["projection"].tolist()
        projection = LambertConformal((first, second), longitude, latitude, radius)
        grid = Grid(projection, rows, columns, *file["cells"].tolist())
        static = {
            name: file[name].astype(np.float64)
            for name in ("height", "night_lights", "barren", "forest")
        }
    return grid, derived_layers(**static)
