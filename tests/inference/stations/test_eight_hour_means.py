"""Largest 8-hour means: days made by hand, with gaps at the edges of each rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse.stations.eight_hour_means import RULES, Rule, largest_eight_hour_means

DAY = np.datetime64("2019-07-14")
CHINA, US, EU = RULES["china"], RULES["us"], RULES["eu"]


def three_days(value: float = 50.0) -> np.ndarray:
    """The same value in all hours of the day before, the day and the day after."""
    return np.full(72, value)


def largest(hours: np.ndarray, rule: Rule) -> float:
    """Of the day in the middle."""
    times = (DAY - 1).astype("datetime64[h]") + np.arange(len(hours))
    return float(largest_eight_hour_means(times, hours[:, None], np.array([DAY]), rule)[0, 0])


def test_it_is_the_largest_of_the_means_of_eight_hours_in_a_row() -> None:
    hours = three_days()
    hours[24 + 11 : 24 + 19] = [60, 70, 80, 90, 100, 110, 120, 130]
    for rule in RULES.values():
        assert largest(hours, rule) == 95.0


@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [
        # Hours 1 to 8, and 16 to 23: all within the day.
        (CHINA, 24 + 1, 24 + 23),
        # Means begin at 7 to 23 o'clock: the last one ends with hour 6 of the next day.
        (US, 24 + 7, 48 + 6),
        # Means end in the day: the first one begins with hour 17 of the day before.
        (EU, 17, 24 + 23),
    ],
)
def test_hours_of_the_first_and_of_the_last_mean_count_and_none_beyond(
    rule: Rule, first: int, last: int
) -> None:
    for hour, counts in ((first - 1, False), (first, True), (last, True), (last + 1, False)):
        hours = three_days()
        hours[hour] = 90.0
        assert largest(hours, rule) == (55.0 if counts else 50.0)


@pytest.mark.parametrize("rule", RULES.values())
def test_a_mean_needs_six_of_its_hours(rule: Rule) -> None:
    hours = three_days()
    hours[24 + 14 : 24 + 20] = 80.0
    hours[24 + 12 : 24 + 14] = np.nan
    # Six hours of 80, two missing; with one missing more, the means beside it are the largest.
    rule = rule._replace(least=1)
    assert largest(hours, rule) == 80.0
    hours[24 + 14] = np.nan
    assert largest(hours, rule) == pytest.approx((5 * 80 + 50) / 6)


# Of the means of a day so many lack three of their hours when these stretches are missing.
@pytest.mark.parametrize(
    ("rule", "gap", "there"),
    [
        (CHINA, slice(24 + 21, 24 + 24), True),  # that of hour 23 lacks: 15 of 16
        (CHINA, slice(24 + 20, 24 + 24), True),  # those of 22 and 23: 14
        (CHINA, slice(24 + 19, 24 + 24), False),  # and of 21: 13
        (US, slice(48 + 1, 72), True),  # means from 20 o'clock on lack: 13 of 17
        (US, slice(48, 72), False),  # from 19: 12
        (EU, slice(24 + 16, 72), True),  # those that end from 18 on lack: 18 of 24
        (EU, slice(24 + 15, 72), False),  # from 17: 17
    ],
)
def test_a_day_needs_enough_means(rule: Rule, gap: slice, there: bool) -> None:
    hours = three_days()
    hours[gap] = np.nan
    assert np.isfinite(largest(hours, rule)) == there


@pytest.mark.parametrize(("rule", "limit"), [(CHINA, 160.0), (US, 137.33), (EU, np.inf)])
def test_a_day_above_the_limit_counts_with_any_number_of_means(rule: Rule, limit: float) -> None:
    # 0.070 ppm are 137.33 ug m-3 at 25 degrees.
    hours = np.full(72, np.nan)
    hours[24 + 12 : 24 + 20] = 137.0 if rule is US else 160.0
    assert np.isnan(largest(hours, rule))
    hours[24 + 12 : 24 + 20] += 1.0
    assert np.isfinite(largest(hours, rule)) == np.isfinite(limit)


def test_hours_that_are_not_listed_are_missing() -> None:
    hours = three_days()
    hours[24 + 8 : 24 + 16] = 80.0
    times = (DAY - 1).astype("datetime64[h]") + np.arange(72)
    listed = np.ones(72, bool)
    listed[24 + 11] = False
    found = largest_eight_hour_means(
        times[listed], hours[listed][:, None], np.array([DAY, DAY + 5]), CHINA
    )
    np.testing.assert_allclose(found[:, 0], [80.0, np.nan])


@given(
    arrays.arrays(
        float, (72, 2), elements=st.one_of(st.just(float("nan")), st.floats(0, 500, width=32))
    ),
    st.sampled_from([*RULES.values()]),
)
def test_it_is_what_a_loop_over_all_means_finds(hours: np.ndarray, rule: Rule) -> None:
    times = (DAY - 1).astype("datetime64[h]") + np.arange(72)
    found = largest_eight_hour_means(times, hours, np.array([DAY]), rule)[0]
    for station in range(2):
        means = []
        for last in range(24 + rule.first, 24 + rule.last + 1):
            eight = [x for x in hours[last - 7 : last + 1, station].tolist() if x == x]
            if len(eight) >= 6:
                means.append(sum(eight) / len(eight))
        highest = max(means, default=float("-inf"))
        # Sums in another order.
        if len(means) >= rule.least or highest > rule.limit * (1 + 1e-12):
            assert found[station] == pytest.approx(highest, rel=1e-12)
        elif not highest > rule.limit * (1 - 1e-12):
            assert np.isnan(found[station])
