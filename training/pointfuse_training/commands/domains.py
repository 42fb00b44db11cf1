"""The command `pointfuse-train domains`: domains drawn all over the Earth."""

from __future__ import annotations

from pathlib import Path

import click

from pointfuse.commands.shared.inputs_and_outputs import Command, OutputFolder
from pointfuse.domains.domain import write_domain
from pointfuse_training.static_layers.drawn_domains import drawn_domains


@click.command(cls=Command)
@click.option("--number", required=True, type=click.IntRange(1), help="Number of domains.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option(
    "-o", "--output", required=True, type=OutputFolder("*.toml"), help="Folder of the domains."
)
def domains(number: int, seed: int, output: Path) -> None:
    """Draw domains around inhabited places, to simulate days on.

    Cells are 6 to 36 km. The package pointfuse-world has to be installed.
    """
    output.mkdir(parents=True, exist_ok=True)
    for i, domain in enumerate(drawn_domains(number, seed)):
        path = output / f"domain_{i:03}.toml"
        write_domain(domain, path)
        click.echo(f"{path}: {domain.summary}")
