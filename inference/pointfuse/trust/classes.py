"""Classes of withheld observations, each with scores of its own: by season, region and distance."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pointfuse.grid.regions import region_masks
from pointfuse.trust.crossval import CrossValidation

DISTANCES = (0.0, 10e3, 25e3, 50e3, 100e3, 200e3, np.inf)
"""Bounds of the classes of distance to the nearest station that was left, m."""

SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
"""Months of the northern seasons."""

Masks = Mapping[str, NDArray[np.bool_]]
"""Pairs of each class by its name, shape (day, station)."""


@dataclass(frozen=True)
class Classes:
    """Pairs of each class, by the kind of class and its name.

    Parameters
    ----------
    by_season : mapping of str to ndarray of bool, shape (day, station)
        Seasons, of `SEASONS`.
    by_region : mapping of str to ndarray of bool, shape (day, station)
        Regions of the model's metadata.
    by_distance : mapping of str to ndarray of bool, shape (day, station)
        Distance to the nearest station that was left, of `DISTANCES`.
    """

    by_season: Masks = field(default_factory=dict)
    by_region: Masks = field(default_factory=dict)
    by_distance: Masks = field(default_factory=dict)


def classes_of(result: CrossValidation) -> Classes:
    """The classes of the pairs of a cross-validation."""
    shape = result.observed.shape
    seasons = in_seasons(result.placed.observations.times)
    stations = result.placed.observations.stations
    regions = region_masks(result.placed.metadata.regions, stations.longitude, stations.latitude)
    return Classes(
        {name: np.broadcast_to(within[:, None], shape) for name, within in seasons.items()},
        {name: np.broadcast_to(mask, shape) for name, mask in regions.items()},
        {
            _distance_class(low, high): (result.nearest >= low) & (result.nearest < high)
            for low, high in itertools.pairwise(DISTANCES)
        },
    )


def in_seasons(days: NDArray[np.datetime64]) -> dict[str, NDArray[np.bool_]]:
    """Which days are in each of `SEASONS`; bool of the shape of the days."""
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return {name: np.isin(month, months) for name, months in SEASONS.items()}


def _distance_class(low: float, high: float) -> str:
    if np.isinf(high):
        return f"over {low / 1000:g} km"
    return f"{low / 1000:g} to {high / 1000:g} km"
