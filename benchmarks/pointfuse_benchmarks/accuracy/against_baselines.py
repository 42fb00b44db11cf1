"""How good the network is beside everything else, on the same pairs: one script, one table.

    python -m pointfuse_benchmarks.accuracy --data DIR -o benchmarks/results/accuracy.json

Real stations are withheld one by one and city by city; real CMAQ fields are sampled at the cells
of the stations and put together again. `DIR` holds `cnemc` and `cmaq_jan2020_36km`. A run that was
broken off goes on where it was: a part that the output file holds is not measured again as long as
the settings are the same. Delete the file where code has changed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.errors import InputFileNotFoundError
from pointfuse.fusion.estimation import estimate
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations
from pointfuse.trust.baselines import Baseline, find_baselines, predict
from pointfuse.trust.classes import classes_of
from pointfuse.trust.coverage import evaluate_uncertainty
from pointfuse.trust.crossval import Scheme, cross_validate
from pointfuse_benchmarks.accuracy.accuracy_table import table
from pointfuse_benchmarks.accuracy.cmaq import read_cmaq_days, sampled
from pointfuse_benchmarks.accuracy.comparison import compare
from pointfuse_benchmarks.baselines.places import cells_of
from pointfuse_benchmarks.measuring.checkout import EXAMPLES
from pointfuse_benchmarks.measuring.machine import machine

Array = NDArray[np.float64]

BASELINES = "nearest,idw,voronoi,gridpp,kriging,kriging-height,gp-b,gp-c"
FOLDS, SEED = 10, 0
FEWEST_STATIONS = 1000
"""Days with fewer are left out, as they were when the baselines were tuned."""

_MASK = EXAMPLES / "mainland_china.npz"
_FILE = click.Path(path_type=Path)


OURS = "network"
"""What the model gives, in one pass of one file."""


def our_predictor(model: Model) -> dict[str, Baseline]:
    """The model, as a callable of the same kind as the baselines."""

    def network(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        cell = cells_of(model.metadata.grid, longitude, latitude)
        return np.asarray(estimate(known, model, cell).values[0], np.float64)

    return {OURS: network}


@click.command()
@click.option("--data", required=True, type=_FILE, help="Folder with cnemc and cmaq_jan2020_36km.")
@click.option("-o", "--output", required=True, type=_FILE, help="JSON file to write.")
@click.option("--baselines", default=BASELINES, show_default=True, metavar="NAME,...")
@click.option("--every", type=click.IntRange(1), default=4, help="Take every Nth day.")
@click.option("--first", type=click.IntRange(0), default=0, help="The first of them.")
@click.option("--model", type=_FILE, help="Model file; the shipped one by default.")
@click.option("--threads", type=click.IntRange(1), help="All usable processors by default.")
def main(
    data: Path,
    output: Path,
    baselines: str,
    every: int,
    first: int,
    model: Path | None,
    threads: int | None,
) -> None:
    """Measure what is not in the output file yet, and print the table."""
    threads = threads or usable_cpus()
    loaded, on_one_thread = load_model(model, threads=threads), load_model(model, threads=1)
    ours = our_predictor(loaded)
    others = find_baselines(baselines.split(","))
    folder = data / "cnemc"
    stations = read_station_list(folder / "station_list.csv")
    settings = {
        "predictors": [*ours, *others],
        "ours": [*ours],
        "model": f"{loaded.metadata.name} {loaded.metadata.version}",
        "model_sha256": loaded.sha256,
        "every": every,
        "first": first,
        "quality_control": True,
        "fewest_stations": FEWEST_STATIONS,
        "folds": FOLDS,
        "seed": SEED,
    }
    report = _kept(output, settings)
    mainland = _mainland()

    def real() -> Observations:
        year = read_stations(
            folder / "pm25_daily_2019_even_weeks.csv.gz", stations=folder / "station_list.csv"
        )
        return days_to_score(year, loaded, every, first)

    def withheld(scheme: Scheme) -> dict[str, Any]:
        progress = output.with_name(f".{output.name}.{scheme}.npz")
        return real_stations(real(), on_one_thread, others, scheme, stations, progress, threads)

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "stations": lambda: withheld("stations"),
        "cities": lambda: withheld("cities"),
        "cmaq": lambda: whole_fields(
            data / "cmaq_jan2020_36km", loaded, ours, others, stations, mainland
        ),
        "seconds_per_field": lambda: seconds_per_field(real(), loaded, ours | others),
    }
    for name, measure in parts.items():
        if name in report["parts"]:
            continue
        began = time.perf_counter()
        report["parts"][name] = measure()
        click.echo(f"{name}: {time.perf_counter() - began:.0f} s", err=True)
        with replacing(output) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(table(report))


def days_to_score(year: Observations, model: Model, every: int, first: int) -> Observations:
    """Every Nth day with enough stations, after quality control."""
    days = check_days(year.at_times(slice(first, None, every)), model)
    placed = place(days, model.metadata)
    return days.at_times(placed.target_stations >= FEWEST_STATIONS)


def real_stations(
    observations: Observations,
    model: Model,
    others: Mapping[str, Baseline],
    scheme: Scheme,
    stations: StationList,
    progress_file: Path,
    workers: int,
) -> dict[str, Any]:
    """Withhold stations or cities; scores of all predictors on the same pairs."""
    days = observations.times
    with click.progressbar(length=len(days), label=scheme, file=sys.stderr) as bar:
        result = cross_validate(
            observations,
            model,
            scheme=scheme,
            folds=FOLDS,
            seed=SEED,
            cities=stations.cities,
            baselines=others,
            workers=workers,
            progress_file=progress_file,
            advance=bar.update,
        )
    predicted = {OURS: result.predicted, **result.baselines}
    uncertainty = evaluate_uncertainty(result, classes_of(result))
    return {
        "first_day": str(days[0]),
        "last_day": str(days[-1]),
        **compare(result.observed, predicted, [OURS]),
        "uncertainty": uncertainty.to_dict() if uncertainty else {},
    }


def whole_fields(
    folder: Path,
    model: Model,
    ours: Mapping[str, Baseline],
    others: Mapping[str, Baseline],
    stations: StationList,
    mainland: NDArray[np.bool_],
) -> dict[str, Any]:
    """Sample CMAQ fields at station cells; scores on the other cells of the mainland."""
    grid = model.metadata.grid
    days, fields = read_cmaq_days(folder, grid)
    places = np.array([*stations.places.values()])
    cells = np.unique(grid.cells(places[:, 0], places[:, 1]))
    cells = cells[cells >= 0]
    placed = sampled(fields, days, cells, model.metadata)
    scored = (mainland & np.isfinite(fields).all(axis=0)).ravel()
    scored[cells] = False
    longitude, latitude = (table.ravel()[scored] for table in grid.longitude_latitude())
    predictors = {**ours, **others}
    predicted = {name: np.empty((len(days), len(longitude))) for name in predictors}
    with click.progressbar(range(len(days)), label="CMAQ", file=sys.stderr) as bar:
        for day in bar:
            known = placed.on_days(slice(day, day + 1))
            for name, call in predictors.items():
                predicted[name][day] = predict(name, call, known, longitude, latitude)
    scores = compare(fields.reshape(len(days), -1)[:, scored], predicted, list(ours))
    return {"sampled_cells": len(cells), "scored_cells": int(scored.sum())} | scores


def seconds_per_field(
    observations: Observations, model: Model, predictors: Mapping[str, Baseline]
) -> dict[str, float]:
    """Faster of two runs for the whole grid, from the day with most stations."""
    placed = place(observations, model.metadata)
    known = placed.on_days(np.array([placed.target_stations.argmax()]))
    longitude, latitude = (table.ravel() for table in model.metadata.grid.longitude_latitude())
    seconds = {}
    for name, call in predictors.items():
        runs = []
        for _ in range(2):
            began = time.perf_counter()
            predict(name, call, known, longitude, latitude)
            runs.append(time.perf_counter() - began)
        seconds[name] = round(min(runs), 2)
    return seconds


def _mainland() -> NDArray[np.bool_]:
    """Cells of mainland China, shape (row, column), over which the published scores go."""
    if not _MASK.is_file():
        raise InputFileNotFoundError(
            f"expected the mask of mainland China at {_MASK}; install the benchmarks from a "
            "checkout with 'pip install -e benchmarks'"
        )
    with np.load(_MASK) as file:
        mask: NDArray[np.bool_] = file["mask"]
    return mask


def _kept(output: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """The report of an earlier run with the same settings, or an empty one."""
    if output.is_file():
        report: dict[str, Any] = json.loads(output.read_text())
        if report.get("settings") == settings:
            return report
    return {"machine": machine(), "settings": settings, "parts": {}}


if __name__ == "__main__":
    main()
