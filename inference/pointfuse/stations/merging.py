"""Merge observations: several values of an hour to their mean, several parts to one table."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations, Stations

logger = logging.getLogger(__name__)


def table_of_means(
    time: NDArray[np.int64],
    station: NDArray[np.int64],
    values: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Mean of the values of each time and station.

    Parameters
    ----------
    time, station : ndarray of int64, shape (value,)
        Row and column of each value in the table.
    values : ndarray of float64, shape (value,)
        Values; NaN where missing.
    shape : tuple of two ints
        Times and stations.

    Returns
    -------
    ndarray of float64, shape `shape`
        NaN where there is no value.
    """
    valid = np.isfinite(values)
    cell = (time * shape[1] + station)[valid]
    size = shape[0] * shape[1]
    total = np.bincount(cell, values[valid], size)
    count = np.bincount(cell, minlength=size)
    means = np.full(size, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means.reshape(shape)


def merge(parts: Sequence[Observations]) -> Observations:
    """One table of several: all stations, all times, all variables.

    Stations are the same where code and coordinates are the same.

    Parameters
    ----------
    parts : sequence of Observations
        At least one; all hourly or all daily, in one time zone. At most one knows its `hours`.

    Raises
    ------
    InputError
        If two parts give different values for one station, time and variable.
    """
    index: dict[tuple[str, float | None, float | None], int] = {}
    places = []
    for part in parts:
        stations = part.stations
        keys = zip(
            stations.code.tolist(),
            _equal_to_itself(stations.longitude),
            _equal_to_itself(stations.latitude),
            strict=True,
        )
        places.append(np.array([index.setdefault(key, len(index)) for key in keys], np.int64))
    times = np.unique(np.concatenate([part.times for part in parts]))
    columns = list(zip(*index, strict=True)) or [(), (), ()]
    merged = Observations(
        Stations(
            np.array(columns[0], np.str_),
            np.array(columns[1], np.float64),
            np.array(columns[2], np.float64),
        ),
        times,
        {
            name: np.full((len(times), len(index)), np.nan)
            for name in dict.fromkeys(name for part in parts for name in part.values)
        },
        parts[0].timezone,
        tuple(file for part in parts for file in part.files),
        hours=next((part.hours for part in parts if part.hours is not None), None),
    )
    reasons: dict[str, NDArray[np.uint8]] = {}
    for part, place in zip(parts, places, strict=True):
        cells = np.ix_(np.searchsorted(times, part.times), place)
        for name, table in part.values.items():
            known = merged.values[name][cells]
            _refuse_contradiction(part, name, known, table)
            merged.values[name][cells] = np.where(np.isnan(table), known, table)
        for name, found in part.reasons.items():
            reasons.setdefault(name, np.zeros(merged.values[name].shape, np.uint8))[cells] = found
    for name, found in reasons.items():
        # What one part lacks another may have.
        found[np.isfinite(merged.values[name])] = 0
    return replace(merged, reasons=reasons)


def _equal_to_itself(coordinates: NDArray[np.float64]) -> list[float | None]:
    """Coordinates with None for the missing ones, since no NaN is equal to another."""
    return [None if math.isnan(value) else value for value in coordinates.tolist()]


def warn_of_moved_stations(stations: Stations) -> None:
    """Name the codes that stand at several places, in a warning."""
    placed = stations.code[np.isfinite(stations.longitude)].tolist()
    twice = [code for code, places in Counter(placed).items() if places > 1]
    if twice:
        logger.warning(
            "%d codes stand at several places, each taken as a station of its own: %s",
            len(twice),
            ", ".join(twice[:5]) + (", ..." if len(twice) > 5 else ""),
        )


def _refuse_contradiction(
    part: Observations, name: str, known: NDArray[np.float64], table: NDArray[np.float64]
) -> None:
    # The same value in two units differs in its last bits.
    differs = np.abs(known - table) > 1e-9 * np.abs(known)  # false where one is missing
    if not differs.any():
        return
    time, station = np.argwhere(differs)[0]
    raise InputError(
        f"station {part.stations.code[station][:40]} has two values of {name} for "
        f"{part.times[time]}, {known[time, station]:g} and {table[time, station]:g} (the second "
        f"in {part.files[0].name if part.files else 'the last table'}); remove one of them"
    )
