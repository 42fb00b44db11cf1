"""A regular grid of square cells in a map projection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.grid.projections import Projection


@dataclass(frozen=True, eq=False)
class Interpolation(ByValue):
    """Points among cell centres: the four centres around each, and how much each counts.

    Parameters
    ----------
    cells : ndarray of int64, shape (point, 4)
        ``row * columns + column``.
    weights : ndarray of float64, shape (point, 4)
        Not negative, of sum 1.
    """

    cells: NDArray[np.int64]
    weights: NDArray[np.float64]

    def __getitem__(self, points: NDArray[np.bool_]) -> Interpolation:
        """Some of the points."""
        return Interpolation(self.cells[points], self.weights[points])

    def read(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Values at the points.

        Parameters
        ----------
        values : ndarray, shape (cell, ...)
            Values at the cell centres.

        Returns
        -------
        ndarray of float64, shape (point, ...)
            Mean of the four centres by their weights.
        """
        read: NDArray[np.float64] = np.einsum("pc...,pc->p...", values[self.cells], self.weights)
        return read


@dataclass(frozen=True)
class Grid:
    """Square cells in the plane of a projection; row 0 is south, column 0 is west.

    Parameters
    ----------
    projection : Projection
        Projection of the plane.
    rows, columns : int
        Size of the grid.
    cell_size : float
        Edge of a cell, m.
    first_x, first_y : float
        Centre of the cell in row 0 and column 0, m.
    """

    projection: Projection
    rows: int
    columns: int
    cell_size: float
    first_x: float
    first_y: float

    def __repr__(self) -> str:
        return f"<Grid of {self.summary}>"

    @property
    def summary(self) -> str:
        """Size and projection, for people."""
        plane = self.projection
        return (
            f"{self.rows} rows x {self.columns} columns of {self.cell_size / 1000:g} km, "
            f"{plane.grid_mapping_name}, {plane.true_scale}, origin {plane.origin}"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def x(self) -> NDArray[np.float64]:
        """Cell centres along a row, m, shape (columns,)."""
        return self.first_x + self.cell_size * np.arange(self.columns, dtype=np.float64)

    @property
    def y(self) -> NDArray[np.float64]:
        """Cell centres along a column, m, shape (rows,)."""
        return self.first_y + self.cell_size * np.arange(self.rows, dtype=np.float64)

    def longitude_latitude(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of the cell centres.

        Returns
        -------
        longitude, latitude : ndarray of float64, shape (rows, columns)
            Degrees east and north.
        """
        return self.projection.inverse(*np.meshgrid(self.x, self.y))

    def centres(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Geographic coordinates of the centres of some cells.

        Parameters
        ----------
        cells : ndarray of int64, shape (cell,)
            ``row * columns + column``.

        Returns
        -------
        longitude, latitude : ndarray of float64, shape (cell,)
            Degrees east and north.
        """
        rows, columns = np.divmod(cells, self.columns)
        return self.projection.inverse(self.x[columns], self.y[rows])

    def cells(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int64]:
        """Cells in which points lie.

        Parameters
        ----------
        longitude, latitude : array_like, shape (n,)
            Degrees east and north; NaN where unknown.

        Returns
        -------
        ndarray of int64, shape (n,)
            ``row * columns + column`` of the nearest cell centre, -1 for a point that is outside
            the grid or has no coordinates.
        """
        x, y = self.projection.forward(longitude, latitude)
        column = np.floor((x - self.first_x) / self.cell_size + 0.5)
        row = np.floor((y - self.first_y) / self.cell_size + 0.5)
        # Comparisons with NaN are false, so a point without coordinates is not inside.
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        cell = np.full(inside.shape, -1, np.int64)
        cell[inside] = (row[inside] * self.columns + column[inside]).astype(np.int64)
        return cell

    def in_space(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.float64]:
        """Where places are in space. Distances are right wherever the grid is, in any projection.

        Parameters
        ----------
        longitude, latitude : array_like, shape (place,)
            Degrees east and north.

        Returns
        -------
        ndarray of float64, shape (3, place)
            East, north and up as seen in the middle of the grid, which is the origin, m.
        """
        middle = self.x[[0, -1]].mean(), self.y[[0, -1]].mean()
        of_middle = (float(one) for one in self.projection.inverse(*middle))
        turn, tilt = (math.radians(angle) for angle in of_middle)
        east, north = np.radians(longitude) - turn, np.radians(latitude)
        high, flat = np.sin(north), np.cos(north)
        across, ahead = flat * np.sin(east), flat * np.cos(east)
        places: NDArray[np.float64] = self.projection.earth_radius * np.stack(
            [
                across,
                high * math.cos(tilt) - ahead * math.sin(tilt),
                high * math.sin(tilt) + ahead * math.cos(tilt) - 1,
            ]
        )
        return places

    def interpolation(self, longitude: ArrayLike, latitude: ArrayLike) -> Interpolation:
        """How to read a field at points: bilinearly in the plane, between cell centres.

        Parameters
        ----------
        longitude, latitude : array_like, shape (n,)
            Degrees east and north, of points on the grid.

        Returns
        -------
        Interpolation
            Beyond the outermost centres a point is read at the nearest place between them.
        """
        x, y = self.projection.forward(longitude, latitude)
        west, east_share = _between((x - self.first_x) / self.cell_size, self.columns)
        south, north_share = _between((y - self.first_y) / self.cell_size, self.rows)
        # The same centre twice, and no weight for the second, on a grid of a single line.
        east, north = np.minimum(west + 1, self.columns - 1), np.minimum(south + 1, self.rows - 1)
        corners = [(south, west), (south, east), (north, west), (north, east)]
        return Interpolation(
            np.stack([row * self.columns + column for row, column in corners], axis=-1),
            np.stack(
                [
                    (1 - north_share) * (1 - east_share),
                    (1 - north_share) * east_share,
                    north_share * (1 - east_share),
                    north_share * east_share,
                ],
                axis=-1,
            ),
        )

    def coincides(self, other: Grid) -> bool:
        """Whether the cells are those of another grid, to a hundredth of a cell."""
        if self.shape != other.shape:
            return False
        corners = np.ix_((0, -1), (0, -1))
        x, y = self.projection.forward(*(table[corners] for table in other.longitude_latitude()))
        distance = np.hypot(x - self.x[[0, -1]], y - self.y[[[0], [-1]]])
        return bool((distance < 0.01 * self.cell_size).all())


def _between(
    position: NDArray[np.float64], centres: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Centre before each position along an axis, and the share of the way to the next."""
    position = np.clip(position, 0, centres - 1)
    before = np.minimum(position.astype(np.int64), max(centres - 2, 0))
    return before, position - before
