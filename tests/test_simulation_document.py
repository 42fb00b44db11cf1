"""The numbers of docs/simulation.md are those that the script printed, and mean what they say."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("simulation_realism")


def test_the_document_shows_the_statistics_as_they_were_found(script: ModuleType) -> None:
    report = json.loads((ROOT / "benchmarks" / "simulation_realism.json").read_text())
    document = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    assert script.table(report) in document


def test_the_weekend_is_compared_within_whole_weeks(script: ModuleType) -> None:
    weekdays = np.array([*range(7), 3, 4, 5, 6, 0, 1, 2, 5, 6])
    weeks = np.array([1] * 7 + [2] * 7 + [3] * 2)  # the third lacks days
    values = np.where(weekdays >= 5, 8.0, 10.0)[:, None] * [[1.0, 3.0]]
    values[weeks == 2] *= np.where(weekdays[weeks == 2] >= 5, 0.5, 5.0)[:, None]
    values[2, 1] = np.nan  # this cell does not count in the first week
    values[weeks == 3] = 1e6
    days = script.Days(values, np.diff(weeks) == 0, weeks, weekdays, np.arange(16))
    # 0.8 in the first week and 0.08 in the second: geometric mean, and half their distance.
    assert script.weekend(days) == [round((0.8 * 0.08) ** 0.5, 2), round(np.log(10) / 2, 2)]


def test_winter_goes_over_the_new_year(script: ModuleType) -> None:
    dates = np.array([0, 58, 59, 150, 151, 242, 243, 333, 334, 364])
    days = script.Days(np.ones((10, 1)), np.full(9, False), dates, dates, dates)
    assert dates[script.in_season(days, "winter")].tolist() == [0, 58, 334, 364]
    assert dates[script.in_season(days, "summer")].tolist() == [151, 242]


def test_correlation_is_what_a_bin_has_in_common_over_what_its_cells_deviate(
    script: ModuleType,
) -> None:
    products = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 4.0]])
    distance = np.array([[0, 10, 70], [10, 0, 60], [70, 60, 0]])
    found = script.correlation(products, products.diagonal(), distance, (0, 50, 100), distance > 0)
    # Pair 0-1: 1 of 2. Pairs 0-2 and 1-2: 0 and 0.5, of (2 + 4) / 2 each.
    assert found == [0.5, round(0.25 / 3, 2)]
