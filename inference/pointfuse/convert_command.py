"""`pointfuse convert`: a file of fields to the format of another world."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.command_line import call_text, progress
from pointfuse.reading_options import parse_day

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="GeoTIFF to write (*.tif).")
@click.option("--variable", help="Variable to take, such as pm25_uncertainty; pm25 by default.")
@click.option("--day", help="Day to take; all days of the file by default, a band each.")
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def convert(file: Path, output: Path, variable: str | None, day: str | None, quiet: bool) -> None:
    """Convert a FILE that `pointfuse fuse` wrote to a GeoTIFF, for GIS and maps in browsers.

    The GeoTIFF is cloud-optimised and has the values, the projection and the cells of FILE.
    """
    from pointfuse.field_file import open_field_file
    from pointfuse.geotiff import write_geotiff

    with open_field_file(file) as dataset:
        days = 1 if day or "time" not in dataset.dimensions else len(dataset.dimensions["time"])
    with progress(days, "converting", quiet) as bar:
        write_geotiff(
            file,
            output,
            variable=variable,
            day=parse_day(day) if day else None,
            history=call_text(click.get_current_context(), without=("quiet",)),
            advance=bar.update,
        )
    if not quiet:
        click.echo(f"wrote {output}")
