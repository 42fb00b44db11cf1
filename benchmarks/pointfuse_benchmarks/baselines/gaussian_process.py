"""Kriging, and Gaussian processes that know terrain and land: one family, one algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.spatial.distance import cdist

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_benchmarks.baselines.layers import layer_table
from pointfuse_benchmarks.baselines.places import cells_of, in_plane, values_of

Array = NDArray[np.float64]

_POINTS_AT_ONCE = 8192
"""A field has more than a hundred thousand points: their covariances at once would fill memory."""


@dataclass(frozen=True)
class GaussianProcess:
    """A Gaussian process with exponential covariance; an instance is a `Baseline`.

    The covariance of two places is ``exp(-sqrt((d / length)^2 + sum((difference / scale)^2)))``,
    with a sum over layers, in units of the sill. Sill and mean are estimated each day.

    Parameters
    ----------
    length : float
        Length of the covariance in the plane, km.
    nugget : float
        Variance of what a station has to itself, in units of the sill. It keeps stations at the
        same place from making the matrix singular.
    scales : mapping of str to float
        Layers in the distance, and what difference of them counts as much as the length.
    trend : tuple of str
        Layers in the mean, besides a constant.
    square_root : bool
        Whether the process is that of ``2 (sqrt(v + 1) - 1)``, whose scatter does not grow with the
        concentration v (ug/m3) as that of v does.
    """

    length: float
    nugget: float
    scales: Mapping[str, float] = field(default_factory=dict)
    trend: tuple[str, ...] = ()
    square_root: bool = False

    def __call__(self, known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        """Predict as a `Baseline`: expected concentrations, never negative."""
        expected = [
            # Expectation of the square; without the variance it would be biased low.
            (mean / 2 + 1) ** 2 + variance / 4 - 1 if self.square_root else mean
            for mean, variance in self._moments(known, longitude, latitude, self.square_root)
        ]
        return np.maximum(np.concatenate(expected), 0.0)

    def moments(
        self, known: PlacedObservations, longitude: Array, latitude: Array
    ) -> tuple[Array, Array]:
        """Mean and variance of an observation at each point, on the scale of the process.

        The uncertainty of the trend is left out of the variance: with a thousand stations and a
        handful of coefficients it is small.
        """
        parts = list(self._moments(known, longitude, latitude, True))
        return np.concatenate([part[0] for part in parts]), np.concatenate([p[1] for p in parts])

    def standard_error(self, known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        """Standard deviation of an observation at each point, in its unit."""
        mean, variance = self.moments(known, longitude, latitude)
        if self.square_root:
            # Of the square of a normal variable.
            variance = (mean / 2 + 1) ** 2 * variance + variance**2 / 8
        return np.sqrt(variance)

    def _moments(
        self, known: PlacedObservations, longitude: Array, latitude: Array, with_variance: bool
    ) -> Iterator[tuple[Array, Array]]:
        """Means, and variances where wanted (else 0), of some points at a time."""
        with_values, values = values_of(known)
        stations = with_values.observations.stations
        fitted = _Fitted(
            *self._features(known, stations.longitude, stations.latitude),
            2 * (np.sqrt(values + 1) - 1) if self.square_root else values,
            self.nugget,
        )
        coordinates, trend = self._features(known, longitude, latitude)
        for first in range(0, max(len(coordinates), 1), _POINTS_AT_ONCE):
            some = slice(first, first + _POINTS_AT_ONCE)
            covariance = np.exp(-cdist(coordinates[some], fitted.coordinates))
            mean = fitted.mean(covariance, trend[some])
            yield mean, fitted.variance(covariance) if with_variance else np.zeros(len(mean))

    def _features(
        self, known: PlacedObservations, longitude: Array, latitude: Array
    ) -> tuple[Array, Array]:
        """Coordinates in which the covariance is exp(-distance), and the terms of the mean."""
        grid = known.metadata.grid
        cell = cells_of(grid, longitude, latitude)
        scales = np.array(list(self.scales.values()))
        layers = layer_table(grid, cell, list(self.scales)) / scales
        coordinates = np.hstack([in_plane(grid, longitude, latitude) / self.length, layers])
        trend = np.hstack([np.ones((len(cell), 1)), layer_table(grid, cell, self.trend)])
        return coordinates, trend


class _Fitted:
    """Generalised least squares on the stations of a day, and what prediction needs of it.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (station, dimension)
        The covariance is exp(-distance) in them.
    trend : ndarray of float64, shape (station, term)
        Terms of the mean.
    values : ndarray of float64, shape (station,)
        Observations.
    nugget : float
        Added to the variance of each station.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.7.
    """

    def __init__(self, coordinates: Array, trend: Array, values: Array, nugget: float) -> None:
        self.coordinates, self.nugget = coordinates, nugget
        covariance = np.exp(-cdist(coordinates, coordinates))
        covariance[np.diag_indices_from(covariance)] += nugget
        self.factor = cholesky(covariance, lower=True, overwrite_a=True)
        white = solve_triangular(self.factor, np.column_stack([trend, values]), lower=True)
        # Where a term is constant over the stations (no barren land, say) the shortest solution.
        self.coefficients, _, rank, _ = np.linalg.lstsq(white[:, :-1], white[:, -1])
        residual = values - trend @ self.coefficients
        self.weights = cho_solve((self.factor, True), residual)
        self.sill = float(residual @ self.weights) / max(len(values) - int(rank), 1)

    def mean(self, covariance: Array, trend: Array) -> Array:
        """Mean at points, from covariances (point, station) and terms of the mean (point, term)."""
        mean: Array = trend @ self.coefficients + covariance @ self.weights
        return mean

    def variance(self, covariance: Array) -> Array:
        """Variance of an observation at points, from their covariances (point, station)."""
        explained = (solve_triangular(self.factor, covariance.T, lower=True) ** 2).sum(axis=0)
        variance: Array = self.sill * (1 + self.nugget - explained)
        return variance


# The parameters are maximum-likelihood and cross-validation fits to other days of 2019 than those
# that any table of ours is scored on.

KRIGING = GaussianProcess(length=300.0, nugget=0.15)
"""Ordinary kriging with one covariance for all days."""

KRIGING_WITH_HEIGHT = GaussianProcess(length=684.0, nugget=0.042, scales={"height": 2.695})
"""Ordinary kriging for which stations at other heights are farther away."""

GP_B = GaussianProcess(
    length=808.09,
    nugget=0.0348,
    scales={"height": 7.812, "ruggedness": 3.761},
    trend=("height", "ruggedness", "broad_height"),
    square_root=True,
)
"""Terrain in the distance and in the mean, on the square-root scale."""

GP_C = GaussianProcess(
    length=949.95,
    nugget=0.0309,
    scales={
        "height": 7.168,
        "ruggedness": 3.976,
        "lights": 17.97,
        "broad_lights": 12.04,
        "barren": 6.973,
    },
    trend=("height", "lights", "barren", "forest", "ruggedness", "broad_height"),
    square_root=True,
)
"""Terrain, land cover and night lights: the one to beat."""
