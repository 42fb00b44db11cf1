"""Sharpness of intervals against closed forms of the normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pointfuse.trust.coverage import MULTIPLES
from pointfuse_benchmarks.accuracy.intervals import sharpness
from pointfuse_benchmarks.accuracy.intervals.sharpness import Intervals
from pointfuse_benchmarks.baselines.gaussian_process import GP_C, KRIGING


@pytest.fixture
def withheld(rng):
    """Observations about predictions of 50, scattered by 5 to 15; some are missing."""
    spread = rng.uniform(5, 15, (40, 500))
    observed = 50 + rng.normal(0, spread)
    observed[rng.random(observed.shape) < 0.2] = np.nan
    return observed, np.full(observed.shape, 50.0), spread


def test_honest_intervals_have_the_width_and_score_of_the_normal_distribution(withheld):
    observed, prediction, spread = withheld
    found = sharpness.sharpness(observed, {"honest": Intervals(prediction, spread)})["honest"]
    pairs = np.isfinite(observed)
    assert found["pairs"] == pairs.sum()
    # A share of 16,000 pairs scatters by 0.004 at most, the quantile of 90 by 1 %.
    assert list(found["held"].values()) == pytest.approx([0.5, 0.8, 0.9, 0.95], abs=0.012)
    assert found["factor"] == pytest.approx(1, abs=0.03)
    mean = spread[pairs].mean()
    assert found["width"] == pytest.approx(2 * stats.norm.ppf(0.95) * mean, rel=0.03)
    # 2 z + (2 / 0.1) 2 (phi(z) - 0.05 z), of a standard normal variable.
    score = 40 * stats.norm.pdf(stats.norm.ppf(0.95))
    assert found["score"] == pytest.approx(score * mean, rel=0.03)


def test_intervals_of_a_logistic_distribution_hold_what_they_should(rng):
    spread = rng.uniform(5, 15, (40, 500))
    observed = 50 + rng.logistic(0, spread * np.sqrt(3) / np.pi)
    prediction = np.full_like(observed, 50.0)
    intervals = {"ours": Intervals(prediction, spread, MULTIPLES)}
    found = sharpness.sharpness(observed, intervals)["ours"]
    # A share of 20,000 pairs scatters by 0.004, the quantile of 90 by 1 %.
    assert list(found["held"].values()) == pytest.approx([0.5, 0.8, 0.9, 0.95], abs=0.012)
    assert found["factor"] == pytest.approx(1, abs=0.03)


def test_a_common_factor_makes_no_method_sharper(withheld):
    observed, prediction, spread = withheld
    found = sharpness.sharpness(
        observed,
        {
            "honest": Intervals(prediction, spread),
            "bold": Intervals(prediction, spread / 4),
            "blunt": Intervals(prediction, np.full_like(spread, 10.0)),
        },
    )
    assert found["bold"]["factor"] == pytest.approx(4 * found["honest"]["factor"], rel=1e-3)
    assert found["bold"]["held"]["90"] < 0.4
    for key in ("width", "score"):
        assert found["bold"][key] == found["honest"][key]
    # Who does not know which pairs are hard pays for it.
    assert found["blunt"]["score"] > 1.02 * found["honest"]["score"]


def test_pairs_that_one_method_lacks_count_for_none(withheld):
    observed, prediction, spread = withheld
    gaps = spread.copy()
    gaps[:5] = np.nan
    both = {"a": Intervals(prediction, spread), "b": Intervals(prediction, gaps)}
    found = sharpness.sharpness(observed, both)
    assert found["a"] == found["b"]
    assert found["a"]["pairs"] == np.isfinite(observed[5:]).sum()


@pytest.mark.parametrize("process", [KRIGING, GP_C], ids=["kriging", "gp-c"])
def test_the_standard_error_is_that_of_the_observation(process, day_of, to_degrees, rng):
    xy = np.column_stack([rng.uniform(0, 900, 60), rng.uniform(-500, 300, 60)])
    known = day_of(xy, rng.gamma(2.0, 20.0, 60))
    points = to_degrees(xy[:20] + 15)
    mean, variance = process.moments(known, *points)
    expected = np.sqrt(variance)
    if process.square_root:
        # (z / 2 + 1)^2 with z normal: a non-central chi-squared variable, scaled.
        centre, share = mean / 2 + 1, variance / 4
        expected = share * stats.ncx2.std(1, centre**2 / share)
    np.testing.assert_allclose(process.standard_error(known, *points), expected, rtol=1e-9)


def test_the_table_has_a_line_for_each_method():
    found = {
        "pairs": 9,
        "held": {"50": 0.5, "80": 0.8, "90": 0.9, "95": 0.951},
        "factor": 1.25,
        "width": 20.04,
        "score": 30.0,
    }
    report = {
        "machine": {"date": "2026-01-02"},
        "model": "tiny 1.0",
        "every": 8,
        "days": 22,
        "folds": 10,
        "schemes": {"stations": {"a": found}, "cities": {"a": found | {"width": 40.0}}},
    }
    text = sharpness.table(report)
    assert (
        "| a | 50.0 / 80.0 / 90.0 / 95.1; 50.0 / 80.0 / 90.0 / 95.1 | 1.25; 1.25 | 20.0; 40.0 "
        "| 30.0; 30.0 |" in text
    )
    assert "(22 days), 10 folds" in text
