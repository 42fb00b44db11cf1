"""`pointfuse plot`: draw maps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
import numpy as np

from pointfuse.basics.output_formats import ANIMATION, PICTURE
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import parse_days
from pointfuse.fields.places.points import read_places
from pointfuse.limits.standards import STANDARDS
from pointfuse.pictures.kernel_figure import draw_kernels_of_model
from pointfuse.pictures.map_look import Box, Look
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
@click.option(
    "--mask-unsupported",
    metavar="KM",
    type=click.FloatRange(0),
    help="Leave cells grey that are farther than so many km from a station.",
)
@click.option(
    "--aqi",
    "standard",
    type=click.Choice(list(STANDARDS)),
    help="Show concentrations in the classes and colours of an air-quality index.",
)
@click.option("--range", "ends", metavar="LOW:HIGH", help="Values at the ends of the colours.")
@click.option("--levels", metavar="A,B,...", help="Bounds of classes that have a colour each.")
@click.option(
    "--extent", metavar="W,S,E,N", help="Part to show, degrees: west, south, east, north."
)
@click.option(
    "--places",
    type=InputFile(),
    help="CSV file of places to name, the most important first: name, longitude, latitude.",
)
@click.option("--title", help="Title of the map.")
@click.option("--dpi", type=click.IntRange(30, 1200), help="Dots per inch of a still picture.")
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
    mask_unsupported: float | None,
    standard: str | None,
    ends: str | None,
    levels: str | None,
    extent: str | None,
    places: Path | None,
    title: str | None,
    dpi: int | None,
    no_borders: bool,
    variable: str | None,
    quiet: bool,
) -> None:
    """Draw a map of a FILE that `pointfuse fuse` wrote, or of any CF netCDF file.

    Several days are averaged. With an OTHER file, draw both, their difference and its scores. For
    a model file (*.onnx), draw the kernels: the weight of a station in the cells around it.
    """
    if any(path.suffix.lower() == ".onnx" for path in files):
        context = click.get_current_context()
        of_models = {"files", "output", "quiet"}
        chosen = {name for name, value in context.params.items() if value} - of_models
        if len(files) > 1 or chosen:
            raise click.UsageError("expected a model file without other files and options")
        draw_kernels_of_model(files[0], output)
        remarks = []
    else:
        if len(files) > 2:
            raise click.UsageError(f"expected one file, or two to compare, got {len(files)}")
        of_one = (uncertainty, support, mask_unsupported is not None, standard)
        if len(files) == 2 and any(of_one):
            raise click.UsageError(
                "expected one file with --uncertainty, --support, --mask-unsupported and --aqi, "
                "got two"
            )
        if seasons and is_moving(output):
            raise click.UsageError("--seasons cannot be animated; name a PNG, PDF or SVG")
        low_and_high = _numbers(ends, ":", "--range", 2)
        box = _numbers(extent, ",", "--extent", 4)
        choices = MapChoices(
            *parse_days(days),
            seasons,
            stations,
            uncertainty,
            support,
            mask_unsupported,
            STANDARDS[standard] if standard else None,
            variable,
            title,
            dpi,
            Look(
                not no_borders,
                (low_and_high[0], low_and_high[1]) if low_and_high else None,
                _numbers(levels, ",", "--levels"),
                Box(*box) if box else None,
                read_places(places) if places else None,
            ),
        )
        remarks = draw_maps(files, output, choices, partial(progress, hidden=quiet, unit="fields"))
    if not quiet:
        say(*remarks, f"wrote {output}")


def _numbers(
    text: str | None, separator: str, option: str, count: int | None = None
) -> tuple[float, ...]:
    """Numbers as they are typed, such as 110,30,125,42; none where there is no text."""
    if text is None:
        return ()
    try:
        numbers = tuple(map(float, text.split(separator)))
    except ValueError:
        numbers = ()
    if not numbers or not np.isfinite(numbers).all() or len(numbers) != (count or len(numbers)):
        many = f"{count} numbers" if count else "numbers"
        raise click.BadParameter(
            f"expected {many} with '{separator}' between them, got '{text}'", param_hint=option
        )
    return numbers
