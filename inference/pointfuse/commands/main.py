"""The command `pointfuse`, which loads its subcommands."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path

import click

from pointfuse.commands.config import read_settings
from pointfuse.commands.shared.command_line import LazyCommands, PrintableFormatter, say
from pointfuse.errors import PointfuseError
from pointfuse.model.shipped import shipped_models
from pointfuse.version import __version__

_TEXTS = {
    "check": "Say what FILES are taken for, and what of them would be left out.",
    "config": "Print a settings file with all options of all commands.",
    "convert": "Convert a FILE that `pointfuse fuse` wrote, or any CF netCDF file, to a GeoTIFF "
    "for GIS.",
    "crossval": "Predict withheld stations of FILES from the others, and write scores to a JSON "
    "file.",
    "domain": "Choose where fields are made: write the grid of a part of the Earth to a TOML file.",
    "doctor": "Check this installation, its devices and its model files.",
    "extract": "Write the values of a FILE that `pointfuse fuse` wrote at PLACES to a CSV or "
    "Parquet file.",
    "fuse": "Fuse station FILES into fields and write them to a CF netCDF file.",
    "index": "Write the air-quality index of FILES that `pointfuse fuse` wrote to a netCDF file.",
    "inspect": "Check a model file (the shipped one by default) and show its metadata.",
    "members": "Write members of a FILE that `pointfuse fuse` wrote to a netCDF file.",
    "plot": "Draw a map of a FILE that `pointfuse fuse` wrote, or of any CF netCDF file.",
    "qc": "Check the observations in FILES and list those that are not good in a CSV file.",
    "regions": "Write the means of a FILE that `pointfuse fuse` wrote over REGIONS to a CSV or "
    "Parquet file.",
    "serve": "Fuse stations that are posted over HTTP into fields, and give files, tiles and "
    "values.",
    "verify": "Run the golden case of a model file (the shipped one by default) on a device.",
}
"""Help of each command in the list: the first sentence of its docstring."""


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        # Of each precision there is a file of its own.
        names = dict.fromkeys(f"{model.name} {model.version}" for model in shipped_models())
    except PointfuseError as error:
        say(f"pointfuse {__version__}: {error}", err=True)
        ctx.exit(error.exit_code)
    say(f"pointfuse {__version__} (model{'s' * (len(names) > 1)} {', '.join(names)})")
    ctx.exit()


@click.group(
    cls=LazyCommands,
    program="pointfuse",
    package="pointfuse.commands",
    texts=_TEXTS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="POINTFUSE_CONFIG",
    help="Settings file (TOML) with options of commands; by default that which POINTFUSE_CONFIG "
    "names.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of the code and of the models.",
)
@click.pass_context
def main(ctx: click.Context, debug: bool, config: Path | None) -> None:
    """Fuse sparse station observations into complete daily fields."""
    # A name that the terminal cannot show must not end a run that succeeded.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("pointfuse: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    if config is not None:
        ctx.default_map = read_settings(config, ctx)
