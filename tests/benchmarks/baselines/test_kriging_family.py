"""Kriging and its relatives against textbook systems solved in other ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse import InputError
from pointfuse_benchmarks.baselines.gaussian_process import GP_B, GP_C, KRIGING, KRIGING_WITH_HEIGHT
from pointfuse_benchmarks.baselines.layers import layer_table
from pointfuse_training.processes import terrain_process

FAMILY = {"kriging": KRIGING, "height": KRIGING_WITH_HEIGHT, "gp-b": GP_B, "gp-c": GP_C}


@pytest.fixture
def xy(rng):
    """Stations from the western deserts to the eastern cities."""
    return np.column_stack([rng.uniform(-1500, 1000, 80), rng.uniform(-900, 600, 80)])


@pytest.fixture
def points(rng):
    return np.column_stack([rng.uniform(-1500, 1000, 50), rng.uniform(-900, 600, 50)])


@pytest.fixture
def values(rng):
    return rng.gamma(2.0, 20.0, 80)


def test_ordinary_kriging_solves_the_bordered_system(day_of, to_degrees, xy, points, values):
    """Variogram and Lagrange multiplier, as in any textbook (Cressie, 1993, section 3.2)."""

    def variogram(a, b):
        distance = np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))
        return np.where(distance > 1e-6, 1 - np.exp(-distance / 300) + 0.15, 0.0)

    system = np.ones((81, 81))
    system[:80, :80], system[80, 80] = variogram(xy, xy), 0.0
    right = np.vstack([variogram(xy, points), np.ones(50)])
    weights = np.linalg.solve(system, right)[:80]
    expected = np.maximum(weights.T @ values, 0)
    # Condition number of the system about 1e4, projection there and back 1e-12.
    np.testing.assert_allclose(
        KRIGING(day_of(xy, values), *to_degrees(points)), expected, rtol=1e-8, atol=1e-8
    )


def test_kriging_agrees_with_pykrige(day_of, to_degrees, xy, points, values):
    pykrige = pytest.importorskip("pykrige.ok", reason="pip install './benchmarks[peers]'")
    # Its range is where the exponential has come to 95 %: three of our lengths.
    model = {"psill": 1.0, "range": 900.0, "nugget": 0.15}
    theirs = pykrige.OrdinaryKriging(
        *xy.T, values, variogram_model="exponential", variogram_parameters=model
    )
    expected = np.maximum(theirs.execute("points", *points.T)[0], 0)
    np.testing.assert_allclose(
        KRIGING(day_of(xy, values), *to_degrees(points)), expected, rtol=1e-8, atol=1e-8
    )


def written_out(metadata, xy, values, points, length, nugget, scales, trend):
    """Mean and variance after the formulas of the model, with an explicit inverse."""
    grid = metadata.grid

    def layers(places, names):
        cell = grid.cells(*grid.projection.inverse(*(1000 * places.T)))
        return {name: layer_table(grid, cell, [name])[:, 0] for name in names}

    def covariance(a, b):
        squares = ((a[:, None] - b[None]) ** 2).sum(axis=2) / length**2
        at_a, at_b = layers(a, scales), layers(b, scales)
        for name, scale in scales.items():
            squares += (at_a[name][:, None] - at_b[name][None]) ** 2 / scale**2
        return np.exp(-np.sqrt(squares))

    def terms(places):
        return np.column_stack([np.ones(len(places)), *layers(places, trend).values()])

    transformed = 2 * (np.sqrt(values + 1) - 1)
    inverse = np.linalg.inv(covariance(xy, xy) + nugget * np.eye(len(xy)))
    a, b, k = terms(xy), terms(points), covariance(points, xy)
    beta = np.linalg.inv(a.T @ inverse @ a) @ a.T @ inverse @ transformed
    residual = transformed - a @ beta
    sill = residual @ inverse @ residual / (len(xy) - a.shape[1])
    mean = b @ beta + k @ inverse @ residual
    variance = sill * (1 + nugget - np.einsum("ij,jk,ik->i", k, inverse, k))
    return mean, variance


PARAMETERS = {
    "gp-b": (
        808.09,
        0.0348,
        {"height": 7.812, "ruggedness": 3.761},
        ["height", "ruggedness", "broad_height"],
    ),
    "gp-c": (
        949.95,
        0.0309,
        {
            "height": 7.168,
            "ruggedness": 3.976,
            "lights": 17.97,
            "broad_lights": 12.04,
            "barren": 6.973,
        },
        ["height", "lights", "barren", "forest", "ruggedness", "broad_height"],
    ),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_terrain_and_land_after_the_formula(
    metadata, day_of, to_degrees, xy, points, values, name, monkeypatch
):
    mean, variance = written_out(metadata, xy, values, points, *PARAMETERS[name])
    # Points go through in several portions.
    monkeypatch.setattr(terrain_process, "_POINTS_AT_ONCE", 7)
    process, day, places = FAMILY[name], day_of(xy, values), to_degrees(points)
    found = process.moments(day, *places)
    np.testing.assert_allclose(found[0], mean, rtol=1e-7)
    np.testing.assert_allclose(found[1], variance, rtol=1e-7)
    expected = np.maximum((mean / 2 + 1) ** 2 + variance / 4 - 1, 0)
    np.testing.assert_allclose(process(day, *places), expected, rtol=1e-7)


def test_far_from_all_stations_kriging_gives_the_mean_and_all_of_the_variance(day_of, to_degrees):
    """Two stations out of each other's reach, exp(-10): mean, and sample variance, of the two."""
    xy = np.array([[-1500.0, 0.0], [1500.0, 0.0]])
    day = day_of(xy, np.array([20.0, 40.0]))
    point = to_degrees(np.array([[0.0, 1500.0]]))
    mean, variance = KRIGING.moments(day, *point)
    assert mean == pytest.approx(30.0, rel=1e-6)
    # Sill times (1 + nugget) is the sample variance, 200; less what stations at 2,121 km explain.
    assert variance == pytest.approx(200.0, rel=1e-4)


