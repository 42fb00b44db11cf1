"""`pointfuse doctor`: check this installation."""

from __future__ import annotations

from dataclasses import asdict

import click

from pointfuse.basics.printable import json_text
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse.commands.shared.running import RunningOptions, running_options
from pointfuse.trust.doctor import examine


@click.command(cls=Command)
@running_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool, running: RunningOptions) -> None:
    """Check this installation, its devices and its model files.

    Exit codes: 0 if it can fuse, 1 if not, 3 if the named device is not available.
    """
    examination = examine(**asdict(running))
    if as_json:
        click.echo(json_text(examination.to_dict()))
    else:
        say(*examination.text.split("\n"))
    if examination.error is not None:
        raise examination.error
