"""`pointfuse fuse`: make files of fields from station files."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.output_formats import check_name
from pointfuse.basics.printable import json_text
from pointfuse.basics.progress import progress
from pointfuse.basics.timezones import parse_timezone
from pointfuse.commands.shared.command_line import call_text, say
from pointfuse.commands.shared.inputs_and_outputs import Command, OutputFile
from pointfuse.commands.shared.placing import placed_models, variable_of
from pointfuse.commands.shared.reading import (
    ReadingOptions,
    no_qc_option,
    parse_days,
    reading_and_running,
    requested,
    station_files,
)
from pointfuse.commands.shared.running import (
    ALL,
    RunningOptions,
    named_variables,
    variables_option,
)
from pointfuse.commands.shared.texts import summary_text
from pointfuse.fields.writers import FIELD_WRITERS, FieldWriter, field_writer_for
from pointfuse.fusion.bounded import bounded
from pointfuse.fusion.output_files import Division, OutputFiles, files_of
from pointfuse.fusion.run_summary import RunSummary, model_facts
from pointfuse.fusion.streaming import MIN_STATIONS, Tally, fused_times, placed_times
from pointfuse.fusion.where import AROUND_STATIONS
from pointfuse.fusion.working_folder import WorkingFolder, folder_beside, working_folder
from pointfuse.model.loading import Model
from pointfuse.model.metadata import Variable
from pointfuse.model.shipped import shipped_models
from pointfuse.stations.all_hours import refuse_daily_statistics
from pointfuse.stations.hours_seen import say_unfinished, warn_of_partial_days
from pointfuse.stations.observations import DAY, HOUR, Observations
from pointfuse.stations.own_clocks import refuse_own_clocks
from pointfuse.stations.pollutants import POLLUTANTS, is_eight_hour_maximum
from pointfuse.stations.spool import Spool, read_into_spool

if TYPE_CHECKING:
    from pointfuse.fusion.cluster import Cluster

logger = logging.getLogger(__name__)

_DAYS_NAMED = 7
_DASK_NEEDS_DOMAIN = (
    "--dask needs a domain that is known: write it with 'pointfuse domain --stations FILES'"
)
_WITHOUT_EFFECT = ("resume", "quiet", "as_json", "dask")


@click.command(cls=Command)
@reading_and_running
@variables_option
@click.option("--hourly", is_flag=True, help="Fuse the hours of the files in place of their days.")
@no_qc_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(
        *dict.fromkeys(writer.format for writer in FIELD_WRITERS.values()),
        also=lambda output, options: files_of(output, [*POLLUTANTS], _division(options)),
        cleared=folder_beside,
    ),
    help="File to write (*.nc), or Zarr store (*.zarr).",
)
@click.option(
    "--output-format",
    type=click.Choice(list(FIELD_WRITERS)),
    help="CF netCDF, I/O API for CMAQ, or Zarr; by default what the suffix of the file says.",
)
@click.option(
    "--period",
    type=click.Choice(["all", "month"]),
    default="all",
    show_default=True,
    help="One file for all times, or one per month, named such as pm25_2019-01.nc.",
)
@click.option(
    "--split", is_flag=True, help="Write a file for each variable, named such as fields_no2.nc."
)
@click.option(
    "--min-stations",
    type=click.IntRange(1),
    default=MIN_STATIONS,
    show_default=True,
    help="Least number of stations for a field; otherwise it is missing.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Fuse the last day as it is if it is not over: a provisional field of its hours so far.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run of the same command.")
@click.option(
    "--dask", metavar="ADDRESS", help="Compute the fields on the Dask cluster at this address."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def fuse(
    output: Path,
    output_format: str | None,
    period: str,
    split: bool,
    min_stations: int,
    no_qc: bool,
    partial: bool,
    hourly: bool,
    variables: tuple[str, ...],
    resume: bool,
    dask: str | None,
    quiet: bool,
    as_json: bool,
    reading: ReadingOptions,
    running: RunningOptions,
) -> None:
    """Fuse station FILES into fields and write them to a CF netCDF file.

    FILES may be patterns such as '2019/*.csv'. A year needs no more memory than a day. Finished
    fields are kept beside the output until the end of the run, for --resume.
    """
    output_format = output_format or field_writer_for(output)
    writer = FIELD_WRITERS[output_format]
    check_name(output, writer.format)
    _refuse_contradictions(writer, quiet=quiet, as_json=as_json, partial=partial, hourly=hourly)
    if reading.model is not None and variables:
        raise click.UsageError(
            f"--model {reading.model} fuses what it was made for; leave --variable out"
        )
    began = time.perf_counter()
    hidden = quiet or as_json
    call = call_text(click.get_current_context(), without=_WITHOUT_EFFECT)
    if dask and running.threads is None:
        # Fields are computed side by side, as many as the workers have threads.
        running = replace(running, threads=1)
    if dask and reading.domain == AROUND_STATIONS:
        raise click.UsageError(_DASK_NEEDS_DOMAIN)
    wanted = _wanted(variable_of(variables, reading), hourly=hourly)
    models = running.load_each(reading.model, wanted, reading.domain)
    if hourly:
        refuse_own_clocks(parse_timezone(reading.timezone))
        refuse_daily_statistics([model.metadata.target for model in models])
    if writer.one_variable and len(models) > 1 and not split:
        raise click.UsageError(f"--output-format {output_format} needs --split: a file a variable")
    with (
        working_folder(output, resume=resume) as work,
        _cluster(dask, models, work, reading.model) as cluster,
    ):
        spool = _read(reading, models, work, hidden)
        placed = placed_models(models, spool.stations, reading, running)
        if dask and placed != models:
            raise click.UsageError(_DASK_NEEDS_DOMAIN)
        models = placed
        if writer.check_grid is not None:
            writer.check_grid(models[0].metadata.grid)
        step = HOUR if hourly else DAY
        tallies = [Tally(spool.stations, model.metadata, step=step) for model in models]
        times = spool.hours if hourly else spool.days
        files = OutputFiles(
            output,
            work,
            models,
            writer=writer,
            output_format=output_format,
            division=Division(period == "month", split),
            history=call,
        )
        with progress(len(times), "fusing", hidden) as bar:
            due = placed_times(
                _weeks(spool, models, reading, hourly=hourly, no_qc=no_qc, partial=partial),
                models,
                tallies,
                quality_control=not no_qc,
                min_stations=min_stations,
            )
            due = files.unfinished(due, bar.update)
            if cluster:
                fields = cluster.fused_times(due)
            else:
                # Of a single time there is nothing to go on with.
                fields = fused_times(due, models, work.days, keep=len(times) > 1)
            files.write((bounded(bundle, reading.mda8) for bundle in fields), bar.update)
        if not any(tally.fused for tally in tallies):
            raise tallies[0].nothing_fused(min_stations)
    summaries = {
        tally.variable: RunSummary.of(tally, spool.files, files.reports) for tally in tallies
    }
    _warn(summaries.values())
    seconds = time.perf_counter() - began
    if as_json:
        run = {
            "output": str(output),
            "outputs": [*map(str, files.written)],
            "seconds": round(seconds, 3),
            f"{step.unit}s_per_second": round(len(times) / seconds, 3),
        }
        click.echo(json_text(_content(summaries, models) | run))
    elif not quiet:
        say(*summary_text(summaries, models, files.written, seconds).split("\n"))


def _division(options: Mapping[str, Any]) -> Division:
    return Division(options["period"] == "month", options["split"])


def _wanted(variables: Sequence[str], *, hourly: bool) -> list[str]:
    """The variables to fuse; for all, those that come with pointfuse and, of hours, have any."""
    if ALL not in variables:
        return named_variables(variables, ())
    shipped = dict.fromkeys(model.variable for model in shipped_models())
    return [name for name in shipped if not (hourly and is_eight_hour_maximum(POLLUTANTS[name]))]


def _refuse_contradictions(
    writer: FieldWriter,
    *,
    quiet: bool,
    as_json: bool,
    partial: bool,
    hourly: bool,
) -> None:
    if quiet and as_json:
        raise click.UsageError("expected --quiet or --json, got both")
    if partial and writer.whole_days:
        raise click.UsageError(
            "--partial needs --output-format netcdf: I/O API files hold whole days of 24 hours"
        )
    if partial and hourly:
        raise click.UsageError("--partial is for days; --hourly fuses the hours that there are")


def _cluster(
    address: str | None,
    models: Sequence[Model],
    work: WorkingFolder,
    path: Path | None,
) -> contextlib.AbstractContextManager[Cluster | None]:
    if address is None:
        return contextlib.nullcontext()
    # Its package is an extra.
    from pointfuse.fusion.cluster import connected

    return connected(address, models, work, path=path)


def _read(
    reading: ReadingOptions, models: Sequence[Model], work: WorkingFolder, hidden: bool
) -> Spool:
    """All files, sorted by week on disk: which of them hold a day is not known before."""
    files = station_files(reading)
    spool = Spool(work.spool, parse_days(reading.days))
    asked = replace(models[0].metadata, variables=_variables_of(models))
    with progress(len(files), "reading", hidden or len(files) == 1, "files") as bar:
        read_into_spool(
            spool,
            files,
            work.pieces,
            request=requested(reading, asked),
            advance=bar.update,
        )
    return spool


def _variables_of(models: Sequence[Model]) -> tuple[Variable, ...]:
    """What all models take, each variable once."""
    found = [variable for model in models for variable in model.metadata.variables]
    return tuple({variable.name: variable for variable in reversed(found)}.values())[::-1]


def _weeks(
    spool: Spool,
    models: Sequence[Model],
    reading: ReadingOptions,
    *,
    hourly: bool,
    no_qc: bool,
    partial: bool,
) -> Iterator[Observations]:
    variables = _variables_of(models)
    if hourly:
        return spool.weeks_of_hours(variables, quality_control=not no_qc)
    return spool.weeks(
        variables,
        min_hours=reading.min_hours,
        quality_control=not no_qc,
        mda8=reading.mda8,
        partial=partial,
    )


def _content(summaries: Mapping[str, RunSummary], models: Sequence[Model]) -> dict[str, object]:
    """Summaries and models in JSON types: those of one variable at the top, of several by name."""
    facts = {
        model.metadata.target.name: {**model_facts(model), "threads": model.threads}
        for model in models
    }
    first, *others = summaries.items()
    if not others:
        return {**first[1].to_dict(), **facts[first[0]]}
    return {
        "files": first[1].files_dict(),
        "variables": {
            name: {**summary.of_variable(), **facts[name]} for name, summary in summaries.items()
        },
    }


def _warn(summaries: Iterable[RunSummary]) -> None:
    """Name the times without field or not whole; what several variables share, once."""
    partial: dict[str, str] = {}
    provisional: dict[str, str] = {}
    for summary in summaries:
        _warn_of_missing(summary)
        for day in summary.fused:
            if day.partial:
                (provisional if day.provisional else partial)[day.day] = day.partial
    warn_of_partial_days([*partial.items()])
    say_unfinished([*provisional.items()])


def _warn_of_missing(summary: RunSummary) -> None:
    if not summary.missing:
        return
    named = [
        f"{day.day} ({counted(day.stations, 'station')}"
        + (f", at most {counted(day.most_hours, 'hour')})" if day.most_hours else ")")
        for day in summary.missing
    ]
    more = len(named) - _DAYS_NAMED
    logger.warning(
        "too few stations with a valid %s of %s, so no field, on %s",
        summary.step.value,
        summary.missing[0].variable,
        ", ".join(named[:_DAYS_NAMED])
        + (f" and {counted(more, f'more {summary.step.unit}')}" if more > 0 else ""),
    )
