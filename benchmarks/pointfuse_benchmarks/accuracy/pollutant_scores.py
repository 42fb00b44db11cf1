"""How good the model of each pollutant is by the day and by the hour, beside other methods.

    python -m pointfuse_benchmarks.accuracy.pollutant_scores -o benchmarks/results/pollutants.json

needs the real data (POINTFUSE_REAL_DATA). Days: every eighth of the even weeks of 2019, stations
and cities left out in five folds. Hours: all of twelve days, one of ten folds an hour, in turns.
What the output file holds is not measured again as long as the weights are the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse import POLLUTANTS, check_days, fuse, read_stations
from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import place
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.baselines import Baseline
from pointfuse.trust.classes import classes_of
from pointfuse.trust.coverage import evaluate_uncertainty
from pointfuse.trust.crossval import CrossValidation, Scheme, cross_validate
from pointfuse_benchmarks.accuracy.comparison import compare
from pointfuse_benchmarks.accuracy.pollutant_table import tables
from pointfuse_benchmarks.baselines.pollutants import baselines_of
from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine

EVERY, FEWEST_STATIONS = 8, 500
INSTEAD = np.datetime64("2019-12-14")
"""Scored in place of 2019-10-03, of which the file has no value; nothing was fitted to December."""

FOLDS, HOURLY_FOLDS = 5, 10
SCHEMES: tuple[Scheme, ...] = ("stations", "cities")
HOURLY = ("pm25", "no2", "o3")

UNSEEN = np.array(
    ["2019-01-06", "2019-05-12", "2019-07-14", "2019-08-03", "2019-12-14"], "datetime64[D]"
)
"""Days of hours that are three days or more away from all that any parameter was fitted on; the
others are among them or near, with half of the cities."""

OURS = "network"

_CNEMC = REAL_DATA / "cnemc"
_STATIONS = _CNEMC / "station_list.csv"


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=RESULTS / "pollutants.json"
)
@click.option("--variable", "variables", multiple=True, type=click.Choice([*POLLUTANTS]))
@click.option("--part", "parts", multiple=True, type=click.Choice(["days", "hours"]))
def main(output: Path, variables: tuple[str, ...], parts: tuple[str, ...]) -> None:
    """Measure what is not in the output file yet, and print the tables."""
    report: dict[str, Any] = {"machine": machine(), "pollutants": {}}
    if output.is_file():
        report = json.loads(output.read_text())
    for variable in variables or POLLUTANTS:
        model = load_model(variable=variable, threads=1)
        known = report["pollutants"].get(variable, {})
        weights = model.metadata.weights_sha256
        if known.get("weights_sha256") != weights:
            name = f"{model.metadata.name} {model.metadata.version}"
            known = {"model": name, "weights_sha256": weights}
        report["pollutants"][variable] = known
        for part in parts or ("days", "hours"):
            if part in known or (part == "hours" and variable not in HOURLY):
                continue
            known[part] = of_days(model) if part == "days" else of_hours(model)
            with replacing(output) as temporary:
                temporary.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(tables(report))


def of_days(model: Model) -> dict[str, Any]:
    """Scores of days, with stations and with cities left out."""
    variable = model.metadata.target.name
    year = read_stations(
        _CNEMC / "pollutants_daily_2019_even_weeks.csv.gz",
        stations=_STATIONS,
        variables=[variable, *(["pm25"] if variable == "pm10" else [])],
    )
    chosen = np.isin(year.times, [*year.times[::EVERY], INSTEAD])
    days = check_days(year.at_times(chosen), model).of_variables([variable])
    placed = place(days, model.metadata)
    days = days.at_times(placed.target_stations >= FEWEST_STATIONS)
    return {scheme: withheld(days, model, scheme, baselines_of(variable)) for scheme in SCHEMES}


def of_hours(model: Model) -> dict[str, Any]:
    """Scores of hours, and how far the mean of a day's hours is from the field of the day."""
    hours = read_twelve_days(model, hourly=True)
    kriging = {"kriging": baselines_of(model.metadata.target.name)["kriging"]}
    found: dict[str, Any] = {
        scheme: withheld(hours, model, scheme, kriging, in_turns=True) for scheme in SCHEMES
    }
    found["mean_of_hours"] = mean_of_hours(hours, read_twelve_days(model, hourly=False), model)
    return found


