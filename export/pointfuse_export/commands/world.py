"""`pointfuse-export world`: the files of a model of any place."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import click

from pointfuse.basics.kept_inputs import keep_inputs
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFolder
from pointfuse_export.anywhere.world_description import read_world_description
from pointfuse_export.anywhere.world_export import export_world, world_files
from pointfuse_training.fitting.provenance import git_commit


@click.command(cls=Command)
@click.argument("description", type=InputFile())
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=OutputFolder(),
    help="Folder for the model files, their card and the manifest.",
)
@click.option(
    "--commit",
    help="Commit to write into the metadata [default: the one that is checked out].",
)
def world(description: Path, folder: Path, commit: str | None) -> None:
    """Make the files of the model of any place that DESCRIPTION (TOML) describes, and check them.

    A file for each pollutant.
    """
    # PyTorch's exporter speaks of packages that no network here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    described = read_world_description(description)
    keep_inputs({"--output": world_files(described, folder)}, [description, described.checkpoint])
    commit = commit or git_commit(description.parent)
    for name, size in export_world(described, folder, commit, partial(click.echo, err=True)):
        click.echo(f"wrote {folder / name}, {size} bytes")
