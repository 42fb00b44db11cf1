"""`pointfuse-train archive`: from the output of a transport model to an archive."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from pointfuse.basics.timezones import parse_timezone
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFolder
from pointfuse.grid.proj_string import parse_projection
from pointfuse_training.ctm_output.conversion import convert, plan_conversion

_SHOWN = 5
"""Incomplete days that are named; of more, only the number."""


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=InputFile(), metavar="FILES...")
@click.option(
    "--target",
    default="pm25",
    show_default=True,
    help="What to make the archive for: pm25, pm10, o3, no2, so2, co, the name of a field, or a "
    "sum such as pm25=ASO4J+ANO3J.",
)
@click.option(
    "--standard-name", help="CF standard name of a target that neither this nor the files know."
)
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    help="Time zone in which days begin and end, such as +08:00 or Asia/Shanghai.",
)
@click.option(
    "--projection",
    help="Projection of files that name none, as PROJ writes it: '+proj=lcc +lat_1=25 ...'.",
)
@click.option(
    "--without-weather",
    is_flag=True,
    help="Make an archive without humidity and wind speed, for which training then has no station.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=OutputFolder("days_*.nc"),
    help="Folder of the archive.",
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def archive(
    files: tuple[Path, ...],
    target: str,
    standard_name: str | None,
    timezone: str,
    projection: str | None,
    without_weather: bool,
    folder: Path,
    quiet: bool,
) -> None:
    """Convert output of CMAQ, WRF-Chem or another transport model to an archive of daily fields.

    FILES are those of the chemistry and, where it has files of its own, of the meteorology, in any
    order. The same command again goes on where it was.
    """
    began = time.perf_counter()
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(
        length=len(files), label="looking at files", file=sys.stderr, hidden=hidden
    ) as bar:
        conversion = plan_conversion(
            files,
            target=target,
            standard_name=standard_name,
            projection=parse_projection(projection) if projection else None,
            timezone=parse_timezone(timezone),
            weather=not without_weather,
            on_file=bar.update,
        )
    _warn(conversion.incomplete)
    with click.progressbar(
        length=conversion.days, label="averaging", file=sys.stderr, hidden=hidden
    ) as bar:
        paths = convert(conversion, folder, on_day=bar.update)
    if not quiet:
        seconds = time.perf_counter() - began
        click.echo(
            f"{conversion.days} days of {conversion.variables[0].name} in {len(paths)} files of "
            f"{folder}, {seconds:.0f} s"
        )


def _warn(incomplete: list[str]) -> None:
    for text in incomplete[:_SHOWN]:
        click.echo(f"warning: left out, since incomplete: {text}", err=True)
    if len(incomplete) > _SHOWN:
        more = len(incomplete) - _SHOWN
        click.echo(f"warning: {more} more incomplete days were left out", err=True)
