"""The tables of all pollutants, and how hours are held against days."""

import json
import tomllib

import numpy as np
import pytest
from mean_model import mean_model

from pointfuse import POLLUTANTS, Model, Observations, Stations, load_model
from pointfuse.basics.units import typeset_units
from pointfuse_benchmarks.accuracy.card_scores import as_toml, pollutant_card_scores
from pointfuse_benchmarks.accuracy.pollutant_scores import mean_of_hours
from pointfuse_benchmarks.accuracy.pollutant_table import best_other, days_table, tables
from pointfuse_benchmarks.measuring.checkout import DOCUMENTS, RESULTS


def one(network, kriging, gp, ratio=0.9):
    scores = {"network": network, "kriging": kriging, "gp": gp}
    return {
        "pairs": 12345,
        "scores": {name: {"r2": 0.5, "rmse": rmse, "nme": 0.25} for name, rmse in scores.items()},
        "ratios": {
            "network": {
                "kriging": {"rmse": [ratio, ratio - 0.01, ratio + 0.01]},
                "gp": {"rmse": [1.0, 0.99, 1.01]},
            }
        },
        "uncertainty": {"held": {"90": 0.893}},
    }


def test_the_ratio_is_to_the_better_of_the_others():
    assert best_other(one(7.0, 8.0, 9.0), ("kriging", "gp")) == "kriging"
    assert best_other(one(7.0, 9.0, 8.0), ("kriging", "gp")) == "gp"
    days = {"stations": one(7.123, 8.0, 9.0), "cities": one(7.0, 9.0, 8.0)}
    rows = days_table({"pollutants": {"no2": {"days": days}}}).splitlines()
    units = typeset_units("ug m-3")
    assert rows[2] == (
        f"| no2, {units} | stations | 12,345 | 0.500 / 7.12 / 0.250 | 0.500 / 8 / 0.250 | "
        "0.500 / 9 / 0.250 | 0.900 (0.890 to 0.910) | 89.3 % |"
    )
    assert "| 1.000 (0.990 to 1.010) |" in rows[3]


def test_means_of_hours_are_held_against_days(tiny_metadata):
    """For a model that gives the mean of its stations, both are the same."""
    places = Stations(np.array(["A", "B"]), np.array([105.0, 107.0]), np.array([36.0, 36.5]))
    times = np.datetime64("2019-01-06T00") + np.arange(48)
    table = np.random.default_rng(1).uniform(10, 90, (48, 2))
    hours = Observations(places, times, {"pm25": table})
    days = Observations(
        places,
        np.array(["2019-01-06", "2019-01-07"], "datetime64[D]"),
        {"pm25": table.reshape(2, 24, 2).mean(axis=1)},
    )
    content = mean_model(tiny_metadata).SerializeToString()
    model = Model(content, tiny_metadata, "", threads=1)
    found = mean_of_hours(hours, days, model)
    assert found["days"] == 2
    assert found["mean"] == pytest.approx(table.mean(), abs=1e-3)
    # Fields are in single precision.
    assert found["mean_absolute_difference"] == 0


def test_the_document_has_the_tables():
    report = json.loads((RESULTS / "pollutants.json").read_text())
    document = (DOCUMENTS / "background" / "pollutants.md").read_text()
    for part in tables(report).split("\n\n"):
        assert part in document
    assert report["machine"]["date"] in document


@pytest.mark.parametrize("variable", [name for name in POLLUTANTS if name != "pm25"])
def test_cards_have_the_scores_that_were_measured(variable):
    report = json.loads((RESULTS / "pollutants.json").read_text())
    models = DOCUMENTS.parent / "models"
    text = (models / f"pointfuse-china12-{variable}.toml").read_text()
    scores = pollutant_card_scores(report, variable)
    assert tomllib.loads(text)["scores"] == scores
    assert as_toml(scores) in text
    shipped = load_model(variable=variable, threads=1, device="cpu").metadata
    # Of the file that is shipped, whatever else it says.
    assert report["pollutants"][variable]["weights_sha256"] == shipped.weights_sha256
    assert report["pollutants"][variable]["model"] == f"{shipped.name} {shipped.version}"
