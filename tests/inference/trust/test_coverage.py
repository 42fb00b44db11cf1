"""Intervals hold what they should, when errors have a logistic distribution of that deviation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from pointfuse import Observations, Stations
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import place
from pointfuse.trust.classes import Classes
from pointfuse.trust.coverage import Held, evaluate_uncertainty
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.evaluation import evaluate

DAYS, STATIONS = 40, 50


@pytest.fixture
def result(tiny_metadata: ModelMetadata, rng: np.random.Generator) -> CrossValidation:
    """Predictions of 15 to 170 with errors of known deviation, a tenth of them missing."""
    longitude, latitude = tiny_metadata.grid.longitude_latitude()
    cells = rng.choice(longitude.size, STATIONS, replace=False)
    shape = DAYS, STATIONS
    predicted, uncertainty = rng.uniform(15, 170, shape), rng.uniform(1, 5, shape)
    observed = predicted + rng.logistic(0, uncertainty * np.sqrt(3) / np.pi)
    observed[rng.random(shape) < 0.1] = np.nan
    observations = Observations(
        Stations(
            np.array([f"S{i}" for i in range(STATIONS)]),
            longitude.ravel()[cells],
            latitude.ravel()[cells],
        ),
        np.datetime64("2019-01-01") + 9 * np.arange(DAYS),
        {"pm25": observed},
    )
    return CrossValidation(
        place(observations, tiny_metadata),
        "stations",
        np.arange(STATIONS) % 5,
        predicted,
        np.where(np.isfinite(observed), 5e3, np.nan),
        uncertainty=uncertainty,
    )


# Of standard deviation 1.
LOGISTIC = stats.logistic(scale=np.sqrt(3) / np.pi)


def test_multiples_are_those_of_the_logistic_distribution() -> None:
    for percent, multiple in MULTIPLES.items():
        # Up to rounding of double precision.
        assert multiple == pytest.approx(LOGISTIC.ppf(0.5 + percent / 200), rel=1e-12)


def test_true_uncertainties_hold_what_they_should(result: CrossValidation) -> None:
    found = evaluate_uncertainty(result, Classes()).overall
    pairs = int(np.isfinite(result.observed).sum())
    assert found.pairs == pairs
    for percent, share in found.share.items():
        nominal = percent / 100
        # Four binomial standard deviations.
        tolerance = 4 * np.sqrt(nominal * (1 - nominal) / pairs)
        assert share == pytest.approx(nominal, abs=tolerance)
    there = np.isfinite(result.observed)
    width = 2 * LOGISTIC.ppf(0.95) * result.uncertainty[there].mean()
    # Rounded to two digits.
    assert found.width == pytest.approx(width, abs=0.006)


def test_uncertainties_that_are_too_small_show(result: CrossValidation) -> None:
    result.uncertainty[:] /= 2
    held = evaluate_uncertainty(result, Classes()).overall.share
    # Half of 1.623 deviations hold 62.7 %; four binomial deviations of 1,800 pairs.
    assert held[90] == pytest.approx(2 * LOGISTIC.cdf(1.6234 / 2) - 1, abs=0.044)


def test_classes_are_those_of_the_scores_and_of_levels(result: CrossValidation) -> None:
    found = evaluate(result).uncertainty
    assert list(found.by_level) == [
        "0 to 20",
        "20 to 35",
        "35 to 75",
        "75 to 150",
        "over 150",
    ]
    there = np.isfinite(result.observed)
    for name, low, high in ("0 to 20", 0, 20), ("35 to 75", 35, 75), ("over 150", 150, np.inf):
        chosen = there & (result.predicted >= low) & (result.predicted < high)
        assert found.by_level[name].pairs == chosen.sum()
        error = np.abs(result.predicted - result.observed)[chosen]
        share = (error <= LOGISTIC.ppf(0.95) * result.uncertainty[chosen]).mean()
        assert found.by_level[name].share[90] == pytest.approx(share, abs=6e-5)
    for kind in (found.by_season, found.by_level):
        assert sum(held.pairs for held in kind.values()) == there.sum()
    assert found.by_distance["10 to 25 km"].to_dict() == {"pairs": 0}
    json.dumps(found.to_dict(), allow_nan=False)


def test_predictions_without_uncertainty_are_left_out(result: CrossValidation) -> None:
    result.uncertainty[:, 10:] = np.nan
    there = np.isfinite(result.observed[:, :10])
    assert evaluate_uncertainty(result, Classes()).overall.pairs == there.sum()
    result.uncertainty[:] = np.nan
    assert evaluate_uncertainty(result, Classes()).overall == Held(0)
