"""`pointfuse-train patterns`: static layers with the patterns of an archive."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse_training.archives.archive import Archive
from pointfuse_training.network.weights import read_arrays
from pointfuse_training.samples.patterns import patterns_of
from pointfuse_training.samples.simulated_days import split_by_scenario
from pointfuse_training.samples.static_channels import read_target
from pointfuse_training.static_layers.build import write_static_layers


@click.command(cls=Command)
@click.argument("archive", type=InputFile("*.nc"))
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on its grid.")
@click.option(
    "--number",
    default=16,
    show_default=True,
    type=click.IntRange(1, 50),
    help="How many patterns beside the mean.",
)
@click.option(
    "--every",
    default=4,
    show_default=True,
    type=click.IntRange(1),
    help="Take every Nth day: neighbours are alike.",
)
@click.option(
    "--held-out",
    default=4,
    show_default=True,
    type=click.IntRange(1),
    help="Last scenarios to leave alone, as 'fit' holds them out.",
)
@click.option(
    "--target-layer",
    default="ocean_fraction",
    show_default=True,
    help="Array of the static layers with the share of each cell that counts; of the sea, what is "
    "left does.",
)
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="Static layers to write (.npz)."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def patterns(
    archive: Path,
    static: Path,
    number: int,
    every: int,
    held_out: int,
    target_layer: str,
    output: Path,
    quiet: bool,
) -> None:
    """Add the mean of the days of an archive, and how they differ most, to static layers.

    ARCHIVE is the folder of simulated days. A network that knows the channels pattern_0 (the mean),
    pattern_1 and so on is trained with the layers that are written.
    """
    simulated = Archive(archive)
    shape = (simulated.grid.rows, simulated.grid.columns)
    share = read_target(static, target_layer, shape).numpy()
    weights = 1 - share if target_layer == "ocean_fraction" else share
    days = split_by_scenario(simulated, held_out)[0][::every]
    with progress(len(days), "reading", quiet) as bar:
        found = patterns_of(simulated, days, weights, number, bar.update)
    write_static_layers({**read_arrays(static), "patterns": found}, output)
    if not quiet:
        click.echo(f"{number + 1} patterns of {len(days)} days in {output}")
