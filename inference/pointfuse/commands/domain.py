"""`pointfuse domain`: choose where fields are made."""

from __future__ import annotations

import math
from pathlib import Path

import click

from pointfuse.basics.output_formats import TOML
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.domains.domain import Domain, read_domain, write_domain
from pointfuse.domains.extents import (
    Extent,
    extent_around,
    extent_of_box,
    extent_of_country,
    extent_of_stations,
)
from pointfuse.domains.new_domain import MARGIN, new_domain
from pointfuse.stations.files.sources import expanded
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse.stations.reading import read_stations

_WAYS = "--country, --bbox, --centre with --size, --stations or --grid"


@click.command(cls=Command)
@click.option("--country", help="Name of a country, such as Poland, or its numeric ISO code.")
@click.option("--bbox", metavar="WEST,SOUTH,EAST,NORTH", help="Box in degrees.")
@click.option("--centre", metavar="LON,LAT", help="Middle of a square, in degrees.")
@click.option("--size", type=float, metavar="KM", help="Edge of that square.")
@click.option(
    "--stations", type=InputFile(), multiple=True, help="Files whose stations it is to hold."
)
@click.option("--grid", type=InputFile(), help="File on a grid: CMAQ, MCIP, WRF, CF, GeoTIFF.")
@click.option(
    "--cell",
    type=float,
    metavar="KM",
    help="Edge of a cell, 3 to 36; by default so that there are at most 100,000 cells.",
)
@click.option("--margin", type=float, metavar="KM", help="To add on each side.")
@click.option("--name", help="Name of the domain.")
@click.option("-o", "--output", required=True, type=OutputFile(TOML), help="File to write.")
def domain(
    country: str | None,
    bbox: str | None,
    centre: str | None,
    size: float | None,
    stations: tuple[Path, ...],
    grid: Path | None,
    cell: float | None,
    margin: float | None,
    name: str | None,
    output: Path,
) -> None:
    """Choose where fields are made: write the grid of a part of the Earth to a TOML file.

    `pointfuse fuse FILES --domain FILE` makes fields on it. The projection is one that suits the
    part. The package pointfuse-world has to be installed for --country.
    """
    ways = (country, bbox, centre, stations or None, grid)
    if sum(way is not None for way in ways) != 1:
        raise click.UsageError(f"expected one of {_WAYS}")
    if (centre is None) != (size is None):
        raise click.UsageError("--centre and --size belong together; give both")
    if grid is not None:
        if cell is not None or margin is not None:
            raise click.UsageError(
                "--grid takes the cells of a file; leave --cell and --margin out"
            )
        chosen = read_domain(grid)
        chosen = Domain(name or chosen.name, chosen.grid)
    else:
        extent = _extent(country, bbox, centre, size, stations)
        around = MARGIN if stations else 0.0
        chosen = new_domain(
            extent,
            cell_size=None if cell is None else 1000 * cell,
            margin=around if margin is None else margin,
            name=name,
        )
    write_domain(chosen, output)
    say(chosen.summary, f"wrote {output}")


def _extent(
    country: str | None,
    bbox: str | None,
    centre: str | None,
    size: float | None,
    stations: tuple[Path, ...],
) -> Extent:
    if country is not None:
        return extent_of_country(country)
    if bbox is not None:
        west, south, east, north = _numbers(bbox, 4, "--bbox")
        return extent_of_box(west, south, east, north)
    if centre is not None and size is not None:
        longitude, latitude = _numbers(centre, 2, "--centre")
        return extent_around(longitude, latitude, size)
    found = read_stations(expanded(stations), variables=[*POLLUTANTS]).stations
    return extent_of_stations(found.longitude, found.latitude)


def _numbers(text: str, count: int, option: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise click.BadParameter(
            f"expected {count} numbers with commas between, got '{text}'", param_hint=option
        )
    return numbers
