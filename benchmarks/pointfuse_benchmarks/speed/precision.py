"""How far the files of each precision are from the reference, and whether it matters.

    python -m pointfuse_benchmarks.speed.precision [-o FILE.json] [--data DIR]

Fields of the network for the example day and - where real data is at hand - real ones, on each
device of this machine, beside those of the fp32 file on the processor. With `--data` (a folder with
cnemc) real stations are also withheld, one by one and city by city, and predicted with each file.
That takes long; a run that was broken off goes on where it was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.errors import DeviceError
from pointfuse.fusion.fuse import days_to_fuse
from pointfuse.model.devices import Device
from pointfuse.model.loading import Model, load_model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.precisions import REFERENCE
from pointfuse.stations.gridding import grid_days, place
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations
from pointfuse.trust.crossval import CrossValidation, Scheme, cross_validate
from pointfuse_benchmarks.accuracy.against_baselines import FOLDS, SEED, days_to_score
from pointfuse_benchmarks.accuracy.comparison import compare
from pointfuse_benchmarks.measuring.machine import REAL_DATA
from pointfuse_benchmarks.measuring.machine_file import (
    Row,
    load_of_machine,
    machine_file,
    origin,
    read_machine,
    record,
)
from pointfuse_benchmarks.speed.performance_tables import machine_tables
from pointfuse_benchmarks.speed.workload import (
    PRECISIONS,
    example_day,
    shipped_files,
    usable_devices,
)

SCHEMES: tuple[Scheme, ...] = ("stations", "cities")

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("-o", "--output", type=_FILE, help="File of the machine; named after it by default.")
@click.option("--data", type=_FILE, help="Folder with cnemc, to withhold real stations too.")
@click.option("--every", type=click.IntRange(1), default=8, help="Take every Nth day of these.")
def main(output: Path | None, data: Path | None, every: int) -> None:
    """Measure, put the rows into the file of the machine, and print them."""
    about, output = origin("speed.precision", load_of_machine()), machine_file(output)
    models, threads = shipped_files(), usable_cpus()
    rows = errors(models, threads)
    record(output, "precision", [row | about for row in rows])
    if data:
        rows = scores(models, data / "cnemc", every, threads, output)
        record(output, "scores", [row | about for row in rows])
    click.echo(machine_tables(read_machine(output)))


def errors(models: Mapping[str, Path], threads: int) -> list[Row]:
    """Differences from the reference, in the units of the field, for each device and precision.

    Parameters
    ----------
    models : mapping of str to Path
        Model files by precision.
    threads : int
        Threads of the processor.

    Returns
    -------
    list of dict
        With ``mean``, ``p999`` (exceeded in one cell of a thousand) and ``largest`` absolute
        difference over the cells of all ``days``.
    """
    reference = load_model(models[REFERENCE], threads=threads, device="cpu")
    days = list(_days(reference.metadata))
    expected = _fields(reference, days)
    del reference
    found = []
    for device in usable_devices():
        # On the processor all of them, so that there is a row for each where there is no GPU.
        for precision in models if device == "cpu" else PRECISIONS[device]:
            if precision not in models or (device, precision) == ("cpu", REFERENCE):
                continue
            try:
                model = load_model(models[precision], threads=threads, device=device)
            except DeviceError as error:
                click.echo(f"{device}, {precision} left out: {error}", err=True)
                continue
            apart = np.abs(_fields(model, days) - expected)
            found.append(
                _told(model, models[precision])
                | {
                    "mean": round(float(apart.mean(dtype=float)), 5),
                    "p999": round(float(np.quantile(apart, 0.999)), 4),
                    "largest": round(float(apart.max()), 4),
                    "days": len(days),
                    "cells": int(apart[0].size),
                }
            )
    return found


def scores(
    models: Mapping[str, Path], folder: Path, every: int, workers: int, output: Path
) -> list[Row]:
    """Scores at withheld real stations with each file, and ratios to those with the reference."""
    station_list = folder / "station_list.csv"
    cities = read_station_list(station_list).cities
    year = read_stations(folder / "pm25_daily_2019_even_weeks.csv.gz", stations=station_list)
    loaded = {
        # One thread each, since so many folds are predicted at once.
        precision: load_model(path, threads=1, device=_suited(precision))
        for precision, path in models.items()
    }
    days = days_to_score(year, loaded[REFERENCE], every, 0)
    rows = []
    for scheme in SCHEMES:
        results = {}
        for precision, model in loaded.items():
            label = f"{scheme}, {precision}"
            with click.progressbar(length=len(days.times), label=label, file=sys.stderr) as bar:
                results[precision] = cross_validate(
                    days,
                    model,
                    scheme=scheme,
                    folds=FOLDS,
                    seed=SEED,
                    cities=cities,
                    workers=workers,
                    progress_file=output.with_name(f".{output.name}.{scheme}.{precision}.npz"),
                    advance=bar.update,
                )
        for row in compared(results):
            told = _told(loaded[row["precision"]], models[row["precision"]])
            rows.append(
                told | {"scheme": scheme, "folds": FOLDS, "seed": SEED, "every": every} | row
            )
    return rows


def compared(results: Mapping[str, CrossValidation]) -> list[Row]:
    """Rows of scores by precision, with ratios to the reference on the same pairs."""
    observed = results[REFERENCE].observed
    others = [precision for precision in results if precision != REFERENCE]
    found = compare(observed, {name: each.predicted for name, each in results.items()}, others)
    rows = []
    for precision, values in found["scores"].items():
        row: dict[str, Any] = {"precision": precision, **values}
        row |= {name: found[name] for name in ("days", "pairs")}
        if precision in others:
            row["ratios"] = found["ratios"][precision][REFERENCE]
        rows.append(row)
    return rows


def _days(metadata: ModelMetadata) -> Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The example day, and the hourly real ones where they are at hand, as inputs of a model."""
    days = [example_day()]
    folder = REAL_DATA / "cnemc"
    if folder.is_dir():
        files = sorted(folder.glob("china_sites_*.csv"))
        days.append(read_stations(files, stations=folder / "station_list.csv"))
    for observations in days:
        gridded = grid_days(days_to_fuse(place(observations, metadata)))
        for i in range(len(gridded.observations)):
            yield gridded.observations[i : i + 1], gridded.observed[i : i + 1]


def _fields(
    model: Model, days: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> NDArray[np.float32]:
    return np.concatenate([model.run(*day).field for day in days])


def _suited(precision: str) -> Device:
    """The device that a precision is meant for, or else the processor."""
    suited = (device for device in usable_devices() if precision in PRECISIONS[device])
    return next(suited, "cpu")


def _told(model: Model, path: Path) -> Row:
    """What a row says of the model that it is of, and of where that ran."""
    return {
        "model": f"{model.metadata.name} {model.metadata.version}",
        "model_sha256": model.sha256,
        "bytes": path.stat().st_size,
        "precision": model.metadata.precision,
        "device": model.device,
        "provider": model.provider,
        "threads": model.threads,
    }


if __name__ == "__main__":
    main()
