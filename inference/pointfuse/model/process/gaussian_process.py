"""Gaussian process of a day: fields and uncertainty from stations.

The covariance of two cells falls with their distance in the plane and with the differences of
their covariates; it works on the square root of the concentration, whose scatter does not grow
with it. Sill and trend are fitted to the stations of each day, as far as these determine them and
a prior does not; everything else is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.threads.blas_threads import one_blas_thread
from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid.regular_grid import Grid, Interpolation
from pointfuse.model.process.covariance import covariance, distances
from pointfuse.model.process.covariates import covariate_fields
from pointfuse.model.process.process_settings import DEFAULT_PRIOR, Prior, ProcessSettings
from pointfuse.model.process.station_equations import KnownStations, products_by_neighbours, solved

Array = NDArray[np.float64]

_MOST_TOGETHER = 3000
"""Of more stations each cell is estimated from its neighbours alone: the equations of all together
take their number squared of memory."""

_MOST_IN_SQUARE = 500
"""Where a square has more stations, those of a cell are taken for one in their middle."""

_CELLS_AT_ONCE = 512
"""Cells whose covariances with all stations are held at once: they should stay in the cache."""

_BLOCK = 12
"""Edge, in cells, of the squares that share their neighbours."""

_SCREEN = 24
"""Stations around each corner and the middle of a square, beside its own, that the variance in it
rests on; they screen the others."""

_NEIGHBOURS = 64
"""The same where the mean rests on them too, so that its seams drown in its uncertainty."""

_SQUARES_AT_ONCE = 8
"""Squares that are computed in one call of each function."""

_FARTHEST = 1e6
"""Beyond so many lengths from the middle of the grid, distances drown in rounding."""

_INSTRUMENT = 1.0, 0.03
"""What no station knows better: so much in the unit of the values, and so much of the value."""


@dataclass(frozen=True)
class Prediction:
    """Prediction for some cells from the stations of a day.

    Parameters
    ----------
    mean : ndarray of float64, shape (cell,)
        Expected concentration at a station in the cell, in the unit of the observations; not
        negative.
    standard_error : ndarray of float64, shape (cell,)
        Standard deviation of what a station in the cell would measure, same unit; never less than
        what the instruments leave open.
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
    landmarks: Array
    """Coordinates of the corners and the middle of each square, (square, landmark, coordinate)."""


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
    prior : Prior
        What is thought of sill and trend before a day's stations are seen.

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
        prior: Prior = DEFAULT_PRIOR,
    ) -> None:
        fields = covariate_fields(settings.covariates, static_layers, grid.cell_size)
        coordinates = [axis / settings.length for axis in np.meshgrid(grid.x, grid.y)]
        trend = [np.ones(grid.shape)]
        for covariate, field in zip(settings.covariates, fields, strict=True):
            if covariate.scale is not None:
                coordinates.append(field / covariate.scale)
            if covariate.trend:
                # By its range, so that a coefficient is what it adds from one end to the other.
                trend.append((field - field.mean()) / (np.ptp(field) or 1.0))
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
        square, landmarks = _squares(grid)
        self._cells = _Cells(places, terms, square, places[landmarks])
        self._nugget, self._prior = settings.nugget, prior

    @one_blas_thread()
    def condition(
        self, stations: Interpolation, values: Array, threads: int = 1
    ) -> ConditionedProcess:
        """Fit trend and sill to a day, and take its stations as known.

        Parameters
        ----------
        stations : Interpolation
            Where the stations stand among the cells: place and covariates are read there.
        values : ndarray of float64, shape (station,)
            What they observed; not negative.
        threads : int
            Threads to fit on.

        Raises
        ------
        InputError
            If there is no station.
        """
        if not len(stations):
            raise InputError("a Gaussian process needs at least one station, got none")
        known = KnownStations(
            stations.read(self._cells.coordinates),
            np.column_stack([stations.read(self._cells.trend), _to_root(values)]),
            np.full(len(values), self._nugget),
            stations.nearest,
        )
        expected = self._prior.sill(float(values.mean()))
        with ThreadPoolExecutor(threads) as pool:
            return ConditionedProcess(self._cells, self._nugget, self._prior, expected, known, pool)


