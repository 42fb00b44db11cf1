"""Which processes and which days there are: a distribution of each, to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse_training.processes.terrain_process import TerrainProcess

Array = NDArray[np.float64]


class TrendLayer(NamedTuple):
    """A layer of the trend at the stations: its mean and its range there."""

    centre: float
    lowest: float
    highest: float

    def term(self, layer: Array) -> Array:
        """The layer relative to the mean; beyond the range it stays as it is at its end.

        What no station says anything of would be a guess.
        """
        return layer.clip(self.lowest, self.highest) - self.centre


class Day(NamedTuple):
    """What a day has to itself, on the scale of the process.

    Attributes
    ----------
    level : float
        Mean where all layers are at the centre.
    sill : float
        Variance of the process.
    coefficients : ndarray of float64, shape (trend,)
        What a layer of the trend adds for each unit.
    """

    level: float
    sill: float
    coefficients: Array


@dataclass(frozen=True)
class ProcessDistribution:
    """A distribution of processes, and of days.

    Parameters
    ----------
    process : TerrainProcess
        The middle of the processes.
    spread : mapping of str to float
        Standard deviations of the logarithms of its parameters, `TerrainProcess.parameters`.
    trend : mapping of str to TrendLayer
        The layers of its trend.
    day_mean : ndarray of float64, shape (2 + trend,)
        Mean of what a day has to itself: the logarithm of its level, that of its sill over the
        squared level, and its coefficients over the level.
    day_covariance : ndarray of float64, shape (2 + trend, 2 + trend)
        Covariance of these.
    provenance : mapping
        Where it comes from: texts, numbers and lists of them.
    target : str
        Name of the pollutant, in whose unit (`unit_of`) concentrations are.
    """

    process: TerrainProcess
    spread: Mapping[str, float]
    trend: Mapping[str, TrendLayer]
    day_mean: Array
    day_covariance: Array
    provenance: Mapping[str, Any]
    target: str = "pm25"

    def process_at(self, normal: Array) -> TerrainProcess:
        """A process, from standard normal numbers, shape (2 + scale,)."""
        return self.process.varied(np.array(list(self.spread.values())) * normal)

    def day_at(self, normal: Array) -> Day:
        """A day, from standard normal numbers, shape (2 + trend,)."""
        variances, axes = np.linalg.eigh(self.day_covariance)
        # Of few days some variances are none, or by rounding a little less.
        own = self.day_mean + axes @ (np.sqrt(variances.clip(min=0)) * normal)
        level = float(np.exp(own[0]))
        return Day(level, float(np.exp(own[1])) * level**2, own[2:] * level)
