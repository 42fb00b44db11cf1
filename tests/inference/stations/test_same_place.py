"""Which stations are in one place, against distances of all pairs from pyproj."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from pointfuse import Stations
from pointfuse.stations.same_place import SAME_PLACE, joined, places

SPHERE = Geod(a=6_371_000, b=6_371_000)


def stations(longitude: object, latitude: object) -> Stations:
    east, north = np.asarray(longitude, float), np.asarray(latitude, float)
    return Stations(np.arange(len(east)).astype(str), east, north)


@given(seed=st.integers(0, 200), north=st.sampled_from([0.0, 40.0, 75.0]))
def test_places_are_what_is_linked_by_short_ways(seed: int, north: float) -> None:
    rng = np.random.default_rng(seed)
    # Three kilometres across, on either side of the 180th meridian.
    east = (180 + rng.uniform(-0.0135, 0.0135, 40) / np.cos(np.radians(north)) + 180) % 360 - 180
    found = stations(east, north + rng.uniform(-0.0135, 0.0135, 40))
    first, second = np.triu_indices(40, 1)
    tables = (found.longitude, found.latitude)
    ends = [table[chosen] for chosen in (first, second) for table in tables]
    near = SPHERE.inv(*ends)[2] <= SAME_PLACE
    links = csr_array((near[near], (first[near], second[near])), shape=(40, 40))
    expected = connected_components(links, directed=False)[1]
    place = places(found)
    # The same partition, counted in the order of the stations.
    assert (place[:, None] == place).tolist() == (expected[:, None] == expected).tolist()
    _, firsts = np.unique(place, return_index=True)
    assert (np.diff(firsts) > 0).all()
    assert place[0] == 0


def test_stations_apart_or_nowhere_have_places_of_their_own() -> None:
    found = stations([116, 117, np.nan, np.nan, 116], [40, 40, np.nan, np.nan, 41])
    assert places(found).tolist() == [0, 1, 2, 3, 4]
    assert places(stations([], [])).tolist() == []
    # The same coordinates, far apart in the list.
    assert places(stations([116, 117, 116], [40, 40, 40])).tolist() == [0, 1, 0]


def test_groups_that_others_link_are_one() -> None:
    groups = np.array([0, 0, 1, 1, 2, 3])
    assert joined(groups, np.arange(6)).tolist() == groups.tolist()
    # The second and the third member are in one place, as are the last two.
    assert joined(groups, np.array([0, 1, 1, 2, 3, 3])).tolist() == [0, 0, 0, 0, 1, 1]
    # A chain through all of them.
    assert joined(groups, np.array([0, 1, 1, 2, 2, 2])).tolist() == [0] * 6
