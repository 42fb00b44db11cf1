"""The command line: `pointfuse-train` and its commands, each in a module of its name."""

from __future__ import annotations

import click

from pointfuse.commands.shared.command_line import Commands
from pointfuse.version import __version__
from pointfuse_training.commands.adapt import adapt
from pointfuse_training.commands.anywhere import anywhere
from pointfuse_training.commands.archive import archive
from pointfuse_training.commands.calibrate import calibrate
from pointfuse_training.commands.covariance import covariance
from pointfuse_training.commands.domains import domains
from pointfuse_training.commands.evaluate import evaluate
from pointfuse_training.commands.fit import fit_command
from pointfuse_training.commands.parameters import parameters
from pointfuse_training.commands.patterns import patterns
from pointfuse_training.commands.process import process
from pointfuse_training.commands.sample import sample
from pointfuse_training.commands.simulate import simulate
from pointfuse_training.commands.static import static
from pointfuse_training.commands.world import world


@click.group(
    cls=Commands,
    program="pointfuse-train",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="pointfuse-train")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Make archives of simulated days, and train and evaluate networks."""


for command in (
    *(static, world, domains, simulate, parameters, patterns, process, sample, archive),
    *(fit_command, covariance, calibrate, anywhere, evaluate, adapt),
):
    main.add_command(command)
