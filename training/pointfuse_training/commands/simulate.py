"""`pointfuse-train simulate`: an archive of simulated days."""

from __future__ import annotations

import click

from pointfuse.commands.inputs_and_outputs import Command
from pointfuse_training.commands.archive_options import ArchiveOptions, archive_options, making
from pointfuse_training.fitting.devices import checked_device
from pointfuse_training.simulation.runs import simulate_archive


@click.command(cls=Command)
@archive_options
@click.option(
    "--batch",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Scenarios to simulate side by side; more than one pays on a GPU.",
)
@click.option("--device", default="cpu", show_default=True, help="Where to run: cpu, cuda, cuda:1.")
def simulate(archive: ArchiveOptions, batch: int, device: str) -> None:
    """Simulate daily fields with the reduced chemical transport model."""
    with making(archive, "simulating", checked_device(device)) as (layers, on_day):
        simulate_archive(
            layers,
            archive.folder,
            scenarios=archive.scenarios,
            days=archive.days,
            seed=archive.seed,
            batch=batch,
            on_day=on_day,
        )
