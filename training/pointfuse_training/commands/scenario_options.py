"""Options of the commands that make an archive of scenarios, and of the grid."""

from __future__ import annotations

import click

from pointfuse.commands.inputs_and_outputs import InputFile, ModelFile, OutputFolder

static_option = click.option(
    "--static", required=True, type=InputFile(), help="Static layers (.npz) on the grid."
)

grid_option = click.option(
    "--grid",
    "place",
    type=ModelFile("*.nc"),
    help="Whose grid to use: a model file, TOML with a [grid], an archive, or netCDF (CMAQ, WRF, "
    "CF); the shipped model's by default.",
)
"""The option that `read_grid` reads."""

scenarios_option = click.option(
    "--scenarios", required=True, type=click.IntRange(1), help="Number of scenarios."
)

threads_option = click.option(
    "--threads",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads; the bits of an archive may depend on them.",
)

folder_option = click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=OutputFolder("scenario_*.nc"),
    help="Folder of the archive.",
)
