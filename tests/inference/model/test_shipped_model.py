"""The shipped model itself, as the light package runs it."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse import Model, load_model
from pointfuse.stations.reading import DEFAULT_VARIABLES

pytestmark = pytest.mark.slow

SHAPE = (372, 426)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(precision="fp32")


@pytest.fixture(scope="module")
def day() -> tuple[np.ndarray, np.ndarray]:
    """PM2.5 of a smooth day at 800 stations in as many cells, and the mask."""
    rng = np.random.default_rng(5)
    cell = rng.choice(SHAPE[0] * SHAPE[1], 800, replace=False)
    row, column = np.unravel_index(cell, SHAPE)
    observations = np.zeros((1, 3, *SHAPE), np.float32)
    observed = np.zeros_like(observations)
    observations[0, 0, row, column] = 40 + 25 * np.sin(row / 40) * np.cos(column / 50)
    observed[0, 0, row, column] = 1
    return observations, observed


def test_a_smooth_day_comes_out(model: Model, day: tuple[np.ndarray, np.ndarray]) -> None:
    """The truth between stations is known: about the mean of 200 neighbours of either sign."""
    field = model.run(*day).field[0]
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]]
    truth = 40 + 25 * np.sin(row / 40) * np.cos(column / 50)
    inside = np.s_[40:-40, 40:-40]
    # A station every 14 cells; the day itself has a standard deviation of 12 ug/m3.
    assert np.sqrt(np.mean((field - truth)[inside] ** 2)) < 5


def test_many_stations_of_a_cell_are_believed_more(
    model: Model, day: tuple[np.ndarray, np.ndarray]
) -> None:
    observations, observed = (table.copy() for table in day)
    row, column = 200, 250
    observations[0, 0, row, column] = 150
    fields = []
    for stations in (1, 10):
        observed[0, 0, row, column] = stations
        fields.append(model.run(observations, observed).field[0, row, column])
    assert fields[0] < fields[1] < 155


def test_a_calm_is_not_a_missing_wind(model: Model, day: tuple[np.ndarray, np.ndarray]) -> None:
    observations, observed = (table.copy() for table in day)
    without = model.run(observations, observed).field
    observed[:, 2] = observed[:, 0]
    assert np.abs(model.run(observations, observed).field - without).max() > 0.1


def single(value: float, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
    observations = np.zeros((1, 3, 372, 426), np.float32)
    observed = np.zeros_like(observations)
    observations[0, 0, row, column], observed[0, 0, row, column] = value, 1
    return observations, observed


@pytest.mark.parametrize(
    ("observations", "observed"),
    [
        single(0.0, 0, 0),
        single(1500.0, 371, 425),
        single(50.0, 186, 213),
        (np.full((1, 3, 372, 426), 100, np.float32), np.ones((1, 3, 372, 426), np.float32)),
    ],
    ids=["zero in a corner", "1500 in a corner", "a single station", "a station in every cell"],
)
def test_extremes_give_whole_fields(
    model: Model, observations: np.ndarray, observed: np.ndarray
) -> None:
    field = model.run(observations, observed).field
    assert np.isfinite(field).all()
    assert (field >= 0).all()
    # Around one station the field may go above it, but not by any factor.
    assert field.max() <= 1.5 * max(5.0, observations[0, 0].max())


def test_what_lies_in_cells_without_observation_has_no_say(
    model: Model, day: tuple[np.ndarray, np.ndarray]
) -> None:
    """An embedder's fill value must not get into the field."""
    observations, observed = day
    filled = np.where(observed == 1, observations, np.float32(-999))
    np.testing.assert_array_equal(
        model.run(filled, observed).field, model.run(observations, observed).field
    )


def test_default_variables_of_the_readers_are_those_of_the_model(model: Model) -> None:
    assert model.metadata.variables == DEFAULT_VARIABLES
