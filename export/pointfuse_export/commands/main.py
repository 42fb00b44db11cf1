"""The command line: `pointfuse-export DESCRIPTION -o FOLDER`, and what is made of model files."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import click

from pointfuse.basics.atomic_files import check_place
from pointfuse.basics.kept_inputs import keep_inputs
from pointfuse.basics.units import said_units
from pointfuse.commands.shared.command_line import Commands
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFolder
from pointfuse.version import __version__
from pointfuse_export.commands.days import days
from pointfuse_export.commands.engine import engine, inspect
from pointfuse_export.commands.triton import triton
from pointfuse_export.commands.world import world
from pointfuse_export.files.description import checked_precisions, read_description
from pointfuse_export.files.file_report import (
    ERROR_HEADER,
    FILE_HEADER,
    SCORE_HEADER,
    error_row,
    file_row,
    score_row,
)
from pointfuse_export.files.pipeline import export_model, written_files
from pointfuse_training.fitting.provenance import git_commit


def _precisions(
    ctx: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[str, ...] | None:
    """Precisions with commas between them."""
    if text is None:
        return None
    try:
        return checked_precisions(text.split(","))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


class _ExportCommands(Commands):
    """Commands, of which `model` is the one that is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Name the command that is meant."""
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        first = next((i for i, word in enumerate(args) if word not in own), None)
        if first is not None and args[first] not in self.commands:
            args = [*args[:first], "model", *args[first:]]
        return super().parse_args(ctx, args)


@click.group(
    cls=_ExportCommands,
    program="pointfuse-export",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="pointfuse-export")
def main(debug: bool) -> None:
    """Make model files, TensorRT engines and Triton repositories.

    `pointfuse-export DESCRIPTION -o FOLDER` is short for the command `model`.
    """


main.add_command(days)
main.add_command(engine)
main.add_command(inspect)
main.add_command(triton)
main.add_command(world)


@main.command(cls=Command)
@click.argument("description", type=InputFile())
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=OutputFolder(),
    help="Folder for the model files, their card and the manifest.",
)
@click.option(
    "--commit",
    help="Commit to write into the metadata [default: the one that is checked out].",
)
@click.option(
    "--precision",
    "precisions",
    callback=_precisions,
    help="Files to make, such as fp32,int8 [default: those that DESCRIPTION names]. Without fp32, "
    "the one in the folder stays as it is.",
)
def model(
    description: Path,
    folder: Path,
    commit: str | None,
    precisions: tuple[str, ...] | None,
) -> None:
    """Make the model files that DESCRIPTION (TOML) describes, and check them."""
    # PyTorch's exporter speaks of packages that no network here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    described = read_description(description)
    # Better known now than after minutes of tracing.
    planned = written_files(described, folder)
    keep_inputs({"--output": planned}, [description, *described.files.paths()])
    check_place(planned[0])
    commit = commit or git_commit(description.parent)
    reports = export_model(described, folder, commit, precisions, partial(click.echo, err=True))
    units = said_units(described.variables[0].units)
    click.echo(f"Wrote to {folder}; errors in {units}:\n")
    for header, row in (
        (FILE_HEADER, file_row),
        (ERROR_HEADER, error_row),
        (SCORE_HEADER, score_row),
    ):
        click.echo(_table(header, [row(report) for report in reports]))


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in (header, *rows))
    return "\n".join(lines) + "\n"
