"""`pointfuse-train simulate`: an archive of simulated days."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import torch

from pointfuse.commands.inputs_and_outputs import Command
from pointfuse_training.commands.scenario_options import (
    folder_option,
    grid_option,
    scenarios_option,
    static_option,
    threads_option,
)
from pointfuse_training.fitting.devices import checked_device
from pointfuse_training.simulation.runs import simulate_archive
from pointfuse_training.simulation.static_inputs import read_static_inputs
from pointfuse_training.static_layers.grids import read_grid


@click.command(cls=Command)
@static_option
@grid_option
@scenarios_option
@click.option("--days", required=True, type=click.IntRange(1, 365), help="Days of each scenario.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option(
    "--batch",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Scenarios to simulate side by side; more than one pays on a GPU.",
)
@click.option("--device", default="cpu", show_default=True, help="Where to run: cpu, cuda, cuda:1.")
@threads_option
@folder_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def simulate(
    static: Path,
    place: Path | None,
    scenarios: int,
    days: int,
    seed: int,
    batch: int,
    device: str,
    threads: int,
    folder: Path,
    quiet: bool,
) -> None:
    """Simulate daily fields with the reduced chemical transport model."""
    began = time.perf_counter()
    torch.set_num_threads(threads)
    layers = read_static_inputs(static, read_grid(place), checked_device(device))
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(
        length=scenarios * days, label="simulating", file=sys.stderr, hidden=hidden
    ) as bar:
        simulate_archive(
            layers,
            folder,
            scenarios=scenarios,
            days=days,
            seed=seed,
            batch=batch,
            on_day=bar.update,
        )
    if not quiet:
        seconds = time.perf_counter() - began
        click.echo(f"{scenarios} scenarios of {days} days in {folder}, {seconds:.0f} s")
