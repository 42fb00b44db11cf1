"""One pass of a network that gives the mean of the stations, in files of both schema versions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mean_model import mean_model

from pointfuse.fusion.estimation import estimate
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations, grid_days, place, station_distance
from pointfuse.stations.observations import Observations, Stations


def placed(model: Model, cells_by_day: list[int], spread: float = 0.4) -> PlacedObservations:
    """Days with stations in so many cells, one to three in each, so far from its centre at most."""
    rng = np.random.default_rng(0)
    grid = model.metadata.grid
    x, y, day_of = [], [], []
    for day, cells in enumerate(cells_by_day):
        chosen = rng.choice(grid.rows * grid.columns, cells, replace=False)
        cell = np.repeat(chosen, rng.integers(1, 4, cells))
        x += [
            *(
                grid.x[cell % grid.columns]
                + grid.cell_size * rng.uniform(-spread, spread, len(cell))
            )
        ]
        y += [
            *(
                grid.y[cell // grid.columns]
                + grid.cell_size * rng.uniform(-spread, spread, len(cell))
            )
        ]
        day_of += [day] * len(cell)
    values = np.full((len(cells_by_day), len(x)), np.nan)
    values[day_of, np.arange(len(x))] = rng.uniform(10, 200, len(x))
    stations = Stations(
        np.array([f"S{i}" for i in range(len(x))]),
        *grid.projection.inverse(np.array(x), np.array(y)),
    )
    days = np.datetime64("2019-01-01") + np.arange(len(cells_by_day))
    return place(Observations(stations, days, {"pm25": values}), model.metadata)


def cells_of(days: PlacedObservations, day: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and number of the stations of each cell that has any."""
    gridded = grid_days(days)
    count = gridded.station_count[day]
    return gridded.observations[day, 0][count > 0].astype(np.float64), count[count > 0]


def test_a_file_that_counts_stations_gets_their_number(scale_model: Model) -> None:
    days = placed(scale_model, [40, 60])
    found = estimate(days, scale_model)
    for day in range(2):
        means, counts = cells_of(days, day)
        assert set(counts) == {1, 2, 3}
        # The mean of all stations; the network works in single precision.
        expected = (means * counts).sum() / counts.sum()
        np.testing.assert_allclose(found.values[day], expected, rtol=1e-5)
        assert abs(means.mean() / expected - 1) > 1e-3


def test_a_file_of_version_1_gets_a_mask_of_0_and_1(tiny_metadata: ModelMetadata) -> None:
    metadata = replace(tiny_metadata, schema_version=1)
    model = Model(mean_model(metadata).SerializeToString(), metadata, "0" * 64, threads=1)
    days = placed(model, [40, 60])
    found = estimate(days, model)
    for day in range(2):
        means, _ = cells_of(days, day)
        # The mean of the cells; the network works in single precision.
        np.testing.assert_allclose(found.values[day], means.mean(), rtol=1e-5)


def test_the_uncertainty_is_the_deviation_of_a_logistic_distribution(scale_model: Model) -> None:
    found = estimate(placed(scale_model, [40]), scale_model)
    # The model's scale is a twentieth of its field in the first cell and a half in the last.
    ratio = found.uncertainty[0] / found.values[0]
    np.testing.assert_allclose(
        ratio[[0, -1]], np.pi / np.sqrt(3) * np.array([0.05, 0.5]), rtol=1e-6
    )


def test_without_a_scale_the_uncertainty_is_not_known(tiny_model: Model) -> None:
    found = estimate(placed(tiny_model, [40]), tiny_model)
    assert np.isnan(found.uncertainty).all()
    assert np.isfinite(found.values).all()


def test_support_is_that_of_the_stations(scale_model: Model) -> None:
    days = placed(scale_model, [50])
    found = estimate(days, scale_model)
    count = grid_days(days).station_count[0]
    np.testing.assert_array_equal(found.station_count[0], count.ravel())
    distance = station_distance(count > 0, scale_model.metadata.grid)
    np.testing.assert_array_equal(found.station_distance[0], distance.ravel())


@pytest.mark.parametrize("stations", [1, 35, 120])
def test_some_cells_are_those_of_the_whole_field(scale_model: Model, stations: int) -> None:
    days = placed(scale_model, [stations])
    cells = np.array([3, 190, 77, 5])
    some, whole = estimate(days, scale_model, cells), estimate(days, scale_model)
    for one, field in zip(some, whole, strict=True):
        np.testing.assert_array_equal(one, field[:, cells])
