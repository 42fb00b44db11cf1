"""The network and the process side by side, with a network that gives the mean of the stations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pointfuse import InputError, load_model
from pointfuse.fusion.estimation import estimate
from pointfuse.model.loading import Model
from pointfuse.model.model_file import read_model_file
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


def mean_of_cells(model: Model, days: PlacedObservations, day: int = 0) -> float:
    """What the network gives everywhere."""
    gridded = grid_days(days)
    return float(gridded.observations[day, 0][gridded.station_count[day] > 0].mean())


def with_weight(path: Path, *weight: float) -> Model:
    """The model with other weights of the network, at 0 and 200 km."""
    content, metadata, sha256 = read_model_file(path)
    assert metadata.gaussian_process
    distance = (0.0, 200e3)[: len(weight)]
    settings = replace(metadata.gaussian_process, distance=distance, network_weight=weight)
    return Model(content, replace(metadata, gaussian_process=settings), sha256, threads=1)


def process_field(model: Model, days: PlacedObservations, day: int) -> np.ndarray:
    values = days.observations.values["pm25"][day]
    known = np.isfinite(values)
    process = model.gaussian_process
    return process.condition(days.interpolation[known], values[known]).predict().mean


def test_without_weight_the_field_is_that_of_the_process(process_model_file: Path) -> None:
    model = with_weight(process_model_file, 0.0)
    days = placed(model, [40, 60])
    found = estimate(days, model)
    for day in range(2):
        # Stored in single precision.
        expected = process_field(model, days, day)
        np.testing.assert_allclose(found.values[day], expected, rtol=1e-6)


def test_with_all_weight_the_field_is_that_of_the_network(process_model_file: Path) -> None:
    model = with_weight(process_model_file, 1.0)
    days = placed(model, [40])
    found = estimate(days, model)
    np.testing.assert_allclose(found.values, mean_of_cells(model, days), rtol=1e-6)
    # The uncertainty is known all the same.
    assert np.isfinite(found.uncertainty).all()


def test_in_between_both_are_averaged_by_distance(process_model_file: Path) -> None:
    model = with_weight(process_model_file, 0.75, 0.25)
    days = placed(model, [40])
    found = estimate(days, model)
    occupied = grid_days(days).station_count[0] > 0
    distance = station_distance(occupied, model.metadata.grid).ravel()
    own = 0.75 - 0.5 * np.minimum(distance / 200e3, 1)
    assert set(np.round(own, 6)) >= {0.75, 0.5, 0.25}
    expected = own * mean_of_cells(model, days) + (1 - own) * process_field(model, days, 0)
    np.testing.assert_allclose(found.values[0], expected, rtol=1e-5)
    np.testing.assert_array_equal(found.station_distance[0], distance)


def test_days_of_few_stations_say_how_little_is_known(process_model: Model) -> None:
    days = placed(process_model, [1, 2, 5, 40])
    found = estimate(days, process_model)
    for field in (found.values, found.uncertainty, found.effective_stations):
        assert np.isfinite(field).all()
        assert (field >= 0).all()
    observed = days.observations.values["pm25"]
    for values, uncertainty, known in zip(found.values, found.uncertainty, observed, strict=True):
        highest = np.nanmax(known)
        assert values.max() <= 1.5 * highest
        assert uncertainty.min() >= 1
    # Of a single station next to nothing follows for the other cells; forty are in most of them.
    assert np.median(found.uncertainty[0]) > 2 * np.median(found.uncertainty[3])


@pytest.mark.parametrize("stations", [35, 120])
def test_some_cells_are_those_of_the_whole_field(process_model: Model, stations: int) -> None:
    days = placed(process_model, [stations])
    cells = np.array([3, 190, 77, 5])
    some, whole = estimate(days, process_model, cells), estimate(days, process_model)
    for one, field in zip(some, whole, strict=True):
        # Up to the order of sums in single precision.
        np.testing.assert_allclose(one, field[:, cells], rtol=1e-3)


def test_a_process_knows_all_stations_of_a_cell(process_model: Model) -> None:
    """In the middle of a cell with three stations, as many tell of it at least."""
    days = placed(process_model, [50], spread=0.0)
    found = estimate(days, process_model)
    np.testing.assert_array_equal(found.station_count, grid_days(days).station_count.reshape(1, -1))
    # Rounding of distances, as in the tests of the process.
    assert (found.effective_stations >= found.station_count * (1 - 1e-4)).all()


def test_the_network_alone(process_model_file: Path, process_model: Model) -> None:
    with_process = load_model(process_model_file)
    assert with_process.metadata == process_model.metadata
    model = load_model(process_model_file, network_alone=True)
    assert model.metadata == replace(process_model.metadata, gaussian_process=None)
    assert model.sha256 == process_model.sha256
    days = placed(model, [60])
    found = estimate(days, model)
    np.testing.assert_allclose(found.values, mean_of_cells(model, days), rtol=1e-6)
    assert np.isnan(found.uncertainty).all()
    assert np.isnan(found.effective_stations).all()
    with pytest.raises(InputError, match="tiny-process is used without a Gaussian process"):
        _ = model.gaussian_process
    # Of a model without one it asks nothing.
    assert load_model(process_model_file, network_alone=True).metadata.gaussian_process is None


def test_layers_that_the_graph_lacks_are_named(
    tiny_model_bytes: bytes, process_model: Model
) -> None:
    model = Model(tiny_model_bytes, process_model.metadata, "0" * 64, threads=1)
    with pytest.raises(InputError, match=r"'height' needs a static layer .* \(it has none\)"):
        estimate(placed(model, [40]), model)
