"""Scores against other implementations and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse import POLLUTANTS
from pointfuse.trust import scores
from pointfuse.trust.fairmode import measurement_of
from pointfuse.trust.levels import LEVELS, high_level, levels_of
from pointfuse.trust.scores import PairSums

_PM25 = measurement_of(POLLUTANTS["pm25"], hourly=False)
assert _PM25 is not None
PM25 = _PM25

OBSERVED = np.array([10.0, 20.0, 30.0, 40.0])
PREDICTED = np.array([12.0, 18.0, 33.0, 40.0])


def whole(observed: np.ndarray, predicted: np.ndarray) -> PairSums:
    return PairSums.of(observed, predicted).over()


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
            PM25.indicator,
            np.sqrt(17 / 4) / (2 * 0.36 * np.sqrt(0.75 * 750 + 0.25 * 625)),
        ),
    ],
)
def test_by_hand(score: object, expected: float) -> None:
    assert score(whole(OBSERVED, PREDICTED)) == pytest.approx(expected, rel=1e-12)


# As instruments give them: tenths.
positive = arrays.arrays(
    float, 20, elements=st.integers(10, 10_000).map(lambda tenths: tenths / 10), unique=True
)


@given(positive, positive)
def test_squared_correlation_agrees_with_scipy(observed: np.ndarray, predicted: np.ndarray) -> None:
    expected = scipy.stats.pearsonr(observed, predicted).statistic ** 2
    # Sums of squares lose digits where the values hardly vary: at most tenths in 1,000 here, whose
    # squares are to their scatter as 1e8; double precision leaves seven digits.
    found = scores.squared_correlation(whole(observed, predicted))
    assert found == pytest.approx(expected, abs=1e-6)


@given(positive, st.floats(0.1, 10))
def test_what_a_perfect_and_a_scaled_prediction_score(observed: np.ndarray, factor: float) -> None:
    for name, score in scores.SCORES.items():
        best = 1.0 if name in ("r2", "determination") else 0.0
        assert score(whole(observed, observed)) == pytest.approx(best, abs=1e-6), name
    sums = whole(observed, factor * observed)
    assert scores.squared_correlation(sums) == pytest.approx(1, abs=1e-6)
    assert scores.normalised_mean_bias(sums) == pytest.approx(factor - 1, abs=1e-9)
    expected = 2 * (factor - 1) / (factor + 1)
    assert scores.mean_fractional_bias(sums) == pytest.approx(expected, abs=1e-9)


def test_a_constant_series_has_no_determination() -> None:
    # 0.1 is no binary fraction: its squares are not equal to the last bit.
    constant = np.full(4, 0.1)
    assert np.isnan(scores.determination(whole(constant, PREDICTED)))
    assert np.isnan(scores.squared_correlation(whole(constant, PREDICTED)))
    assert np.isnan(scores.squared_correlation(whole(OBSERVED, constant)))


def test_clean_air_predicted_as_such_is_no_error() -> None:
    sums = whole(np.array([0.0, 10.0]), np.array([0.0, 30.0]))
    assert scores.mean_fractional_error(sums) == pytest.approx(0.5)


def test_no_pairs_have_no_scores() -> None:
    nothing = np.full(3, np.nan)
    for name, score in scores.SCORES.items():
        assert np.isnan(score(whole(nothing, np.ones(3)))), name


# The definitions, written out for pairs.
DEFINITIONS = {
    "r2": lambda o, p: np.corrcoef(o, p)[0, 1] ** 2,
    "determination": lambda o, p: 1 - np.sum((p - o) ** 2) / np.sum((o - o.mean()) ** 2),
    "rmse": lambda o, p: np.sqrt(np.mean((p - o) ** 2)),
    "nme": lambda o, p: np.abs(p - o).sum() / o.sum(),
    "nmb": lambda o, p: (p - o).sum() / o.sum(),
    "mfb": lambda o, p: np.mean((p - o) / ((p + o) / 2)),
    "mfe": lambda o, p: np.mean(np.abs(p - o) / ((p + o) / 2)),
}


def test_sums_of_classes_stations_days_and_draws_give_the_scores_of_their_pairs() -> None:
    rng = np.random.default_rng(5)
    observed = rng.gamma(2, 20, (9, 40))
    predicted = observed * rng.lognormal(0, 0.3, observed.shape)
    observed[rng.random(observed.shape) < 0.3] = np.nan
    there = np.isfinite(observed)
    chosen = rng.random(observed.shape) < 0.5
    sums = PairSums.of(observed, predicted)
    times = rng.integers(0, 3, (4, 9))
    assert scores.SCORES.keys() == DEFINITIONS.keys()
    for name, definition in DEFINITIONS.items():
        score = scores.SCORES[name]
        expected = definition(observed[there & chosen], predicted[there & chosen])
        # Rounding alone.
        assert score(sums.among(chosen).over()) == pytest.approx(expected, rel=1e-10), name
        for axis, rows in (
            (1, zip(observed, predicted, strict=True)),
            (0, zip(observed.T, predicted.T, strict=True)),
        ):
            expected = [definition(o[np.isfinite(o)], p[np.isfinite(o)]) for o, p in rows]
            np.testing.assert_allclose(score(sums.over(axis)), expected, rtol=1e-10, err_msg=name)
        expected = []
        for draw in times:
            days = np.repeat(np.arange(9), draw)
            kept = there[days]
            expected.append(definition(observed[days][kept], predicted[days][kept]))
        drawn = score(sums.over(1).drawn(times.astype(float)))
        np.testing.assert_allclose(drawn, expected, rtol=1e-10, err_msg=name)


def test_target_diagram_has_the_indicator_as_distance_and_tells_spread_from_correlation() -> None:
    rng = np.random.default_rng(2)
    observed = rng.uniform(20, 80, (30, 2))
    # The first varies three times too much but in step, the second as much but out of step.
    predicted = np.stack([3 * observed[:, 0], rng.permutation(observed[:, 1])], axis=1)
    sums = PairSums.of(observed, predicted).over(axis=0)
    spread, bias = PM25.target(sums)
    indicator = PM25.indicator(sums)
    np.testing.assert_allclose(np.hypot(spread, bias), indicator, rtol=1e-10)
    assert spread[0] > 0 > spread[1]
    tolerated = PM25.tolerated_error(sums)
    # Mean error of the first is twice the mean observed; the second has the same values reordered.
    np.testing.assert_allclose(bias[0] * tolerated[0], 2 * observed[:, 0].mean(), rtol=1e-12)
    assert bias[1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "hourly", "expected"),
    [
        # Of a constant 100: 2 u sqrt((1 - a^2) 100^2 + a^2 RV^2), by hand.
        ("pm10", False, 2 * 0.28 * np.sqrt(0.9375 * 1e4 + 0.0625 * 2500)),
        ("o3_mda8", False, 2 * 0.18 * np.sqrt(0.3759 * 1e4 + 0.6241 * 14400)),
        ("no2", True, 2 * 0.24 * np.sqrt(0.96 * 1e4 + 0.04 * 40000)),
        ("no2", False, None),
        ("pm25", True, None),
        ("so2", False, None),
    ],
)
def test_what_fairmode_tolerates(name: str, hourly: bool, expected: float | None) -> None:
    measured = measurement_of(POLLUTANTS[name], hourly=hourly)
    assert (measured is None) == (expected is None)
    if measured is not None and expected is not None:
        steady = whole(np.full(4, 100.0), np.full(4, 100.0))
        assert float(measured.tolerated_error(steady)) == pytest.approx(expected, rel=1e-12)


def test_classes_are_those_of_the_pollutant() -> None:
    assert levels_of(POLLUTANTS["pm25"]) == (0, 20, 35, 75, 150, np.inf)
    assert high_level(POLLUTANTS["co"]) == 2
    assert high_level(replace(POLLUTANTS["co"], name="benzene")) == 150
    for name, bounds in LEVELS.items():
        assert list(bounds) == sorted(set(bounds)), name
        assert bounds[-1] < POLLUTANTS[name].valid_range[1]
