"""The fit finds the correlation that errors were drawn with."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse_benchmarks.accuracy.intervals.error_correlation import (
    FOLDS,
    WithheldErrors,
    correlation_of,
)
from pointfuse_benchmarks.accuracy.intervals.means_of_places import Mean, shares

TRUE = ErrorCorrelation(100.0, 0.2, (24.0, 960.0), (0.5, 0.2))
CITIES, STATIONS, DAYS = 40, 160, 400


def drawn_errors(lasting: bool) -> WithheldErrors:
    """Errors at stations of a fold, given what the others have seen, divided by their deviation."""
    random = np.random.default_rng(0)
    city = np.arange(STATIONS) % CITIES
    plane = random.uniform(0, 700, (CITIES, 2))[city] + random.uniform(-8, 8, (STATIONS, 2))
    places = np.column_stack([plane, np.zeros(STATIONS)])
    distance = np.hypot(*(places[:, None] - places)[..., :2].transpose(2, 0, 1))
    covariance = TRUE.between(distance) + 0.2 * np.eye(STATIONS)
    times = np.datetime64("2019-01-01") + np.arange(DAYS)
    later = 24.0 * np.abs(times[:, None] - times).astype(float)
    parts = [p * np.exp(-later / h) for h, p in zip(TRUE.hours, TRUE.passing, strict=True)]
    in_time = np.linalg.cholesky(sum(parts) + TRUE.lasting) if lasting else np.eye(DAYS)
    in_space = np.linalg.cholesky(covariance)
    drawn = in_time @ random.standard_normal((DAYS, STATIONS)) @ in_space.T
    fold = city % FOLDS
    table = np.empty_like(drawn)
    for each in range(FOLDS):
        out, left = fold == each, fold != each
        across = covariance[np.ix_(out, left)]
        weights = across @ np.linalg.inv(covariance[np.ix_(left, left)])
        deviation = np.sqrt(np.diag(covariance[np.ix_(out, out)] - weights @ across.T))
        table[:, out] = (drawn[:, out] - drawn[:, left] @ weights.T) / deviation
    return WithheldErrors(times, table, places, fold, np.ones(STATIONS, bool))


@pytest.mark.slow
def test_length_and_own_share_are_found() -> None:
    found = correlation_of(drawn_errors(lasting=False))
    # Of 25 days with 40 cities a length is known to about a tenth, and the share to 0.02.
    assert found.length == pytest.approx(100, rel=0.25)
    assert found.own == pytest.approx(0.2, abs=0.05)


@pytest.mark.slow
def test_what_passes_and_what_lasts_is_found() -> None:
    found = correlation_of(drawn_errors(lasting=True))
    days = np.array([1.0, 4.0, 20.0, 90.0])

    def kept(one: ErrorCorrelation) -> np.ndarray:
        parts = (p * np.exp(-24 * days / h) for h, p in zip(one.hours, one.passing, strict=True))
        return sum(parts) + one.lasting

    # What lasts is that of 40 cities, known to about 1 / sqrt(40).
    np.testing.assert_allclose(kept(found), kept(TRUE), atol=0.15)


def test_shares_of_means_in_intervals() -> None:
    means = [
        Mean("a", 10.0, 11.0, 9.0, 12.0, 0.5, 1.5),  # in the first and the last
        Mean("a", 10.0, 16.0, 14.0, 18.0, 1.0, 7.0),  # in the last alone
    ]
    found = shares(means)
    assert (found["means"], found["members"], found["independent"], found["same"]) == (2, 0.5, 0, 1)
    assert (found["width"], found["width_independent"], found["width_same"]) == (3.5, 1.5, 8.5)
