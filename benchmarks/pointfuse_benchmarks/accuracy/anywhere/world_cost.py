"""What a field of any place costs, files to file: seconds and memory of `pointfuse fuse`.

    python -m pointfuse_benchmarks.accuracy.anywhere.world_cost

Stations are random, and so are their values: only how many they are counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from pointfuse import load_model
from pointfuse.domains.domain import Domain, write_domain
from pointfuse.domains.extents import extent_around
from pointfuse.domains.new_domain import new_domain
from pointfuse.grid.regular_grid import Grid
from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_benchmarks.measuring.memory import run_measured

_OF_CHINA = load_model(threads=1).metadata.grid
CASES: dict[str, tuple[Grid, int, bool]] = {
    "models of China, 372 x 426 cells": (_OF_CHINA, 900, False),
    "any place, the same grid": (_OF_CHINA, 900, True),
    "any place, 2,000 x 2,000 cells of 3 km": (
        new_domain(extent_around(12, 50, 5999), cell_size=3000.0).grid,
        900,
        True,
    ),
    "any place, 12,000 stations": (
        new_domain(extent_around(-95, 39, 4000), cell_size=12_000.0).grid,
        12_000,
        True,
    ),
}
"""Grid, stations, and whether the model is that of any place."""

_DAYS = (1, 3)


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=RESULTS / "anywhere_cost.json"
)
def main(output: Path) -> None:
    """Measure, write the results and print the table."""
    rows = [{"case": name, **measured(*case)} for name, case in CASES.items()]
    report: dict[str, object] = {"machine": machine(), "rows": rows}
    output.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(table(report))


def measured(grid: Grid, stations: int, anywhere: bool) -> dict[str, object]:
    """Seconds of the first day and of a further one, and the peak memory, MiB."""
    seconds, peak = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        domain = Path(folder) / "domain.toml"

        write_domain(Domain("measured", grid), domain)
        for days in _DAYS:
            path = Path(folder) / "stations.csv"
            write_stations(path, grid, stations, days)
            program = Path(sys.executable).with_name("pointfuse")
            call = [str(program), "fuse", str(path), "--no-qc", "--timezone", "UTC", "--quiet"]
            call += ["--domain", str(domain)] if anywhere else []
            ended = run_measured(
                [sys.executable, *call, "-o", f"{folder}/field.nc"],
                stdout=subprocess.DEVNULL,
            )
            if ended.status:
                raise click.ClickException(f"{' '.join(call)} ended with {ended.status}")
            seconds.append(ended.seconds)
            peak = max(peak, ended.peak_memory_mb)
    further = (seconds[1] - seconds[0]) / (_DAYS[1] - _DAYS[0])
    return {
        "cells": grid.rows * grid.columns,
        "stations": stations,
        "first_day": round(seconds[0], 2),
        "further_day": round(further, 2),
        "microseconds_a_cell": round(1e6 * further / (grid.rows * grid.columns), 2),
        "peak_memory_mb": round(peak),
    }


def write_stations(path: Path, grid: Grid, count: int, days: int) -> None:
    """A tidy file of stations at random places of a grid."""
    random = np.random.default_rng(0)
    x = random.uniform(grid.x[0], grid.x[-1], count)
    y = random.uniform(grid.y[0], grid.y[-1], count)
    longitude, latitude = grid.projection.inverse(x, y)
    lines = ["station,longitude,latitude,date,pm25"]
    for day in range(days):
        values = 40 + 15 * np.sin(5 * x / np.ptp(x)) + random.normal(0, 4, count)
        lines += [
            f"S{i},{longitude[i]:.5f},{latitude[i]:.5f},2024-02-0{day + 1},{values[i]:.1f}"
            for i in range(count)
        ]
    path.write_text("\n".join(lines) + "\n")


def table(report: dict[str, object]) -> str:
    """The results in Markdown."""
    header = ["case", "stations", "first day", "further day", "a million cells", "peak memory"]
    lines = [header, ["---"] * len(header)]
    rows = report["rows"]
    assert isinstance(rows, list)
    for row in rows:
        lines.append(
            [
                row["case"],
                f"{row['stations']:,}",
                f"{row['first_day']:.1f} s",
                f"{row['further_day']:.1f} s",
                f"{row['microseconds_a_cell']:.1f} s",
                f"{row['peak_memory_mb']:,} MiB",
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
