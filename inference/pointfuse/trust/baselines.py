"""Other interpolation methods to compare with, found through entry points.

A package registers its baselines as entry points of the group `pointfuse.baselines`; this one has
none, so that it stays light.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, MissingExtraError
from pointfuse.stations.gridding import PlacedObservations

ENTRY_POINTS = "pointfuse.baselines"
"""Group in which packages register their baselines, each under the name users give."""

Baseline = Callable[
    [PlacedObservations, NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]
]
"""Predicts the fused variable, shape (point,), in its unit, from the stations of one day.

It is called with the known observations of the day (NaN where a station has none) and with the
longitudes and latitudes of the points, degrees, shape (point,).
"""


def find_baselines(names: Sequence[str]) -> dict[str, Baseline]:
    """Load installed baselines by their names.

    Parameters
    ----------
    names : sequence of str
        Names under which they are registered.

    Raises
    ------
    MissingExtraError
        If there is none of that name, or a package that it needs is missing.
    """
    installed = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    found: dict[str, Baseline] = {}
    for name in names:
        if name not in installed:
            others = ", ".join(sorted(installed)) or "none"
            raise MissingExtraError(
                f"there is no baseline '{name}'; installed are {others}, and pointfuse's own come "
                "from a checkout with 'pip install ./training ./benchmarks'"
            )
        try:
            found[name] = installed[name].load()
        except ImportError as error:
            raise MissingExtraError(
                f"the baseline '{name}' needs a package that is not installed ({error}); install "
                "the benchmarks with other people's software: pip install ./training "
                "'./benchmarks[peers]'"
            ) from error
    return found


def predict(
    name: str,
    baseline: Baseline,
    known: PlacedObservations,
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Call a baseline and check its result.

    Raises
    ------
    InputError
        If it does not give one finite value a point.
    """
    predicted = np.asarray(baseline(known, longitude, latitude), np.float64)
    if predicted.shape != longitude.shape or not np.isfinite(predicted).all():
        raise InputError(
            f"expected {len(longitude)} finite values from the baseline '{name}' on "
            f"{known.observations.times[0]}, got {int(np.isfinite(predicted).sum())} in the shape "
            f"{predicted.shape}; correct the baseline or leave it out"
        )
    return predicted
