"""What the network of any place is fitted to: likelihood, what stations leave, and days."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pointfuse_training.fitting import world_errors, world_fit
from pointfuse_training.fitting.world_days import PlacedDay, day_of
from pointfuse_training.fitting.world_errors import fit_unknown
from pointfuse_training.fitting.world_fit import fit_world, likelihood
from pointfuse_training.network.anywhere.world_network import LAYERS, PLACES, WorldNetwork

LENGTH, NOISE = 0.2, 0.1


def drawn_days(count: int, cells: int = 60) -> list[PlacedDay]:
    """Days of an exponential covariance without any layer."""
    random = np.random.default_rng(0)
    days = []
    for _ in range(count):
        there = np.zeros((len(PLACES) + len(LAYERS), cells))
        there[:2] = random.uniform(-0.4, 0.4, (2, cells))
        there[3] = 0.01
        far = np.sqrt(((there[:2, :, None] - there[:2, None]) ** 2).sum(0))
        covariance = np.exp(-far / LENGTH) + NOISE * np.eye(cells)
        value = 1.5 + 0.3 * np.linalg.cholesky(covariance) @ random.standard_normal(cells)
        days.append(
            PlacedDay(torch.from_numpy(there), torch.from_numpy(value), torch.ones(cells).double())
        )
    return days


def test_the_covariance_that_days_were_drawn_from_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(world_fit, "ROUNDS", 15)
    network, days = WorldNetwork(), drawn_days(40)
    with torch.no_grad():
        before = sum(float(likelihood(network.double(), day)) for day in days)
    told: list[float] = []
    fit_world(network, days, 0, told.append)
    with torch.no_grad():
        after = sum(float(likelihood(network, day)) for day in days)
    assert after > before
    assert len(told) == 15
    likeliest = int(network.log_share.argmax())
    # Length and sill trade places in a likelihood: their ratio is better known than either.
    assert (
        np.log(LENGTH) - 0.7 < float(network.log_length[likeliest].detach()) < np.log(LENGTH) + 0.7
    )
    assert np.log(NOISE) - 0.9 < float(network.log_noise[likeliest].detach()) < np.log(NOISE) + 0.9


def test_what_stations_leave_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_errors, "_STEPS", 800)
    network = WorldNetwork().double()
    error = fit_unknown(network, drawn_days(30), 0)
    # A sixth of a standard deviation, on average over all covariances, after few steps.
    assert error < 0.17
    assert network.log_length.dtype == torch.float64


def test_stations_of_a_cell_are_averaged() -> None:
    layers = torch.arange(28.0).double().reshape(14, 2)
    day = day_of(layers, np.array([1, 0, 1]), np.array([10.0, 20.0, 30.0]), "pm25")
    assert day.number.tolist() == [1, 2]
    torch.testing.assert_close(day.value[0], day.value[1])
    torch.testing.assert_close(day.there, layers)
