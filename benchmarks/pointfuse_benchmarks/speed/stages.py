"""What each stage of a day takes, from station files to a finished file, and the bytes it moves.

    python -m pointfuse_benchmarks.speed.stages

The stages are those of `pointfuse fuse`, one after the other, on copies of the four real days of
hourly values, with the model on one thread as on a cluster. Their times are those of processors,
which other work on the machine hardly changes; written to `benchmarks/results/stages.json`.
"""

from __future__ import annotations

import json
import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pointfuse import load_model
from pointfuse.basics.atomic_files import replacing
from pointfuse.fields.netcdf import write_netcdf
from pointfuse.fusion.finished_days import FinishedDays
from pointfuse.model.precisions import PRECISIONS, PrecisionChoice
from pointfuse.stations.gridding import place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_request
from pointfuse.stations.spool import Spool, read_into_spool
from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine_file import load_of_machine, origin
from pointfuse_benchmarks.speed.years import CNEMC, make_days

OUTPUT = RESULTS / "stages.json"
"""What was measured."""

DAYS = 7
"""A week: hours are checked week by week."""


@click.command()
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="int8",
    show_default=True,
    help="File of the shipped model.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=OUTPUT, help="JSON file to write."
)
def main(precision: PrecisionChoice, output: Path) -> None:
    """Measure, print and write."""
    load = load_of_machine()
    report = measured(precision) | origin("speed.stages", load)
    text = json.dumps(report, indent=1) + "\n"
    print(text, end="")
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")


def measured(precision: PrecisionChoice) -> dict[str, Any]:
    """Processor seconds and bytes of each stage, a day."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str, days: int = DAYS) -> Iterator[None]:
        began = time.process_time()
        yield
        seconds[name] = round((time.process_time() - began) / days, 4)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = sorted(Path(make_days(folder / "files", DAYS)).parent.glob("*.csv"))
        for empty in ("spool", "pieces"):
            (folder / empty).mkdir()
        model = load_model(precision=precision, threads=1)
        variables = model.metadata.variables
        station_list = read_station_list(CNEMC / "station_list.csv")
        spool = Spool(folder / "spool")
        with stage("read"):
            read_into_spool(
                spool,
                files,
                folder / "pieces",
                request=read_request(stations=station_list, variables=variables),
            )
        with stage("check"):
            weeks = spool.weeks(variables, min_hours=18, quality_control=True)
            checked = [check_days(week, model) for week in weeks]
        with stage("place"):
            placed = [
                place(week.at_times(slice(day, day + 1)), model.metadata)
                for week in checked
                for day in range(len(week.times))
            ]
        # The first run is that of a cold session.
        FinishedDays(folder / "cold").fuse(placed[0], model, keep=False)
        finished = FinishedDays(folder / "days")
        with stage("compute"):
            fields = [finished.fuse(day, model, keep=True) for day in placed]
        with stage("load"):
            fields = [finished.fuse(day, model, keep=True) for day in placed]
        with stage("write"):
            output = write_netcdf(folder / "out.nc", fields, history="measured")
        task = replace(placed[0], listed=placed[0].observations)
        return {
            "precision": model.metadata.precision,
            "days": DAYS,
            "stations": placed[0].counts.read,
            "cells": model.metadata.grid.rows * model.metadata.grid.columns,
            "processor_seconds": seconds,
            "bytes": {
                "files": _mean_size(folder / "files"),
                "spool": _mean_size(folder / "spool"),
                "task": len(pickle.dumps(task)),
                "kept": _mean_size(folder / "days"),
                "output": round(output.stat().st_size / DAYS),
            },
        }


def _mean_size(folder: Path) -> int:
    """Bytes of the files of a folder, a day."""
    return round(sum(path.stat().st_size for path in folder.iterdir()) / DAYS)


if __name__ == "__main__":
    main()
