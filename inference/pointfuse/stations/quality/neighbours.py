"""Buddy check: compare a station with its neighbours.

The numbers were chosen on real days that `pointfuse_benchmarks.accuracy.quality_control` does not
look at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.quality.levels import level_offset, levels

REACH = 200e3
"""Farthest neighbour, m; differences in height count as `HEIGHT_RATIO` says."""

HEIGHT_RATIO = 200.0
"""A metre of height sets stations apart as so many metres of distance do."""

MOST_NEIGHBOURS, FEWEST_NEIGHBOURS = 6, 3
"""The nearest stations are asked, and with fewer the value is not tested."""

TOLERANCE = 2.0
"""Most that a value may differ from its neighbours, in units of the expected difference."""

NEAR_SPREAD, SPREAD_PER_METRE = 0.25, 1.5e-6
"""Expected difference (log) of a station from neighbours at no distance, and its growth."""

NEAR_SPREADS = {"so2": 0.45, "no2": 0.5, "co": 0.3}
"""In place of `NEAR_SPREAD`, for gases that a chimney or a road makes differ more from place to
place. With them about as many daily means are suspect as of PM2.5: on days of 2019 that
`pointfuse_benchmarks.accuracy.pollutant_flags` does not look at 0.3 to 0.4 %; with `NEAR_SPREAD`
2.2 % of SO2, 2.1 % of NO2 and 0.7 % of CO."""

SUPPORT_REACH = 50e3
"""Neighbours up to here (m) can vouch for a value that differs."""

SUPPORT_DIFFERENCE, SUPPORT_SHARE = 0.5, 1 / 3
"""So many of them have to differ in the same direction, by so much of what it does."""

_PASSES = 4
# More than are asked, since some have no value on a day or are suspect themselves.
_CANDIDATES = 24
# Stations whose neighbours are looked for at once.
_STRIP = 100


@dataclass(frozen=True)
class Neighbours:
    """The nearest other stations of each station.

    Parameters
    ----------
    station : ndarray of int64, shape (station, neighbour)
        Their positions, nearest first; any position where there is none.
    distance : ndarray of float64, shape (station, neighbour)
        How far they are, m, with the difference in height counted in; infinite beyond `REACH`
        and where there is none.
    """

    station: NDArray[np.int64]
    distance: NDArray[np.float64]


def find_neighbours(
    x: NDArray[np.float64], y: NDArray[np.float64], height: NDArray[np.float64]
) -> Neighbours:
    """The nearest other stations in distance and height.

    Parameters
    ----------
    x, y : ndarray of float64, shape (station,)
        Coordinates in the plane of the projection, m.
    height : ndarray of float64, shape (station,)
        Height above the sea, m; all the same where it is not known.
    """
    station = np.zeros((len(x), _CANDIDATES), np.int64)
    distance = np.full(station.shape, np.inf)
    if not len(x):
        return Neighbours(station, distance)
    place = np.stack([x, y, HEIGHT_RATIO * height]).astype(np.float32)
    eastward = np.argsort(x)
    for rows in np.array_split(eastward, max(1, len(x) // _STRIP)):
        # Whoever is too far east or west need not be looked at.
        ends = np.searchsorted(x[eastward], x[rows[[0, -1]]] + np.array([-REACH, REACH]))
        others = eastward[slice(*ends)]
        apart = np.zeros((len(rows), len(others)), np.float32)
        for axis in place:
            apart += (axis[rows, None] - axis[others]) ** 2
        apart[rows[:, None] == others] = np.inf
        count = min(_CANDIDATES, len(others))
        nearest = np.argpartition(apart, count - 1, axis=1)[:, :count]
        squared = np.take_along_axis(apart, nearest, axis=1)
        order = np.argsort(squared, axis=1)
        station[rows, :count] = others[np.take_along_axis(nearest, order, axis=1)]
        distance[rows, :count] = np.sqrt(np.take_along_axis(squared, order, axis=1))
    distance[distance > REACH] = np.inf
    return Neighbours(station, distance)


def compare_with_neighbours(
    values: NDArray[np.float64], neighbours: Neighbours, near_spread: float = NEAR_SPREAD
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find values that their neighbours contradict.

    A value is predicted by the median of its neighbours on a logarithmic scale. It may differ by
    `TOLERANCE` times the root of the sum of squares of two things: the spread of the neighbours
    (their median absolute deviation), so that fronts are let through, and what stations so far
    apart differ by anyway. Beyond that it is suspect, unless enough of the stations close by
    differ likewise: a dust front or a night of fireworks comes to more than one station. Suspect
    values are asked no longer, and all are compared again, so that a bad station does not condemn
    the good ones around it.

    Parameters
    ----------
    values : ndarray of float64, shape (station,)
        Concentrations of a day; NaN where missing.
    neighbours : Neighbours
        Whom to ask.
    near_spread : float
        Expected difference (log) from neighbours at no distance.

    Returns
    -------
    suspect, tested : ndarray of bool, shape (station,)
        Which values are contradicted, and which had neighbours enough to tell, or one close by
        that says the same.
    """
    level = levels(values, level_offset(values))
    suspect = tested = np.zeros(len(values), bool)
    for _ in range(_PASSES):
        asked = np.where(suspect, np.nan, level)[neighbours.station]
        asked[np.isinf(neighbours.distance)] = np.nan
        # Whoever has no value is passed over for the next.
        asked[np.cumsum(np.isfinite(asked), axis=1) > MOST_NEIGHBOURS] = np.nan
        before = suspect
        suspect, tested = _judged(level, asked, neighbours.distance, near_spread)
        if (suspect == before).all():
            break
    return suspect, tested


