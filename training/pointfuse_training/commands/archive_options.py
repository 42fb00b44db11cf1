"""Options of the commands that make an archive, and the frame that both work in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import torch

from pointfuse.basics.counted import counted
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.inputs_and_outputs import InputFile, ModelFile, OutputFolder
from pointfuse.commands.shared.running import gathered
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs
from pointfuse_training.static_layers.grids import read_grid

_OPTIONS = (
    click.option(
        "--static", required=True, type=InputFile(), help="Static layers (.npz) on the grid."
    ),
    click.option(
        "--grid",
        "place",
        type=ModelFile("*.nc"),
        help="Whose grid to use: a model file, TOML with a [grid], an archive, or netCDF (CMAQ, "
        "WRF, CF); the shipped model's by default.",
    ),
    click.option("--scenarios", required=True, type=click.IntRange(1), help="Number of scenarios."),
    click.option(
        "--days", required=True, type=click.IntRange(1, 365), help="Days of each scenario."
    ),
    click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed."),
    click.option(
        "--threads",
        default=1,
        show_default=True,
        type=click.IntRange(1),
        help="Threads; the bits of an archive may depend on them.",
    ),
    click.option(
        "-o",
        "--output",
        "folder",
        required=True,
        type=OutputFolder("scenario_*.nc"),
        help="Folder of the archive.",
    ),
    click.option("--quiet", is_flag=True, help="Print warnings and errors only."),
)


@dataclass(frozen=True)
class ArchiveOptions:
    """What archive is made, and how.

    Parameters
    ----------
    static : Path
        File of the static layers.
    place : Path or None
        File whose grid is used; the shipped model's without one.
    scenarios, days : int
        Number of scenarios, and of days of each.
    seed : int
        Seed of the archive.
    threads : int
        Threads of PyTorch.
    folder : Path
        Folder of the archive.
    quiet : bool
        Whether nothing is said.
    """

    static: Path
    place: Path | None
    scenarios: int
    days: int
    seed: int
    threads: int
    folder: Path
    quiet: bool


archive_options = gathered("archive", ArchiveOptions, _OPTIONS)
"""Give a command the argument ``archive``: `ArchiveOptions`."""


@contextmanager
def making(
    archive: ArchiveOptions, doing: str, device: torch.device
) -> Iterator[tuple[StaticInputs, Callable[[int], None]]]:
    """Static layers on a device, and what is told of each day; what was made is said at the end.

    Parameters
    ----------
    archive : ArchiveOptions
        What archive is made.
    doing : str
        What the progress bar says.
    device : torch.device
        Where the static layers are put.
    """
    began = time.perf_counter()
    torch.set_num_threads(archive.threads)
    layers = read_static_inputs(archive.static, read_grid(archive.place), device)
    with progress(archive.scenarios * archive.days, doing, archive.quiet) as bar:
        yield layers, bar.update
    if not archive.quiet:
        seconds = time.perf_counter() - began
        click.echo(
            f"{counted(archive.scenarios, 'scenario')} of {counted(archive.days, 'day')} in "
            f"{archive.folder}, {seconds:.0f} s"
        )
