"""Global rasters in degrees, and their means over the cells of a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.grid.regular_grid import Grid

_FEWEST_POINTS = 4  # along an edge of a cell
_WIDEST_SPACING = 3000.0  # m


@dataclass(frozen=True)
class Raster:
    """Values at equal steps of latitude and longitude, around the whole earth.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        Row 0 in the north, column 0 in the west.
    north, west : float
        Latitude of the middle of row 0 and longitude of the middle of column 0, degrees.
    per_degree : float
        Rows, and columns, in a degree.
    """

    values: NDArray[Any]
    north: float
    west: float
    per_degree: float

    def nearest(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> NDArray[Any]:
        """Value of the pixel that each point lies in, shape of `longitude` (degrees)."""
        row, column = self._place(longitude, latitude)
        return self._at(np.floor(row + 0.5).astype(int), np.floor(column + 0.5).astype(int))

    def bilinear(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Value between the middles of the four pixels around, shape of `longitude` (degrees)."""
        row, column = self._place(longitude, latitude)
        north, west = np.floor(row).astype(int), np.floor(column).astype(int)
        down, right = row - north, column - west
        upper = self._at(north, west) * (1 - right) + self._at(north, west + 1) * right
        lower = self._at(north + 1, west) * (1 - right) + self._at(north + 1, west + 1) * right
        blended: NDArray[np.float64] = upper * (1 - down) + lower * down
        return blended

    def _place(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column, with fractions."""
        return (self.north - latitude) * self.per_degree, (longitude - self.west) * self.per_degree

    def _at(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[Any]:
        # The last row goes on to the pole; columns go on around the earth, some of which a raster
        # may hold twice.
        around = round(360 * self.per_degree)
        values: NDArray[Any] = self.values[row.clip(0, len(self.values) - 1), column % around]
        return values


def points_along_edge(grid: Grid) -> int:
    """How many points along each edge of a cell stand for it: 4, more in cells above 12 km."""
    return max(_FEWEST_POINTS, math.ceil(grid.cell_size / _WIDEST_SPACING))


def sub_points(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points evenly spread over the cells of a grid.

    Returns
    -------
    longitude, latitude : ndarray of float64, shape (rows * n, columns * n)
        Degrees; from south to north and from west to east, n of them along each edge of a cell.
    """
    n = points_along_edge(grid)
    offsets = grid.cell_size * ((np.arange(n) + 0.5) / n - 0.5)
    x = (grid.x[:, None] + offsets).ravel()
    y = (grid.y[:, None] + offsets).ravel()
    return grid.projection.inverse(*np.meshgrid(x, y))


def cell_means(values: NDArray[Any], grid: Grid) -> NDArray[np.float64]:
    """Mean of the points in each cell.

    Parameters
    ----------
    values : ndarray, shape (rows * n, columns * n)
        Values at the `sub_points` of the grid.
    grid : Grid
        The grid.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
    """
    rows, columns = grid.shape
    n = points_along_edge(grid)
    means: NDArray[np.float64] = values.reshape(rows, n, columns, n).mean((1, 3), dtype=np.float64)
    return means
