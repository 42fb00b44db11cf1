"""`pointfuse-train adapt`: fine-tune a network on the stations of a network of one's own."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import torch

from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, NameOrFile
from pointfuse.commands.shared.reading import ReadingOptions, read_observations, reading_options
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.model.loading import load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse_training.commands.fit import chosen_recipe, run_reporting, running_options
from pointfuse_training.fitting.adaptation_inputs import read_adaptation_inputs
from pointfuse_training.fitting.process_team import joined
from pointfuse_training.fitting.training_inputs import Start, read_start


@click.command(cls=Command)
@reading_options
@click.option(
    "--without",
    type=InputFile(),
    help="File with codes of stations, one a line, to leave out: they can test the result.",
)
@click.option(
    "--from",
    "start_path",
    required=True,
    type=InputFile(),
    help="Checkpoint to begin with; it says what the network is.",
)
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on its grid.")
@click.option("--archive", type=InputFile("*.nc"), help="Archive of simulated days to mix in.")
@click.option(
    "--recipe",
    "recipe_name",
    type=NameOrFile(),
    default="adapt",
    show_default=True,
    help="Configuration: its name, or a TOML file.",
)
@running_options
def adapt(
    without: Path | None,
    start_path: Path,
    static: Path,
    archive: Path | None,
    recipe_name: str,
    resume: bool,
    device: str,
    threads: int,
    folder: Path,
    quiet: bool,
    iterations: int | None,
    minutes: float | None,
    crop: int | None,
    seed: int | None,
    reading: ReadingOptions,
) -> None:
    """Adapt a trained network to the stations in FILES, by hiding some and predicting them.

    The result is a product of its own: unlike the shipped network it has learned from
    observations. The model says what the variable, its range and its grid are.
    """
    torch.set_num_threads(threads)
    start = read_start(start_path)
    overrides = {"iterations": iterations, "minutes": minutes, "crop": crop, "seed": seed}
    recipe = chosen_recipe(recipe_name, overrides, start)
    placed = _read(reading, without, start)
    with joined(device) as team:
        inputs = read_adaptation_inputs(placed, static, recipe, archive)
        if team.leads and not quiet:
            click.echo(f"adapting to {inputs.facts['observations_used']}")
        run_reporting(recipe, inputs, folder, team, start=start, resume=resume, quiet=quiet)


def _read(reading: ReadingOptions, without: Path | None, start: Start) -> PlacedObservations:
    """Daily means after quality control, of which stations left out have had no part."""
    model = load_model(reading.model, threads=1, device="cpu")
    if start.target != model.metadata.target.name:
        raise InputError(
            f"the network fuses {start.target}, the model {model.metadata.target.name}; name a "
            "model of the same variable with --model"
        )
    observations = read_observations(reading, model)
    if without is not None:
        observations = _left(observations, without)
    return place(check_days(observations, model), model.metadata)


def _left(observations: Observations, without: Path) -> Observations:
    """Observations without those of the stations that a file names."""
    try:
        named = without.read_text(encoding="utf-8").split()
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {without}; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{without} cannot be read as a list of stations: {error}") from error
    leaves = np.isin(observations.stations.code, named)
    if not leaves.any():
        raise InputError(
            f"none of the {len(named)} stations in {without.name} has observations; expected codes "
            "as in the station files, one a line"
        )
    return observations.at_stations(~leaves)
