"""Terrain and land of the cells, which the better baselines know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.processes.covariates import derived_layers

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
    InputError
        If layers are asked for on another grid than the one there are layers of.
    """
    if not names:
        return np.empty((len(cell), 0))
    grid_of_layers, layers = _read()
    if grid != grid_of_layers:
        raise InputError(
            f"the layers of this baseline are of a grid of {grid_of_layers.rows} x "
            f"{grid_of_layers.columns} cells, the model has another one of {grid.rows} x "
            f"{grid.columns}; take a baseline without terrain, such as kriging"
        )
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
