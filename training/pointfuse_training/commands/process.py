"""`pointfuse-train process`: the parameters of a Gaussian process from real stations."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import click
import torch

from pointfuse.basics.output_formats import TOML
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import call_text
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import ReadingOptions, reading_options
from pointfuse_training.commands.unscored_options import Unscored, read_unscored, unscored_options
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.processes.likelihood_fit import MOST_STEPS, fit_distribution
from pointfuse_training.processes.process_file import write_process
from pointfuse_training.processes.station_days import station_days
from pointfuse_training.simulation.static_inputs import read_static_inputs


@click.command(cls=Command)
@reading_options
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on the grid.")
@unscored_options
@click.option(
    "-o", "--output", required=True, type=OutputFile(TOML), help="File (.toml) of the process."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def process(
    static: Path,
    output: Path,
    quiet: bool,
    reading: ReadingOptions,
    unscored: Unscored,
) -> None:
    """Fit a Gaussian process over terrain and land to the stations in FILES.

    What comes out is its likeliest parameters, and how they, the level and the trend differ from
    day to day; no value of a station or day.
    """
    began = time.perf_counter()
    days = read_unscored(reading, unscored).alone()
    placed = days.placed
    layers = read_static_inputs(static, placed.metadata.grid, torch.device("cpu"))
    times, stations = placed.observations.times, len(placed.observations.stations)
    provenance = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "stations": stations,
        "cities": len({*days.city} - {""}),
        "days": times.astype(str).tolist(),
        "observations_sha256": observations_sha256(placed),
        "static_sha256": layers.sha256,
    }
    with progress(MOST_STEPS + len(times), "fitting", quiet, "steps") as bar:
        distribution = fit_distribution(
            station_days(placed, layers),
            provenance,
            target=placed.metadata.target.name,
            on_step=bar.update,
        )
    write_process(output, distribution)
    if not quiet:
        click.echo(
            f"wrote {output}: length {distribution.process.length:.0f} km, nugget "
            f"{distribution.process.nugget:.3f}, from {len(times)} days of "
            f"{stations} stations, {time.perf_counter() - began:.0f} s"
        )
