"""A Gaussian process that knows terrain and land: what stations say of cells without one.

The covariance of two cells falls with their distance in the plane and with the differences of
their covariates; it works on the square root of the concentration, whose scatter does not grow
with it. Sill and trend are fitted to the stations of each day, everything else is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.blas_threads import one_blas_thread
from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid.regular_grid import Grid, Interpolation
from pointfuse.model.covariates import covariate_fields
from pointfuse.model.process_settings import ProcessSettings

Array = NDArray[np.float64]
Points = NDArray[np.floating[Any]]

_CELLS_AT_ONCE = 512
"""Cells whose covariances with all stations are held at once: they should stay in the cache."""

_BLOCK = 12
"""Edge, in cells, of the squares that share their neighbours when the variance is computed."""

_NEIGHBOURS = 64
"""Stations beside its own that the variance in a square rests on; they screen the others."""

_SQUARES_AT_ONCE = 8
"""Squares that are computed in one call of each function."""

_FARTHEST = 1e6
"""Beyond so many lengths from the middle of the grid, distances drown in rounding."""


@dataclass(frozen=True)
class Prediction:
    """What a day's stations say of some cells.

    Parameters
    ----------
    mean : ndarray of float64, shape (cell,)
        Expected concentration at a station in the cell, in the unit of the observations; not
        negative.
    standard_error : ndarray of float64, shape (cell,)
        Standard deviation of what a station in the cell would measure, same unit.
    effective_stations : ndarray of float64, shape (cell,)
        Number of stations in the cell itself that would tell as much as all stations do: 1 in
        the cell of a lonely station, near 0 far from all.
    """

    mean: Array
    standard_error: Array
    effective_stations: Array


class _Cells(NamedTuple):
    """What the process knows of the cells of the grid, in the order of their numbers."""

    coordinates: Array
    """Place and covariates in lengths, shape (cell, coordinate)."""
    trend: Array
    """Terms of the trend, shape (cell, term)."""
    square: NDArray[np.int64]
    """Square of `_BLOCK` cells on edge that the cell is in, shape (cell,)."""
    centres: Array
    """Mean coordinates of the cells of each square, shape (square, coordinate)."""


class GaussianProcess:
    """The process on a grid, ready for the stations of any day.

    Parameters
    ----------
    settings : ProcessSettings
        Length, nugget and covariates.
    grid : Grid
        Grid of the cells.
    static_layers : mapping of str to ndarray, shape (row, column)
        Layers that the covariates are made from.

    Raises
    ------
    InputError
        If a layer is missing.
    ModelFileError
        If cells lie immeasurably far apart, or a layer holds values that are not finite.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        grid: Grid,
        static_layers: Mapping[str, NDArray[np.float32]],
    ) -> None:
        fields = covariate_fields(settings.covariates, static_layers, grid.cell_size)
        coordinates = [axis / settings.length for axis in np.meshgrid(grid.x, grid.y)]
        trend = [np.ones(grid.shape)]
        for covariate, field in zip(settings.covariates, fields, strict=True):
            if covariate.scale is not None:
                coordinates.append(field / covariate.scale)
            if covariate.trend:
                # Of order one, so that the fit of the trend is well conditioned.
                trend.append((field - field.mean()) / (field.std() or 1.0))
        terms = np.stack(trend, axis=-1).reshape(-1, len(trend))
        places = np.stack(coordinates, axis=-1).reshape(-1, len(coordinates))
        # Distances are differences of squares, which are the better the smaller they are.
        places -= places.mean(axis=0)
        if not ((np.abs(places) < _FARTHEST).all() and np.isfinite(terms).all()):
            raise ModelFileError(
                "the model's Gaussian process is impossible: expected static layers with finite "
                f"values and cells at most {_FARTHEST:g} lengths or scales apart; export the model "
                "again with other settings"
            )
        square = _squares(grid)
        members = np.bincount(square)[:, None]
        sums = [np.bincount(square, coordinate) for coordinate in places.T]
        self._cells = _Cells(places, terms, square, np.stack(sums, axis=-1) / members)
        self._nugget = settings.nugget

    @one_blas_thread()
    def condition(self, stations: Interpolation, values: Array) -> ConditionedProcess:
        """Fit trend and sill to a day, and take its stations as known.

        Parameters
        ----------
        stations : Interpolation
            Where the stations stand among the cells: place and covariates are read there.
        values : ndarray of float64, shape (station,)
            What they observed; not negative.

        Raises
        ------
        InputError
            If there is no station.
        """
        if not len(stations):
            raise InputError("a Gaussian process needs at least one station, got none")
        return ConditionedProcess(self._cells, self._nugget, stations, _to_root(values))


