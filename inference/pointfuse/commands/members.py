"""`pointfuse members`: write fields that differ as a field may be wrong."""

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
from pointfuse.fields.members.field_members import FEWEST
from pointfuse.fields.members.member_file import MemberChoices, write_members


@click.command(cls=Command)
@click.argument("file", type=InputFile())
@click.option(
    "-o", "--output", required=True, type=OutputFile(NETCDF), help="netCDF file to write (*.nc)."
)
@click.option(
    "--members",
    "number",
    type=click.IntRange(FEWEST, 1000),
    default=50,
    show_default=True,
    help="Number of members.",
)
@click.option("--variable", help="Variable to read; the fused one by default.")
@days_option
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def members(
    file: Path, output: Path, number: int, variable: str | None, days: str | None, quiet: bool
) -> None:
    """Write members of a FILE that `pointfuse fuse` wrote to a netCDF file.

    Members are fields that agree with the stations and differ as the field may be wrong: for
    whatever is computed of a field, the members show how uncertain it is.
    """
    history = call_text(click.get_current_context(), without=("quiet",))
    choices = MemberChoices(number, variable, *parse_days(days))
    shown = partial(progress, hidden=quiet)
    times = write_members(file, output, choices, history, shown)
    if not quiet:
        say(f"wrote {output}: {number} members of {counted(times, 'field')}")
