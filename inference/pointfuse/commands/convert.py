"""`pointfuse convert`: write a file of fields as GeoTIFF."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import call_text, say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import days_option, parse_days
from pointfuse.fields.writers import FILE_WRITERS, file_writer


@click.command(cls=Command)
@click.argument("file", type=InputFile())
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(*(writer.format for writer in FILE_WRITERS)),
    help="GeoTIFF to write (*.tif).",
)
@click.option("--variable", help="Variable to convert, such as pm25_uncertainty; pm25 by default.")
@days_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def convert(file: Path, output: Path, variable: str | None, days: str | None, quiet: bool) -> None:
    """Convert a FILE that `pointfuse fuse` wrote, or any CF netCDF file, to a GeoTIFF for GIS.

    The GeoTIFF has one band per day, with the values, cells and projection of FILE, and is
    cloud-optimised.
    """
    first, last = parse_days(days)
    file_writer(output).write(
        file,
        output,
        variable=variable,
        first=first,
        last=last,
        history=call_text(click.get_current_context(), without=("quiet",)),
        progress=partial(progress, hidden=quiet),
    )
    if not quiet:
        say(f"wrote {output}")
