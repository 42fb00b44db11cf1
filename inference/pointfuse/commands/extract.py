"""`pointfuse extract`: write the values of fields at places to a table."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, table_option
from pointfuse.commands.shared.reading import days_option, parse_days
from pointfuse.fields.places.extraction import Extraction, extract_to_table
from pointfuse.fields.places.points import read_places
from pointfuse.fields.places.series import Method
from pointfuse.stations.files.sources import expanded


@click.command(cls=Command)
@click.argument("file", type=InputFile())
@click.argument("places", type=InputFile())
@table_option
@click.option(
    "--method",
    type=click.Choice(get_args(Method)),
    default="nearest",
    show_default=True,
    help="The value of the cell, or between the four nearest centres.",
)
@click.option("--variable", help="Variable to read; the fused one by default.")
@days_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def extract(
    file: Path,
    places: Path,
    output: Path,
    method: Method,
    variable: str | None,
    days: str | None,
    quiet: bool,
) -> None:
    """Write the values of a FILE that `pointfuse fuse` wrote at PLACES to a CSV or Parquet file.

    PLACES is a CSV file with the columns longitude and latitude. The table has a row for each day
    and place, with the value, its interval and the distance to the nearest station. FILE may be a
    pattern such as '2019/*.nc', or any CF netCDF file.
    """
    wanted = Extraction(read_places(places), method, variable, *parse_days(days))
    read = extract_to_table(expanded([file]), output, wanted, partial(progress, hidden=quiet))
    if not quiet:
        say(f"wrote {output}: {counted(len(wanted.places), 'place')} on {read}")
