"""Which cells of a simulated day a model is given: those of real stations, or drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse_training.network.weights import is_zip, read_station_cells

UNIFORM = (1500, 2500)
"""Fewest and most cells that are drawn where there are no stations (as published)."""


@dataclass(frozen=True)
class SampledCells:
    """Cells whose values are given to a model.

    Parameters
    ----------
    shape : tuple of two ints
        Rows and columns of the grid.
    stations : ndarray of bool, shape (rows, columns), optional
        Cells with a station of the fused variable. Without it 1,500 to 2,500 cells, or half of a
        small grid, are drawn for each day, uniformly as published.
    weather : ndarray of bool, the same shape, optional
        Cells with a station of humidity and wind; none without it.
    seed : int
        Seed of what is drawn.
    """

    shape: tuple[int, int]
    stations: NDArray[np.bool_] | None = None
    weather: NDArray[np.bool_] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for cells in (self.stations, self.weather):
            if cells is not None and cells.shape != self.shape:
                raise InputError(
                    f"the stations stand on a grid of {cells.shape} cells, the archive has "
                    f"{self.shape}; name stations of its own grid, or a list with coordinates"
                )

    def observed(self, day: int) -> NDArray[np.bool_]:
        """Cells given on a day, shape (variable, rows, columns), whatever was asked for before.

        Parameters
        ----------
        day : int
            Number of the day in the archive.
        """
        stations = self._drawn(day) if self.stations is None else self.stations
        weather = np.zeros(self.shape, bool) if self.weather is None else self.weather
        return np.stack([stations, weather, weather])

    def _drawn(self, day: int) -> NDArray[np.bool_]:
        random = np.random.default_rng([self.seed, day])
        size = self.shape[0] * self.shape[1]
        number = min(int(random.integers(UNIFORM[0], UNIFORM[1] + 1)), -(-size // 2))
        cells = np.zeros(size, bool)
        cells[random.choice(size, number, replace=False)] = True
        return cells.reshape(self.shape)


def read_cells(path: Path, grid: Grid) -> NDArray[np.bool_]:
    """Cells of a grid in which stations stand, bool; as `read_station_counts` otherwise."""
    return read_station_counts(path, grid) > 0


def read_station_counts(path: Path, grid: Grid) -> NDArray[np.int64]:
    """Number of stations in each cell of a grid, shape (rows, columns).

    Parameters
    ----------
    path : Path
        Station list (CSV), or numpy archive with the array ``observed`` such as the golden days of
        a model, which says where stations are but not how many.
    grid : Grid
        The grid.

    Raises
    ------
    InputFileNotFoundError, InputError, ModelFileError
        If the file is missing, damaged, or neither; or if no station stands on the grid.
    """
    if is_zip(path):
        counts = read_station_cells(path).numpy().astype(np.int64)
    else:
        places = np.array([*read_station_list(path).places.values()], np.float64).reshape(-1, 2)
        cells = grid.cells(*places.T)
        counts = np.bincount(cells[cells >= 0], minlength=grid.rows * grid.columns)
        counts = counts.reshape(grid.shape)
    if not counts.any():
        raise InputError(
            f"{path.name} has no station on the grid of the archive; check its coordinates"
        )
    return counts
