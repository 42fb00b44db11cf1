"""The published evaluation on real CMAQ days that no network of ours was trained on.

    python -m pointfuse_benchmarks.training.reproduced_simulations --data DIR \
        -o reproduced_simulations.json

`DIR` holds `cmaq_jan2020_36km` and `cnemc`. The days are interpolated to the grid of the model and
written to an archive in a temporary folder; the rest is what `pointfuse-train evaluate` does with
the stations of `cnemc` and the mask of mainland China.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.grid.regular_grid import Grid
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.trust.baselines import find_baselines
from pointfuse_benchmarks.accuracy.cmaq import read_cmaq_days
from pointfuse_benchmarks.measuring.checkout import CHECKPOINT, EXAMPLES
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.evaluation.archive_evaluation import evaluate_archive
from pointfuse_training.evaluation.reconstruction import load_reconstructor
from pointfuse_training.evaluation.region import ScoredRegion
from pointfuse_training.evaluation.sampling import SampledCells, read_cells
from pointfuse_training.evaluation.tables import scores_markdown, scores_of

MASK = EXAMPLES / "mainland_china.npz"


@click.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Real data.")
@click.option("--baselines", default="kriging,idw", show_default=True, metavar="NAME,...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
def main(model: Path | None, data: Path, baselines: str, output: Path) -> None:
    """Evaluate MODEL, the shipped one by default, and print the table."""
    reconstructor = load_reconstructor(model or model_folder() / shipped_models()[0].file)
    if model is None:
        # The checkpoint has more to show than the file: the covariance of the interpolation.
        reconstructor = replace(reconstructor, kernels=load_reconstructor(CHECKPOINT).kernels)
    grid = reconstructor.grid
    with tempfile.TemporaryDirectory() as folder:
        inside = write_archive(data / "cmaq_jan2020_36km", grid, Path(folder))
        archive = Archive(Path(folder))
        with (
            np.load(MASK) as stored,
            click.progressbar(length=len(archive), label="evaluating", file=sys.stderr) as bar,
        ):
            evaluation = evaluate_archive(
                archive,
                range(len(archive)),
                reconstructor,
                SampledCells(grid.shape, read_cells(data / "cnemc" / "station_list.csv", grid)),
                ScoredRegion("mainland China", stored["mask"] & inside),
                baselines=find_baselines(baselines.split(",")),
                on_day=bar.update,
            )
    scores = scores_of(evaluation) | {"sha256": reconstructor.sha256, "machine": machine()}
    output.write_text(json.dumps(scores, indent=1) + "\n")
    click.echo(scores_markdown(scores))


def write_archive(folder: Path, grid: Grid, output: Path) -> NDArray[np.bool_]:
    """Write the days as an archive without weather; cells within their domain, (rows, columns)."""
    days, fields = read_cmaq_days(folder, grid)
    inside = np.asarray(np.isfinite(fields).all(axis=0))
    for day, field in zip(days, fields, strict=True):
        of_year = int((day - day.astype("datetime64[Y]")).astype(np.int64))
        with writing(output / f"cmaq_{day}.nc", grid, of_year, {}) as writer:
            pm25 = torch.from_numpy(np.where(inside, field, 0))
            writer.append(torch.stack([pm25, torch.zeros_like(pm25), torch.zeros_like(pm25)]))
    return inside


if __name__ == "__main__":
    main()
