"""Run a model of any place on the grid of a domain, a part after the other.

Every cell is computed for itself from all stations, so parts come out as they do within the whole.
A part is a list of cells, those with stations before them: where a cell is, the input `static`
tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.static_input import static_input
from pointfuse.grid.regular_grid import Grid

Arrays = NDArray[np.float32]
Run = Callable[[Mapping[str, Arrays]], list[Arrays]]

MOST_STATIONS = 2048
"""Cells with stations of a time; of more, those of squares are put together, as the graph does."""

SQUARES = (1, 2, 4, 8, 16, 32)
"""Edges of the squares, cells; the smallest is taken with which there are not too many."""

CELLS_AT_ONCE = 200_000
"""Cells, of all times together, that are computed in one run."""

_MOST_KEPT = 4_500_000
"""Cells whose static input is kept: 56 bytes each."""

_WIDTH = 256
"""Columns that the cells of a part are laid out in."""


class StationRows(NamedTuple):
    """The cells with stations of some times.

    Attributes
    ----------
    cell : ndarray of int64, shape (cell,)
        ``row * columns + column`` of each.
    value, number : ndarray of float32, shape (time, cell)
        Mean of its stations and how many they are; 0 where there is none.
    """

    cell: NDArray[np.int64]
    value: Arrays
    number: Arrays


class AnyPlace:
    """The grid that a model of any place runs on.

    Parameters
    ----------
    grid : Grid
        The grid.
    layers : mapping of str to float
        Layers of the input `static` in order, and the size of the unit of each.
    """

    def __init__(self, grid: Grid, layers: Mapping[str, float]) -> None:
        self._grid = grid
        self.layers = layers

    def run(
        self,
        run: Run,
        observations: Arrays,
        observed: Arrays,
        cells: NDArray[np.int64] | None = None,
    ) -> list[Arrays]:
        """Outputs for cells of all times.

        Parameters
        ----------
        run : callable
            Runs the graph.
        observations, observed : ndarray of float32, shape (time, 1, row, column)
            As `Model.run` takes them.
        cells : ndarray of int64, shape (cell,), optional
            ``row * columns + column`` of the cells wanted; all by default.

        Returns
        -------
        list of ndarray of float32, shape (time, cell)
        """
        wanted = np.arange(self._grid.rows * self._grid.columns) if cells is None else cells
        with_stations = int(observed[:, 0].any(axis=0).sum())
        times = max(1, CELLS_AT_ONCE // (len(wanted) + with_stations))
        results = [
            self._of_times(run, stations, wanted)
            for first in range(0, len(observations), times)
            for stations in stations_of(
                observations[first : first + times, 0], observed[first : first + times, 0]
            )
        ]
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]

    def static_layer(self, name: str) -> NDArray[np.float32]:
        """A layer of the input in plain units, shape (row, column)."""
        values = static_input(self._grid, {name: 1.0})
        return values.reshape(self._grid.shape)

    def _of_times(self, run: Run, stations: StationRows, wanted: NDArray[np.int64]) -> list[Arrays]:
        """All parts, for the same cells with stations."""
        times, with_stations = len(stations.value), len(stations.cell)
        at_stations = static_input(self._grid, self.layers, stations.cell)
        outputs: list[Arrays] = []
        count = max(_WIDTH, CELLS_AT_ONCE // times - with_stations)
        for first in range(0, len(wanted), count):
            some = wanted[first : first + count]
            static = np.concatenate([at_stations, self._static(some)], axis=1)
            part = run(
                {
                    "observations": _laid_out(stations.value, static.shape[1])[:, None],
                    "observed": _laid_out(stations.number, static.shape[1])[:, None],
                    # What fills the last row is any cell, and holds no station.
                    "static": _laid_out(static, static.shape[1], mode="edge"),
                }
            )
            if not outputs:
                outputs = [np.empty((times, len(wanted)), np.float32) for _ in part]
            for whole, of_part in zip(outputs, part, strict=True):
                flat = of_part.reshape(times, -1)[:, with_stations:]
                whole[:, first : first + count] = flat[:, : len(some)]
        return outputs

    def _static(self, cells: NDArray[np.int64]) -> Arrays:
        """Static input of some cells, shape (layer, cell)."""
        if self._grid.rows * self._grid.columns > _MOST_KEPT:
            return static_input(self._grid, self.layers, cells)
        return self._kept[:, cells]

    @cached_property
    def _kept(self) -> Arrays:
        return static_input(self._grid, self.layers)


def stations_of(values: Arrays, numbers: Arrays) -> Iterator[StationRows]:
    """The cells with stations, of all times together or one by one where these are too many.

    Parameters
    ----------
    values, numbers : ndarray of float32, shape (time, row, column)
        Means of the stations of each cell, and how many they are.
    """
    columns = values.shape[2]
    flat_values, flat_numbers = (table.reshape(len(table), -1) for table in (values, numbers))
    cell = np.flatnonzero(flat_numbers.any(axis=0))
    if len(cell) <= MOST_STATIONS:
        yield StationRows(cell, flat_values[:, cell], flat_numbers[:, cell])
        return
    for value, number in zip(flat_values, flat_numbers, strict=True):
        cell = np.flatnonzero(number)
        yield _in_squares(cell, value[cell], number[cell], columns)


def _in_squares(
    cell: NDArray[np.int64], value: Arrays, number: Arrays, columns: int
) -> StationRows:
    """Stations of a time, put together in the smallest squares of which there are not too many."""
    row, column = np.divmod(cell, columns)
    for edge in SQUARES:
        square, of_square = np.unique((row // edge) * columns + column // edge, return_inverse=True)
        if len(square) <= MOST_STATIONS or edge == SQUARES[-1]:
            break

    def mean(table: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(of_square, table * number.astype(np.float64)) / total

    total = np.bincount(of_square, number)
    # The cell in the middle of its stations stands for a square.
    middle = np.rint(mean(row)) * columns + np.rint(mean(column))
    return StationRows(
        middle.astype(np.int64),
        mean(value).astype(np.float32)[None],
        total.astype(np.float32)[None],
    )


def _laid_out(table: Arrays, cells: int, mode: Literal["constant", "edge"] = "constant") -> Arrays:
    """A table of (..., cell) with so many cells in rows, filled up to whole ones."""
    rows = -(-cells // _WIDTH)
    filled = np.pad(table, ((0, 0), (0, rows * _WIDTH - table.shape[1])), mode=mode)
    return filled.reshape(len(table), rows, _WIDTH)
