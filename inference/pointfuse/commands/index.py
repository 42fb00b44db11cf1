"""`pointfuse index`: write air-quality indices, and days above a level."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.output_formats import NETCDF
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import call_text, say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import days_option, parse_days
from pointfuse.limits.index_files import IndexChoices, write_index
from pointfuse.limits.standards import STANDARDS
from pointfuse.stations.files.sources import expanded


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=InputFile())
@click.option(
    "-o", "--output", required=True, type=OutputFile(NETCDF), help="netCDF file to write (*.nc)."
)
@click.option(
    "--standard",
    type=click.Choice(list(STANDARDS)),
    default="china",
    show_default=True,
    help="Index or guideline; china is HJ 633-2026.",
)
@click.option(
    "--days-above",
    metavar="LEVEL",
    help="Count the days that are worse than a level, such as good.",
)
@click.option(
    "--variable", "variables", multiple=True, help="Variable to read; repeat it for several."
)
@days_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def index(
    files: tuple[Path, ...],
    output: Path,
    standard: str,
    days_above: str | None,
    variables: tuple[str, ...],
    days: str | None,
    quiet: bool,
) -> None:
    """Write the air-quality index of FILES that `pointfuse fuse` wrote to a netCDF file.

    Several FILES are several pollutants on one grid; the index is that of the worst. `pointfuse
    plot` draws it in its official colours.
    """
    choices = IndexChoices(STANDARDS[standard], days_above, variables, *parse_days(days))
    read = write_index(
        expanded(files),
        output,
        choices,
        call_text(click.get_current_context(), without=("quiet",)),
        partial(progress, hidden=quiet),
    )
    if not quiet:
        of_standard = f"{choices.standard.title} ({choices.standard.source})"
        say(f"wrote {output}: {of_standard}, {counted(read, 'day')}")
