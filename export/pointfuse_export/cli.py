"""The command line: `pointfuse-export DESCRIPTION -o FOLDER`."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pointfuse.errors import PointfuseError
from pointfuse.version import __version__
from pointfuse_export.description import read_description
from pointfuse_export.pipeline import Report, export_model
from pointfuse_training.provenance import git_commit


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pointfuse-export")
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
@click.pass_context
def main(ctx: click.Context, description: Path, folder: Path, commit: str | None) -> None:
    """Make the model file that DESCRIPTION (TOML) describes, and check it."""
    # PyTorch's exporter speaks of packages that no network here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        described = read_description(description)
        report = export_model(described, folder, commit or git_commit(description.parent))
    except PointfuseError as error:
        click.echo(f"pointfuse-export: {error}", err=True)
        ctx.exit(error.exit_code)
    _print_report(report)


def _print_report(report: Report) -> None:
    counts = ", ".join(f"{count} {name}" for name, count in report.operators.items())
    click.echo(f"wrote       {report.path}, {report.bytes} bytes")
    click.echo(f"sha256      {report.sha256}")
    if report.golden_difference is not None:
        click.echo(f"golden days {report.golden_difference:.1e} {report.units} at most")
    click.echo(f"PyTorch     {report.torch_difference:.1e} {report.units} at most")
    click.echo(f"operators   {counts}")
