"""`pointfuse plot`: draw maps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from pointfuse.basics.output_formats import ANIMATION, PICTURE
from pointfuse.basics.progress import progress
from pointfuse.commands.command_line import say
from pointfuse.commands.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.reading_options import parse_days
from pointfuse.pictures.kernel_figure import draw_kernels_of_model
from pointfuse.pictures.maps import MapChoices, draw_maps, is_moving


@click.command(cls=Command)
@click.argument("files", metavar="FILE [OTHER]", nargs=-1, required=True, type=InputFile())
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(PICTURE, ANIMATION),
    help="Picture to write: PNG, PDF or SVG; GIF or MP4 for an animation, one frame per day.",
)
@click.option(
    "--days",
    metavar="A:B",
    help="First and last day, or one day: 2019-01-01:2019-01-31; all by default.",
)
@click.option("--seasons", is_flag=True, help="Draw a map for each season.")
@click.option("--stations", is_flag=True, help="Show the stations in the colours of the field.")
@click.option("--uncertainty", is_flag=True, help="Add a map of the uncertainty.")
@click.option("--support", is_flag=True, help="Add a map of the distance to the nearest station.")
@click.option("--no-borders", is_flag=True, help="Draw coasts and lakes only.")
@click.option("--variable", help="Variable to draw; the fused one by default.")
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def plot(
    files: tuple[Path, ...],
    output: Path,
    days: str | None,
    seasons: bool,
    stations: bool,
    uncertainty: bool,
    support: bool,
    no_borders: bool,
    variable: str | None,
    quiet: bool,
) -> None:
    """Draw a map of a FILE that `pointfuse fuse` wrote, or of any CF netCDF file.

    Several days are averaged. With an OTHER file, draw both, their difference and its scores. For
    a model file (*.onnx), draw the kernels: the weight of a station in the cells around it.
    """
    chosen = days or seasons or stations or uncertainty or support or no_borders or variable
    if any(path.suffix.lower() == ".onnx" for path in files):
        if len(files) > 1 or chosen:
            raise click.UsageError("expected a model file without other files and options")
        draw_kernels_of_model(files[0], output)
        remarks = []
    else:
        if len(files) > 2:
            raise click.UsageError(f"expected one file, or two to compare, got {len(files)}")
        if len(files) == 2 and (uncertainty or support):
            raise click.UsageError("expected one file with --uncertainty and --support, got two")
        if seasons and is_moving(output):
            raise click.UsageError("--seasons cannot be animated; name a PNG, PDF or SVG")
        choices = MapChoices(
            *parse_days(days), seasons, stations, uncertainty, support, not no_borders, variable
        )
        remarks = draw_maps(files, output, choices, partial(progress, hidden=quiet, unit="fields"))
    if not quiet:
        say(*remarks, f"wrote {output}")
