"""`pointfuse qc`: list observations that are suspect, missing or not tested."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.output_formats import FLAGS, TABLE
from pointfuse.basics.printable import json_text
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command, OutputFile
from pointfuse.commands.shared.placing import placed_models, variable_of
from pointfuse.commands.shared.reading import (
    ReadingOptions,
    read_observations,
    reading_and_running,
)
from pointfuse.commands.shared.running import RunningOptions, variable_option
from pointfuse.stations.gridding import place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import count_reasons, quality_lines, write_flags
from pointfuse.stations.quality.value_table import write_values


@click.command(cls=Command)
@reading_and_running
@variable_option
@click.option("--hourly", is_flag=True, help="Check what fuse --hourly takes.")
@click.option("-o", "--output", type=OutputFile(FLAGS), help="CSV file of what is not good.")
@click.option(
    "--values",
    type=OutputFile(TABLE),
    help="Table of all values, with state and reason (*.csv or *.parquet).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def qc(
    output: Path | None,
    values: Path | None,
    as_json: bool,
    hourly: bool,
    variable: str | None,
    reading: ReadingOptions,
    running: RunningOptions,
) -> None:
    """Check the observations in FILES and list those that are not good in a CSV file.

    `fuse` and `crossval` do the same checks and leave out suspect values.
    """
    if output is None and values is None:
        raise click.UsageError("expected a file to write: -o, --values, or both")
    variable = next(iter(variable_of([variable], reading)), None)
    model = running.load(reading.model, variable, reading.domain)
    read = read_observations(reading, model, hourly=hourly)
    (model,) = placed_models([model], read.stations, reading, running)
    observations = check_days(read, model)
    written = []
    if output is not None:
        written.append(f"wrote {output}: {counted(write_flags(output, observations), 'row')}")
    if values is not None:
        used = place(observations, model.metadata).listed
        rows = write_values(values, observations, used)
        written.append(f"wrote {values}: {counted(rows, 'row')}")
    counts = count_reasons(observations)
    if as_json:
        click.echo(json_text(counts))
    else:
        say(*quality_lines(counts), *written)
