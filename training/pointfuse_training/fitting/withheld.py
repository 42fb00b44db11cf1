"""Ways of withholding stations of a day, for what is fitted to real ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.gridding import PlacedObservations

FOLDS = 5
"""A fold of the stations, or of the cities, is withheld from a day."""

REGIONS = 2
"""How often only the stations of one region are given of a day."""

RADII = (200e3, 800e3)
"""Least and largest radius of such a region, m."""


def withholdings(
    day: PlacedObservations, city: NDArray[np.str_], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Which stations of a day are withheld, in each of several ways.

    A fold of the stations (``stations``), a fold of the cities (``cities``), and all stations
    outside of a region (``regions``).

    Parameters
    ----------
    day : PlacedObservations
        The day.
    city : ndarray of str, shape (station,)
        Cities of the stations.
    random : numpy.random.Generator
        Source of random numbers.
    """
    stations = len(city)
    yield "stations", random.integers(0, FOLDS, stations) == 0
    _, of_city = np.unique(city, return_inverse=True)
    yield "cities", (random.integers(0, FOLDS, of_city.max() + 1) == 0)[of_city]
    where = day.observations.stations
    x, y = day.metadata.grid.projection.forward(where.longitude, where.latitude)
    for _ in range(REGIONS):
        centre = random.integers(stations)
        yield "regions", np.hypot(x - x[centre], y - y[centre]) > random.uniform(*RADII)
