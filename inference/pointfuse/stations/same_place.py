"""Group stations at the same place, so that cross-validation withholds them together.

Withheld alone, one of them is predicted from the other, and the score says nothing of places
without a station.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.observations import Stations

SAME_PLACE = 300.0
"""Stations up to here from each other are in one place, m: beside each other, or coordinates of one
site from two lists. Two sites of a network are hardly ever so near."""

_EARTH_RADIUS = 6_371_000.0


def places(stations: Stations) -> NDArray[np.int64]:
    """Number of the place of each station.

    Stations that are in one place with a third are in one place with each other. Stations with the
    same code are in one place, wherever they stand.

    Parameters
    ----------
    stations : Stations
        Stations; one without coordinates has a place of its own.

    Returns
    -------
    ndarray of int64, shape (station,)
        Places count from 0, in the order in which the first station of each stands.
    """
    place = np.arange(len(stations))
    for first, second in _neighbours(stations):
        low, high = sorted((place[first], place[second]))
        place[place == high] = low
    # Instruments of one site, whose coordinates may differ, have one code.
    same_code = np.unique(stations.code, return_inverse=True)[1].astype(np.int64)
    return joined(np.unique(place, return_inverse=True)[1].astype(np.int64), same_code)


def joined(groups: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Smallest groups that keep together what is together in either grouping.

    Parameters
    ----------
    groups, others : ndarray of int64, shape (member,)
        Two ways to divide the same members; numbers from 0 to below the number of members.

    Returns
    -------
    ndarray of int64, shape (member,)
        Numbers from 0, in the order of `groups`; these themselves, where they count from 0 without
        a gap and `others` links none of them.
    """
    found = groups
    while True:
        lowest = found
        for division in (others, groups):
            least = np.full(len(found), len(found))
            np.minimum.at(least, division, lowest)
            lowest = least[division]
        if (lowest == found).all():
            return np.unique(found, return_inverse=True)[1].astype(np.int64)
        found = lowest


def _neighbours(stations: Stations) -> list[tuple[int, int]]:
    """Pairs of stations that are near each other."""
    order = np.argsort(stations.latitude, kind="stable")
    east, north = np.radians(stations.longitude[order]), np.radians(stations.latitude[order])
    pairs: list[tuple[int, int]] = []
    # Stations that are near each other follow each other closely in the order of their latitudes.
    for offset in itertools.count(1):
        along = north[offset:] - north[:-offset]
        if not (along * _EARTH_RADIUS <= SAME_PLACE).any():
            return pairs
        turned = np.sin((east[offset:] - east[:-offset]) / 2)
        half = np.sin(along / 2) ** 2 + np.cos(north[offset:]) * np.cos(north[:-offset]) * turned**2
        near = 2 * _EARTH_RADIUS * np.arcsin(np.sqrt(half)) <= SAME_PLACE
        at = np.flatnonzero(near)
        pairs += zip(order[at].tolist(), order[at + offset].tolist(), strict=True)
    return pairs
