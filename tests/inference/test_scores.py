"""Scores against other implementations and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse import scores

OBSERVED = np.array([10.0, 20.0, 30.0, 40.0])
PREDICTED = np.array([12.0, 18.0, 33.0, 40.0])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        # Errors 2, -2, 3, 0: by hand.
        (scores.determination, 1 - 17 / 500),
        (scores.root_mean_square_error, np.sqrt(17 / 4)),
        (scores.normalised_mean_error, 7 / 100),
        (scores.normalised_mean_bias, 3 / 100),
        (scores.mean_fractional_bias, (4 / 22 - 4 / 38 + 6 / 63) / 4),
        (scores.mean_fractional_error, (4 / 22 + 4 / 38 + 6 / 63) / 4),
        # mean 25, variance 125: sqrt(0.75 (625 + 125) + 0.25 * 625) = 26.8095.
        (
            scores.modelling_quality_indicator,
            np.sqrt(17 / 4) / (2 * 0.36 * np.sqrt(0.75 * 750 + 0.25 * 625)),
        ),
    ],
)
def test_by_hand(score: object, expected: float) -> None:
    assert score(OBSERVED, PREDICTED) == pytest.approx(expected, rel=1e-12)


positive = arrays.arrays(float, 20, elements=st.floats(1, 1000), unique=True)


@given(positive, positive)
def test_squared_correlation_agrees_with_scipy(observed: np.ndarray, predicted: np.ndarray) -> None:
    expected = scipy.stats.pearsonr(observed, predicted).statistic ** 2
    assert scores.squared_correlation(observed, predicted) == pytest.approx(expected, abs=1e-9)


@given(positive, st.floats(0.1, 10))
def test_what_a_perfect_and_a_scaled_prediction_score(observed: np.ndarray, factor: float) -> None:
    for name, score in scores.SCORES.items():
        best = 1.0 if name in ("r2", "determination") else 0.0
        assert score(observed, observed) == pytest.approx(best, abs=1e-9), name
    scaled = factor * observed
    assert scores.squared_correlation(observed, scaled) == pytest.approx(1, abs=1e-9)
    assert scores.normalised_mean_bias(observed, scaled) == pytest.approx(factor - 1, abs=1e-9)
    expected = 2 * (factor - 1) / (factor + 1)
    assert scores.mean_fractional_bias(observed, scaled) == pytest.approx(expected, abs=1e-9)


def test_a_constant_series_has_no_determination() -> None:
    constant = np.full(4, 5.0)
    assert np.isnan(scores.determination(constant, PREDICTED))
    assert np.isnan(scores.squared_correlation(constant, PREDICTED))
