"""`pointfuse inspect`: check a model file and show its metadata."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.basics.printable import json_text
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse.commands.shared.running import names_model
from pointfuse.commands.shared.texts import metadata_text
from pointfuse.model.model_file import read_model_file


@click.command(cls=Command)
@names_model
@click.option("--json", "as_json", is_flag=True, help="Print the whole metadata as JSON.")
def inspect(model: Path | None, as_json: bool) -> None:
    """Check a model file (the shipped one by default) and show its metadata."""
    _, metadata, sha256 = read_model_file(model)
    if as_json:
        content = metadata.to_dict() | {"sha256": sha256}
        click.echo(json_text(content))
    else:
        say(*metadata_text(metadata, sha256).split("\n"))
