"""The numbers of simulation.md are those that the script printed, and mean what they say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.training import pollutant_realism
from pointfuse_benchmarks.training import simulation_realism as realism

ROOT = Path(__file__).parents[2]


def test_the_document_shows_the_statistics_as_they_were_found() -> None:
    report = json.loads((RESULTS / "simulation_realism.json").read_text())
    document = (ROOT / "docs" / "background" / "simulation.md").read_text(encoding="utf-8")
    assert realism.table(report) in document


def test_so_does_that_of_all_pollutants() -> None:
    report = json.loads((RESULTS / "pollutant_realism.json").read_text())
    document = (ROOT / "docs" / "background" / "simulation.md").read_text(encoding="utf-8")
    assert pollutant_realism.table(report) in document


def test_pollutants_are_compared_from_station_to_station_within_each_day() -> None:
    first = np.array([[1.0, 2.0, 3.0, np.nan], [5.0, 6.0, 7.0, 8.0], [1.0, np.nan, 2.0, np.nan]])
    second = np.array([[2.0, 4.0, 6.0, 1.0], [8.0, 7.0, 6.0, 5.0], [1.0, 1.0, 1.0, 1.0]])
    # 1 on the first day and -1 on the second; two stations of the third tell nothing.
    assert pollutant_realism.within_days(first, second) == 0


def test_cycles_are_relative_and_means_those_of_days() -> None:
    hours = np.arange(24.0)
    days = realism.Days(
        np.array([[1.0, 3.0, 2.0], [5.0, 7.0, 6.0]] * 7),
        np.full(13, True),
        np.repeat([0, 1], 7),
        np.arange(14) % 7,
        np.array([0, 200] * 7),
    )
    sample = pollutant_realism.Sample(
        dict.fromkeys(pollutant_realism.POLLUTANTS, hours),
        dict.fromkeys(pollutant_realism.POLLUTANTS, days),
    )
    found = pollutant_realism.statistics(sample)["no2"]
    assert found["mean"] == 4
    assert found["mean_of_season"] == {"winter": 2, "summer": 6}
    assert found["cycle"] == (hours / 11.5).round(3).tolist()


def test_the_weekend_is_compared_within_whole_weeks() -> None:
    weekdays = np.array([*range(7), 3, 4, 5, 6, 0, 1, 2, 5, 6])
    weeks = np.array([1] * 7 + [2] * 7 + [3] * 2)  # the third lacks days
    values = np.where(weekdays >= 5, 8.0, 10.0)[:, None] * [[1.0, 3.0]]
    values[weeks == 2] *= np.where(weekdays[weeks == 2] >= 5, 0.5, 5.0)[:, None]
    values[2, 1] = np.nan  # this cell does not count in the first week
    values[weeks == 3] = 1e6
    days = realism.Days(values, np.diff(weeks) == 0, weeks, weekdays, np.arange(16))
    # 0.8 in the first week and 0.08 in the second: geometric mean, and half their distance.
    assert realism.weekend(days) == [
        round((0.8 * 0.08) ** 0.5, 2),
        round(np.log(10) / 2, 2),
    ]


def test_winter_goes_over_the_new_year() -> None:
    dates = np.array([0, 58, 59, 150, 151, 242, 243, 333, 334, 364])
    days = realism.Days(np.ones((10, 1)), np.full(9, False), dates, dates, dates)
    assert dates[realism.in_season(days, "winter")].tolist() == [0, 58, 334, 364]
    assert dates[realism.in_season(days, "summer")].tolist() == [151, 242]


def test_correlation_is_what_a_bin_has_in_common_over_what_its_cells_deviate() -> None:
    products = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 4.0]])
    distance = np.array([[0, 10, 70], [10, 0, 60], [70, 60, 0]])
    found = realism.correlation(products, products.diagonal(), distance, (0, 50, 100), distance > 0)
    # Pair 0-1: 1 of 2. Pairs 0-2 and 1-2: 0 and 0.5, of (2 + 4) / 2 each.
    assert found == [0.5, round(0.25 / 3, 2)]
