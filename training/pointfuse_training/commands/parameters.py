"""`pointfuse-train parameters`: what the simulation depends on."""

from __future__ import annotations

import click

from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse_training.simulation.tables import parameters_markdown


@click.command(cls=Command)
def parameters() -> None:
    """Show the parameters of the simulation, with their units and ranges."""
    click.echo(parameters_markdown())
