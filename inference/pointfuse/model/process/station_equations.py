"""Linear equations of the stations of a day: exact, or approximated by neighbours.

All that a Gaussian process asks of its stations is K^-1 times some columns, or only the products
of such columns across K^-1, with the covariances K of the stations and their nuggets.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.model.process.covariance import covariance, distances

Array = NDArray[np.float64]

_STATIONS_AT_ONCE = 512
"""Stations whose predecessors are looked for at once."""

_PREDECESSORS = 24
"""Stations by which another is predicted."""


class KnownStations(NamedTuple):
    """What a process knows of the stations of a day; one may stand for all in its cell."""

    places: Array
    """Place and covariates in lengths, shape (station, coordinate)."""
    columns: Array
    """Terms of the trend and, last, the value on the scale of the process, (station, column)."""
    nugget: Array
    """Variance of what each has to itself, in units of the sill, shape (station,)."""
    cell: NDArray[np.int64]
    """The cell that each is nearest to, shape (station,)."""

    def merged(self) -> KnownStations:
        """One station for all of a cell: their mean, with its smaller nugget."""
        cell, which, count = np.unique(self.cell, return_inverse=True, return_counts=True)

        def mean(table: Array) -> Array:
            sums = [np.bincount(which, column, len(cell)) for column in table.T]
            return np.stack(sums, axis=-1) / count[:, None]

        return KnownStations(
            mean(self.places),
            mean(self.columns),
            mean(self.nugget[:, None])[:, 0] / count,
            cell,
        )


def solved(stations: KnownStations) -> Array:
    """K^-1 times the columns, shape (station, column)."""
    between = covariance(stations.places, stations.places) + np.diag(stations.nugget)
    solution: Array = np.linalg.solve(between, stations.columns).astype(np.float64, copy=False)
    return solution


def products_by_neighbours(stations: KnownStations, pool: Executor) -> Array:
    """Products of the columns across K^-1, shape (column, column), nearly.

    Each station is predicted from its nearest predecessors in an arbitrary order, and what that
    leaves of the columns is taken for independent of all else. An arbitrary order has predecessors
    at all distances, from far to near.

    References
    ----------
    Katzfuss and Guinness, A general framework for Vecchia approximations of Gaussian processes,
    Statistical Science 36, 2021.
    """
    order = np.random.default_rng(0).permutation(len(stations.places))
    places, columns, nugget = (part[order] for part in stations[:3])
    rough = places.astype(np.float32)

    def whitened(first: int) -> Array:
        some = slice(first, first + _STATIONS_AT_ONCE)
        number = first + np.arange(len(places[some]))
        count = min(_PREDECESSORS, int(number[-1]))
        # Which are the nearest, single precision tells as well.
        apart = distances(rough[some], rough[: number[-1]])
        apart[np.arange(number[-1]) >= number[:, None]] = np.inf
        nearest = np.argpartition(apart, max(count - 1, 0), axis=1)[:, :count]
        # The first stations have fewer; those beyond count for nothing.
        there = nearest < number[:, None]
        known = places[nearest]
        among = covariance(known, known) * (there[:, :, None] & there[:, None])
        among[:, np.arange(count), np.arange(count)] = 1 + nugget[nearest]
        between = covariance(known, places[some, None]) * there[..., None]
        weights = np.linalg.solve(among, between)
        left = 1 + nugget[some] - (weights * between).sum(axis=(1, 2))
        predicted = np.einsum("spc,sp->sc", columns[nearest], weights[..., 0])
        rest: Array = (columns[some] - predicted) / np.sqrt(left)[:, None]
        return rest

    rests = np.concatenate(list(pool.map(whitened, range(0, len(places), _STATIONS_AT_ONCE))))
    products: Array = rests.T @ rests
    return products
