"""A Gaussian process that knows terrain and land, and what the stations of a day say under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]
Layers = Mapping[str, Array]
"""Derived layers at some points by their name, each of shape (point,)."""

_POINTS_AT_ONCE = 8192
"""A field has more than a hundred thousand points: their covariances at once would fill memory."""


@dataclass(frozen=True)
class TerrainProcess:
    """A Gaussian process with exponential covariance.

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

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that the process knows."""
        return tuple(dict.fromkeys([*self.scales, *self.trend]))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what `varied` changes, in its order."""
        return ("common", "nugget", *self.scales)

    def varied(self, logarithms: Array) -> TerrainProcess:
        """The same process with parameters that differ by factors.

        Parameters
        ----------
        logarithms : ndarray of float64, shape (2 + scale,)
            Logarithms of the factors of `parameters`: one that length and scales have in common,
            that of the nugget, and one more of each scale.
        """
        common, nugget, *own = np.exp(logarithms).tolist()
        return replace(
            self,
            length=self.length * common,
            nugget=self.nugget * nugget,
            scales={
                name: scale * common * factor
                for (name, scale), factor in zip(self.scales.items(), own, strict=True)
            },
        )

    def coordinates(self, xy: Array, layers: Layers) -> Array:
        """Coordinates in which the covariance is exp(-distance), shape (point, 2 + scale).

        Parameters
        ----------
        xy : ndarray of float64, shape (point, 2)
            Places in the plane, km.
        layers : mapping of str to ndarray of float64, shape (point,)
            Layers there.
        """
        scaled = [layers[name] / scale for name, scale in self.scales.items()]
        return np.column_stack([xy / self.length, *scaled])

    def terms(self, xy: Array, layers: Layers) -> Array:
        """Terms of the mean, shape (point, 1 + trend); places and layers as for `coordinates`."""
        return np.column_stack([np.ones(len(xy)), *(layers[name] for name in self.trend)])

    def to_scale(self, values: Array) -> Array:
        """Concentrations (ug/m3) on the scale of the process."""
        return 2 * (np.sqrt(values + 1) - 1) if self.square_root else values

    def conditioned(self, xy: Array, layers: Layers, values: Array) -> ConditionedProcess:
        """The process, given the stations of a day.

        Parameters
        ----------
        xy : ndarray of float64, shape (station, 2)
            Places in the plane, km.
        layers : mapping of str to ndarray of float64, shape (station,)
            Layers there.
        values : ndarray of float64, shape (station,)
            Concentrations, ug/m3; at least one.
        """
        return ConditionedProcess(self, xy, layers, values)


class ConditionedProcess:
    """Generalised least squares on the stations of a day; `TerrainProcess.conditioned` makes it.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (1 + trend,)
        Of the terms of the mean.
    sill : float
        Variance of the process, on its scale.

    References
    ----------
    Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.7.
    """

    def __init__(self, process: TerrainProcess, xy: Array, layers: Layers, values: Array) -> None:
        self._process = process
        self._coordinates = process.coordinates(xy, layers)
        covariance = np.exp(-cdist(self._coordinates, self._coordinates))
        covariance[np.diag_indices_from(covariance)] += process.nugget
        self._factor = cholesky(covariance, lower=True, overwrite_a=True)
        terms, scaled = process.terms(xy, layers), process.to_scale(values)
        white = solve_triangular(self._factor, np.column_stack([terms, scaled]), lower=True)
        # Where a term is constant over the stations (no barren land, say) the shortest solution.
        self.coefficients, _, rank, singular = np.linalg.lstsq(white[:, :-1], white[:, -1])
        residual = scaled - terms @ self.coefficients
        self._weights = cho_solve((self._factor, True), residual)
        self._freedom, self._singular = max(len(values) - int(rank), 1), singular[:rank]
        self.sill = float(residual @ self._weights) / self._freedom

    def log_likelihood(self) -> float:
        """Restricted log-likelihood of the day, with the sill at its most likely.

        That of all contrasts of the stations which no trend changes; less a constant that no
        parameter of the covariance changes.

        References
        ----------
        Harville, Maximum likelihood approaches to variance component estimation and to related
        problems, 1977.
        """
        determinants = np.log(self._factor.diagonal()).sum() + np.log(self._singular).sum()
        return -float(self._freedom * np.log(self.sill) / 2 + determinants)

    def moments(self, xy: Array, layers: Layers) -> tuple[Array, Array]:
        """Mean and variance of an observation at each point, on the scale of the process.

        The uncertainty of the trend is left out of the variance: with a thousand stations and a
        handful of coefficients it is small.

        Parameters
        ----------
        xy : ndarray of float64, shape (point, 2)
            Places in the plane, km.
        layers : mapping of str to ndarray of float64, shape (point,)
            Layers there.
        """
        parts = list(self._moments(xy, layers, True))
        return np.concatenate([part[0] for part in parts]), np.concatenate([p[1] for p in parts])

    def expected(self, xy: Array, layers: Layers) -> Array:
        """Expected concentrations at points, ug/m3, never negative; points as for `moments`."""
        square_root = self._process.square_root
        expected = [
            # Expectation of the square; without the variance it would be biased low.
            (mean / 2 + 1) ** 2 + variance / 4 - 1 if square_root else mean
            for mean, variance in self._moments(xy, layers, square_root)
        ]
        return np.maximum(np.concatenate(expected), 0.0)

    def standard_error(self, xy: Array, layers: Layers) -> Array:
        """Standard deviation of an observation, ug/m3; points as for `moments`."""
        mean, variance = self.moments(xy, layers)
        if self._process.square_root:
            # Of the square of a normal variable.
            variance = (mean / 2 + 1) ** 2 * variance + variance**2 / 8
        return np.sqrt(variance)

    def _moments(
        self, xy: Array, layers: Layers, with_variance: bool
    ) -> Iterator[tuple[Array, Array]]:
        """Means, and variances where wanted (else 0), of some points at a time."""
        coordinates, terms = self._process.coordinates(xy, layers), self._process.terms(xy, layers)
        for first in range(0, max(len(xy), 1), _POINTS_AT_ONCE):
            some = slice(first, first + _POINTS_AT_ONCE)
            covariance = np.exp(-cdist(coordinates[some], self._coordinates))
            mean = terms[some] @ self.coefficients + covariance @ self._weights
            yield mean, self._variance(covariance) if with_variance else np.zeros(len(mean))

    def _variance(self, covariance: Array) -> Array:
        """Variance of an observation at points, from their covariances (point, station)."""
        explained = (solve_triangular(self._factor, covariance.T, lower=True) ** 2).sum(axis=0)
        variance: Array = self.sill * (1 + self._process.nugget - explained)
        return variance


TERRAIN_AND_LAND = TerrainProcess(
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
"""The baseline GP-C, with which fits begin: from other days of 2019 than any table of scores."""
