"""What a day of many stations takes: `pointfuse fuse` of one source tree beside another's.

    python -m pointfuse_benchmarks.speed.many_stations NEW/inference OLD/inference --stations 12000

Each tree is fused with by new processes that find it through PYTHONPATH; both use the model of
their own, and the same file of made-up stations.
"""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.precisions import chosen_path
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_benchmarks.measuring.source_tree import fused_with

_TOWNS, _IN_TOWNS, _TOWN_SIZE = 400, 2 / 3, 20e3
"""Towns, share of the stations that stand in one, and how far they spread there, m."""

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("trees", nargs=-1, required=True, type=_FOLDER)
@click.option("--stations", "counts", multiple=True, default=(1500, 12000), show_default=True)
@click.option("--option", "options", multiple=True, help="Option for pointfuse fuse.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the results as JSON.")
def main(
    trees: tuple[Path, ...], counts: tuple[int, ...], options: tuple[str, ...], output: Path | None
) -> None:
    """Fuse a day of made-up stations with each of the source TREES, and print what it took."""
    metadata = read_model_file(chosen_path(None, "auto", "cpu"))[1]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in counts:
            stations = folder / f"{count}.csv"
            write_stations(stations, metadata, count)
            rows += [
                {"tree": number, "stations": count, **measured(tree, stations, options, folder)}
                for number, tree in enumerate(trees, 1)
            ]
    report = {"machine": machine(), "options": list(options), "rows": rows}
    click.echo(table(report))
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n")


def write_stations(path: Path, metadata: ModelMetadata, count: int, seed: int = 0) -> None:
    """A day of stations, two thirds of them in towns; their values wave over the map, with noise.

    Parameters
    ----------
    path : Path
        CSV file to write.
    metadata : ModelMetadata
        The grid that they stand on.
    count : int
        Stations.
    seed : int
        Seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    grid = metadata.grid
    lowest, highest = np.array([grid.x[0], grid.y[0]]), np.array([grid.x[-1], grid.y[-1]])
    places = rng.uniform(lowest, highest, (count, 2))
    towns = rng.uniform(lowest, highest, (_TOWNS, 2))
    inside = rng.random(count) < _IN_TOWNS
    town = rng.integers(0, _TOWNS, int(inside.sum()))
    places[inside] = towns[town] + rng.normal(0, _TOWN_SIZE, (len(town), 2))
    x, y = np.clip(places, lowest, highest).T
    values = 60 + 35 * np.sin(x / 4e5) * np.cos(y / 5e5) + rng.normal(0, 6, count)
    longitude, latitude = grid.projection.inverse(x, y)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["station", "longitude", "latitude", "date", "pm25"])
        rows = zip(longitude, latitude, np.maximum(values, 1), strict=True)
        writer.writerows(
            (f"S{number}", f"{east:.4f}", f"{north:.4f}", "2019-01-06", f"{value:.1f}")
            for number, (east, north, value) in enumerate(rows)
        )


def measured(
    tree: Path, stations: Path, options: tuple[str, ...], folder: Path
) -> dict[str, float]:
    """Seconds and peak memory of the whole command in a new process."""
    output = folder / f"{tree.resolve().parent.name}.nc"
    run = fused_with(tree, [str(stations), *options, "-o", str(output)])
    return {"seconds": round(run.seconds, 1), "peak_memory_mb": round(run.peak_memory_mb)}


def table(report: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| stations | source tree | time | peak memory |",
        "| --- | --- | --- | --- |",
        *(
            f"| {row['stations']} | {row['tree']} | {row['seconds']:.1f} s | "
            f"{row['peak_memory_mb']} MB |"
            for row in report["rows"]
        ),
    ]
    about = report["machine"]
    lines += [
        "",
        f"{about['processor']}, {about['threads']} threads, {about['system']},",
        f"Python {about['python']}, onnxruntime {about['onnxruntime']}, {about['date']}; "
        "`python -m pointfuse_benchmarks.speed.many_stations NEW OLD`.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
