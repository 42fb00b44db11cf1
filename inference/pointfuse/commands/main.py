"""The command line: `fuse`, `convert`, `crossval`, `qc`, `inspect`, `verify`, `doctor`, `plot`."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.processors import usable_cpus
from pointfuse.commands.command_line import Commands, call_text, exit_on_signals, progress
from pointfuse.commands.convert import convert
from pointfuse.commands.fuse import fuse
from pointfuse.commands.plot import plot
from pointfuse.commands.reading_options import (
    no_qc_option,
    read_daily,
    reading_and_running,
    refuse_to_replace_input,
    station_list,
)
from pointfuse.commands.running_options import load, running_options
from pointfuse.commands.texts import (
    metadata_text,
    model_facts,
    quality_lines,
    scores_text,
)
from pointfuse.errors import PointfuseError
from pointfuse.model.loading import Model
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import shipped_models
from pointfuse.stations.observations import Observations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import count_reasons, write_flags
from pointfuse.trust.baselines import find_baselines
from pointfuse.trust.crossval import SCHEMES, cross_validate
from pointfuse.trust.evaluation import evaluate
from pointfuse.version import __version__

# netCDF4 and matplotlib are imported by the commands that need them: the others answer sooner.

_FILE = click.Path(path_type=Path)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        # Of each precision there is a file of its own.
        names = dict.fromkeys(f"{model.name} {model.version}" for model in shipped_models())
    except PointfuseError as error:
        click.echo(f"pointfuse {__version__}: {error}", err=True)
        ctx.exit(error.exit_code)
    click.echo(f"pointfuse {__version__} (model {', '.join(names)})")
    ctx.exit()


@click.group(
    cls=Commands, program="pointfuse", context_settings={"help_option_names": ["-h", "--help"]}
)
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
    exit_on_signals()
    # A name that the terminal cannot show must not end a run that succeeded.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(format="pointfuse: %(message)s", level=logging.WARNING, stream=sys.stderr)


def _read(options: Mapping[str, Any]) -> tuple[Model, Observations]:
    """Model and observations that the arguments of `_reading` name, quality controlled."""
    quality_control = not options.get("no_qc", False)
    model = load(options)
    observations = read_daily(options, model, quality_control=quality_control)
    return model, check_days(observations, model) if quality_control else observations


main.add_command(fuse)
main.add_command(convert)


@main.command()
@reading_and_running
@no_qc_option
@click.option("-o", "--output", required=True, type=_FILE, help="JSON file to write.")
@click.option(
    "--scheme",
    type=click.Choice(SCHEMES),
    default=SCHEMES[0],
    show_default=True,
    help="What is withheld at once.",
)
@click.option("--folds", type=click.IntRange(2), default=10, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--every", type=click.IntRange(1), default=1, help="Take every Nth day only.")
@click.option("--report", type=_FILE, help="Report to write, with figures: one HTML file.")
@click.option(
    "--baselines",
    metavar="NAME,...",
    default="",
    help="Other ways to predict, from the same stations: nearest,idw,... (the benchmarks project).",
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def crossval(
    output: Path,
    scheme: str,
    folds: int,
    seed: int,
    every: int,
    report: Path | None,
    baselines: str,
    quiet: bool,
    **reading: Any,
) -> None:
    """Predict withheld stations of FILES from the others, and write scores to a JSON file.

    Nothing is trained: each fold of each day is one pass through the model. A run that was broken
    off goes on where it was.
    """
    refuse_to_replace_input(output, reading)
    others = find_baselines([name.strip() for name in baselines.split(",") if name.strip()])
    if report is not None:
        from pointfuse.pictures.html_report import check_report, write_report

        if report.resolve() == output.resolve():
            raise click.UsageError("--output and --report name the same file")
        refuse_to_replace_input(report, reading)
        check_report(report)
    stations = station_list(reading)
    # As many folds at once as there are threads, each on one of them.
    workers = reading["threads"] or usable_cpus()
    model, observations = _read(reading | {"stations": stations, "threads": 1})
    observations = observations.at_times(slice(None, None, every))
    with progress(len(observations.times), "predicting", quiet) as bar:
        result = cross_validate(
            observations,
            model,
            scheme=scheme,
            folds=folds,
            seed=seed,
            cities=stations.cities if stations else {},
            baselines=others,
            workers=workers,
            progress_file=output.with_name(f".{output.name}.progress.npz"),
            advance=bar.update,
        )
    scores = evaluate(result) | {
        "seed": seed,
        "quality_control": result.placed.quality,
        **model_facts(model),
        "weights_sha256": model.metadata.weights_sha256,
        "call": call_text(click.get_current_context()),
    }
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(scores, indent=2, ensure_ascii=False) + "\n")
    if report is not None:
        write_report(report, result, scores)
    if not quiet:
        click.echo(scores_text(scores, model.metadata))


@main.command()
@reading_and_running
@click.option("-o", "--output", required=True, type=_FILE, help="CSV file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def qc(output: Path, as_json: bool, **reading: Any) -> None:
    """Check the observations in FILES and write those that are not good to a CSV file.

    `fuse` and `crossval` make the same checks, and leave suspect values out.
    """
    refuse_to_replace_input(output, reading)
    _, observations = _read(reading)
    rows = write_flags(output, observations)
    counts = count_reasons(observations)
    if as_json:
        click.echo(json.dumps(counts, indent=2))
    else:
        click.echo("\n".join([*quality_lines(counts), f"wrote {output}: {rows} rows"]))


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
@click.argument("model", required=False, type=_FILE)
@running_options
@click.option("--golden", type=_FILE, help="Golden case; the one beside the model by default.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(model: Path | None, golden: Path | None, as_json: bool, **running: Any) -> None:
    """Run the golden case of a MODEL file (the shipped one by default) on a device.

    Exit codes: 0 if the field is the expected one and all of it was computed on the device; 1 if
    not, or if a file is unfit; 3 if the device cannot be used.
    """
    from pointfuse.trust.verification import verify as run_golden_case

    result = run_golden_case(model, golden=golden, **running)
    click.echo(json.dumps(result.to_dict(), indent=2) if as_json else result.text)
    if result.problems:
        raise PointfuseError("; ".join(result.problems))


@main.command()
@running_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool, **running: Any) -> None:
    """Check that this installation can fuse, and show what it consists of.

    Exit codes: 0 if it can, 1 if not, 3 if a device was named that cannot be used.
    """
    from pointfuse.trust.doctor import examine

    examination = examine(**running)
    if as_json:
        click.echo(json.dumps(examination.to_dict(), indent=2))
    else:
        click.echo(examination.text)
    if examination.error is not None:
        raise examination.error


main.add_command(plot)
