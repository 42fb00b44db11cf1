"""`pointfuse-train sample`: an archive of samples of a Gaussian process."""

from __future__ import annotations

from pathlib import Path

import click
import torch

from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile
from pointfuse_training.commands.archive_options import ArchiveOptions, archive_options, making
from pointfuse_training.processes.process_file import read_process
from pointfuse_training.processes.runs import sample_archive


@click.command(cls=Command)
@click.option(
    "--process",
    "process_path",
    required=True,
    type=InputFile(),
    help="What to draw from: a file that 'process' wrote.",
)
@archive_options
def sample(process_path: Path, archive: ArchiveOptions) -> None:
    """Draw daily fields from Gaussian processes over terrain and land.

    The days of a scenario share its parameters.
    """
    distribution = read_process(process_path)
    with making(archive, "drawing", torch.device("cpu")) as (layers, on_day):
        sample_archive(
            layers,
            distribution,
            archive.folder,
            scenarios=archive.scenarios,
            days=archive.days,
            seed=archive.seed,
            on_day=on_day,
        )
