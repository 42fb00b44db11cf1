"""Regions against points that lie where they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.grid.regions import ELSEWHERE, Region, region_masks


def names(regions: list[Region], *points: tuple[float, float]) -> list[str]:
    """Region of each point, by name."""
    longitude, latitude = np.array(points, float).T
    masks = region_masks(regions, longitude, latitude)
    return [
        next(name for name, mask in masks.items() if mask[point]) for point in range(len(points))
    ]


def test_neighbours_share_no_point_and_the_first_wins() -> None:
    regions = [
        Region("west", 100, 110, 30, 40),
        Region("east", 110, 120, 30, 40),
        Region("all", 90, 130, 20, 50),
    ]
    found = names(regions, (100, 30), (109.999, 35), (110, 35), (119, 40), (129, 21), (131, 35))
    assert found == ["west", "west", "east", "all", "all", ELSEWHERE]


def test_longitudes_may_be_counted_either_way_and_cross_the_180th_meridian() -> None:
    pacific = [Region("Pacific", 170, -170, -10, 10)]
    assert names(pacific, (175, 0), (-175, 0), (185, 0), (-170, 0), (169, 0)) == [
        *["Pacific"] * 3,
        *[ELSEWHERE] * 2,
    ]
    assert names([Region("band", -180, 180, 60, 90)], (0, 70), (359, 60), (-180, 59)) == [
        *["band"] * 2,
        ELSEWHERE,
    ]


def test_no_regions_no_masks() -> None:
    assert region_masks([], np.zeros(3), np.zeros(3)) == {}


longitudes, latitudes = st.integers(-180, 360), st.integers(-90, 90)
boxes = st.builds(
    lambda name, edges, parallels: Region(name, *edges, *sorted(parallels)),
    st.text(max_size=3),
    st.lists(longitudes, min_size=2, max_size=2, unique=True),
    st.lists(latitudes, min_size=2, max_size=2, unique=True),
)


@given(
    st.lists(boxes, max_size=5, unique_by=lambda region: region.name),
    st.lists(st.tuples(longitudes, latitudes), min_size=1),
)
def test_every_point_is_in_exactly_one(regions: list[Region], points: list[tuple]) -> None:
    masks = region_masks(regions, *np.array(points, float).T)
    if regions:
        assert (np.sum(list(masks.values()), axis=0) == 1).all()


@pytest.mark.parametrize(
    "edges", [(100, 100, 0, 10), (100, 110, 10, 10), (100, 361, 0, 10), (100, 110, 0, np.nan)]
)
def test_an_impossible_region_is_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="'R' should lie between two meridians"):
        Region("R", *edges)
    with pytest.raises(ValueError, match="'elsewhere' is reserved"):
        Region(ELSEWHERE, 100, 110, 0, 10)
