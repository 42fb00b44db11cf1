"""Stations that do not tell what the process asks: of one region, very few, all alike, extreme."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.process.gaussian_process import GaussianProcess, Prediction
from pointfuse.model.process.process_settings import Covariate, Prior, ProcessSettings

GRID = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0), 90, 100, 12e3, -6e5, -5e5)
COLUMN = np.arange(GRID.rows * GRID.columns) % GRID.columns
# A plain in the west with hills of some 10 m, mountains of up to 5,000 m in the east.
HEIGHT = np.where(COLUMN < 40, 5 * np.cos(COLUMN), 5000 * (COLUMN - 40) / 59).reshape(GRID.shape)
LAYERS = {"height": HEIGHT.astype(np.float32)}
SETTINGS = ProcessSettings(
    length=800e3,
    nugget=0.031,
    covariates=(Covariate("height", scale=5000.0, trend=True),),
    distance=(0.0,),
    network_weight=(0.0,),
)
PROCESS = GaussianProcess(SETTINGS, GRID, LAYERS)


def predicted(
    cells: np.ndarray, values: np.ndarray, process: GaussianProcess = PROCESS
) -> Prediction:
    """The whole field, from stations in the middle of cells; no warning is let pass."""
    x, y = GRID.x[cells % GRID.columns], GRID.y[cells // GRID.columns]
    stations = GRID.interpolation(*GRID.projection.inverse(x, y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return process.condition(stations, values).predict()


def of_the_plain(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(20, 70, count) * GRID.columns + rng.integers(5, 35, count)


def test_a_trend_is_not_carried_beyond_the_heights_of_the_stations() -> None:
    """10 ug/m3 a metre over 10 m of hills: 50,000 in the mountains, were it to go on."""
    cells = of_the_plain(60)
    values = 60 + 5 * HEIGHT.ravel()[cells]
    field = predicted(cells, values)
    assert field.mean.max() < 1.5 * values.max()
    assert field.mean.min() > values.min() / 1.5


def test_uncertainty_grows_with_what_the_covariates_leave_open() -> None:
    """In the mountains, beside a cell of the plain as far from the stations in kilometres."""
    middle = 45 * GRID.columns + 39
    # A second grid that is flat throughout.
    flat = GaussianProcess(SETTINGS, GRID, {"height": np.zeros(GRID.shape, np.float32)})
    cells = np.arange(20, 70) * GRID.columns + 39
    values = np.random.default_rng(1).uniform(30, 60, len(cells))
    steep, level = predicted(cells, values), predicted(cells, values, flat)
    assert steep.standard_error[middle] == pytest.approx(level.standard_error[middle], rel=0.02)
    up, down = 45 * GRID.columns + 79, 45 * GRID.columns
    assert steep.standard_error[up] > 1.5 * steep.standard_error[down]
    assert level.standard_error[up] < 1.1 * level.standard_error[down]


def test_the_trend_of_few_stations_is_the_priors() -> None:
    """One station says nothing of a slope: its variance is what the prior gives, by hand."""
    cell = 45 * GRID.columns + 10
    field = predicted(np.array([cell]), np.array([35.0]))
    top = 45 * GRID.columns + 99
    apart = np.hypot(89 * 12 / 800, (HEIGHT.ravel()[top] - HEIGHT.ravel()[cell]) / 5000)
    explained = np.exp(-apart) / 1.031
    rise = (HEIGHT.ravel()[top] - HEIGHT.ravel()[cell]) / np.ptp(HEIGHT)
    # Of the constant: what the station leaves; of the slope: 2 sills over the range of the grid.
    trend = 1.031 * (1 - explained) ** 2 + (2.0 * rise) ** 2
    sill = 0.5 * 35**2 / 36
    variance = sill * (1 - explained * np.exp(-apart) + trend + 0.031)
    expected = np.sqrt(36 * variance + variance**2 / 8)
    assert field.standard_error[top] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("level", [0.1, 5.0, 35.0, 1500.0])
@pytest.mark.parametrize("count", [1, 2, 5, 20, 60])
def test_few_stations_give_a_plausible_field_and_say_how_little_they_know(
    count: int, level: float
) -> None:
    cells = of_the_plain(count, seed=count)
    values = level * np.random.default_rng(2).uniform(0.8, 1.2, count)
    field = predicted(cells, values)
    for table in (field.mean, field.standard_error, field.effective_stations):
        assert np.isfinite(table).all()
    assert field.mean.max() <= 1.5 * values.max()
    assert field.mean.min() >= values.min() / 1.5
    far = COLUMN > 95
    assert (field.standard_error >= 1).all()
    # The spread of daily means over a country is about half of their mean and more.
    assert (field.standard_error[far] > 0.5 * level).all()


@pytest.mark.parametrize(
    "cells",
    [
        np.full(40, 45 * GRID.columns + 10),
        np.r_[np.full(20, 45 * GRID.columns + 10), np.full(20, 45 * GRID.columns + 11)],
        np.r_[of_the_plain(30) % 3, 89 * GRID.columns + 97 + of_the_plain(30) % 3],
        np.arange(30, 60) * GRID.columns + 10,
    ],
    ids=["one cell", "two cells", "two clusters", "one height and line"],
)
@pytest.mark.parametrize("spread", [0.0, 1e-9, 0.3])
def test_odd_places_are_no_obstacle(cells: np.ndarray, spread: float) -> None:
    values = 40 * (1 + spread * np.random.default_rng(3).uniform(-1, 1, len(cells)))
    field = predicted(cells, values)
    for table in (field.mean, field.standard_error, field.effective_stations):
        assert np.isfinite(table).all()
    assert field.mean.max() <= 1.5 * values.max()
    assert (field.standard_error >= np.hypot(1, 0.03 * 40) * 0.99).all()


@pytest.mark.parametrize("count", [120, 1400])
@pytest.mark.parametrize(
    ("level", "other"), [(35.0, 35.0), (35.0, 35.1), (0.0, 0.0), (0.0, 1.0), (35.0, 300.0)]
)
def test_values_that_hardly_differ_are_no_perfect_knowledge(
    count: int, level: float, other: float
) -> None:
    values = np.full(count, level)
    values[7] = other
    cells = of_the_plain(count)
    field = predicted(cells, values)
    instrument = np.hypot(1, 0.03 * field.mean)
    assert (field.standard_error >= instrument).all()
    at_stations, far = field.standard_error[cells], field.standard_error[COLUMN > 95]
    assert far.min() > 1.2 * np.median(at_stations)
    assert (field.mean <= 1.5 * max(level, other) + 0.01).all()


def test_a_prior_of_many_stations_is_what_is_thought() -> None:
    """With a weight beyond any day's the sill is the prior's, whatever the stations say."""
    prior = replace(Prior(), stations=1e12, spread=0.2)
    process = GaussianProcess(SETTINGS, GRID, LAYERS, prior)
    cells = of_the_plain(60)
    values = np.random.default_rng(4).uniform(10, 90, 60)
    conditioned = process.condition(
        GRID.interpolation(
            *GRID.projection.inverse(GRID.x[cells % GRID.columns], GRID.y[cells // GRID.columns])
        ),
        values,
    )
    mean = values.mean()
    assert conditioned.sill == pytest.approx(0.2 * mean**2 / (mean + 1), rel=1e-6)
