"""Terrain and land of the cells, which the better baselines know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pointfuse.errors import InputError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid

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


def derived_layers(
    height: NDArray[np.float64],
    night_lights: NDArray[np.float64],
    barren: NDArray[np.float64],
    forest: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """What the baselines make of the static layers, each of shape (row, column).

    Parameters
    ----------
    height : ndarray of float64, shape (row, column)
        m above the sea.
    night_lights : ndarray of float64, shape (row, column)
        Brightness seen from space, any unit, not negative.
    barren, forest : ndarray of float64, shape (row, column)
        Fractions of the cell.

    Returns
    -------
    dict
        ``height`` and ``broad_height`` (smoothed over 8 cells), km; ``ruggedness``, log(1 + d) with
        d how far heights nearby are from the broad height, in 100 m; ``lights`` and
        ``broad_lights`` (over 2 cells), log(1 + brightness); ``barren`` and ``forest``.
    """
    broad = gaussian_filter(height, 8)
    return {
        "height": height / 1000,
        "broad_height": broad / 1000,
        "ruggedness": np.log1p(gaussian_filter(np.abs(height - broad), 4) / 100),
        "lights": np.log1p(night_lights),
        "broad_lights": np.log1p(gaussian_filter(night_lights, 2)),
        "barren": barren,
        "forest": forest,
    }


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
