"""The process against dense formulas, and its parameters from samples of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

from pointfuse import InputError
from pointfuse_training.processes.likelihood_fit import (
    MOST_STEPS,
    fit_distribution,
    fit_process,
)
from pointfuse_training.processes.station_days import StationDay
from pointfuse_training.processes.terrain_process import TERRAIN_AND_LAND, TerrainProcess
from pointfuse_training.processes.unscored import unscored_days

TRUE = TerrainProcess(400.0, 0.1, {"height": 2.0}, ("height",), square_root=True)


def covariance(process, xy, layers):
    """The formula, written out."""
    squares = cdist(xy, xy, "sqeuclidean") / process.length**2
    for name, scale in process.scales.items():
        squares += (layers[name][:, None] - layers[name]) ** 2 / scale**2
    return np.exp(-np.sqrt(squares)) + process.nugget * np.eye(len(xy))


def drawn_day(rng, stations=120, process=TRUE, level=12.0, slope=-0.5, sill=3.0):
    xy = rng.uniform(-1500, 1500, (stations, 2))
    layers = {"height": rng.gamma(1.0, 1.0, stations)}
    factor = np.linalg.cholesky(covariance(process, xy, layers))
    scaled = level + slope * layers["height"] + sill**0.5 * factor @ rng.standard_normal(stations)
    return StationDay(xy, layers, (scaled / 2 + 1) ** 2 - 1)


def test_the_likelihood_is_that_of_all_contrasts_which_no_trend_changes(rng):
    """Up to a constant, so two processes are compared: here they are solved without a trick."""
    day = drawn_day(rng, 60)
    contrasts = null_space(TRUE.terms(day.xy, day.layers).T)
    seen = contrasts.T @ TRUE.to_scale(day.values)

    def directly(process):
        dense = contrasts.T @ covariance(process, day.xy, day.layers) @ contrasts
        sill = seen @ np.linalg.solve(dense, seen) / len(seen)
        return multivariate_normal(cov=sill * dense).logpdf(seen)

    other = TRUE.varied(np.array([0.5, -0.7, 0.3]))
    found = day.under(TRUE).log_likelihood() - day.under(other).log_likelihood()
    assert found == pytest.approx(directly(TRUE) - directly(other), rel=1e-8)


def test_prediction_is_that_of_the_dense_system(rng):
    day = drawn_day(rng, 60)
    points, there = rng.uniform(-1500, 1500, (9, 2)), {"height": rng.gamma(1.0, 1.0, 9)}
    both = np.vstack([day.xy, points])
    layers = {"height": np.concatenate([day.layers["height"], there["height"]])}
    dense = covariance(TRUE, both, layers)
    inverse, cross = np.linalg.inv(dense[:60, :60]), dense[60:, :60]
    terms = np.column_stack([np.ones(69), layers["height"]])
    a, b, u = terms[:60], terms[60:], TRUE.to_scale(day.values)
    beta = np.linalg.solve(a.T @ inverse @ a, a.T @ inverse @ u)
    sill = (u - a @ beta) @ inverse @ (u - a @ beta) / 58
    mean, variance = day.under(TRUE).moments(points, there)
    np.testing.assert_allclose(mean, b @ beta + cross @ inverse @ (u - a @ beta), rtol=1e-9)
    explained = np.einsum("ij,jk,ik->i", cross, inverse, cross)
    np.testing.assert_allclose(variance, sill * (1.1 - explained), rtol=1e-9)
    # Squares of normal variables of these moments, 100,000 of each: errors of 0.3 %.
    draws = mean[:, None] + np.sqrt(variance)[:, None] * rng.standard_normal((9, 10**5))
    drawn = (draws / 2 + 1) ** 2 - 1
    fitted = day.under(TRUE)
    np.testing.assert_allclose(fitted.expected(points, there), drawn.mean(1), rtol=0.01)
    np.testing.assert_allclose(fitted.standard_error(points, there), drawn.std(1), rtol=0.02)


def test_parameters_vary_by_factors():
    found = TERRAIN_AND_LAND.varied(np.log([2.0, 3.0, 1.0, 5.0, 1.0, 1.0, 1.0]))
    assert found.length == pytest.approx(2 * TERRAIN_AND_LAND.length)
    assert found.nugget == pytest.approx(3 * TERRAIN_AND_LAND.nugget)
    assert found.scales["height"] == pytest.approx(2 * TERRAIN_AND_LAND.scales["height"])
    assert found.scales["ruggedness"] == pytest.approx(10 * TERRAIN_AND_LAND.scales["ruggedness"])
    assert TERRAIN_AND_LAND.parameters[:3] == ("common", "nugget", "height")


@pytest.mark.slow
def test_parameters_are_found_again_in_samples(rng):
    days = [drawn_day(rng) for _ in range(40)]
    steps = []
    found = fit_process(days, TRUE.varied(np.array([0.8, -1.0, 0.5])), steps.append)
    assert sum(steps) == MOST_STEPS
    # Spread of 20 such fits: 0.08, 0.09 and 0.09 of the logarithms.
    assert np.log(found.length / TRUE.length) == pytest.approx(0, abs=0.3)
    assert np.log(found.nugget / TRUE.nugget) == pytest.approx(0, abs=0.35)
    assert np.log(found.scales["height"] / 2.0) == pytest.approx(0, abs=0.35)


@pytest.mark.slow
def test_the_distribution_of_days_is_found_again(rng):
    """Levels, trends and sills that are known; the height has the mean 1, where a level is."""
    levels = 11.5 * np.exp(0.3 * rng.standard_normal(30))
    days = [
        drawn_day(rng, level=level * 12 / 11.5, slope=-0.5 * level / 11.5, sill=0.03 * level**2)
        for level in levels
    ]
    found = fit_distribution(days, {"days": []}, start=TRUE)
    # Mean and spread of thirty days whose own levels are off by a sixth: twice their errors.
    assert found.day_mean[0] == pytest.approx(np.log(11.5), abs=0.15)
    assert found.day_covariance[0, 0] ** 0.5 == pytest.approx(0.3, abs=0.1)
    assert found.day_mean[1] == pytest.approx(np.log(0.03), abs=0.3)
    assert found.day_mean[2] == pytest.approx(-0.5 / 11.5, abs=0.02)
    # All days have the same parameters: what is found of each alone is off by less than the prior.
    assert all(0 < spread < 0.5 for spread in found.spread.values())
    assert list(found.spread) == list(found.process.parameters)
    assert found.trend["height"].centre == pytest.approx(1.0, abs=0.05)


def test_too_few_days_and_days_of_nothing_are_refused(rng):
    with pytest.raises(InputError, match="at least 4 days with enough stations, got 2"):
        fit_distribution([drawn_day(rng, 30)] * 2, {}, start=TRUE)
    day = drawn_day(rng, 30)
    for values, found in (
        (np.zeros(30), "the mean 0 and the variance 0"),
        (-day.values / 1e3, "the mean -"),
    ):
        nothing = dataclasses.replace(day, values=values)
        with pytest.raises(InputError, match=f"a mean above 0 .*got {found}"):
            fit_distribution([nothing] * 4, {}, start=TRUE)


def test_no_day_is_near_a_scored_one():
    times = np.array([f"2019-03-{day:02d}" for day in (1, 2, 3, 4, 6, 7, 20, 21)], "datetime64[D]")
    # Scored are the first and the sixth: the 1st and the 7th.
    np.testing.assert_array_equal(
        unscored_days(times, 5, 3), [False, False, False, True, False, False, True, True]
    )
