"""Averages of stations nearby, against sums written out and geometry that can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import Voronoi
from scipy.spatial.distance import cdist

from pointfuse import InputError
from pointfuse_benchmarks.baselines.neighbours import inverse_distance, nearest, voronoi


@pytest.fixture
def xy(rng):
    return rng.uniform(-800, 800, (60, 2))


@pytest.fixture
def points(rng):
    return rng.uniform(-700, 700, (40, 2))


@pytest.fixture
def values(rng):
    return rng.uniform(5, 300, 60)


# The projection there and back costs some nanometres, hence all the tolerances of 1e-9.


def test_nearest(day_of, to_degrees, xy, points, values):
    expected = values[cdist(points, xy).argmin(axis=1)]
    np.testing.assert_array_equal(nearest(day_of(xy, values), *to_degrees(points)), expected)


def test_inverse_distance(day_of, to_degrees, xy, points, values):
    expected = []
    for point in points:
        distance = np.sqrt(((xy - point) ** 2).sum(axis=1))
        chosen = np.argsort(distance)[:24]
        weights = 1 / distance[chosen] ** 1.5
        expected.append((weights * values[chosen]).sum() / weights.sum())
    found = inverse_distance(day_of(xy, values), *to_degrees(points))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_voronoi_neighbours_are_those_of_the_whole_diagram(day_of, to_degrees, xy, points, values):
    """Well inside, no neighbour is beyond the thirty nearest, so that the whole diagram serves."""
    inside = np.abs(points).max(axis=1) < 400
    assert inside.sum() > 5
    expected = []
    for point in points[inside]:
        ridges = Voronoi(np.vstack([xy, point])).ridge_points
        neighbours = ridges[(ridges == len(xy)).any(axis=1)].min(axis=1)
        weights = 1 / ((xy[neighbours] - point) ** 2).sum(axis=1)
        expected.append((weights * values[neighbours]).sum() / weights.sum())
    found = voronoi(day_of(xy, values), *to_degrees(points[inside]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_station_behind_another_is_no_voronoi_neighbour(day_of, to_degrees):
    """Three stations around the point at 50, 40 and 50 km, and one hidden behind the second."""
    xy = np.array([[-30.0, 40.0], [0.0, -40.0], [30.0, 40.0], [0.0, -90.0]])
    day = day_of(xy, np.array([10.0, 20.0, 30.0, 1000.0]))
    by_hand = (10 / 2500 + 20 / 1600 + 30 / 2500) / (1 / 2500 + 1 / 1600 + 1 / 2500)
    found = voronoi(day, *to_degrees(np.zeros((1, 2))))
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)


@pytest.mark.parametrize("baseline", [nearest, inverse_distance, voronoi])
def test_a_station_says_what_it_is_at_its_own_place(baseline, day_of, to_degrees, xy, values):
    # Inverse distance has the least weight there: 1e-6 km against some 100 km, to the power of 1.5.
    found = baseline(day_of(xy, values), *to_degrees(xy))
    np.testing.assert_allclose(found, values, rtol=1e-6)


@pytest.mark.parametrize("baseline", [nearest, inverse_distance, voronoi])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_stations_and_stations_at_one_place_do(baseline, day_of, to_degrees, points, count):
    xy = np.zeros((count, 2))
    found = baseline(day_of(xy, np.full(count, 42.0)), *to_degrees(points))
    np.testing.assert_allclose(found, 42.0)


@pytest.mark.parametrize("baseline", [nearest, inverse_distance, voronoi])
def test_stations_without_a_value_do_not_count(baseline, day_of, to_degrees, xy, points, values):
    missing = np.where(np.arange(60) % 3 == 0, np.nan, values)
    found = baseline(day_of(xy, missing), *to_degrees(points))
    there = np.isfinite(missing)
    expected = baseline(day_of(xy[there], values[there]), *to_degrees(points))
    np.testing.assert_array_equal(found, expected)


def test_a_day_without_values_is_refused(day_of, to_degrees, xy, points, values):
    day = day_of(xy, values)
    with pytest.raises(InputError, match="there is no pm25 on 2019-05-12 to predict from"):
        nearest(day.without(np.ones(60, bool)), *to_degrees(points))
