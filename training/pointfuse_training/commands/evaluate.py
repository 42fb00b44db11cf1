"""The command `pointfuse-train evaluate`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click
import torch

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.output_formats import REPORT, SCORES
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.pictures.report.html_report import check_report
from pointfuse.trust.baselines import find_baselines
from pointfuse.version import __version__
from pointfuse_training.archives.archive import Archive
from pointfuse_training.evaluation.archive_days import days_seen, last_files
from pointfuse_training.evaluation.archive_evaluation import evaluate_archive
from pointfuse_training.evaluation.reconstruction import load_reconstructor
from pointfuse_training.evaluation.region import read_region
from pointfuse_training.evaluation.report import write_report
from pointfuse_training.evaluation.sampling import SampledCells, read_cells
from pointfuse_training.evaluation.tables import scores_markdown, scores_of
from pointfuse_training.fitting.provenance import archive_sha256


@click.command(cls=Command)
@click.argument("model", type=InputFile())
@click.option(
    "--archive", "folder", required=True, type=InputFile("*.nc"), help="Archive of simulated days."
)
@click.option(
    "--held-out",
    type=click.IntRange(1),
    help="Last files of the archive, those that were not trained on; all by default.",
)
@click.option("--every", type=click.IntRange(1), default=1, help="Use every Nth day only.")
@click.option(
    "--stations",
    type=InputFile(),
    help="Cells to sample: a station list (CSV), or an archive (.npz) with the array 'observed'. "
    "By default 1,500 to 2,500 are drawn for each day.",
)
@click.option(
    "--weather", type=InputFile(), help="The same for humidity and wind; none are given by default."
)
@click.option(
    "--static", type=InputFile(), help="Static layers (.npz), which hold the cells to score."
)
@click.option(
    "--mask", help="Array of --static that is true where cells are scored; land by default."
)
@click.option(
    "--baselines",
    metavar="NAME,...",
    default="",
    help="Other methods to compare with: kriging,idw,... (the benchmarks).",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option("-o", "--output", required=True, type=OutputFile(SCORES), help="JSON file to write.")
@click.option(
    "--report", type=OutputFile(REPORT), help="Report to write, with figures: one HTML file."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def evaluate(
    model: Path,
    folder: Path,
    held_out: int | None,
    every: int,
    stations: Path | None,
    weather: Path | None,
    static: Path | None,
    mask: str | None,
    baselines: str,
    seed: int,
    threads: int,
    output: Path,
    report: Path | None,
    quiet: bool,
) -> None:
    """Reconstruct sampled days of an archive with MODEL, and score the fields.

    MODEL is an ONNX file, of which the network alone is taken, or a checkpoint of `fit`.
    """
    began = time.perf_counter()
    if mask is not None and static is None:
        raise click.UsageError("--mask names an array of --static; give both")
    if report is not None:
        check_report(report)
    others = find_baselines([name.strip() for name in baselines.split(",") if name.strip()])
    torch.set_num_threads(threads)
    archive = Archive(folder)
    days = last_files(archive, held_out, every)
    region = read_region(static, mask, archive.grid.shape)
    sampling = SampledCells(
        archive.grid.shape,
        read_cells(stations, archive.grid) if stations else None,
        read_cells(weather, archive.grid) if weather else None,
        seed,
    )
    reconstructor = load_reconstructor(model, threads=threads)
    sha256 = archive_sha256(archive)
    seen = days_seen(reconstructor.training, sha256, days)
    if seen:
        click.echo(
            f"pointfuse-train: warning: {reconstructor.name} was trained on {seen} of these "
            f"{len(days)} days; take those that were held out with --held-out",
            err=True,
        )
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(
        length=len(days), label="evaluating", file=sys.stderr, hidden=hidden
    ) as bar:
        evaluation = evaluate_archive(
            archive, days, reconstructor, sampling, region, baselines=others, on_day=bar.update
        )
    scores = scores_of(evaluation) | {
        "sha256": reconstructor.sha256,
        "archive": folder.name,
        "archive_sha256": sha256,
        "days_seen_in_training": seen,
        "stations": stations.name if stations else "drawn uniformly",
        "weather": weather.name if weather else "none",
        "seed": seed,
        "code": f"pointfuse-training {__version__}",
    }
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(scores, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if report is not None:
        write_report(report, evaluation, scores)
    if not quiet:
        click.echo(scores_markdown(scores))
        click.echo(f"\nwrote {output}, {time.perf_counter() - began:.0f} s")
