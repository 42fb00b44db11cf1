"""The accuracy table: what is compared, how, and how it is shown."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pointfuse import InputError, Observations, Stations, load_model
from pointfuse_benchmarks.accuracy import against_baselines as accuracy
from pointfuse_benchmarks.accuracy.accuracy_table import table
from pointfuse_benchmarks.accuracy.card_scores import as_toml, card_scores
from pointfuse_benchmarks.accuracy.cmaq import CMAQ, read_cmaq_days, sampled
from pointfuse_benchmarks.accuracy.comparison import compare


@pytest.fixture
def observed(rng):
    observed = rng.gamma(2.0, 40.0, (30, 20))
    observed[rng.random(observed.shape) < 0.3] = np.nan
    return observed


def test_scores_are_of_the_pairs_that_all_have(observed, rng):
    ours = observed + rng.normal(0, 5, observed.shape)
    other = observed + rng.normal(0, 10, observed.shape)
    other[4] = np.nan
    found = compare(observed, {"ours": ours, "other": other}, ["ours"])
    pairs = np.isfinite(observed) & np.isfinite(other)
    assert found["days"] == 29
    assert found["pairs"] == pairs.sum()
    truth, error = observed[pairs], (ours - observed)[pairs]
    assert found["scores"]["ours"] == {
        "r2": pytest.approx(np.corrcoef(truth, truth + error)[0, 1] ** 2, abs=1e-4),
        "rmse": pytest.approx(np.sqrt((error**2).mean()), abs=1e-3),
        "nme": pytest.approx(np.abs(error).sum() / truth.sum(), abs=1e-4),
        "nme_above_150": pytest.approx(
            np.abs(error[truth > 150]).sum() / truth[truth > 150].sum(), abs=1e-4
        ),
    }
    scores, ratios = found["scores"], found["ratios"]["ours"]["other"]
    for score in ("rmse", "nme"):
        ratio, low, high = ratios[score]
        assert ratio == pytest.approx(scores["ours"][score] / scores["other"][score], abs=2e-3)
        assert low < ratio < high
    assert list(found["ratios"]) == ["ours"]
    assert list(found["ratios"]["ours"]) == ["other"]


def test_the_interval_of_a_ratio_is_paired(observed, rng):
    """Errors in a fixed proportion, bad days or good: no doubt about the ratio at all."""
    error = rng.normal(0, 1, observed.shape) * rng.gamma(1.0, 20.0, (30, 1))
    tables = {"ours": observed + error, "other": observed + 2 * error}
    ratios = compare(observed, tables, ["ours"])["ratios"]["ours"]["other"]
    assert ratios == {"rmse": [0.5, 0.5, 0.5], "nme": [0.5, 0.5, 0.5]}


def test_the_interval_covers_the_true_ratio_as_often_as_it_says(rng):
    covered = 0
    for _ in range(60):
        observed = rng.uniform(50, 100, (40, 5))
        tables = {
            "ours": observed + rng.normal(0, 9, observed.shape),
            "other": observed + rng.normal(0, 10, observed.shape),
        }
        _, low, high = compare(observed, tables, ["ours"])["ratios"]["ours"]["other"]["rmse"]
        covered += low <= 0.9 <= high
    # 95 % of 60 is 57; with binomial scatter fewer than 50 has a probability of 1e-4.
    assert covered >= 50


@pytest.fixture
def cmaq_folder(tmp_path, metadata):
    """One day that is linear in the plane of the file, on cells of 36 km over eastern China."""
    x, y = np.meshgrid(np.arange(0, 1000e3, 36e3), np.arange(-600e3, 400e3, 36e3))
    longitude, latitude = CMAQ.inverse(x, y)
    with netCDF4.Dataset(tmp_path / "cmaq_20200101.nc", "w") as file:
        file.date = "2020-01-01"
        for name, size in zip(("lat", "lon"), x.shape, strict=True):
            file.createDimension(name, size)
        for name, values in [
            ("lon", longitude),
            ("lat", latitude),
            ("PM25_cmaq", 100 + x / 20e3 + y / 10e3),
        ]:
            file.createVariable(name, "f4", ("lat", "lon"))[:] = values
    return tmp_path


def test_cmaq_fields_are_interpolated_in_their_own_plane(cmaq_folder, metadata):
    days, fields = read_cmaq_days(cmaq_folder, metadata.grid)
    assert days.tolist() == [np.datetime64("2020-01-01").item()]
    assert fields.shape == (1, *metadata.grid.shape)
    x, y = CMAQ.forward(*metadata.grid.longitude_latitude())
    inside = (x >= 0) & (x <= 972e3) & (y >= -600e3) & (y <= 372e3)
    # Coordinates in single precision: up to 4e-6 degrees, half a metre, and 1e-7 of the values.
    edge = 10.0
    safely = (x > edge) & (x < 972e3 - edge) & (y > -600e3 + edge) & (y < 372e3 - edge)
    expected = (100 + x / 20e3 + y / 10e3)[safely]
    np.testing.assert_allclose(fields[0][safely], expected, atol=1e-3)
    assert np.isnan(fields[0][~inside & ~safely]).mean() > 0.999


def test_pseudo_stations_stand_in_their_cells(metadata, rng):
    fields = rng.uniform(10, 100, (2, *metadata.grid.shape))
    cells = np.sort(rng.choice(fields[0].size, 50, replace=False))
    days = np.array(["2020-01-01", "2020-01-06"], "datetime64[D]")
    placed = sampled(fields, days, cells, metadata)
    np.testing.assert_array_equal(placed.cell, cells)
    np.testing.assert_array_equal(
        placed.observations.values["pm25"], fields.reshape(2, -1)[:, cells]
    )


def test_cmaq_files_of_another_domain_are_refused(cmaq_folder, metadata):
    with netCDF4.Dataset(cmaq_folder / "cmaq_20200101.nc", "a") as file:
        file["lon"][:] = file["lon"][:] * 1.01
    with pytest.raises(InputError, match="the file is of another domain"):
        read_cmaq_days(cmaq_folder, metadata.grid)
    with pytest.raises(InputError, match=r"expected files cmaq_\*\.nc"):
        read_cmaq_days(cmaq_folder / "none", metadata.grid)


def test_days_with_few_stations_and_suspect_values_are_left_out(metadata, monkeypatch):
    monkeypatch.setattr(accuracy, "FEWEST_STATIONS", 3)
    longitude, latitude = metadata.grid.longitude_latitude()
    stations = Stations(np.array(list("ABCD")), longitude[5, :4], latitude[5, :4])
    values = np.array([[1.0, 2, 3, 4], [1, 2, 3, -7], [1, 2, np.nan, 9e9], [1, 2, 3, 4]])
    year = Observations(stations, np.datetime64("2019-01-01") + np.arange(4), {"pm25": values})

    model = load_model(device="cpu", threads=1)
    found = accuracy.days_to_score(year, model, 1, 0)
    assert [str(day) for day in found.times] == ["2019-01-01", "2019-01-02", "2019-01-04"]
    found = accuracy.days_to_score(year, model, 3, 0)
    assert [str(day) for day in found.times] == ["2019-01-01", "2019-01-04"]


def test_parts_measured_with_the_same_settings_are_kept(tmp_path):
    output = tmp_path / "accuracy.json"
    assert accuracy._kept(output, {"every": 4})["parts"] == {}
    output.write_text(json.dumps({"settings": {"every": 4}, "parts": {"cmaq": {"days": 6}}}))
    assert accuracy._kept(output, {"every": 4})["parts"] == {"cmaq": {"days": 6}}
    assert accuracy._kept(output, {"every": 8})["parts"] == {}


@pytest.fixture
def report(observed, rng):
    tables = {
        name: observed + rng.normal(0, error, observed.shape)
        for name, error in (("network", 8), ("network+x", 7), ("gp-c", 9))
    }
    part = compare(observed, tables, ["network", "network+x"])
    held = {"pairs": 99, "held": {"50": 0.51, "80": 0.8, "90": 0.9049, "95": 0.94}, "width": 20.02}
    real = {
        "first_day": "2019-01-07",
        "last_day": "2019-12-29",
        "uncertainty": {
            "overall": held,
            "by_season": {"winter": held | {"width": 31.0}},
            "by_distance": {"over 200 km": {"pairs": 3}},
            "by_level": {"0 to 20": held},
        },
        **part,
    }
    cmaq = {"sampled_cells": 885, "scored_cells": 60_000} | copy.deepcopy(part)
    for scores in cmaq["scores"].values():
        scores["nme_above_150"] = None
    return {
        "machine": {"processor": "P", "threads": 2, "date": "2026-01-01"},
        "settings": {
            "predictors": list(tables),
            "ours": ["network", "network+x"],
            "model": "m 1",
            "every": 4,
            "fewest_stations": 1000,
            "folds": 10,
            "seed": 0,
        },
        "parts": {
            "stations": real,
            "cities": real,
            "cmaq": cmaq,
            "seconds_per_field": {"network": 0.7, "network+x": 0.81, "gp-c": 4.567},
        },
    }


def test_the_table_shows_each_predictor_and_ratio_once(report):
    shown = table(json.loads(json.dumps(report)))
    scores = report["parts"]["stations"]["scores"]["gp-c"]
    row = next(line for line in shown.splitlines() if line.startswith("| gp-c |"))
    assert row.count(f"{scores['r2']:.3f} / {scores['rmse']:.2f} / {scores['nme']:.3f}") == 3
    assert row.endswith(" / - | 4.57 |")
    ratio, low, high = report["parts"]["cities"]["ratios"]["network+x"]["gp-c"]["rmse"]
    assert shown.count("| network+x / gp-c |") == 1
    assert f"{ratio:.3f} ({low:.3f} to {high:.3f})" in shown
    assert "0.830 / 14.25 / 0.270 / 0.140 | 0.770 / 16.32 / 0.320 / 0.190" in shown
    # All rows of a table have as many cells as its head.
    lines = [line.count("|") for line in shown.splitlines() if line.startswith("|")]
    assert lines == [6] * 8 + [5] * 4 + [4] * 6
    assert "| all | 51.0 / 80.0 / 90.5 / 94.0; 20.0 ug/m3 |" in shown
    assert "| winter | 51.0 / 80.0 / 90.5 / 94.0; 31.0 ug/m3 |" in shown
    assert "| over 200 km | - | - |" in shown
    assert "| 0 to 20 ug/m3 predicted |" in shown


def test_a_model_without_an_uncertainty_has_no_table_of_intervals(report):
    whole = table(report).split("\n\n")
    for scheme in ("stations", "cities"):
        report["parts"][scheme] = report["parts"][scheme] | {"uncertainty": {}}
    without = table(report).split("\n\n")
    assert [part for part in whole if "in 100 observations" not in part] == without
    assert len(without) == len(whole) - 1


def test_the_scores_of_a_card_are_those_of_the_report(report):
    entries = card_scores(report)
    assert [entry["test"] for entry in entries[:3]] == [
        "stations left out, network",
        "stations left out, network+x",
        "cities left out, network",
    ]
    assert len(entries) == 6
    scores = report["parts"]["stations"]["scores"]
    assert entries[1]["rmse"] == pytest.approx(scores["network+x"]["rmse"], abs=0.005)
    for key in ("r2", "nme"):
        assert entries[1][key] == pytest.approx(scores["network+x"][key], abs=5e-4)
    others = entries[1]["reference"].split("; ")
    assert [text.partition(":")[0] for text in others[:2]] == ["network", "gp-c"]
    assert "Lyu et al. (2022), other days and stations: 0.830, 14.25, 0.270" in others
    assert f"gp-c: {scores['gp-c']['r2']:.3f}, {scores['gp-c']['rmse']:.2f}" in others[1]
    assert tomllib.loads(as_toml(entries))["scores"] == entries


def test_the_card_has_the_scores_that_were_measured():
    root = Path(__file__).parents[3]
    measured = json.loads((root / "benchmarks" / "results" / "accuracy.json").read_text())
    description = tomllib.loads((root / "models" / "pointfuse-china12.toml").read_text())
    name, version = measured["settings"]["model"].split()
    assert (name, version) == (description["name"], description["version"])
    expected = card_scores(measured)
    assert description["scores"][: len(expected)] == expected
