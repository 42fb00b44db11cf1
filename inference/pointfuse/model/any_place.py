"""Run a model of any place on the grid of a domain, a part after the other.

Every cell is computed for itself from all stations, so parts come out as they do within the whole.
A part is some rows of the grid, and below them rows that hold nothing but the cells with stations:
where a cell is, the input `static` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

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

    def run(self, run: Run, observations: Arrays, observed: Arrays) -> list[Arrays]:
        """Outputs for all cells of all times.

        Parameters
        ----------
        run : callable
            Runs the graph.
        observations, observed : ndarray of float32, shape (time, 1, row, column)
            As `Model.run` takes them.

        Returns
        -------
        list of ndarray of float32, shape (time, 1, row, column)
        """
        times = max(1, CELLS_AT_ONCE // (self._grid.rows * self._grid.columns))
        results = [
            self._of_times(run, rows)
            for first in range(0, len(observations), times)
            for rows in stations_of(
                observations[first : first + times, 0], observed[first : first + times, 0]
            )
        ]
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]

    def static_layer(self, name: str) -> NDArray[np.float32]:
        """A layer of the input in plain units, shape (row, column)."""
        values = static_input(self._grid, {name: 1.0})
        return values.reshape(self._grid.shape)

    def _of_times(self, run: Run, stations: StationRows) -> list[Arrays]:
        """All parts, for the same cells with stations."""
        grid, times = self._grid, len(stations.value)
        # Rows for the stations; what is left of the last one repeats them, and holds none.
        added = -(-len(stations.cell) // grid.columns)
        cells = np.resize(stations.cell, added * grid.columns)
        at_stations = static_input(grid, self.layers, cells)
        feed = {
            "observations": _padded(stations.value, cells.size),
            "observed": _padded(stations.number, cells.size),
        }
        outputs: list[Arrays] = []
        rows = max(1, CELLS_AT_ONCE // (times * grid.columns) - added)
        for first in range(0, grid.rows, rows):
            count = min(rows, grid.rows - first)
            empty = np.zeros((times, count * grid.columns), np.float32)
            part = run(
                {
                    "static": np.concatenate(
                        [self._static(first, count), at_stations], axis=1
                    ).reshape(len(self.layers), -1, grid.columns),
                    **{
                        name: np.concatenate([empty, table], axis=1).reshape(
                            times, 1, -1, grid.columns
                        )
                        for name, table in feed.items()
                    },
                }
            )
            if not outputs:
                outputs = [np.empty((times, 1, *grid.shape), np.float32) for _ in part]
            for whole, of_part in zip(outputs, part, strict=True):
                whole[:, :, first : first + count] = of_part[:, :, :count]
        return outputs

    def _static(self, first: int, count: int) -> Arrays:
        """Static input of some rows, shape (layer, cell)."""
        columns = self._grid.columns
        some = slice(first * columns, (first + count) * columns)
        if self._grid.rows * columns > _MOST_KEPT:
            return static_input(self._grid, self.layers, np.arange(some.start, some.stop))
        return self._kept[:, some]

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


def _padded(table: Arrays, size: int) -> Arrays:
    """A table of (time, cell) with as many cells as wanted, 0 in those that are added."""
    return np.pad(table, ((0, 0), (0, size - table.shape[1])))
