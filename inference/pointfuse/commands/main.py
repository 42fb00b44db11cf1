"""The command line: `pointfuse` and its commands, each in a module of its name."""

from __future__ import annotations

import io
import logging
import sys

import click

from pointfuse.commands.command_line import Commands, PrintableFormatter, exit_on_signals, say
from pointfuse.commands.convert import convert
from pointfuse.commands.crossval import crossval
from pointfuse.commands.doctor import doctor
from pointfuse.commands.fuse import fuse
from pointfuse.commands.inspect import inspect
from pointfuse.commands.plot import plot
from pointfuse.commands.qc import qc
from pointfuse.commands.verify import verify
from pointfuse.errors import PointfuseError
from pointfuse.model.shipped import shipped_models
from pointfuse.version import __version__


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        # Of each precision there is a file of its own.
        names = dict.fromkeys(f"{model.name} {model.version}" for model in shipped_models())
    except PointfuseError as error:
        say(f"pointfuse {__version__}: {error}", err=True)
        ctx.exit(error.exit_code)
    say(f"pointfuse {__version__} (model {', '.join(names)})")
    ctx.exit()


@click.group(
    cls=Commands, program="pointfuse", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of the code and of the model.",
)
def main(debug: bool) -> None:
    """Fuse sparse station observations into complete daily fields."""
    click.get_current_context().with_resource(exit_on_signals())
    # A name that the terminal cannot show must not end a run that succeeded.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("pointfuse: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


for command in (fuse, convert, crossval, qc, inspect, verify, doctor, plot):
    main.add_command(command)
