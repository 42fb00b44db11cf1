"""`pointfuse regions`: write means over provinces, cities, catchments to a table."""

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
from pointfuse.fields.districts.periods import Step
from pointfuse.fields.districts.region_files import read_districts
from pointfuse.fields.districts.region_table import RegionChoices, write_region_table
from pointfuse.fields.members.field_members import FEWEST
from pointfuse.stations.files.sources import expanded


@click.command(cls=Command)
@click.argument("file", type=InputFile())
@click.argument("regions", type=InputFile())
@table_option
@click.option(
    "--by",
    "step",
    type=click.Choice(get_args(Step)),
    default="day",
    show_default=True,
    help="Means of days, months, seasons or years.",
)
@click.option(
    "--population",
    type=InputFile(),
    help="Raster of counts of people (netCDF or GeoTIFF), for means weighted by them.",
)
@click.option(
    "--above",
    type=float,
    metavar="VALUE",
    help="Add the share of the area, and of the people, above a value.",
)
@click.option(
    "--members",
    type=click.IntRange(FEWEST, 1000),
    help="Add intervals that hold 90 in 100, from so many members, such as 50.",
)
@click.option("--name", "name_property", help="Property of REGIONS with the names.")
@click.option("--variable", help="Variable to read; the fused one by default.")
@days_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def regions(
    file: Path,
    regions: Path,
    output: Path,
    step: Step,
    population: Path | None,
    above: float | None,
    members: int | None,
    name_property: str | None,
    variable: str | None,
    days: str | None,
    quiet: bool,
) -> None:
    """Write the means of a FILE that `pointfuse fuse` wrote over REGIONS to a CSV or Parquet file.

    REGIONS is a GeoJSON file, GeoPackage or shapefile in longitudes and latitudes. FILE may be a
    pattern such as '2019/*.nc', or any CF netCDF file. Cells count by the part that lies in a
    region.
    """
    choices = RegionChoices(
        read_districts(regions, name_property),
        step,
        above,
        population,
        variable,
        *parse_days(days),
        members,
    )
    shown = partial(progress, hidden=quiet)
    number, periods = write_region_table(expanded([file]), output, choices, shown)
    if not quiet:
        say(f"wrote {output}: {counted(number, 'region')} in {counted(periods, step)}")
