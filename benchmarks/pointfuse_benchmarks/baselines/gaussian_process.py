"""Kriging, and Gaussian processes that know terrain and land: one family, one algebra."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_benchmarks.baselines.layers import layer_table
from pointfuse_benchmarks.baselines.places import cells_of, in_plane, values_of
from pointfuse_training.processes.terrain_process import (
    TERRAIN_AND_LAND,
    ConditionedProcess,
    Layers,
    TerrainProcess,
)

Array = NDArray[np.float64]


class GaussianProcess(TerrainProcess):
    """A process as a `Baseline`: sill and mean are estimated from the stations of each day."""

    def __call__(self, known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        """Predict as a `Baseline`: expected concentrations, never negative."""
        return self._given(known).expected(*self._places(known, longitude, latitude))

    def moments(
        self, known: PlacedObservations, longitude: Array, latitude: Array
    ) -> tuple[Array, Array]:
        """Mean and variance of an observation at each point, on the scale of the process."""
        return self._given(known).moments(*self._places(known, longitude, latitude))

    def standard_error(self, known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        """Standard deviation of an observation at each point, in its unit."""
        return self._given(known).standard_error(*self._places(known, longitude, latitude))

    def _given(self, known: PlacedObservations) -> ConditionedProcess:
        """The process, given the stations of the day that have a value."""
        with_values, values = values_of(known)
        stations = with_values.observations.stations
        places = self._places(known, stations.longitude, stations.latitude)
        return self.conditioned(*places, values)

    def _places(
        self, known: PlacedObservations, longitude: Array, latitude: Array
    ) -> tuple[Array, Layers]:
        """Points in the plane, and the layers of their cells."""
        grid = known.metadata.grid
        cell = cells_of(grid, longitude, latitude)
        table = layer_table(grid, cell, self.layers)
        return in_plane(grid, longitude, latitude), dict(zip(self.layers, table.T, strict=True))


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

GP_C = GaussianProcess(**vars(TERRAIN_AND_LAND))
"""Terrain, land cover and night lights: the one to beat."""
