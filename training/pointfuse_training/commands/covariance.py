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
from pointfuse.commands.shared.command_line import call_text
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, NameOrFile, OutputFile
from pointfuse.commands.shared.reading import ReadingOptions, reading_options
from pointfuse.errors import InputError
from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.unscored_options import (
    Unscored,
    read_unscored,
    unscored_options,
)
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.fitting.covariance_fit import (
    STEPS,
    begin,
    described,
    fit_covariance,
    real_days,
    simulated_days_of,
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
    default="default",
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
    """Begin a network: fit the covariances of its interpolation to the stations in FILES.

    How far a station speaks for others on the map and up a slope, how much it has to itself and
    what terrain and land tell are those under which the days of the stations are most likely; what
    patterns tell, those under which simulated days are.
    """
    began = time.perf_counter()
    torch.set_num_threads(threads)
    recipe = read_recipe(recipe_name)
    days = read_unscored(reading, unscored)
    learned = days.alone().placed
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
    network.target = days.placed.metadata.target.name
    begin(network.interpolation, recipe.static_channels)
    fields = _simulated(Archive(archive), static, layers, recipe, days.placed)
    generators = (seeded_generator(seed, draw) for draw in range(simulated))
    drawn = simulated_days_of((fields.draw(0, one) for one in generators), network.unit)
    with progress(2 * STEPS, "fitting", quiet, "steps") as bar:
        of_real, of_simulated = fit_covariance(
            network.interpolation,
            static_layers,
            list(real_days(learned)),
            list(drawn),
            bar.update,
        )
    network.float()
    times = days.placed.observations.times
    fit = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "days": times.astype(str).tolist(),
        "stations": len(learned.cell),
        "simulated_days": simulated,
        "archive_sha256": archive_facts([fields])["archive_sha256"],
        "log_likelihood": {
            "real": [round(one, 4) for one in of_real],
            "simulated": [round(one, 4) for one in of_simulated],
        },
        "observations_sha256": observations_sha256(learned),
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
        target=network.target,
    )
    save_checkpoint(checkpoint, output)
    if not quiet:
        click.echo(
            f"wrote {output}: {described(network.interpolation, grid.cell_size)}, from "
            f"{len(times)} days, {time.perf_counter() - began:.0f} s"
        )


def _simulated(
    archive: Archive,
    static: Path,
    layers: StaticInputs,
    recipe: Recipe,
    placed: PlacedObservations,
) -> CompleteDays:
    """Days of the archive, seen by the network of stations."""
    grid = placed.metadata.grid
    if not archive.grid.coincides(grid):
        raise InputError(
            f"the archive is on {archive.grid}, the stations on {grid}; give an archive of the "
            "same grid"
        )
    stations = np.bincount(placed.cell, minlength=grid.rows * grid.columns)
    network = torch.from_numpy(stations.reshape(grid.shape))
    return simulated_days(archive, static, layers, recipe, network)[0]
