"""The covariances of the interpolation: those under which days are most likely."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal

from pointfuse import Observations, Stations
from pointfuse.stations.gridding import place
from pointfuse_training.fitting.covariance_fit import (
    STEPS,
    Likelihood,
    StationDay,
    begin,
    described,
    fit_covariance,
    real_days,
    simulated_days_of,
)
from pointfuse_training.network.concentration_scale import transformed
from pointfuse_training.network.optimal_interpolation import OptimalInterpolation
from pointfuse_training.samples.training_days import Batch

ROWS, COLUMNS = 20, 24
NAMES = ["height", "pattern_0", "forest_fraction"]


def static_layers() -> torch.Tensor:
    row, column = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    return torch.stack([(row / 10).sin(), 1 + (column / 7).cos() / 2, row * column / 480])


def begun() -> OptimalInterpolation:
    interpolation = OptimalInterpolation(len(NAMES))
    begin(interpolation, NAMES)
    return interpolation


def drawn(seed: int, length: float, noise: float, relief: float = 0.0) -> StationDay:
    """A day of a process with this length (cells), noise and relief, in 200 cells."""
    rng = np.random.default_rng(seed)
    cell = np.sort(rng.permutation(ROWS * COLUMNS)[:200])
    number = rng.integers(1, 4, 200).astype(float)
    height = static_layers()[0].numpy().ravel()[cell]
    places = np.stack([cell // COLUMNS, cell % COLUMNS, relief * length * height], 1)
    covariance = np.exp(-np.hypot(cdist(places, places), 0.5) / length)
    root = np.linalg.cholesky(covariance + noise * np.diag(1 / number))
    scaled = 1.4 + 0.3 * root @ rng.standard_normal(200)
    # What is below no concentration is at none.
    return StationDay(*map(torch.from_numpy, (cell, scaled.clip(0), number)))


def test_the_likelihood_is_that_of_a_normal_distribution() -> None:
    """Its unit is at its most likely, and the mean is that of the day."""
    interpolation, day = begun().double(), drawn(1, 8.0, 0.1)
    with torch.no_grad():
        interpolation.amplitude[:, 3] = 0.4
    layers = static_layers().numpy().reshape(3, -1)[:, day.cell]
    number = day.number.numpy()
    values = day.value.numpy()
    anomaly = values - np.average(values, weights=number)
    lengths = interpolation.log_length.exp().tolist()
    relief = lengths[0] * interpolation.relief.detach().numpy() @ layers
    places = np.stack([day.cell // COLUMNS, day.cell % COLUMNS, *relief], 1)
    in_relief, on_map = (np.hypot(cdist(some, some), 0.5) for some in (places, places[:, :2]))
    far = np.sqrt(3) * on_map / lengths[1]
    correlations = np.exp(-in_relief / lengths[0]), (1 + far) * np.exp(-far)
    for voice, near in enumerate(correlations):
        first, *each = interpolation.amplitude[voice].tolist()
        amplitude = np.logaddexp(0, 4 * (first + each @ layers)) / 4 + 0.1
        noise = np.diag(np.exp(interpolation.log_noise[voice].item()) / number)
        slopes = np.exp(interpolation.log_variances[voice].detach().numpy())
        covariance = np.outer(amplitude, amplitude) * (near + noise) + 100
        covariance += (layers.T * slopes) @ layers
        unit = anomaly @ np.linalg.solve(covariance, anomaly) / len(anomaly)
        expected = multivariate_normal(cov=unit * covariance).logpdf(anomaly)
        # A constant that no parameter changes.
        expected += len(anomaly) / 2 * (np.log(2 * np.pi) + 1)
        found = Likelihood(interpolation, static_layers(), voice)(day).item()
        assert found == pytest.approx(expected, abs=1e-6)


def test_what_days_were_drawn_with_is_found() -> None:
    interpolation = begun()
    real = [drawn(seed, length=6.0, noise=0.2, relief=1.5) for seed in range(12)]
    steps: list[int] = []
    of_real, of_simulated = fit_covariance(
        interpolation, static_layers(), real, real[:2], steps.append
    )
    assert of_real.after > of_real.before
    assert of_simulated.after >= of_simulated.before
    assert sum(steps) == 2 * STEPS
    # Twelve days of 200 stations: the standard errors are about a tenth of each.
    assert interpolation.log_length[0].exp().item() == pytest.approx(6.0, rel=0.35)
    assert interpolation.log_noise[0].exp().item() == pytest.approx(0.2, rel=0.35)
    assert abs(interpolation.relief[0, 0].item()) == pytest.approx(1.5, rel=0.35)
    assert not any(one.requires_grad for one in interpolation.parameters())


def test_what_is_nothing_stays_nothing() -> None:
    interpolation = begun()
    days = [drawn(seed, 6.0, 0.2) for seed in range(3)]
    fit_covariance(interpolation, static_layers(), days, days)
    of_land, (level, height, pattern, forest) = interpolation.amplitude.tolist()
    assert of_land == [1, 0, 0, 0]
    assert (height, forest) == (0, 0)
    assert (level, pattern) != (pytest.approx(0.05), 1)
    land, patterns = interpolation.log_variances.tolist()
    assert land[1] == -12
    assert all(one not in (0, -12) for one in [land[0], *patterns])
    assert interpolation.relief[:, 1:].abs().max() == 0
    # What models are given without: a fit would make it smaller than single precision bears.
    assert interpolation.log_noise[1].exp().item() == pytest.approx(0.01)


def test_without_patterns_fields_vary_everywhere_as_much() -> None:
    interpolation = OptimalInterpolation(2)
    begin(interpolation, ["height", "forest_fraction"])
    assert interpolation.amplitude.tolist() == 2 * [[1, 0, 0]]


def test_the_broad_pattern_is_for_stations_and_the_others_for_models() -> None:
    interpolation = OptimalInterpolation(3)
    begin(interpolation, ["height", "broad_pattern", "pattern_0"])
    assert interpolation.log_variances.tolist() == [[0, 0, -12], [0, -12, 0]]


def test_days_of_stations_are_means_of_cells(metadata) -> None:
    x = np.array([[0.0, 0.0], [100.0, 0.0], [60e3, 60e3]])
    longitude, latitude = metadata.grid.projection.inverse(*x.T)
    stations = Stations(np.array(["A", "B", "C"]), longitude, latitude)
    values = np.array([[10.0, 20.0, 40.0], [np.nan] * 3, [np.nan, 30.0, np.nan]])
    times = np.array(["2019-03-01", "2019-03-02", "2019-03-03"], "datetime64[D]")
    placed = place(Observations(stations, times, {metadata.target.name: values}), metadata)
    first, last = real_days(placed)
    scaled = transformed(torch.tensor([15.0, 40.0, 30.0]).double()).tolist()
    assert sorted(zip(first.value.tolist(), first.number.tolist(), strict=True)) == [
        (scaled[0], 2),
        (scaled[1], 1),
    ]
    assert (last.value.tolist(), last.number.tolist()) == (scaled[2:], [1])
    assert last.cell.tolist() == [placed.cell[1]]


def test_simulated_days_have_no_errors_of_stations() -> None:
    observed = torch.zeros(1, 3, ROWS, COLUMNS)
    nothing = torch.zeros(1, 1, ROWS, COLUMNS)
    place_ = torch.zeros(1, 2, dtype=torch.int64)
    empty = Batch(observed, observed.clone(), nothing, nothing, place_, nothing)
    observed[0, 0, 3, 4], observed[0, 0, 10, 11] = 2, 1
    truth = observed[:, :1] * 20
    batch = Batch(observed * 30, observed, truth, nothing, place_, nothing)
    (day,) = simulated_days_of([empty._replace(observed=empty.observed * 0), batch])
    assert day.cell.tolist() == [3 * COLUMNS + 4, 10 * COLUMNS + 11]
    assert day.number.tolist() == [2, 1]
    for unit in (1.0, 0.03):
        (day,) = simulated_days_of([batch], unit)
        expected = transformed(torch.tensor([40.0, 20.0]).double(), unit)
        torch.testing.assert_close(day.value, expected)


def test_people_are_told_the_length_in_km() -> None:
    interpolation = OptimalInterpolation(1)
    with torch.no_grad():
        interpolation.log_length.copy_(torch.tensor([50.0, 15.0]).log())
        interpolation.log_noise.fill_(float(np.log(0.05)))
    text = "of stations length 600 km and noise 0.050, of models length 180 km"
    assert described(interpolation, 12_000.0) == text
