"""The scale of the default network, against closed forms and exact quadrature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pointfuse_training.network.concentration_scale import (
    HIGHEST,
    KNEE,
    STRAIGHT,
    UNITS,
    transformed,
    transformed_back,
    unit_of,
)


def concentration(scaled: np.ndarray) -> np.ndarray:
    """The inverse of the scale in closed form."""
    at_zero = math.log(math.expm1(KNEE / STRAIGHT))
    return STRAIGHT * np.logaddexp(0, scaled + at_zero) - KNEE


def test_the_scale_is_the_inverse_of_a_softplus() -> None:
    values = np.array([0.0, 1e-3, 0.5, 30.0, 800.0, 20_000.0])
    scaled = transformed(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(concentration(scaled), values, rtol=1e-12, atol=1e-12)
    assert scaled[0] == 0
    assert transformed(torch.tensor([-3.0])).item() == 0


@pytest.mark.parametrize("unit", [0.03, 5.0])
def test_another_unit_is_another_measure(unit: float) -> None:
    values = torch.tensor([0.0, 0.5, 30.0, 800.0]).double()
    torch.testing.assert_close(transformed(unit * values, unit), transformed(values))
    scaled, deviation = transformed(values), torch.tensor(0.4).double()
    found = transformed_back(scaled, deviation, unit=unit)
    for one, other in zip(found, transformed_back(scaled, deviation), strict=True):
        torch.testing.assert_close(one, unit * other)


def test_the_unit_of_an_unknown_pollutant_is_that_of_particles() -> None:
    assert unit_of("pm25") == unit_of("black carbon") == 1
    assert unit_of("co") == 0.03
    assert all(unit > 0 for unit in UNITS.values())


def test_it_is_a_logarithm_below_and_linear_above() -> None:
    low = torch.tensor([0.1, 1.0, 5.0])
    # The two differ by the slope at 0, K/S/2, and by what is linear, v/S/2.
    np.testing.assert_allclose(transformed(low), (low / KNEE).log1p(), rtol=0.04)
    high = torch.tensor([3000.0, 3200.0, 3400.0])
    # What is left of the logarithm at 15 times STRAIGHT is exp(-15).
    np.testing.assert_allclose(transformed(high).diff(), 200 / STRAIGHT, rtol=1e-5)


@pytest.mark.parametrize("mean", [0.0, 0.5, 1.5, 3.0, 4.0, 6.0, 20.0])
@pytest.mark.parametrize("deviation", [0.05, 0.3, 0.6, 1.0])
def test_expectations_are_those_of_an_exact_quadrature(mean: float, deviation: float) -> None:
    """With 60 nodes that of Gauss and Hermite is exact to seven digits and more."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    values = concentration(mean + deviation * nodes)
    expectation = weights @ values
    spread = np.sqrt(weights @ (values - expectation) ** 2)
    found = transformed_back(torch.tensor(mean).double(), torch.tensor(deviation).double())
    # As the docstring says; 0.01 ug/m3 is nothing.
    np.testing.assert_allclose(found[0], expectation, rtol=0.006, atol=0.01)
    np.testing.assert_allclose(found[1], spread, rtol=0.06)


def test_a_share_goes_from_the_median_to_the_mean() -> None:
    at, deviation = torch.tensor([0.0, 1.5, 4.0]), torch.tensor(0.5)
    median, mean = (transformed_back(at, deviation, share)[0] for share in (0.0, 1.0))
    np.testing.assert_allclose(median, concentration(at.numpy()), rtol=1e-5, atol=1e-5)
    between, _ = transformed_back(at, deviation, 0.25)
    torch.testing.assert_close(between, median + 0.25 * (mean - median))
    assert (mean > median).all()


def test_nothing_is_negative_and_nothing_without_end() -> None:
    at = torch.tensor([-5.0, 0.0, 1e4, math.inf])
    field, deviation = transformed_back(at, torch.tensor(1.5))
    assert (field >= 0).all()
    assert (deviation > 0).all()
    np.testing.assert_allclose(field[2:], concentration(np.array([HIGHEST])).repeat(2), rtol=1e-5)
