"""The covariance of the interpolation, held to stations that were withheld."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pointfuse import Observations, Stations
from pointfuse.stations.gridding import place
from pointfuse_training.fitting import covariance_fit
from pointfuse_training.fitting.covariance_fit import (
    Covariance,
    Withheld,
    begin,
    fit_covariance,
    whole_field,
    withheld_stations,
)
from pointfuse_training.network.fusion_network import transformed, transformed_back
from pointfuse_training.network.optimal_interpolation import OptimalInterpolation
from pointfuse_training.samples.training_days import Batch

ROWS, COLUMNS, LAYERS = 20, 24, 3


def static_layers() -> torch.Tensor:
    row, column = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    return torch.stack([(row / 10).sin(), (column / 7).cos(), row * column / 480])


def field(seed: int) -> np.ndarray:
    """A smooth field of concentrations (ug/m3)."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:ROWS, :COLUMNS]
    waves = np.sin(row / rng.uniform(3, 5)) + np.cos(column / rng.uniform(3, 5))
    return 40 + 10 * waves


def day(seed: int, kind: str = "stations", noise: float = 0.0) -> Withheld:
    """A field seen in 60 cells; 40 others are to be expected."""
    rng = np.random.default_rng(seed)
    values = field(seed).ravel()
    cells = rng.permutation(ROWS * COLUMNS)[:100]
    seen = values[cells[:60]] + noise * rng.standard_normal(60)
    table = [cells[:60], seen, rng.integers(1, 4, 60), cells[60:], values[cells[60:]]]
    tensors = [torch.from_numpy(np.asarray(part))[None] for part in table]
    for number in (1, 2, 4):
        tensors[number] = tensors[number].float()
    return Withheld(kind, *tensors)


def test_cells_are_given_what_the_grid_would_be():
    interpolation = OptimalInterpolation(LAYERS)
    with torch.no_grad():
        interpolation.amplitude[1] = torch.tensor([0.3, 0.2, 0.0, 0.7])
        one = day(1)
        values, stations = torch.zeros(2, 1, 1, ROWS * COLUMNS)
        values[0, 0, one.cell[0]] = transformed(one.value[0])
        stations[0, 0, one.cell[0]] = one.number[0]
        shape = (1, 1, ROWS, COLUMNS)
        on_grid = interpolation(
            values.reshape(shape), stations.reshape(shape), static_layers()[None]
        ).field
        expected = transformed_back(on_grid, torch.zeros_like(on_grid))[0].flatten()
        found = Covariance(interpolation, static_layers())(one)
    # Sums over 60 cells in single precision, of values of about 40 ug/m3.
    assert found[0].numpy() == pytest.approx(expected[one.target_cell[0]].numpy(), abs=2e-3)


def test_the_fit_makes_errors_small_on_days_that_it_has_not_seen():
    interpolation = OptimalInterpolation(LAYERS)
    begin(interpolation, ["height", "pattern_0", "forest_fraction"])
    learned = [day(seed, noise=4.0) for seed in range(6)]
    others = [day(seed, noise=4.0) for seed in range(20, 26)]
    covariance = Covariance(interpolation, static_layers())

    def error() -> float:
        with torch.no_grad():
            return float(sum(((covariance(one) - one.target) ** 2).sum() for one in others))

    before = error()
    errors = fit_covariance(interpolation, static_layers(), learned)
    first, last = errors["stations"]
    assert last < first
    # Fields that are so smooth, with so much noise, are far from what the search begins with.
    assert error() < 0.9 * before
    assert not any(one.requires_grad for one in interpolation.parameters())


def test_the_amplitude_depends_on_no_layer_that_it_did_not_depend_on():
    interpolation = OptimalInterpolation(LAYERS)
    begin(interpolation, ["height", "pattern_0", "forest_fraction"])
    fit_covariance(interpolation, static_layers(), [day(1), day(2)])
    of_land, (level, height, pattern, forest) = interpolation.amplitude.tolist()
    assert of_land[1:] == [0, 0, 0]
    assert (height, forest) == (0, 0)
    assert level != 0
    assert pattern != 1


def test_without_patterns_fields_vary_everywhere_as_much():
    interpolation = OptimalInterpolation(2)
    begin(interpolation, ["height", "forest_fraction"])
    assert interpolation.amplitude.tolist() == 2 * [[1, 0, 0]]
    believed, hardly = interpolation.log_variances[1].tolist()
    assert believed > hardly


def test_each_kind_counts_by_what_it_was(monkeypatch):
    """Errors a hundred times as large, of another kind, change nothing of the first."""
    monkeypatch.setattr(covariance_fit, "STEPS", 1)
    scores = []
    for kinds in (["stations"], ["stations", "simulated"]):
        interpolation = OptimalInterpolation(LAYERS)
        days = [day(number, kind) for number, kind in enumerate(kinds)]
        scores.append(fit_covariance(interpolation, static_layers(), days))
    assert scores[0]["stations"][0] == pytest.approx(scores[1]["stations"][0])
    share, _ = scores[1]["simulated"]
    assert 0 < share < 1


def test_a_whole_field_is_looked_at_where_it_has_weight():
    observed = torch.zeros(1, 3, ROWS, COLUMNS)
    observed[0, 0, 3, 4], observed[0, 0, 10, 11] = 2, 1
    truth = torch.rand(1, 1, ROWS, COLUMNS) + 1
    weights = torch.zeros_like(truth)
    weights[..., 12:, :] = 1
    batch = Batch(
        observed * 20, observed, truth, truth, torch.zeros(1, 2, dtype=torch.int64), weights
    )
    drawn = whole_field(batch, torch.Generator().manual_seed(1))
    assert drawn.cell.tolist() == [[3 * COLUMNS + 4, 10 * COLUMNS + 11]]
    assert drawn.number.tolist() == [[2, 1]]
    assert drawn.value.tolist() == [[40, 20]]
    assert (drawn.target_cell // COLUMNS >= 12).all()
    assert torch.equal(drawn.target[0], truth.flatten()[drawn.target_cell[0]])


def test_stations_are_withheld_in_all_ways(metadata, monkeypatch):
    # The grid is small.
    monkeypatch.setattr("pointfuse_training.fitting.withheld.RADII", (60e3, 100e3))
    rng = np.random.default_rng(3)
    x = rng.uniform(-2e5, 2e5, (60, 2))
    longitude, latitude = metadata.grid.projection.inverse(*x.T)
    stations = Stations(np.array([f"S{k}" for k in range(60)]), longitude, latitude)
    values = rng.uniform(5, 90, (2, 60))
    values[0, :5] = np.nan
    times = np.array(["2019-03-01", "2019-03-02"], "datetime64[D]")
    placed = place(Observations(stations, times, {metadata.target.name: values}), metadata)
    number = np.arange(len(placed.cell))
    verifying = number % 2 == 0
    city = np.array([f"C{k % 12}" for k in number])
    days = list(withheld_stations(placed, verifying, city, seed=1))
    assert {one.kind for one in days} == {"stations", "cities", "regions"}
    for one in days:
        assert torch.isfinite(one.value).all()
        assert torch.isfinite(one.target).all()
        assert one.number.sum() + one.target.numel() <= 60
        assert set(one.target_cell[0].tolist()) <= set(placed.cell[verifying].tolist())
