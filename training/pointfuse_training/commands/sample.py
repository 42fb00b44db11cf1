"""`pointfuse-train sample`: an archive of samples of a Gaussian process."""

from __future__ import annotations

import time
from pathlib import Path

import click
import torch

from pointfuse.basics.progress import progress
from pointfuse.commands.inputs_and_outputs import Command, InputFile
from pointfuse_training.commands.scenario_options import (
    folder_option,
    grid_option,
    scenarios_option,
    static_option,
    threads_option,
)
from pointfuse_training.processes.process_file import read_process
from pointfuse_training.processes.runs import sample_archive
from pointfuse_training.simulation.static_inputs import read_static_inputs
from pointfuse_training.static_layers.grids import read_grid


@click.command(cls=Command)
@static_option
@click.option(
    "--process",
    "process_path",
    required=True,
    type=InputFile(),
    help="What to draw from: a file that 'process' wrote.",
)
@grid_option
@scenarios_option
@click.option(
    "--days",
    default=8,
    show_default=True,
    type=click.IntRange(1, 365),
    help="Days of each scenario, which share its parameters.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@threads_option
@folder_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def sample(
    static: Path,
    process_path: Path,
    place: Path | None,
    scenarios: int,
    days: int,
    seed: int,
    threads: int,
    folder: Path,
    quiet: bool,
) -> None:
    """Draw daily fields from Gaussian processes over terrain and land."""
    began = time.perf_counter()
    torch.set_num_threads(threads)
    distribution = read_process(process_path)
    layers = read_static_inputs(static, read_grid(place), torch.device("cpu"))
    with progress(scenarios * days, "drawing", quiet) as bar:
        sample_archive(
            layers,
            distribution,
            folder,
            scenarios=scenarios,
            days=days,
            seed=seed,
            on_day=bar.update,
        )
    if not quiet:
        seconds = time.perf_counter() - began
        click.echo(f"{scenarios} scenarios of {days} days in {folder}, {seconds:.0f} s")
