"""`pointfuse-train covariance`: how far and how high a station speaks for others, from stations."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import click
import numpy as np
import torch

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.basics.progress import progress
from pointfuse.commands.command_line import call_text
from pointfuse.commands.inputs_and_outputs import Command, InputFile, NameOrFile, OutputFile
from pointfuse.commands.reading_options import ReadingOptions, reading_options
from pointfuse.errors import InputError
from pointfuse.model.loading import load_model
from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.unscored_options import (
    Unscored,
    UnscoredDays,
    read_unscored,
    unscored_options,
)
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.fitting.covariance_fit import (
    STEPS,
    Withheld,
    begin,
    described,
    fit_covariance,
    whole_field,
    withheld_stations,
)
from pointfuse_training.fitting.recipes import Recipe, read_recipe
from pointfuse_training.fitting.training_inputs import archive_facts, simulated_days
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.variants import build_network
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.static_channels import static_channels
from pointfuse_training.samples.training_days import CompleteDays, seeded_generator
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs


@click.command(cls=Command)
@reading_options
@unscored_options
@click.option("--archive", required=True, type=InputFile("*.nc"), help="Archive of simulated days.")
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on its grid.")
@click.option(
    "--recipe",
    "recipe_name",
    type=NameOrFile(),
    default="regression",
    show_default=True,
    help="What the network is, and how simulated days are observed: a name, or a TOML file.",
)
@click.option(
    "--simulated", default=24, show_default=True, type=click.IntRange(1), help="Simulated days."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="Checkpoint to write (.npz)."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def covariance(
    archive: Path,
    static: Path,
    recipe_name: str,
    simulated: int,
    seed: int,
    threads: int,
    output: Path,
    quiet: bool,
    reading: ReadingOptions,
    unscored: Unscored,
) -> None:
    """Begin a network: fit the covariance of its interpolation to the stations in FILES.

    Stations, cities and regions are withheld, and simulated days are completed from stations. What
    is fitted is how far a station speaks for others, its noise, the amplitude over land and
    terrain, and how much their layers are believed: a few dozen numbers.
    """
    began = time.perf_counter()
    torch.set_num_threads(threads)
    recipe = read_recipe(recipe_name)
    model = load_model(reading.model, threads=1, device="cpu")
    days = read_unscored(reading, model, unscored)
    grid = days.placed.metadata.grid
    layers = read_static_inputs(static, grid, torch.device("cpu"))
    static_layers = static_channels(layers, recipe.static_channels)
    torch.manual_seed(seed)
    network = build_network(recipe.variant, static_layers, recipe.widths)
    if not isinstance(network, FusionNetwork):
        raise InputError(
            f"the recipe is of the variant '{recipe.variant}', which does not interpolate; name "
            "one of the variant 'default'"
        )
    begin(network.interpolation, recipe.static_channels)
    fields = _simulated(Archive(archive), static, layers, recipe, days)
    withheld = [
        *withheld_stations(days.placed, days.chosen, days.city, seed),
        *_drawn(fields, simulated, seed),
    ]
    with progress(STEPS, "fitting", quiet, "steps") as bar:
        errors = fit_covariance(network.interpolation, static_layers, withheld, bar.update)
    times = days.placed.observations.times
    fit = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "days": times.astype(str).tolist(),
        "stations": int(days.chosen.sum()),
        "simulated_days": simulated,
        "archive_sha256": archive_facts([fields])["archive_sha256"],
        "errors": {kind: [round(one, 4) for one in pair] for kind, pair in errors.items()},
        "observations_sha256": observations_sha256(days.placed),
    }
    checkpoint = Checkpoint(
        weights=network_weights(network),
        static_layers=static_layers,
        static_names=recipe.static_channels,
        variant=recipe.variant,
        widths=recipe.widths,
        grid=grid,
        configuration=recipe.to_dict(),
        provenance={"covariance": fit},
        target=days.placed.metadata.target.name,
    )
    save_checkpoint(checkpoint, output)
    if not quiet:
        click.echo(
            f"wrote {output}: errors of {described(errors)}, from {len(times)} days, "
            f"{time.perf_counter() - began:.0f} s"
        )


def _simulated(
    archive: Archive, static: Path, layers: StaticInputs, recipe: Recipe, days: UnscoredDays
) -> CompleteDays:
    """Days of the archive, seen by the network of stations."""
    grid = days.placed.metadata.grid
    if not archive.grid.coincides(grid):
        raise InputError(
            f"the archive is on {archive.grid}, the stations on {grid}; give an archive of the "
            "same grid"
        )
    stations = np.bincount(days.placed.cell, minlength=grid.rows * grid.columns)
    network = torch.from_numpy(stations.reshape(grid.shape))
    return simulated_days(archive, static, layers, recipe, network)[0]


def _drawn(days: CompleteDays, number: int, seed: int) -> list[Withheld]:
    generators = (seeded_generator(seed, draw) for draw in range(number))
    return [whole_field(days.draw(0, one), one) for one in generators]
