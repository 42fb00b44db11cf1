"""`pointfuse verify`: compute the golden case of a model file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pointfuse.basics.printable import json_text
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile
from pointfuse.commands.shared.running import RunningOptions, names_model, running_options
from pointfuse.errors import PointfuseError
from pointfuse.trust.verification import verify as run_golden_case


@click.command(cls=Command)
@names_model
@running_options
@click.option(
    "--golden", type=InputFile(), help="Golden case; the one beside the model by default."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(model: Path | None, golden: Path | None, as_json: bool, running: RunningOptions) -> None:
    """Run the golden case of a model file (the shipped one by default) on a device.

    Exit codes: 0 if the field is as expected and all of it was computed on the device; 1 if not,
    or if a file is not valid; 3 if the device is not available.
    """
    result = run_golden_case(model, golden=golden, **asdict(running))
    say(*(json_text(result.to_dict()).split("\n") if as_json else [result.text]))
    if result.problems:
        raise PointfuseError("; ".join(result.problems))
