"""`pointfuse-train simulate`: an archive of simulated days."""

from __future__ import annotations

import click

from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse_training.archives.archive_variables import TARGETS
from pointfuse_training.commands.archive_options import ArchiveOptions, archive_options, making
from pointfuse_training.fitting.devices import checked_device
from pointfuse_training.simulation.runs import simulate_archive

ALL = "all"


@click.command(cls=Command)
@archive_options
@click.option(
    "--batch",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Scenarios to simulate side by side; more than one pays on a GPU.",
)
@click.option(
    "--variable",
    "variables",
    multiple=True,
    default=("pm25",),
    show_default=True,
    type=click.Choice([*TARGETS, ALL]),
    help="Pollutant to simulate; repeat it, or say 'all'. Several get a folder each.",
)
@click.option("--device", default="cpu", show_default=True, help="Where to run: cpu, cuda, cuda:1.")
def simulate(archive: ArchiveOptions, batch: int, variables: tuple[str, ...], device: str) -> None:
    """Simulate daily fields with the reduced chemical transport model."""
    with making(archive, "simulating", checked_device(device)) as (layers, on_day):
        simulate_archive(
            layers,
            archive.folder,
            scenarios=archive.scenarios,
            days=archive.days,
            seed=archive.seed,
            batch=batch,
            targets=tuple(TARGETS) if ALL in variables else tuple(dict.fromkeys(variables)),
            on_day=on_day,
        )
