"""`pointfuse inspect`: whether a model file is sound, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pointfuse.commands.files import Command, ModelFile
from pointfuse.commands.texts import metadata_text
from pointfuse.model.model_file import read_model_file


@click.command(cls=Command)
@click.argument("model", required=False, type=ModelFile())
@click.option("--json", "as_json", is_flag=True, help="Print the whole metadata as JSON.")
def inspect(model: Path | None, as_json: bool) -> None:
    """Check a MODEL file (the shipped one by default) and show what it says of itself."""
    _, metadata, sha256 = read_model_file(model)
    if as_json:
        content = metadata.to_dict() | {"sha256": sha256}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        click.echo(metadata_text(metadata, sha256))
