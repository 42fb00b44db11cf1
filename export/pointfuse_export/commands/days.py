"""The command `pointfuse-export days`: simulated days from an archive."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse_export.checks.simulated_days import cells_anywhere, sample_days, save_days
from pointfuse_training.archives.archive import Archive
from pointfuse_training.evaluation.sampling import read_cells

_ANYWHERE = 1500


@click.command(cls=Command)
@click.argument("archive", type=InputFile("*.nc"))
@click.option(
    "--stations",
    type=InputFile(),
    help="Locations of stations: a station list (CSV), or an archive (.npz) with the array "
    "'observed'. By default 1,500 stand anywhere.",
)
@click.option(
    "--days",
    "number",
    default=24,
    show_default=True,
    type=click.IntRange(2),
    help="Number of days.",
)
@click.option(
    "--elsewhere", default=2000, show_default=True, type=click.IntRange(1), help="Other cells."
)
@click.option(
    "--weather",
    default=700,
    show_default=True,
    type=click.IntRange(1),
    help="Cells with humidity and wind.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="File to write (.npz)."
)
def days(
    archive: Path,
    stations: Path | None,
    number: int,
    elsewhere: int,
    weather: int,
    seed: int,
    output: Path,
) -> None:
    """Sample days of ARCHIVE, for the calibration and the scores of an export."""
    simulated = Archive(archive)
    network = (
        read_cells(stations, simulated.grid)
        if stations
        else cells_anywhere(simulated.shape, _ANYWHERE, seed)
    )
    taken = sample_days(
        simulated, network, days=number, elsewhere=elsewhere, weather=weather, seed=seed
    )
    save_days(taken, output)
    click.echo(f"wrote {output}: {number} days, {len(taken.stations)} cells with stations")
