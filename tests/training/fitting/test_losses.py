"""Losses against what they are by definition, and where they have their minimum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from pointfuse_training.fitting.losses import (
    LARGE,
    LEAST,
    absolute_error,
    deviation_error,
    field_errors,
    share_left,
)
from pointfuse_training.network.concentration_scale import KNEE, STRAIGHT
from pointfuse_training.network.fusion_network import Estimate
from pointfuse_training.samples.training_days import Batch

SHAPE = (2, 1, 5, 6)


def positive(seed: int, highest: float = 1.0) -> Tensor:
    """Fields of two days, in double precision."""
    source = torch.Generator().manual_seed(seed)
    return highest * torch.rand(SHAPE, generator=source, dtype=torch.float64)


@pytest.fixture
def batch() -> Batch:
    """Truth and reports up to 200 ug/m3; a third of the cells has no weight."""
    weights = positive(0)
    weights[weights < 0.3] = 0
    nothing = torch.zeros(2, 3, 5, 6)
    corner = torch.zeros(2, 2, dtype=torch.int64)
    return Batch(nothing, nothing, positive(1, 200.0), positive(2, 200.0), corner, weights)


@pytest.fixture
def estimate() -> Estimate:
    level = torch.tensor([1.1, 2.4]).double().reshape(2, 1, 1, 1)
    mean, deviation = positive(3, 3.0), 0.1 + positive(4, 0.8)
    nothing = torch.zeros_like(level)
    return Estimate(
        mean.requires_grad_(), deviation.requires_grad_(), level, positive(5), nothing, nothing
    )


def scaled(values: Tensor) -> np.ndarray:
    above = values.numpy() / STRAIGHT
    least = KNEE / STRAIGHT
    return above + np.log((1 - np.exp(-above - least)) / (1 - np.exp(-least)))


def concentration(scaled: np.ndarray) -> np.ndarray:
    return STRAIGHT * np.log1p(np.exp(scaled) * np.expm1(KNEE / STRAIGHT)) - KNEE


def test_the_published_loss_is_equation_5(batch: Batch) -> None:
    field = positive(6, 200.0)
    expected = np.mean(np.abs((field - batch.truth).numpy()) * batch.weights.numpy())
    assert float(absolute_error(field, batch)) == pytest.approx(expected)


def test_errors_of_a_day_are_those_of_huber_over_its_level(
    batch: Batch, estimate: Estimate
) -> None:
    field = concentration(estimate.mean.detach().numpy())
    error = (field - batch.truth.numpy()) / concentration(estimate.level.numpy())
    # Quadratic up to 0.1, then linear and as steep as the loss is there: slope 1.
    loss = np.where(np.abs(error) < LARGE, error**2 / (2 * LARGE), np.abs(error) - LARGE / 2)
    expected = np.mean(loss * batch.weights.numpy(), axis=(1, 2, 3))
    found = field_errors(estimate.mean.detach(), estimate.level, batch)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    # Both kinds of errors are there.
    assert 0.02 < np.mean(np.abs(error) < LARGE) < 0.98


def test_days_count_by_the_share_of_their_error_that_is_left() -> None:
    errors = torch.tensor([0.2, 6.0, 0.0], requires_grad=True)
    before = torch.tensor([0.4, 8.0, 0.0], requires_grad=True)
    left = share_left(errors, before)
    left.backward()
    assert left.item() == pytest.approx((0.5 + 0.75 + 0) / 3)
    # What is compared with is no way to a smaller loss.
    assert before.grad is None
    np.testing.assert_allclose(errors.grad, np.array([1 / 0.4, 1 / 8, 1 / LEAST]) / 3, rtol=1e-6)


def test_deviations_are_judged_by_the_likelihood_of_reports(
    batch: Batch, estimate: Estimate
) -> None:
    error = scaled(batch.reports) - estimate.mean.detach().numpy()
    deviation = estimate.deviation.detach().numpy()
    loss = np.log(deviation) + error**2 / (2 * deviation**2)
    expected = np.mean(loss * batch.weights.numpy())
    assert float(deviation_error(estimate, batch).detach()) == pytest.approx(expected)


def test_the_deviation_learns_and_the_mean_does_not(batch: Batch, estimate: Estimate) -> None:
    deviation_error(estimate, batch).backward()
    assert estimate.mean.grad is None
    assert torch.equal(estimate.deviation.grad != 0, batch.weights != 0)


def test_the_best_deviation_is_the_size_of_the_error(batch: Batch, estimate: Estimate) -> None:
    apart = torch.from_numpy(scaled(batch.reports)) - estimate.mean.detach()
    best = estimate._replace(deviation=apart.abs())
    least = deviation_error(best, batch)
    for factor in (0.9, 1.1):
        assert deviation_error(best._replace(deviation=factor * best.deviation), batch) > least
