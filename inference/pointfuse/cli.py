"""The command line: `pointfuse fuse`, `inspect`, `doctor` and `plot`."""

from __future__ import annotations

import datetime
import json
import logging
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
from click.core import ParameterSource

from pointfuse.errors import PointfuseError
from pointfuse.fusion import days_to_fuse, fuse_in_batches
from pointfuse.gridding import place
from pointfuse.model import load_model
from pointfuse.model_file import read_model_file
from pointfuse.readers import DEFAULT_TIMEZONE, READERS, read_stations
from pointfuse.reports import metadata_text, noting_days, run_summary, summary_text
from pointfuse.shipped import shipped_models
from pointfuse.version import __version__

# netCDF4 and matplotlib are imported by the commands that need them: the others answer sooner.

_FILE = click.Path(path_type=Path)


class _Commands(click.Group):
    """Commands that end on an error of ours with one sentence and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PointfuseError as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"pointfuse: {error}", err=True)
            ctx.exit(error.exit_code)
        except Exception as error:
            if ctx.params["debug"]:
                raise
            click.echo(
                f"pointfuse: internal error: {type(error).__name__}: {error}; run again with "
                "'pointfuse --debug ...' and report what it prints",
                err=True,
            )
            ctx.exit(1)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        models = ", ".join(f"{model.name} {model.version}" for model in shipped_models())
    except PointfuseError as error:
        click.echo(f"pointfuse {__version__}: {error}", err=True)
        ctx.exit(error.exit_code)
    click.echo(f"pointfuse {__version__} (model {models})")
    ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of the code and of the model.",
)
def main(debug: bool) -> None:
    """Fuse sparse station observations into complete daily fields."""
    # A stop from outside removes the half-written file, as every other end does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    logging.basicConfig(format="pointfuse: %(message)s", level=logging.WARNING, stream=sys.stderr)


@main.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="netCDF file to write.")
@click.option("--stations", type=_FILE, help="Station list, for files without coordinates.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", *READERS]),
    default="auto",
    show_default=True,
    help="Format of the files.",
)
@click.option("--model", "model_file", type=_FILE, help="Model file; the shipped one by default.")
@click.option("--days", metavar="A:B", help="First and last day, such as 2019-01-01:2019-01-31.")
@click.option(
    "--units",
    multiple=True,
    metavar="VARIABLE=UNIT",
    help="Unit of a variable where the header names none, such as pm25=mg/m3.",
)
@click.option(
    "--min-hours",
    type=click.IntRange(1, 24),
    default=18,
    show_default=True,
    help="Valid hours that make a daily mean.",
)
@click.option(
    "--timezone",
    default=DEFAULT_TIMEZONE,
    show_default=True,
    help="Time zone in which days begin and end.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="Threads; all usable processors by default."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def fuse(
    files: tuple[Path, ...],
    output: Path,
    stations: Path | None,
    format_: str,
    model_file: Path | None,
    days: str | None,
    units: tuple[str, ...],
    min_hours: int,
    timezone: str,
    threads: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fuse station FILES into daily fields and write them to a CF netCDF file."""
    if quiet and as_json:
        raise click.UsageError("--quiet and --json exclude each other")
    began = time.perf_counter()
    period, unit_of = _parse_days(days), _parse_units(units)
    from pointfuse.netcdf import write_netcdf

    model = load_model(model_file, threads=threads)
    observations = read_stations(
        files,
        stations=stations,
        format=format_,
        variables={variable.name: variable.units for variable in model.metadata.variables},
        units=unit_of,
        min_hours=min_hours,
        timezone=timezone,
    )
    placed = days_to_fuse(place(observations.between(*period), model.metadata))
    reports: list[dict[str, Any]] = []
    batches = fuse_in_batches(placed, model)
    history = _command_line(click.get_current_context())
    with click.progressbar(
        length=len(placed.observations.times),
        label="fusing",
        file=sys.stderr,
        hidden=quiet or as_json or not sys.stderr.isatty(),
    ) as bar:
        write_netcdf(output, noting_days(batches, reports, bar.update), history=history)
    summary = run_summary(placed, reports) | {
        "model": f"{model.metadata.name} {model.metadata.version}",
        "model_sha256": model.sha256,
        "device": model.provider,
        "threads": model.threads,
        "output": str(output),
        "seconds": round(time.perf_counter() - began, 3),
    }
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    elif not quiet:
        click.echo(summary_text(summary, model.metadata))


@main.command()
@click.argument("model", required=False, type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the whole metadata as JSON.")
def inspect(model: Path | None, as_json: bool) -> None:
    """Check a MODEL file (the shipped one by default) and show what it says of itself."""
    _, metadata, sha256 = read_model_file(model)
    if as_json:
        content = metadata.to_dict() | {"sha256": sha256}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        click.echo(metadata_text(metadata, sha256))


@main.command()
def doctor() -> None:
    """Check that this installation can fuse, and show what it consists of."""
    from pointfuse.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.name:<12}  {finding.text}")
    if not all(finding.good for finding in findings):
        raise PointfuseError("this installation is not fit for use; see the lines with FAIL above")


@main.command()
@click.argument("file", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="Picture to write (PNG, PDF, SVG).")
@click.option("--stations", is_flag=True, help="Show the stations in the colours of the field.")
@click.option("--day", help="Day to show; the mean over the file's days by default.")
def plot(file: Path, output: Path, stations: bool, day: str | None) -> None:
    """Draw a map of a FILE that `pointfuse fuse` wrote."""
    from pointfuse.plot import plot_file

    plot_file(file, output, stations=stations, day=_parse_day(day) if day else None)
    click.echo(f"wrote {output}")


def _command_line(context: click.Context) -> str:
    """The call as it was typed, with the names of files in place of their paths."""
    words = [context.command.name or ""]
    for parameter in context.command.params:
        if context.get_parameter_source(parameter.name or "") is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[parameter.name or ""]
        values = value if isinstance(value, tuple) else (value,)
        texts = [entry.name if isinstance(entry, Path) else str(entry) for entry in values]
        if isinstance(parameter, click.Argument):
            words += texts
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            words.append(parameter.opts[0])
        else:
            words += [word for text in texts for word in (parameter.opts[0], text)]
    return shlex.join(words)


def _parse_days(text: str | None) -> tuple[np.datetime64 | None, np.datetime64 | None]:
    if text is None:
        return None, None
    first, colon, last = text.partition(":")
    begin = _parse_day(first) if first else None
    end = (_parse_day(last) if last else None) if colon else begin
    if begin is not None and end is not None and begin > end:
        raise click.BadParameter(f"'{text}' ends before it begins", param_hint="--days")
    return begin, end


def _parse_day(text: str) -> np.datetime64:
    try:
        return np.datetime64(datetime.date.fromisoformat(text), "D")
    except ValueError as error:
        raise click.BadParameter(f"expected a day such as 2019-01-06, got '{text}'") from error


def _parse_units(options: tuple[str, ...]) -> dict[str, str]:
    units = {}
    for option in options:
        variable, equals, unit = option.partition("=")
        if not (variable and equals and unit):
            raise click.BadParameter(
                f"expected VARIABLE=UNIT, got '{option}'", param_hint="--units"
            )
        units[variable] = unit
    return units
