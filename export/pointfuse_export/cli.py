"""The command line: `pointfuse-export DESCRIPTION -o FOLDER`, and what is made of model files."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pointfuse.command_line import Commands, exit_on_signals
from pointfuse.version import __version__
from pointfuse_export.description import read_description
from pointfuse_export.engine_command import engine, inspect
from pointfuse_export.pipeline import Report, export_model
from pointfuse_export.triton_command import triton
from pointfuse_training.provenance import git_commit


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
    """Make model files, and what deployers make of them.

    `pointfuse-export DESCRIPTION -o FOLDER` is short for the command `model`.
    """
    exit_on_signals()


main.add_command(engine)
main.add_command(inspect)
main.add_command(triton)


@main.command()
@click.argument("description", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the model file, its card and the manifest.",
)
@click.option(
    "--commit",
    help="Commit to write into the metadata [default: the one that is checked out].",
)
def model(description: Path, folder: Path, commit: str | None) -> None:
    """Make the model file that DESCRIPTION (TOML) describes, and check it."""
    # PyTorch's exporter speaks of packages that no network here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    described = read_description(description)
    report = export_model(described, folder, commit or git_commit(description.parent))
    _print_report(report)


def _print_report(report: Report) -> None:
    counts = ", ".join(f"{count} {name}" for name, count in report.operators.items())
    click.echo(f"wrote       {report.path}, {report.bytes} bytes")
    click.echo(f"sha256      {report.sha256}")
    if report.golden_difference is not None:
        click.echo(f"golden days {report.golden_difference:.1e} {report.units} at most")
    click.echo(f"PyTorch     {report.torch_difference:.1e} {report.units} at most")
    click.echo(f"operators   {counts}")
