"""The error's size, held to stations that were withheld."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import logistic

from pointfuse import InputError, Observations, Stations
from pointfuse.stations.gridding import place
from pointfuse_training.fitting.calibration import (
    COVERAGE,
    WithheldErrors,
    coverage,
    fitted_coefficients,
    fitted_share,
    withheld_errors,
)
from pointfuse_training.network.calibration import TERMS, Calibration, calibration_terms
from pointfuse_training.network.fusion_network import FusionNetwork


def logistic_errors(factor_of_terms, pairs: int = 40_000) -> WithheldErrors:
    """Errors whose true scale is a factor times the scale that is given."""
    random = np.random.default_rng(4)
    terms = np.column_stack([np.ones(pairs), random.uniform(-1, 1, (pairs, len(TERMS) - 1))])
    error = logistic.rvs(scale=factor_of_terms(terms), random_state=random)
    ones = np.ones(pairs)
    return WithheldErrors(error, 0 * ones, ones, terms, ones)


def test_coefficients_are_found_again():
    true = np.array([0.4, -0.3, 0.2, 0.5, -0.1, 0.0, 0.3, -0.2])
    found = fitted_coefficients(logistic_errors(lambda terms: np.exp(terms @ true)), 1.0)
    # The standard error of a 90 % quantile of 40,000 logarithms of logistic errors is 0.01; the
    # penalty and the smoothing move it by less than twice that.
    assert found == pytest.approx(true, abs=0.06)


def test_intervals_hold_what_they_say_in_every_part():
    errors = logistic_errors(lambda terms: np.exp(terms[:, :4] @ [0.3, 0.5, 0.0, -0.4]))
    found = fitted_coefficients(errors, 1.0)
    # Binomial standard errors are 0.0015 overall, and 0.003 in a quarter of the pairs.
    assert coverage(errors, 1.0, found) == pytest.approx(COVERAGE, abs=0.01)
    held = errors.ratio(1.0) <= np.exp(errors.terms @ found) * np.log(19)
    for column in range(1, len(TERMS)):
        low = errors.terms[:, column] < np.quantile(errors.terms[:, column], 0.25)
        assert held[low].mean() == pytest.approx(COVERAGE, abs=0.02)


def test_weights_decide_whose_errors_count():
    errors = logistic_errors(lambda terms: np.where(np.arange(len(terms)) % 2, 2.0, 0.5))
    odd = (np.arange(len(errors.error)) % 2).astype(float)
    found = fitted_coefficients(replace(errors, weight=odd), 1.0)
    assert found[0] == pytest.approx(np.log(2), abs=0.05)


@pytest.mark.parametrize(("true", "expected"), [(0.4, 0.4), (-0.5, 0.0), (1.8, 1.0)])
def test_the_share_of_the_variance_is_that_of_least_squares(true, expected):
    random = np.random.default_rng(2)
    bias, noise = random.uniform(0.5, 2, 20_000), random.standard_normal(20_000)
    ones = np.ones(20_000)
    errors = WithheldErrors(true * bias + noise, bias, ones, ones[:, None], ones)
    # Its standard error is 1 / sqrt(sum of squares of the biases), about 0.005.
    assert fitted_share(errors) == pytest.approx(expected, abs=0.02)
    assert errors.ratio(true) == pytest.approx(np.abs(noise), abs=1e-12)


def test_the_factor_is_log_linear():
    calibration = Calibration()
    assert torch.equal(calibration(torch.rand(2, len(TERMS), 3, 4)), torch.ones(2, 1, 3, 4))
    calibration.coefficients[[0, 1, 4]] = torch.tensor([0.1, 0.2, -0.3])
    terms = np.random.default_rng(1).random((1, len(TERMS), 2, 2))
    expected = np.exp(0.1 * terms[0, 0] + 0.2 * terms[0, 1] - 0.3 * terms[0, 4])
    factor = calibration.double()(torch.from_numpy(terms))
    # The coefficients were written in single precision.
    assert factor[0, 0].numpy() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("level", [0.0, 35.0, 1500.0])
@pytest.mark.parametrize("stations", [0.0, 1.0, 1600.0])
def test_terms_stay_where_coefficients_were_fitted(level, stations):
    whole = torch.ones(1, 1, 2, 3)
    terms = calibration_terms(
        level * whole, 1e-4 * whole, 4 * [1e4 * whole], torch.full((1, 1, 1, 1), stations)
    )
    assert terms.shape == (1, len(TERMS), 2, 3)
    assert float(terms.abs().max()) <= 5


def test_too_few_errors_are_refused(small_grid, metadata):
    x, y = small_grid.x[:10], small_grid.y[:10]
    stations = Stations(
        np.array([f"S{i}" for i in range(10)]), *small_grid.projection.inverse(x, y)
    )
    observations = Observations(
        stations, np.array(["2019-01-01"], "datetime64[D]"), {"pm25": np.full((1, 10), 30.0)}
    )
    network = FusionNetwork(torch.rand(2, *small_grid.shape), (2, 4)).eval()
    with pytest.raises(InputError, match="expected at least 1000 errors"):
        withheld_errors(
            network,
            place(observations, metadata),
            np.ones(10, bool),
            np.array(["a", "b"] * 5),
            seed=0,
        )