class ConditionedProcess:
    """The process, given the stations of a day; `GaussianProcess.condition` makes one.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.7.
    """

    def __init__(
        self, cells: _Cells, nugget: float, stations: Interpolation, values: Array
    ) -> None:
        self._cells, self._nugget = cells, nugget
        self._known = stations.read(cells.coordinates)
        self._square = cells.square[stations.nearest]
        covariance = _covariance(self._known, self._known)
        covariance[np.diag_indices_from(covariance)] += nugget
        terms = stations.read(cells.trend)
        solved = np.linalg.solve(covariance, np.column_stack([terms, values]))
        # A term that is constant over the stations, and days of few stations: least norm.
        self._coefficients, _, rank, _ = np.linalg.lstsq(
            terms.T @ solved[:, :-1], terms.T @ solved[:, -1], rcond=1e-10
        )
        residual = values - terms @ self._coefficients
        self._weights = solved[:, -1] - solved[:, :-1] @ self._coefficients
        # Where all values are the same, rounding may leave a little less than nothing.
        scatter = max(float(residual @ self._weights), 0.0)
        self._sill = scatter / max(len(values) - int(rank), 1)

    @one_blas_thread()
    def predict(self, cells: NDArray[np.int64] | None = None, threads: int = 1) -> Prediction:
        """Predict cells without looking at their own values again.

        Parameters
        ----------
        cells : ndarray of int64, shape (cell,), optional
            ``row * columns + column``; all cells of the grid by default.
        threads : int
            Threads to predict on.
        """
        if cells is None:
            cells = np.arange(len(self._cells.coordinates))
        with ThreadPoolExecutor(threads) as pool:
            mean, explained = self._mean(cells, pool), self._explained(cells, pool)
        unexplained = np.clip(1 - explained, 1e-6, 1.0)
        variance = self._sill * (unexplained + self._nugget)
        root = np.maximum(mean / 2 + 1, 0.0)
        return Prediction(
            # Expectation and standard deviation of the square of a normal variable.
            np.maximum(root**2 + variance / 4 - 1, 0.0),
            np.sqrt(root**2 * variance + variance**2 / 8),
            self._nugget * (1 / unexplained - 1),
        )

    def _mean(self, cells: NDArray[np.int64], pool: Executor) -> Array:
        """Mean on the scale of the process, from all stations, so that there are no seams."""
        # Single precision is plenty for the sum, and twice as fast.
        known = self._known.astype(np.float32)
        weights = self._weights.astype(np.float32)
        mean = self._cells.trend[cells] @ self._coefficients

        def add_stations(first: int) -> None:
            some = slice(first, first + _CELLS_AT_ONCE)
            places = self._cells.coordinates[cells[some]].astype(np.float32)
            mean[some] += _covariance(places, known) @ weights

        # Waits for all of them, and raises what one of them raised.
        list(pool.map(add_stations, range(0, len(cells), _CELLS_AT_ONCE)))
        return mean

    def _explained(self, cells: NDArray[np.int64], pool: Executor) -> Array:
        """Share of the sill that the stations explain, square by square of the grid."""
        explained = np.empty(len(cells))
        order = np.argsort(self._cells.square[cells], kind="stable")
        squares, starts = np.unique(self._cells.square[cells[order]], return_index=True)
        members = np.split(order, starts[1:])
        # From the middle of the square, so that a cell fares the same whichever others are wanted.
        apart = _distances(self._cells.centres[squares], self._known)
        own = squares[:, None] == self._square
        # A city may have more stations than that, each the nearest to some cell.
        apart[own] = -1
        counts = np.minimum(_NEIGHBOURS + own.sum(axis=1), len(self._known))
        sizes = np.array([len(some) for some in members])

        def explain(alike: NDArray[np.intp]) -> None:
            count = counts[alike[0]]
            near = np.argpartition(apart[alike], count - 1, axis=1)[:, :count]
            known = self._known[near]
            wanted = np.stack([members[i] for i in alike])
            covariance = _covariance(known, known)
            covariance[:, np.arange(count), np.arange(count)] += self._nugget
            between = _covariance(known, self._cells.coordinates[cells[wanted]])
            explained[wanted] = (between * np.linalg.solve(covariance, between)).sum(axis=1)

        list(pool.map(explain, _alike(np.column_stack([counts, sizes]))))
        return explained


def _alike(sizes: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    """Numbers of the squares whose arrays have the same sizes, a few at a time."""
    _, kind = np.unique(sizes, axis=0, return_inverse=True)
    order = np.argsort(kind.ravel(), kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(kind.ravel()[order])) + 1):
        yield from np.split(same, range(_SQUARES_AT_ONCE, len(same), _SQUARES_AT_ONCE))


def _squares(grid: Grid) -> NDArray[np.int64]:
    """Number of the square of `_BLOCK` cells on edge that each cell is in, shape (cell,)."""
    row, column = np.divmod(np.arange(grid.rows * grid.columns, dtype=np.int64), grid.columns)
    square: NDArray[np.int64] = row // _BLOCK * -(-grid.columns // _BLOCK) + column // _BLOCK
    return square


def _to_root(values: Array) -> Array:
    """2 (sqrt(v + 1) - 1): like v where it is small, and of even scatter where it is not."""
    root: Array = 2 * (np.sqrt(values + 1) - 1)
    return root


def _distances(first: Points, second: Points) -> Points:
    """Euclidean distances between two sets of points, shape (..., first, second)."""
    # |a - b|^2 = |a|^2 - 2 a b + |b|^2 as a single product of matrices.
    ones = (
        np.ones((*first.shape[:-1], 1), first.dtype),
        np.ones((*second.shape[:-1], 1), first.dtype),
    )
    squares = np.concatenate([first, _squared(first), ones[0]], axis=-1) @ np.swapaxes(
        np.concatenate([-2 * second, ones[1], _squared(second)], axis=-1), -1, -2
    )
    # Rounding may leave a little less than nothing.
    distances: Points = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
    return distances


def _squared(points: Points) -> Points:
    """Squares of their distances from the origin, shape (..., point, 1)."""
    squares: Points = (points**2).sum(axis=-1, keepdims=True)
    return squares


def _covariance(first: Points, second: Points) -> Points:
    """exp(-distance), shape (..., first, second)."""
    distances = _distances(first, second)
    covariance: Points = np.exp(np.negative(distances, out=distances), out=distances)
    return covariance
