"""How fast a recipe trains: iterations and days a second, and how long the days take to draw.

python -m pointfuse_benchmarks.training.training_throughput archive china12.npz --recipe regression
python -m pointfuse_benchmarks.training.training_throughput archive china12.npz --recipe default \
    --device cuda
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import torch

from pointfuse_training.fitting.fit import load_for
from pointfuse_training.fitting.process_team import joined
from pointfuse_training.fitting.provenance import hardware
from pointfuse_training.fitting.recipes import RECIPES, read_recipe
from pointfuse_training.fitting.training_inputs import read_training_inputs
from pointfuse_training.fitting.training_loop import Training
from pointfuse_training.samples.training_days import Batch, DrawnBatches


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("static", type=click.Path(path_type=Path))
@click.option("--recipe", default="default", show_default=True, help=f"{', '.join(RECIPES)}, file.")
@click.option("--crop", type=int, help="Edge of the patches instead, cells; 0 for all.")
@click.option("--batch", type=int, help="Days of an iteration instead.")
@click.option("--iterations", default=5, show_default=True, help="Iterations to measure.")
@click.option("--threads", default=1, show_default=True, help="Threads.")
@click.option("--device", default="cpu", show_default=True, help="Where to run.")
def main(
    archive: Path,
    static: Path,
    recipe: str,
    crop: int | None,
    batch: int | None,
    iterations: int,
    threads: int,
    device: str,
) -> None:
    """Measure a training on an archive of days."""
    torch.set_num_threads(threads)
    chosen = read_recipe(recipe)
    if crop is not None:
        chosen = replace(chosen, crop=crop)
    if batch is not None:
        chosen = replace(chosen, batch=batch)
    with joined(device) as team:
        inputs = read_training_inputs([archive], static, chosen)
        training = Training(chosen, inputs, team)
        batches = DrawnBatches(inputs.training, chosen.batch, chosen.crop, chosen.seed)
        training.choose_point_conv(batches[0].to(team.device))
        days = iter(load_for(team, batches, first=1))
        training.step(next(days).to(team.device), 0.0)  # plans and allocates
        waiting, wall, processor = _measure(training, days, iterations)
        click.echo(
            f"{iterations / wall:.3g} iterations/s, {iterations * chosen.batch / wall:.3g} days/s "
            f"({wall / iterations:.2f} s an iteration, {processor / iterations:.2f} s of processor "
            f"time, {waiting / iterations:.2f} s of waiting for days); recipe {chosen.name}, "
            f"batch {chosen.batch}, crop {chosen.crop or 'none'}, {training.precision}, "
            f"PointConv {training.point_conv}; {hardware(team.device, team.size)}, "
            f"torch {torch.__version__}, {datetime.date.today()}"
        )


def _measure(
    training: Training, days: Iterator[Batch], iterations: int
) -> tuple[float, float, float]:
    """Seconds of waiting for days, of all, and of the processor."""
    waiting = 0.0
    began, processor = time.perf_counter(), time.process_time()
    for _ in range(iterations):
        asked = time.perf_counter()
        batch = next(days)
        waiting += time.perf_counter() - asked
        loss = training.step(batch.to(training.team.device), 0.5)
    training.check(loss)  # waits for a GPU
    return waiting, time.perf_counter() - began, time.process_time() - processor


if __name__ == "__main__":
    main()