def read_twelve_days(model: Model, *, hourly: bool) -> Observations:
    """The twelve days that are there by the hour, or their hours after quality control."""
    read = read_stations(
        sorted([*_CNEMC.glob("china_sites_*.csv"), *_CNEMC.glob("hourly/*.csv.gz")]),
        stations=_STATIONS,
        variables=[model.metadata.target.name],
        hourly=hourly,
    )
    return check_days(read, model) if hourly else read


def withheld(
    observations: Observations,
    model: Model,
    scheme: Scheme,
    others: Mapping[str, Baseline],
    *,
    in_turns: bool = False,
) -> dict[str, Any]:
    """Withhold stations or cities; scores of all predictors on the same pairs."""
    result = cross_validated(observations, model, scheme, others, in_turns=in_turns)
    uncertainty = evaluate_uncertainty(result, classes_of(result))
    predicted = {OURS: result.predicted, **result.baselines}
    scores = compare(result.observed, predicted, [OURS])
    scores["uncertainty"] = {} if uncertainty is None else uncertainty.overall.to_dict()
    if in_turns:
        unseen = np.isin(result.placed.observations.times.astype("datetime64[D]"), UNSEEN)
        of_unseen = {name: table[unseen] for name, table in predicted.items()}
        scores["unseen"] = compare(result.observed[unseen], of_unseen, [OURS])
        scores["unseen"]["held"] = held(result, unseen)
    return scores


def held(result: CrossValidation, times: NDArray[np.bool_]) -> float:
    """Share of the observations at some times that 90 % intervals hold."""
    assert result.uncertainty is not None
    known = np.isfinite(result.predicted[times])
    error = np.abs(result.predicted - result.observed)[times][known]
    return float(np.mean(error <= MULTIPLES[90] * result.uncertainty[times][known]))


def cross_validated(
    observations: Observations,
    model: Model,
    scheme: Scheme,
    others: Mapping[str, Baseline],
    *,
    in_turns: bool,
) -> CrossValidation:
    """Withhold stations or cities, with a bar of progress."""
    label = f"{model.metadata.target.name} {scheme}"
    with click.progressbar(length=len(observations.times), label=label, file=sys.stderr) as bar:
        return cross_validate(
            observations,
            model,
            scheme=scheme,
            folds=HOURLY_FOLDS if in_turns else FOLDS,
            cities=read_station_list(_STATIONS).cities,
            baselines=others,
            in_turns=in_turns,
            workers=usable_cpus(),
            advance=bar.update,
        )


def mean_of_hours(hours: Observations, days: Observations, model: Model) -> dict[str, float]:
    """How far means of fused hours are from fused days, over all days and cells."""
    of_days = fuse(days, model)
    differences, within = [], []
    for day, field, deviation in zip(
        of_days.times, of_days.values, of_days.uncertainty, strict=True
    ):
        own = hours.at_times(hours.times.astype("datetime64[D]") == day)
        mean = fuse(own, model, quality_control=False).values.mean(axis=0, dtype=np.float64)
        differences.append(mean - field)
        within.append(np.abs(mean - field) <= MULTIPLES[90] * deviation)
    difference, mean_field = np.stack(differences), float(of_days.values.mean(dtype=np.float64))
    return {
        "days": len(differences),
        "mean": round(mean_field, 3),
        "mean_difference": round(float(difference.mean()), 3),
        "mean_absolute_difference": round(float(np.abs(difference).mean()), 3),
        "share_within_90": round(float(np.mean(within)), 4),
    }


if __name__ == "__main__":
    main()
