"""How good the models of any place are where there are stations to withhold, beside other methods.

    pip install './benchmarks[peers]' ./world
    python -m pointfuse_benchmarks.accuracy.anywhere.world_scores

needs the real data (POINTFUSE_REAL_DATA). Single stations and squares of 300 km are left out; all
methods predict the same pairs from the same stations. Of China the model of China does so too. Two
fields of transport models are completed from their cells at stations.
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

from pointfuse import Model, check_days, load_model
from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.stations.gridding import grid_days, place
from pointfuse.trust.baselines import Baseline, find_baselines
from pointfuse.trust.crossval import CrossValidation, Scheme, cross_validate
from pointfuse_benchmarks.accuracy.anywhere.world_maps import draw_maps
from pointfuse_benchmarks.accuracy.anywhere.world_places import PLACES, Place, lotos_euros
from pointfuse_benchmarks.accuracy.anywhere.world_tables import tables
from pointfuse_benchmarks.accuracy.comparison import compare
from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine import machine

SCHEMES: tuple[Scheme, ...] = ("stations", "blocks")
OTHERS = ("kriging", "idw", "gridpp")
OURS, OF_CHINA = "network", "model of China"


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=RESULTS / "anywhere.json")
@click.option("--place", "places", multiple=True, type=click.Choice([*PLACES, "lotos_euros"]))
@click.option(
    "--maps",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to draw a map of each place into.",
)
def main(output: Path, places: tuple[str, ...], maps: Path | None) -> None:
    """Measure what is not in the output file yet, print the tables, and draw the maps."""
    report: dict[str, Any] = {"machine": machine(), "places": {}}
    if output.is_file():
        report = json.loads(output.read_text())
    for name in places or (*PLACES, "lotos_euros"):
        known = report["places"].get(name, {})
        found = (
            completed(*lotos_euros(), known)
            if name == "lotos_euros"
            else of_place(PLACES[name](), known)
        )
        report["places"][name] = found
        with replacing(output) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(tables(report))
    if maps is not None:
        maps.mkdir(parents=True, exist_ok=True)
        draw_maps(maps, PLACES)


def of_place(one: Place, known: dict[str, Any]) -> dict[str, Any]:
    """Scores of a place, with stations and with squares left out, if they are not known yet."""
    model = one.model()
    weights = model.metadata.weights_sha256
    if known.get("weights_sha256") == weights:
        return known
    days = check_days(one.observations, model)
    found: dict[str, Any] = {
        "weights_sha256": weights,
        "name": one.name,
        "variable": one.variable,
        "domain": one.domain.summary,
        "stations": len(days.stations),
    }
    others = find_baselines(OTHERS)
    for scheme in SCHEMES:
        found[scheme] = _withheld(one, model, scheme, others)
    return found


def _withheld(
    one: Place, model: Model, scheme: Scheme, others: Mapping[str, Baseline]
) -> dict[str, Any]:
    result = _cross_validated(one, model, scheme, others)
    predicted = {OURS: result.predicted, **result.baselines}
    if one.name == "China":
        of_china = _cross_validated(one, load_model(threads=1), scheme, {})
        assert np.array_equal(of_china.fold, result.fold)
        predicted[OF_CHINA] = of_china.predicted
    scores = compare(result.observed, predicted, [OURS])
    scores["held"] = {str(percent): _held(result, percent) for percent in (50, 80, 90, 95)}
    return scores


def _cross_validated(
    one: Place, model: Model, scheme: Scheme, others: Mapping[str, Baseline]
) -> CrossValidation:
    days = check_days(one.observations, model)
    with click.progressbar(
        length=len(days.times), label=f"{one.name} {scheme}", file=sys.stderr
    ) as bar:
        return cross_validate(
            days,
            model,
            scheme=scheme,
            folds=one.folds if scheme == "stations" else one.squares,
            baselines=others,
            workers=usable_cpus(),
            advance=bar.update,
        )


def _held(result: CrossValidation, percent: int) -> float:
    """Share of the observations in intervals."""
    assert result.uncertainty is not None
    error = np.abs(result.predicted - result.observed)
    known = np.isfinite(error)
    within = error[known] <= MULTIPLES[percent] * result.uncertainty[known]
    return round(float(within.mean()), 4)


def completed(
    one: Place,
    places: NDArray[np.float64],
    truth: NDArray[np.float64],
    known: dict[str, Any],
) -> dict[str, Any]:
    """Errors of a transport model's field, completed from its cells at stations."""
    model = one.model()
    weights = model.metadata.weights_sha256
    if known.get("weights_sha256") == weights:
        return known
    longitude, latitude = places
    placed = place(one.observations, model.metadata)
    gridded = grid_days(placed)
    fields = model.run(gridded.observations, gridded.observed)
    grid = model.metadata.grid
    ours = grid.interpolation(longitude, latitude).read(fields.field[0].ravel())
    predicted = {OURS: ours}
    for name, baseline in find_baselines(OTHERS).items():
        predicted[name] = baseline(placed, longitude, latitude)
    return {
        "weights_sha256": weights,
        "name": one.name,
        "given": len(one.observations.stations),
        "cells": len(truth),
        "nme": {name: _nme(values, truth) for name, values in predicted.items()},
    }


def _nme(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return round(float(np.abs(values - truth).sum() / truth.sum()), 4)


if __name__ == "__main__":
    main()