class ConditionedProcess:
    """The process, given the stations of a day; `GaussianProcess.condition` makes one.

    Attributes
    ----------
    sill : float
        Variance of the process that the day's stations and the prior make likely.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.7.
    """

    def __init__(
        self,
        cells: _Cells,
        nugget: float,
        prior: Prior,
        expected_sill: float,
        stations: KnownStations,
        pool: Executor,
    ) -> None:
        self._cells, self._nugget = cells, nugget
        terms = stations.columns[:, :-1]
        # What the day says nothing of stays as it is at the nearest end of what it does.
        self._range = terms.min(axis=0), terms.max(axis=0)
        if np.bincount(cells.square[stations.cell]).max() > _MOST_IN_SQUARE:
            stations = stations.merged()
        self._stations, self._square = stations, cells.square[stations.cell]
        count = len(stations.columns)
        if count <= _MOST_TOGETHER:
            inverse_times = solved(stations)
            products = stations.columns.T @ inverse_times
        else:
            inverse_times = None
            products = products_by_neighbours(stations, pool)
        # The constant is free; a coefficient has the variance of the prior, in units of the sill.
        precision = products[:-1, :-1].copy()
        precision[np.diag_indices_from(precision)] += prior.precision(len(precision))
        self._trend_covariance = np.linalg.inv(precision)
        self._coefficients = self._trend_covariance @ products[:-1, -1]
        # Where all values are the same, rounding may leave a little less than nothing.
        scatter = max(float(products[-1, -1] - self._coefficients @ products[:-1, -1]), 0.0)
        weight = prior.stations
        self.sill = (weight * expected_sill + scatter) / (weight + count - 1)
        # Columns that are carried over to the cells: the residuals, and the terms of the trend.
        self._carried = self._with_residuals(stations.columns)
        self._weights = None if inverse_times is None else self._with_residuals(inverse_times)

    def _with_residuals(self, columns: Array) -> Array:
        """Columns with the value, which is the last, less the trend."""
        terms = columns[:, :-1]
        return np.column_stack([terms, columns[:, -1] - terms @ self._coefficients])

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
            explained, carried = self._from_neighbours(cells, pool)
            if self._weights is not None:
                carried = self._from_all(cells, self._weights, pool)
        terms = self._cells.trend[cells]
        root = np.clip(terms, *self._range) @ self._coefficients + carried[:, -1]
        root = np.maximum(root / 2 + 1, 0.0)
        unexplained = np.clip(1 - explained, 1e-6, 1.0)
        # Beyond the range of the stations a term is held, but not known: it counts in full.
        open_terms = terms - carried[:, :-1]
        of_trend = ((open_terms @ self._trend_covariance) * open_terms).sum(axis=1)
        uncertain = unexplained + of_trend
        variance = self.sill * (uncertain + self._nugget)
        # Expectation and standard deviation of the square of a normal variable.
        mean = root**2 + self.sill * (unexplained + self._nugget) / 4 - 1
        mean = np.maximum(mean, 0.0)
        least = _instrument(mean) * (1 + uncertain)
        return Prediction(
            mean,
            np.sqrt(np.maximum(root**2 * variance + variance**2 / 8, least)),
            self._nugget * (1 / unexplained - 1),
        )

    def _from_all(self, cells: NDArray[np.int64], weights: Array, pool: Executor) -> Array:
        """Columns carried over to cells from all stations, so that there are no seams."""
        # Single precision is plenty for the sum, and twice as fast.
        known, weights = self._stations.places.astype(np.float32), weights.astype(np.float32)
        carried = np.empty((len(cells), weights.shape[1]))

        def add_stations(first: int) -> None:
            some = slice(first, first + _CELLS_AT_ONCE)
            places = self._cells.coordinates[cells[some]].astype(np.float32)
            carried[some] = covariance(places, known) @ weights

        # Waits for all of them, and raises what one of them raised.
        list(pool.map(add_stations, range(0, len(cells), _CELLS_AT_ONCE)))
        return carried

    def _from_neighbours(self, cells: NDArray[np.int64], pool: Executor) -> tuple[Array, Array]:
        """Share of the sill that stations explain, and columns carried over, square by square."""
        places, nugget = self._stations.places, self._stations.nugget
        explained = np.empty(len(cells))
        carried = np.empty((len(cells), self._carried.shape[1]))
        order = np.argsort(self._cells.square[cells], kind="stable")
        squares, starts = np.unique(self._cells.square[cells[order]], return_index=True)
        members = np.split(order, starts[1:])
        near_of = [near for some in pool.map(self._near, _few(squares)) for near in some]
        sizes = np.array(
            [(len(near), len(some)) for near, some in zip(near_of, members, strict=True)]
        )

        def explain(alike: NDArray[np.intp]) -> None:
            near = np.stack([near_of[i] for i in alike])
            count = near.shape[1]
            known = places[near]
            wanted = np.stack([members[i] for i in alike])
            among = covariance(known, known)
            among[:, np.arange(count), np.arange(count)] += nugget[near]
            between = covariance(known, self._cells.coordinates[cells[wanted]])
            weights = np.linalg.solve(among, between)
            explained[wanted] = (between * weights).sum(axis=1)
            carried[wanted] = np.swapaxes(weights, 1, 2) @ self._carried[near]

        list(pool.map(explain, _alike(sizes)))
        return explained, carried

    def _near(self, squares: NDArray[np.int64]) -> list[NDArray[np.intp]]:
        """The stations in each square, and the nearest others to its landmarks.

        From the square: a cell fares the same whichever others are wanted. And from all its
        corners, so that a city at one does not hide what is at the others.
        """
        # Which are the nearest, single precision tells as well.
        places = self._stations.places.astype(np.float32)
        apart = distances(self._cells.landmarks[squares].astype(np.float32), places[None])
        own = squares[:, None] == self._square
        apart[np.broadcast_to(own[:, None], apart.shape)] = np.inf
        count = min(_NEIGHBOURS if self._weights is None else _SCREEN, len(places))
        nearest = np.argpartition(apart, count - 1, axis=-1)[..., :count]
        return [
            np.union1d(others, np.flatnonzero(inside))
            for others, inside in zip(nearest, own, strict=True)
        ]


