"""`pointfuse check`: what files are taken for, and what of them would be left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import json_text
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse.commands.shared.placing import variable_of
from pointfuse.commands.shared.reading import (
    ReadingOptions,
    parse_days,
    reading_options,
    requested,
    station_files,
)
from pointfuse.commands.shared.running import ALL, named_variables
from pointfuse.domains.domain import read_domain
from pointfuse.fusion.where import AROUND_STATIONS
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.stations.file_check import FilesCheck, check_files
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.stations.pollutants import POLLUTANTS, as_variables
from pointfuse.stations.quality.flags import quality_lines


@click.command(cls=Command)
@reading_options
@click.option(
    "--variable",
    "pollutants",
    multiple=True,
    type=click.Choice([*POLLUTANTS, ALL], case_sensitive=False),
    help="Pollutant to look for in place of the model's variables; repeat it for several.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(as_json: bool, pollutants: tuple[str, ...], reading: ReadingOptions) -> None:
    """Say what FILES are taken for, and what of them would be left out.

    Format, columns, units, time zone, days and stations inside the grid of the model, or of the
    domain; nothing is written. Exit code 1 if a file cannot be read.
    """
    _, metadata, _ = read_model_file(reading.model)
    if reading.domain == AROUND_STATIONS:
        raise click.UsageError("all stations are on a domain around them; name a file of a domain")
    if reading.domain is not None:
        metadata = replace(metadata, own_grid=read_domain(Path(reading.domain)).grid)
    if names := named_variables(variable_of(pollutants, reading), [*POLLUTANTS]):
        metadata = replace(metadata, variables=as_variables(names))
    request, period = requested(reading, metadata), parse_days(reading.days)
    found = check_files(station_files(reading), request, metadata, period)
    if as_json:
        click.echo(json_text(_content(found)))
    else:
        for each in found.files:
            say(*each.lines())
        say(*_lines_together(found, metadata, needs_list=not reading.stations))
        if reading.model is None and reading.domain is None and _mostly_elsewhere(found):
            say(
                "most stations lie outside of China: 'pointfuse fuse' makes fields around them, "
                "with the model of any place; name another place with --domain"
            )
    if found.error or not all(each.readable for each in found.files):
        click.get_current_context().exit(1)


def _mostly_elsewhere(found: FilesCheck) -> bool:
    """Whether most stations that have coordinates are not on the grid."""
    if found.together is None:
        return False
    counts = found.together.counts
    return counts.outside_grid > counts.used


def _content(found: FilesCheck) -> dict[str, object]:
    """The findings in JSON types."""
    counts = found.together.counts if found.together else None
    return {
        "files": [each.to_dict() for each in found.files],
        "together": None
        if counts is None or found.together is None
        else {
            "stations": counts.read,
            "with_daily_means": counts.valid,
            "without_coordinates": counts.without_coordinates,
            "outside_grid": counts.outside_grid,
            "used": counts.used,
            "days": len(found.together.observations.times),
            "days_with_stations": int((found.together.target_stations > 0).sum()),
            "quality_control": found.together.quality,
        },
        "error": found.error or None,
    }


def _lines_together(found: FilesCheck, metadata: ModelMetadata, *, needs_list: bool) -> list[str]:
    """What all files hold together, for people, and what to do next."""
    readable = sum(each.readable for each in found.files)
    lines = [f"{readable} of {counted(len(found.files), 'file')} can be read"]
    if found.error:
        return [*lines, f"but not together: {found.error}"]
    if found.together is None:
        return lines
    lines += _days_and_stations(found.together, metadata)
    if needs_list and any(each.without_coordinates for each in found.files):
        lines.append("give the station list of the network with --stations for the coordinates")
    return lines


def _days_and_stations(together: PlacedObservations, metadata: ModelMetadata) -> list[str]:
    counts, days = together.counts, together.observations.times
    target, stations = metadata.target.name, together.target_stations
    fused = int((stations > 0).sum())
    span = f", {days[0]} to {days[-1]}" if len(days) else ""
    return [
        f"days: {len(days)}{span}; {fused} with {target} on the grid",
        f"stations: {counts.read} read, {counts.valid} valid, of these "
        f"{counts.without_coordinates} without coordinates, {counts.outside_grid} outside the "
        f"grid, {counts.used} used",
        *quality_lines(together.quality),
    ]
