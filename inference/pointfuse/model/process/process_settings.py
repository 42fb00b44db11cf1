"""Settings of the Gaussian process in a model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STATISTICS = ("mean", "roughness")
"""What a covariate says of the surroundings of a cell."""

SMALLEST_NUGGET = 1e-6
"""With less, the equations of stations that are close together could not be solved."""


@dataclass(frozen=True)
class Covariate:
    """Covariate of the Gaussian process, computed from a static layer.

    Parameters
    ----------
    layer : str
        Name of the static layer.
    statistic : str
        ``mean`` of the surroundings, or their ``roughness`` (mean distance from the mean).
    smoothing : float
        Width of the surroundings (standard deviation of a Gaussian kernel), m; 0 is the cell alone.
    scale : float or None
        Difference, in units of the layer, that separates two cells as much as the length of the
        process does in the plane; None where the covariance does not depend on it.
    trend : bool
        Whether the daily trend has a term in it.

    Raises
    ------
    ValueError
        If a setting is impossible.
    """

    layer: str
    statistic: str = "mean"
    smoothing: float = 0.0
    scale: float | None = None
    trend: bool = False

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise ValueError(
                f"the statistic of a covariate is one of {', '.join(STATISTICS)}, got "
                f"'{self.statistic}'"
            )
        if self.smoothing < 0 or (self.scale is not None and self.scale <= 0):
            raise ValueError(
                "a covariate has a smoothing of 0 or more and a scale above 0, got "
                f"{self.smoothing} and {self.scale}"
            )


@dataclass(frozen=True)
class Prior:
    """What is thought of a day's sill and trend before its stations are seen.

    The values were chosen on days that nothing is scored on
    (``python -m pointfuse_benchmarks.accuracy.regional_networks --tune``).

    Parameters
    ----------
    effect : float
        Standard deviation, in units of the process's own, of what a term of the trend adds from one
        end of its range on the grid to the other. The constant is free.
    spread : float
        Variance of the values over the square of their mean.
    stations : float
        Number of stations that tell as much of the sill as this does.
    """

    effect: float = 2.0
    spread: float = 0.5
    stations: float = 50.0

    def sill(self, mean: float) -> float:
        """Sill to expect on the scale of the process where the values have this mean."""
        # By the slope of 2 (sqrt(v + 1) - 1).
        return self.spread * mean**2 / (mean + 1)

    def precision(self, terms: int) -> NDArray[np.float64]:
        """Inverse variances of the coefficients of the trend, shape (term,)."""
        precision = np.full(terms, self.effect**-2)
        precision[0] = 0.0
        return precision


DEFAULT_PRIOR = Prior()
"""What is thought with every model: its file does not say."""


@dataclass(frozen=True)
class ProcessSettings:
    """A Gaussian process, and how much of a combined field is the network's.

    Parameters
    ----------
    length : float
        Distance in the plane over which the covariance falls to 1/e, m.
    nugget : float
        Variance of what a station has to itself, in units of the sill; at least
        `SMALLEST_NUGGET`.
    covariates : tuple of Covariate
        What covariance and trend depend on besides the place.
    distance : tuple of float
        Distances to the nearest station, m, increasing.
    network_weight : tuple of float
        Weight of the network's field at these distances, 0 to 1; linear between them and constant
        beyond. The process has the rest.
    inflation : float
        What the standard errors of the process are multiplied by, so that their intervals hold as
        many withheld stations as they should.

    Raises
    ------
    ValueError
        If a setting is impossible.
    """

    length: float
    nugget: float
    covariates: tuple[Covariate, ...]
    distance: tuple[float, ...]
    network_weight: tuple[float, ...]
    inflation: float = 1.0

    def __post_init__(self) -> None:
        if self.length <= 0 or self.nugget < SMALLEST_NUGGET:
            raise ValueError(
                f"a Gaussian process has a length above 0 and a nugget of at least "
                f"{SMALLEST_NUGGET}, got {self.length} and {self.nugget}"
            )
        if self.inflation <= 0:
            raise ValueError(
                "the standard errors of a Gaussian process are inflated by a factor above 0, got "
                f"{self.inflation}"
            )
        if not (
            len(self.distance) == len(self.network_weight) > 0
            and all(np.diff(self.distance) > 0)
            and all(0 <= weight <= 1 for weight in self.network_weight)
        ):
            raise ValueError(
                "expected as many distances, increasing, as weights of the network between 0 and "
                f"1, got {list(self.distance)} and {list(self.network_weight)}"
            )

    def check_fits(self, layers: Sequence[str], extent: float) -> None:
        """Make sure that a model has what the covariates ask for.

        Parameters
        ----------
        layers : sequence of str
            Names of its static layers.
        extent : float
            The longer edge of its grid, m.

        Raises
        ------
        ValueError
            If a covariate is made from another layer, or from surroundings wider than the grid.
        """
        for covariate in self.covariates:
            if covariate.layer not in layers:
                raise ValueError(
                    f"a covariate is made from '{covariate.layer}'; expected one of the static "
                    f"layers {', '.join(layers) or '(it has none)'}"
                )
            if covariate.smoothing > extent:
                raise ValueError(
                    f"'{covariate.layer}' is smoothed over {covariate.smoothing:g} m; expected at "
                    f"most the extent of the grid, {extent:g} m"
                )

    def weight_at(self, distance: NDArray[np.float32]) -> NDArray[np.float64]:
        """Weight of the network's field where the nearest station is so far away.

        Parameters
        ----------
        distance : ndarray
            m.

        Returns
        -------
        ndarray of float64, the same shape
            0 to 1.
        """
        return np.interp(distance, self.distance, self.network_weight)