def _instrument(values: Array) -> Array:
    """Variance that the instruments leave open, in the square of the unit of the values."""
    least, share = _INSTRUMENT
    return least**2 + (share * values) ** 2


def _alike(sizes: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    """Numbers of the squares whose arrays have the same sizes, a few at a time."""
    _, kind = np.unique(sizes, axis=0, return_inverse=True)
    order = np.argsort(kind.ravel(), kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(kind.ravel()[order])) + 1):
        yield from _few(same)


def _few(squares: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """So many at once."""
    return np.split(squares, range(_SQUARES_AT_ONCE, len(squares), _SQUARES_AT_ONCE))


def _squares(grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Squares of `_BLOCK` cells on edge.

    Returns
    -------
    square : ndarray of int64, shape (cell,)
        Number of the square that each cell is in.
    landmarks : ndarray of int64, shape (square, 5)
        Cells in the corners and in the middle of each square.
    """
    row, column = np.divmod(np.arange(grid.rows * grid.columns, dtype=np.int64), grid.columns)
    across = -(-grid.columns // _BLOCK)
    square: NDArray[np.int64] = row // _BLOCK * across + column // _BLOCK
    first = np.stack(np.divmod(np.arange(square[-1] + 1), across)) * _BLOCK
    last = np.minimum(first + _BLOCK, [[grid.rows], [grid.columns]]) - 1
    middle = (first + last) // 2
    corners = [(first[0], first[1]), (first[0], last[1]), (last[0], first[1]), (last[0], last[1])]
    landmarks = [row * grid.columns + column for row, column in (*corners, middle)]
    return square, np.stack(landmarks, axis=1)


def _to_root(values: Array) -> Array:
    """2 (sqrt(v + 1) - 1): like v where it is small, and of even scatter where it is not."""
    root: Array = 2 * (np.sqrt(values + 1) - 1)
    return root
