"""The command line: `pointfuse-train` and its commands."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
import torch

from pointfuse.basics.atomic_files import check_place
from pointfuse.commands.command_line import Commands, exit_on_signals
from pointfuse.errors import InputError
from pointfuse.version import __version__
from pointfuse_training.adapt_command import adapt
from pointfuse_training.archive import Archive
from pointfuse_training.archive_command import archive as archive_command
from pointfuse_training.checkpoints import load_checkpoint
from pointfuse_training.devices import checked_device
from pointfuse_training.evaluate_command import evaluate
from pointfuse_training.evaluation.sampling import read_cells
from pointfuse_training.fit_command import fit_command
from pointfuse_training.fusion_network import FusionNetwork
from pointfuse_training.grids import read_grid
from pointfuse_training.pseudo_stations import StationPlaces, inhabited_cells
from pointfuse_training.scale_training import (
    SimulatedDays,
    calibrate,
    coverage,
    split_by_scenario,
    train_scale_head,
    withheld_ratios,
    write_scale_head,
)
from pointfuse_training.seed_weights import load_seed_network
from pointfuse_training.simulation.runs import simulate_archive
from pointfuse_training.simulation.static_inputs import read_static_inputs
from pointfuse_training.simulation.tables import parameters_markdown
from pointfuse_training.static_command import static as static_command

_FILE = click.Path(path_type=Path)


@click.group(
    cls=Commands,
    program="pointfuse-train",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="pointfuse-train")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """From simulations to a trained network."""
    exit_on_signals()


main.add_command(adapt)
main.add_command(archive_command)
main.add_command(evaluate)
main.add_command(fit_command)
main.add_command(static_command)


@main.command()
@click.option("--static", required=True, type=_FILE, help="Static layers (.npz) on the grid.")
@click.option(
    "--grid",
    "place",
    type=_FILE,
    help="Whose grid to use: a model file, TOML with a [grid], an archive, or netCDF (CMAQ, WRF, "
    "CF); the shipped model's by default.",
)
@click.option("--scenarios", required=True, type=click.IntRange(1), help="Number of scenarios.")
@click.option("--days", required=True, type=click.IntRange(1, 365), help="Days of each scenario.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option(
    "--batch",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Scenarios to simulate side by side; more than one pays on a GPU.",
)
@click.option("--device", default="cpu", show_default=True, help="Where to run: cpu, cuda, cuda:1.")
@click.option(
    "--threads",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads; the bits of an archive may depend on them.",
)
@click.option("-o", "--output", "folder", required=True, type=_FILE, help="Folder of the archive.")
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def simulate(
    static: Path,
    place: Path | None,
    scenarios: int,
    days: int,
    seed: int,
    batch: int,
    device: str,
    threads: int,
    folder: Path,
    quiet: bool,
) -> None:
    """Simulate daily fields with the reduced chemical transport model."""
    began = time.perf_counter()
    torch.set_num_threads(threads)
    layers = read_static_inputs(static, read_grid(place), checked_device(device))
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(
        length=scenarios * days, label="simulating", file=sys.stderr, hidden=hidden
    ) as bar:
        simulate_archive(
            layers,
            folder,
            scenarios=scenarios,
            days=days,
            seed=seed,
            batch=batch,
            on_day=bar.update,
        )
    if not quiet:
        seconds = time.perf_counter() - began
        click.echo(f"{scenarios} scenarios of {days} days in {folder}, {seconds:.0f} s")


@main.command()
def parameters() -> None:
    """Show the parameters of the simulation, with their units and ranges."""
    click.echo(parameters_markdown())


@main.command()
@click.option("--archive", "folder", required=True, type=_FILE, help="Archive of simulated days.")
@click.option("--static", required=True, type=_FILE, help="Static layers (.npz) on the grid.")
@click.option("--checkpoint", type=_FILE, help="Network that 'fit' trained; or else:")
@click.option("--weights", type=_FILE, help="Seed weights of a network (.npz).")
@click.option("--channels", type=_FILE, help="Its static channels (.npz).")
@click.option(
    "--network",
    "stations",
    type=_FILE,
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
@click.option("-o", "--output", required=True, type=_FILE, help="File (.npz) of the head.")
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
    """Train the head that gives the scale of the field's error, on simulated days alone.

    The network itself is not changed. It takes minutes on a CPU; an interrupted run begins anew.
    """
    began = time.perf_counter()
    network = _network(checkpoint, weights, channels)
    check_place(output)
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