def _judged(
    level: NDArray[np.float64],
    asked: NDArray[np.float64],
    distance: NDArray[np.float64],
    near_spread: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """One pass of the check: what it finds suspect, and what it can test.

    Parameters
    ----------
    level : ndarray of float64, shape (station,)
        Logarithmic levels; NaN where missing.
    asked, distance : ndarray of float64, shape (station, neighbour)
        Those of the neighbours, NaN where one is not asked, and how far they are, m.
    near_spread : float
        As of `compare_with_neighbours`.
    """
    there = np.isfinite(asked)
    count = there.sum(axis=1)
    close = there & (distance <= SUPPORT_REACH)
    usual = near_spread + SPREAD_PER_METRE * np.where(there, distance, 0)
    alike = close & (np.abs(asked - level[:, None]) <= TOLERANCE * usual)
    enough = count >= FEWEST_NEIGHBOURS
    tested = np.isfinite(level) & (enough | alike.any(axis=1))

    middle = _median(asked, count)
    spread = 1.4826 * _median(np.abs(asked - middle[:, None]), count)
    usual_of_all = np.where(there, usual, 0).sum(axis=1) / np.maximum(count, 1)
    difference = level - middle
    stands_out = enough & (np.abs(difference) > TOLERANCE * np.hypot(usual_of_all, spread))
    along = (asked - middle[:, None]) * np.sign(difference)[:, None]
    likewise = close & (along >= SUPPORT_DIFFERENCE * np.abs(difference)[:, None])
    enough_support = likewise.sum(axis=1) >= SUPPORT_SHARE * close.sum(axis=1)
    return stands_out & ~(likewise.any(axis=1) & enough_support), tested


def _median(values: NDArray[np.float64], count: NDArray[np.intp]) -> NDArray[np.float64]:
    """Median of each row's finite values, of which there are `count`; NaN where there are none."""
    ordered = np.sort(values, axis=1)  # NaN last
    row, last = np.arange(len(values)), np.maximum(count - 1, 0)
    median: NDArray[np.float64] = (ordered[row, last // 2] + ordered[row, (last + 1) // 2]) / 2
    return median
