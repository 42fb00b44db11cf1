"""The command that makes model files, as tests run it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from pointfuse_export.commands.main import main


def export(description: Path, folder: Path, *options: str) -> Result:
    """Make the files of a description in a folder."""
    return CliRunner().invoke(main, [str(description), "-o", str(folder), *options])
