"""Whether a field has seams: jumps between neighbouring cells far from all stations.

    python -m pointfuse_benchmarks.accuracy.seams --data DATA -o seams.json

`DATA` holds `cnemc`. The four days of hourly files are fused, each also from a few of its stations
alone. Where no station is near, a field may jump as terrain and land do, but no more: the edge of a
kernel would show as a jump between cells that are alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.fusion.estimation import estimate
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.reading import read_stations
from pointfuse_benchmarks.accuracy.regional_networks import SCORED
from pointfuse_benchmarks.measuring.checkout import CHECKPOINT
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_training.network.checkpoints import load_checkpoint

Array = NDArray[np.float64]

FAR = 300e3
"""Distance from which on a cell is far from stations, m."""

FEW = 20
"""Stations that are left of a day."""

ALIKE = 0.1
"""Cells whose layers differ by less than this share of their ranges are alike."""


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with cnemc.")
@click.option("--model", "file", type=click.Path(path_type=Path), help="Model file.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="JSON file to write.")
def main(data: Path, file: Path | None, output: Path | None) -> None:
    """Measure and print."""
    model, folder = load_model(file), data / "cnemc"
    files = [folder / f"china_sites_{day}.csv" for day in SCORED]
    days = read_stations(files, stations=folder / "station_list.csv")
    layers = load_checkpoint(CHECKPOINT).static_layers.double().numpy()
    report = measured(place(check_days(days, model), model.metadata), model, layers)
    click.echo(table(report))
    if output:
        with replacing(output) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n")


def measured(placed: PlacedObservations, model: Model, layers: Array) -> dict[str, Any]:
    """Largest jumps of each day, from all of its stations and from `FEW`.

    Parameters
    ----------
    placed : PlacedObservations
        The days.
    model : Model
        What fuses them.
    layers : ndarray of float64, shape (layer, row, column)
        Static layers.
    """
    random = np.random.default_rng(0)
    ground = largest_steps(layers)
    days = []
    for number in range(len(placed.observations.times)):
        day = placed.on_days(slice(number, number + 1))
        present = np.flatnonzero(np.isfinite(day.observations.values[day.metadata.target.name][0]))
        few = np.ones(len(day.cell), bool)
        few[random.choice(present, min(FEW, len(present)), replace=False)] = False
        for known in (day, day.without(few)):
            fields = estimate(known, model)
            field, distance = (
                table[0].reshape(model.metadata.grid.shape)
                for table in (fields.values.astype(np.float64), fields.station_distance)
            )
            days.append(
                {
                    "day": str(day.observations.times[0]),
                    "stations": int(known.target_stations[0]),
                    **jumps(field, distance, ground),
                }
            )
    return {
        "machine": machine(),
        "model": f"{model.metadata.name} {model.metadata.version}",
        "days": days,
    }


def largest_steps(layers: Array) -> tuple[Array, Array]:
    """Steps of the ground to the next row and to the next column.

    A step is that of the layer that differs most, as a share of the layer's range.

    Parameters
    ----------
    layers : ndarray of float64, shape (layer, row, column)
        Static layers.
    """
    spans = np.ptp(layers, axis=(1, 2))
    steps = [np.abs(np.diff(layers, axis=axis)) / spans[:, None, None] for axis in (1, 2)]
    return steps[0].max(axis=0), steps[1].max(axis=0)


def jumps(
    field: Array, distance: NDArray[np.floating[Any]], ground: tuple[Array, Array]
) -> dict[str, float]:
    """Largest relative jumps of a field between neighbours that are far from stations.

    Parameters
    ----------
    field : ndarray of float64, shape (row, column)
        Field, ug/m3.
    distance : ndarray, the same shape
        Distance to the nearest cell with a station, m.
    ground : tuple of two ndarray
        As `largest_steps` gives them.

    Returns
    -------
    dict
        ``jump``, and ``jump_alike`` between cells that are alike, as shares of the larger value;
        ``step``, the largest of the ground there; ``cells``, how many pairs there are.
    """
    found, steps = [], []
    for axis, step in enumerate(ground):
        pairs = [np.take(table, range(table.shape[axis] - 1), axis) for table in (field, distance)]
        others = [np.take(table, range(1, table.shape[axis]), axis) for table in (field, distance)]
        far = (pairs[1] > FAR) & (others[1] > FAR)
        larger = np.maximum(np.maximum(pairs[0], others[0]), 1.0)
        found.append((np.abs(pairs[0] - others[0]) / larger)[far])
        steps.append(step[far])
    jump, step = np.concatenate(found), np.concatenate(steps)
    if not len(jump):
        return {"pairs": 0, "jump": 0.0, "jump_alike": 0.0, "step": 0.0}
    return {
        "pairs": len(jump),
        "jump": round(float(jump.max()), 4),
        "jump_alike": round(float(jump[step < ALIKE].max(initial=0.0)), 4),
        "step": round(float(step.max()), 4),
    }


def table(report: dict[str, Any]) -> str:
    """The jumps in Markdown."""
    lines = [
        "| day | stations | pairs of cells | largest jump | between cells alike | of the ground |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {day['day']} | {day['stations']} | {day['pairs']} | {day['jump']:.1%} | "
        f"{day['jump_alike']:.1%} | {day['step']:.1%} |"
        for day in report["days"]
    ]
    about = report["machine"]
    lines += [
        "",
        f"{report['model']}; {about['processor']}, {about['threads']} threads, {about['date']}; "
        "`python -m pointfuse_benchmarks.accuracy.seams`.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
