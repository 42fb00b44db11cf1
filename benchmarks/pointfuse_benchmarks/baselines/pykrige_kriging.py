"""Ordinary kriging by PyKrige, with the covariance of ours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pykrige.ok import OrdinaryKriging

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_benchmarks.baselines.gaussian_process import KRIGING
from pointfuse_benchmarks.baselines.places import in_plane, values_of

Array = NDArray[np.float64]

MOST_STATIONS = 50
"""Stations that count at a point. With all of them it takes some minutes and gigabytes a field."""


def pykrige_kriging(
    known: PlacedObservations,
    longitude: Array,
    latitude: Array,
    most_stations: int | None = MOST_STATIONS,
) -> Array:
    """Krige a day; a `Baseline`."""
    with_values, values = values_of(known)
    grid, stations = known.metadata.grid, with_values.observations.stations
    kriging = OrdinaryKriging(
        *in_plane(grid, stations.longitude, stations.latitude).T,
        values,
        variogram_model="exponential",
        # Its range is where the variogram has come within a twentieth of the sill.
        variogram_parameters={"psill": 1.0, "range": 3 * KRIGING.length, "nugget": KRIGING.nugget},
    )
    points = in_plane(grid, longitude, latitude)
    mean, _ = kriging.execute("points", *points.T, backend="C", n_closest_points=most_stations)
    return np.maximum(np.asarray(mean, np.float64), 0.0)
