"""How long a simulated day takes.

python -m pointfuse_benchmarks.training.simulation_speed FILE.npz --threads 2
python -m pointfuse_benchmarks.training.simulation_speed FILE.npz --device cuda --batch 48
"""

from __future__ import annotations

import time
from pathlib import Path

import click
import torch

from pointfuse.model.model_file import read_model_file
from pointfuse_training.simulation.simulator import Simulator
from pointfuse_training.simulation.static_inputs import read_static_inputs


@click.command()
@click.argument("static", type=click.Path(path_type=Path))
@click.option("--days", default=5, show_default=True, help="Days to measure, after the spin-up.")
@click.option("--batch", default=1, show_default=True, help="Scenarios side by side.")
@click.option("--threads", default=2, show_default=True, help="Threads.")
@click.option("--device", default="cpu", show_default=True, help="Where to run.")
def main(static: Path, days: int, batch: int, threads: int, device: str) -> None:
    """Measure the simulation on the grid of the shipped model."""
    torch.set_num_threads(threads)
    layers = read_static_inputs(static, read_model_file(None)[1].grid, torch.device(device))
    simulated = Simulator(layers, 0, range(batch)).run(days + 1)
    next(simulated).fields.cpu()
    wall, processor = time.perf_counter(), time.process_time()
    for day in simulated:
        day.fields.cpu()  # waits for a GPU
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    count = days * batch
    click.echo(
        f"{wall / count:.2f} s a day ({processor / count:.2f} s of processor time), {count} days, "
        f"{device}, {threads} threads, torch {torch.__version__}"
    )


if __name__ == "__main__":
    main()
