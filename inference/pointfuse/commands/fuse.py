"""`pointfuse fuse`: make files of fields from station files."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import json_text
from pointfuse.basics.progress import progress
from pointfuse.commands.command_line import call_text, say
from pointfuse.commands.inputs_and_outputs import Command, OutputFile
from pointfuse.commands.options.reading import (
    ReadingOptions,
    no_qc_option,
    parse_days,
    reading_and_running,
    requested,
    station_files,
)
from pointfuse.commands.options.running import RunningOptions, variable_option
from pointfuse.commands.texts import model_facts, summary_text
from pointfuse.fields.writers import FIELD_WRITERS
from pointfuse.fusion.output_files import OutputFiles, files_of_months
from pointfuse.fusion.run_summary import MissingDay, RunSummary
from pointfuse.fusion.streaming import MIN_STATIONS, Tally, fused_days, placed_days
from pointfuse.fusion.working_folder import WorkingFolder, folder_beside, working_folder
from pointfuse.model.loading import Model
from pointfuse.stations.hours_seen import say_unfinished, warn_of_partial_days
from pointfuse.stations.spool import Spool, read_into_spool

if TYPE_CHECKING:
    from pointfuse.fusion.cluster import Cluster

logger = logging.getLogger(__name__)

_DAYS_NAMED = 7
_WITHOUT_EFFECT = ("resume", "quiet", "as_json", "dask")


@click.command(cls=Command)
@reading_and_running
@variable_option
@no_qc_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(
        *dict.fromkeys(writer.format for writer in FIELD_WRITERS.values()),
        also=lambda output, options: files_of_months(output, options["period"] == "month"),
        cleared=folder_beside,
    ),
    help="File to write.",
)
@click.option(
    "--output-format",
    type=click.Choice(list(FIELD_WRITERS)),
    default="netcdf",
    show_default=True,
    help="CF netCDF, or I/O API for CMAQ.",
)
@click.option(
    "--period",
    type=click.Choice(["all", "month"]),
    default="all",
    show_default=True,
    help="One file for all days, or one per month, named such as pm25_2019-01.nc.",
)
@click.option(
    "--min-stations",
    type=click.IntRange(1),
    default=MIN_STATIONS,
    show_default=True,
    help="Least number of stations for a day; otherwise its fields are missing.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Fuse the last day as it is if it is not over: a provisional field of its hours so far.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run of the same command.")
@click.option(
    "--dask", metavar="ADDRESS", help="Compute the days on the Dask cluster at this address."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def fuse(
    output: Path,
    output_format: str,
    period: str,
    min_stations: int,
    no_qc: bool,
    partial: bool,
    variable: str | None,
    resume: bool,
    dask: str | None,
    quiet: bool,
    as_json: bool,
    reading: ReadingOptions,
    running: RunningOptions,
) -> None:
    """Fuse station FILES into daily fields and write them to a CF netCDF file.

    FILES may be patterns such as '2019/*.csv'. A year needs no more memory than a day. Finished
    days are kept beside the output until the end of the run, for --resume.
    """
    if quiet and as_json:
        raise click.UsageError("expected --quiet or --json, got both")
    writer = FIELD_WRITERS[output_format]
    if partial and writer.whole_days:
        raise click.UsageError(
            "--partial needs --output-format netcdf: I/O API files hold whole days of 24 hours"
        )
    began = time.perf_counter()
    hidden = quiet or as_json
    call = call_text(click.get_current_context(), without=_WITHOUT_EFFECT)
    if dask and running.threads is None:
        # Days are computed side by side, as many as the workers have threads.
        running = replace(running, threads=1)
    model = running.load(reading.model, variable)
    if writer.check_grid is not None:
        writer.check_grid(model.metadata.grid)
    with (
        working_folder(output, resume=resume) as work,
        _cluster(dask, model, work, reading.model) as cluster,
    ):
        spool = _read(reading, model, work, hidden)
        tally = Tally(spool.stations, model.metadata)
        days = spool.days
        files = OutputFiles(
            output,
            work,
            model,
            writer=writer,
            output_format=output_format,
            by_months=period == "month",
            history=call,
        )
        with progress(len(days), "fusing", hidden) as bar:
            placed = placed_days(
                spool.weeks(
                    model.metadata.variables,
                    min_hours=reading.min_hours,
                    quality_control=not no_qc,
                    mda8=reading.mda8,
                    partial=partial,
                ),
                model,
                tally,
                quality_control=not no_qc,
                min_stations=min_stations,
            )
            placed = files.unfinished(placed, bar.update)
            if cluster:
                fields = cluster.fused_days(placed)
            else:
                # Of a single day there is nothing to go on with.
                fields = fused_days(placed, model, work.days, keep=len(days) > 1)
            files.write(fields, bar.update)
        if not tally.fused:
            raise tally.nothing_fused(min_stations)
    summary = RunSummary.of(tally, spool.files, files.reports)
    _warn_of_missing_days(summary.missing, model.metadata.target.name)
    named = [(day, (day.day, day.partial)) for day in summary.fused if day.partial]
    warn_of_partial_days([told for day, told in named if not day.provisional])
    say_unfinished([told for day, told in named if day.provisional])
    seconds = time.perf_counter() - began
    if as_json:
        run = {
            **model_facts(model),
            "threads": model.threads,
            "output": str(output),
            "outputs": [*map(str, files.written)],
            "seconds": round(seconds, 3),
            "days_per_second": round(len(days) / seconds, 3),
        }
        click.echo(json_text(summary.to_dict() | run))
    elif not quiet:
        say(*summary_text(summary, model, files.written, seconds).split("\n"))


def _cluster(
    address: str | None,
    model: Model,
    work: WorkingFolder,
    path: Path | None,
) -> contextlib.AbstractContextManager[Cluster | None]:
    if address is None:
        return contextlib.nullcontext()
    # Its package is an extra.
    from pointfuse.fusion.cluster import connected

    return connected(address, model, work, path=path)


def _read(reading: ReadingOptions, model: Model, work: WorkingFolder, hidden: bool) -> Spool:
    """All files, sorted by week on disk: which of them hold a day is not known before."""
    files = station_files(reading)
    spool = Spool(work.spool, parse_days(reading.days))
    with progress(len(files), "reading", hidden or len(files) == 1, "files") as bar:
        read_into_spool(
            spool,
            files,
            work.pieces,
            request=requested(reading, model.metadata),
            advance=bar.update,
        )
    return spool


def _warn_of_missing_days(missing: Sequence[MissingDay], target: str) -> None:
    if not missing:
        return
    named = [
        f"{day.day} ({counted(day.stations, 'station')}"
        + (f", at most {counted(day.most_hours, 'hour')})" if day.most_hours else ")")
        for day in missing
    ]
    more = (
        f" and {counted(len(named) - _DAYS_NAMED, 'more day')}" if len(named) > _DAYS_NAMED else ""
    )
    logger.warning(
        "too few stations with a valid daily mean of %s, so no field, on %s",
        target,
        ", ".join(named[:_DAYS_NAMED]) + more,
    )
