"""Stations of one region alone: which are known, how they are scored, what the documents show."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pointfuse import Observations, Stations, load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse_benchmarks.accuracy.regional_networks import (
    Pairs,
    cases_of,
    table,
)
from pointfuse_benchmarks.measuring.checkout import DOCUMENTS, RESULTS


@pytest.fixture
def placed() -> PlacedObservations:
    """40 stations by the Pearl River, 30 in the Sichuan Basin, one without a value there."""
    rng = np.random.default_rng(0)
    longitude = np.r_[rng.uniform(112, 115, 40), rng.uniform(104, 108, 30)]
    latitude = np.r_[rng.uniform(22, 23.5, 40), rng.uniform(29, 32, 30)]
    stations = Stations(np.array([f"S{i}" for i in range(70)]), longitude, latitude)
    values = np.full((1, 70), 35.0)
    values[0, -1] = np.nan
    days = np.array(["2019-01-26"], "datetime64[D]")
    return place(Observations(stations, days, {"pm25": values}), load_model().metadata)


def test_a_region_is_known_and_all_else_withheld(placed: PlacedObservations) -> None:
    # 29 values in the basin are too few.
    (case,) = cases_of(placed)
    assert case.region == "Pearl River Delta"
    known = np.isfinite(case.known.observations.values["pm25"][0])
    assert known.sum() == 40
    np.testing.assert_array_equal(np.flatnonzero(case.withheld), np.arange(40, 69))
    field = np.arange(case.day.metadata.grid.rows * case.day.metadata.grid.columns, dtype=float)
    assert len(case.read(field)) == 29


def test_scores_by_hand() -> None:
    pairs = Pairs(
        observed=np.array([10.0, 20.0, 30.0]),
        predicted=np.array([10.0, 23.0, 40.0]),
        uncertainty=np.array([1.0, 2.0, 4.0]),
        distance=np.array([0.0, 5e4, 2e5]),
    )
    near, far = pairs.scores((0, 1e5)), pairs.scores((1e5, np.inf))
    assert near["pairs"] == 2
    assert near["rmse"] == pytest.approx(np.sqrt(4.5), abs=1e-3)
    assert (near["held"], far["held"]) == (100.0, 0.0)
    # Of a logistic distribution ln 19 scales; a standard deviation is pi over sqrt 3 of them.
    half = 4 * np.log(19) * np.sqrt(3) / np.pi
    # Rounded to a digit.
    assert far["width"] == pytest.approx(2 * half, abs=0.051)
    # 10 less that is beyond the interval, and counts twentyfold.
    assert far["score"] == pytest.approx(2 * half + 20 * (10 - half), abs=0.051)


def test_the_documents_show_what_was_measured() -> None:
    measured = json.loads((RESULTS / "regional_networks.json").read_text())
    assert table(measured) in (DOCUMENTS / "background" / "limits.md").read_text()


def test_what_was_measured_is_what_is_promised() -> None:
    """Plausible everywhere."""
    measured = json.loads((RESULTS / "regional_networks.json").read_text())
    assert len(measured["cases"]) >= 28
    for case in measured["cases"]:
        assert case["highest_cell"] <= 1.5 * case["highest_observation"]


@pytest.mark.xfail(reason="missed by pointfuse-china12 2.0.0, as docs/background/limits.md says")
def test_intervals_hold_far_from_the_stations() -> None:
    measured = json.loads((RESULTS / "regional_networks.json").read_text())
    assert all(band["held"] >= 85 for band in measured["bands"])