@pytest.mark.parametrize("name", FAMILY)
def test_stations_at_one_place_do(day_of, to_degrees, xy, points, values, name):
    """Co-located twins with the same value: better known, but nothing breaks."""
    twice = day_of(np.vstack([xy, xy]), np.concatenate([values, values]))
    found = FAMILY[name](twice, *to_degrees(points))
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_fewer_stations_than_coefficients_do(day_of, to_degrees, xy, points, name, count):
    found = FAMILY[name](day_of(xy[:count], np.full(count, 35.0)), *to_degrees(points))
    assert np.isfinite(found).all()
    if name in ("kriging", "height"):
        np.testing.assert_allclose(found, 35.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(offset=st.floats(0, 400), factor=st.floats(0.1, 5), seed=st.integers(0, 1000))
def test_ordinary_kriging_keeps_shifts_scales_and_order(day_of, to_degrees, offset, factor, seed):
    rng = np.random.default_rng(seed)
    xy, points = rng.uniform(-500, 500, (30, 2)), rng.uniform(-500, 500, (10, 2))
    # High enough above zero for the cut at zero not to count: weights are small and sum to 1.
    values = rng.uniform(100, 200, 30)
    plain = KRIGING(day_of(xy, values), *to_degrees(points))
    other = rng.permutation(30)
    found = KRIGING(day_of(xy[other], (factor * values + offset)[other]), *to_degrees(points))
    np.testing.assert_allclose(found, factor * plain + offset, rtol=1e-9)


def test_several_days_at_once_are_refused(day_of, to_degrees, xy, points, values):
    day = day_of(xy, values)
    two = replace(
        day.observations,
        times=np.array(["2019-05-12", "2019-05-13"], "datetime64[D]"),
        values={"pm25": np.stack([values, values])},
    )
    with pytest.raises(InputError, match="one day at a time, got 2"):
        KRIGING(replace(day, observations=two), *to_degrees(points))


def test_points_outside_the_grid_are_refused(day_of, to_degrees, xy, values):
    with pytest.raises(InputError, match="points on the grid of 372 x 426 cells, got 1 of 2"):
        KRIGING(day_of(xy, values), *to_degrees(np.array([[0.0, 0.0], [9000.0, 0.0]])))
