"""The spatial checks of titanlib, to compare with (`pip install titanlib==0.4.0`).

They get what ours get: logarithmic levels, the height of the model's cells, and the values in the
valid range alone; the others count as flagged, as its range check would have it. Their parameters
were set so that about as many untouched values are flagged as by ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse import Model, Observations
from pointfuse.stations.quality.levels import level_offset, levels

Check = Callable[[Observations], NDArray[np.bool_]]
"""Which daily means of PM2.5 are suspect, shape (day, station)."""


def titanlib_checks(model: Model) -> dict[str, Check]:
    """The checks by name.

    Raises
    ------
    ImportError
        If titanlib is not installed.
    """
    import titanlib

    def buddies(places: Any, level: NDArray[np.float64]) -> Any:
        return titanlib.buddy_check(
            places,
            level,
            np.full(len(level), 100e3),  # radius, m
            np.full(len(level), 3),  # fewest neighbours
            2.65,  # threshold
            1000.0,  # most difference in height, m
            0.0,  # gradient with height
            0.25,  # least standard deviation
            4,  # passes
        )

    def spatial_consistency(places: Any, level: NDArray[np.float64]) -> Any:
        flags, _, _ = titanlib.sct(
            places,
            level,
            5,  # fewest stations
            50,  # most stations
            50e3,  # inner radius, m
            200e3,  # outer radius, m
            4,  # passes
            50,  # stations for a vertical profile
            500.0,  # least difference in height for one, m
            50e3,  # least horizontal scale, m
            1000.0,  # vertical scale, m
            np.full(len(level), 10.0),  # threshold upwards
            np.full(len(level), 10.0),  # and downwards
            np.full(len(level), 0.5),  # ratio of the variances of errors
        )
        return flags

    return {
        "titanlib buddy_check": _day_by_day(buddies, titanlib, model),
        "titanlib sct": _day_by_day(spatial_consistency, titanlib, model),
    }


def _day_by_day(
    check: Callable[[Any, NDArray[np.float64]], Any], titanlib: Any, model: Model
) -> Check:
    """A check of all days from that of one day's places and levels."""
    low, high = model.metadata.target.valid_range
    height = model.static_layer("height").ravel()

    def check_all(observations: Observations) -> NDArray[np.bool_]:
        table, stations = observations.values["pm25"], observations.stations
        cell = model.metadata.grid.cells(stations.longitude, stations.latitude)
        in_range = (table >= low) & (table <= high)
        suspect = ~np.isnan(table) & ~in_range
        for row, found, usable in zip(table, suspect, in_range, strict=True):
            there = np.flatnonzero(usable)
            places = titanlib.Points(
                stations.latitude[there], stations.longitude[there], height[cell[there]]
            )
            level = levels(row[there], level_offset(row[there]))
            found[there] = np.array(check(places, level)) > 0
        return suspect

    return check_all
