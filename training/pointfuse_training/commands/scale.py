"""`pointfuse-train scale`: the head that tells how far the field may be off."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import torch

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.commands.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.errors import InputError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.evaluation.sampling import read_cells
from pointfuse_training.fitting.scale_training import (
    calibrate,
    coverage,
    train_scale_head,
    withheld_ratios,
    write_scale_head,
)
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.seed_weights import load_seed_network
from pointfuse_training.samples.pseudo_stations import StationPlaces, inhabited_cells
from pointfuse_training.samples.simulated_days import SimulatedDays, split_by_scenario
from pointfuse_training.simulation.static_inputs import read_static_inputs


@click.command(cls=Command)
@click.option(
    "--archive", "folder", required=True, type=InputFile("*.nc"), help="Archive of simulated days."
)
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on the grid.")
@click.option("--checkpoint", type=InputFile(), help="Network that 'fit' trained; or else:")
@click.option("--weights", type=InputFile(), help="Seed weights of a network (.npz).")
@click.option("--channels", type=InputFile(), help="Its static channels (.npz).")
@click.option(
    "--network",
    "stations",
    type=InputFile(),
    help="A real network of stations: a station list (CSV), or an archive (.npz) whose array "
    "'observed' marks its cells.",
)
@click.option("--steps", default=250, show_default=True, type=click.IntRange(1), help="Steps.")
@click.option(
    "--held-out",
    default=4,
    show_default=True,
    type=click.IntRange(1),
    help="Last scenarios of the archive, kept for the calibration and its check.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="File (.npz) of the head."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def scale(
    folder: Path,
    static: Path,
    checkpoint: Path | None,
    weights: Path | None,
    channels: Path | None,
    stations: Path | None,
    steps: int,
    held_out: int,
    seed: int,
    threads: int,
    output: Path,
    quiet: bool,
) -> None:
    """Train the head that predicts the scale of the error, on simulated days.

    The network itself is not changed. It takes minutes on a CPU; an interrupted run begins anew.
    """
    began = time.perf_counter()
    network = _network(checkpoint, weights, channels)
    torch.set_num_threads(threads)
    archive = Archive(folder)
    _check_fits(network, archive)
    layers = read_static_inputs(static, archive.grid, torch.device("cpu"))
    land = 1 - layers.ocean
    places = StationPlaces(
        inhabited_cells(layers.night_lights, layers.urban, land),
        torch.from_numpy(read_cells(stations, archive.grid)) if stations else None,
    )
    training, checking = (
        SimulatedDays(archive, days, places, land) for days in split_by_scenario(archive, held_out)
    )
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=steps, label="training", file=sys.stderr, hidden=hidden) as bar:
        head = train_scale_head(
            network, training, steps=steps, seed=seed, on_step=lambda loss: bar.update(1)
        )
    with click.progressbar(
        length=len(checking.days), label="calibrating", file=sys.stderr, hidden=hidden
    ) as bar:
        # Another seed than that of training, whose draws are not to come again.
        ratios = withheld_ratios(network, head, checking, seed=seed + 1, on_day=bar.update)
    calibrate(head, ratios)
    write_scale_head(head, output)
    if not quiet:
        _print_coverage(ratios, float(head.factor))
        click.echo(f"wrote {output}, {time.perf_counter() - began:.0f} s")


def _network(checkpoint: Path | None, weights: Path | None, channels: Path | None) -> FusionNetwork:
    """The trained network that the options name."""
    if checkpoint and not (weights or channels):
        return load_checkpoint(checkpoint).network()
    if weights and channels and not checkpoint:
        return load_seed_network(weights, channels)
    raise click.UsageError("name either --checkpoint, or both --weights and --channels")


def _check_fits(network: FusionNetwork, archive: Archive) -> None:
    """Refuse an archive of another variable, or on another grid, than the network's."""
    rows, columns = network.static_layers.shape[1:]
    if (network.target, rows, columns) != (archive.target.name, *archive.shape):
        raise InputError(
            f"the network fuses {network.target} on {rows} x {columns} cells, the archive has "
            f"{archive.target.name} on {archive.shape[0]} x {archive.shape[1]}; name an archive "
            "such as the network was trained on"
        )


def _print_coverage(ratios: torch.Tensor, factor: float) -> None:
    click.echo(f"factor {factor:.3f} from {len(ratios)} withheld pseudo-stations")
    click.echo("interval  inside before  inside after")
    before, after = coverage(ratios), coverage(ratios / factor)
    for nominal in before:
        click.echo(f"{nominal:8.0%}  {before[nominal]:13.1%}  {after[nominal]:12.1%}")
