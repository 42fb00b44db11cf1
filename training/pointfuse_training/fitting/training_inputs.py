"""What a training starts from: days, static layers, places of stations, and perhaps weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.evaluation.sampling import read_station_counts
from pointfuse_training.fitting.provenance import NO_OBSERVATIONS, archive_sha256
from pointfuse_training.fitting.recipes import Recipe
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.concentration_scale import unit_of
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.pseudo_stations import StationPlaces, inhabited_cells, report_noise
from pointfuse_training.samples.simulated_days import SimulatedDays, split_by_scenario
from pointfuse_training.samples.static_channels import read_target, ruggedness, static_channels
from pointfuse_training.samples.training_days import (
    AlternatingDays,
    CompleteDays,
    LearningDays,
    ValidationDays,
)
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs


@dataclass(frozen=True)
class TrainingInputs:
    """The data of a training.

    Parameters
    ----------
    training : LearningDays
        Days to learn from.
    validation : ValidationDays
        Those held out.
    grid : Grid
        Their grid.
    static_layers : Tensor, shape (layers, rows, columns)
        Static channels of the network.
    facts : mapping
        What the data are, for the provenance; those called ``..._sha256`` tell one set of data
        from another.
    target : str
        Name of the variable that is fused.
    """

    training: LearningDays
    validation: ValidationDays
    grid: Grid
    static_layers: Tensor
    facts: Mapping[str, Any]
    target: str


def read_training_inputs(
    folders: Sequence[Path], static: Path, recipe: Recipe, network: Path | None = None
) -> TrainingInputs:
    """Read what a recipe needs.

    Parameters
    ----------
    folders : sequence of Path
        Archives of days on one grid, which is that of the training. The recipe gives the shares of
        the draws from each.
    static : Path
        Static layers (.npz) on this grid; see `read_static_inputs`.
    recipe : Recipe
        Configuration.
    network : Path, optional
        A real network of stations, as `read_station_counts` takes it: a station list, or an
        archive (.npz) whose array ``observed`` marks its cells.

    Raises
    ------
    InputFileNotFoundError, InputError, ModelFileError
        If a file is missing, damaged, or on another grid, or there are too few scenarios.
    """
    archives = [Archive(folder) for folder in folders]
    if recipe.archive_shares and len(recipe.archive_shares) != len(archives):
        raise InputError(
            f"the recipe has 'archive_shares' for {len(recipe.archive_shares)} archives; got "
            f"{len(archives)}"
        )
    first = archives[0]
    for folder, archive in zip(folders, archives, strict=True):
        if not archive.grid.coincides(first.grid) or archive.target.name != first.target.name:
            raise InputError(
                f"expected archives of one grid and target; {folder} has {archive.target.name} on "
                f"{archive.grid.rows} x {archive.grid.columns} cells, {folders[0]} has "
                f"{first.target.name} on {first.grid.rows} x {first.grid.columns}, or other cells"
            )
    layers = read_static_inputs(static, first.grid, torch.device("cpu"))
    stations = torch.from_numpy(read_station_counts(network, first.grid)) if network else None
    split = [simulated_days(archive, static, layers, recipe, stations) for archive in archives]
    training, validation = zip(*split, strict=True)
    return TrainingInputs(
        training=AlternatingDays(training, recipe.archive_shares),
        validation=AlternatingDays(validation),
        grid=first.grid,
        static_layers=static_channels(layers, recipe.static_channels),
        facts={
            **archive_facts(training),
            "static_sha256": layers.sha256,
            "network_sha256": _sha256(network) if network else "none",
            "observations_used": NO_OBSERVATIONS,
        },
        target=first.target.name,
    )


def simulated_days(
    archive: Archive, static: Path, layers: StaticInputs, recipe: Recipe, network: Tensor | None
) -> tuple[CompleteDays, CompleteDays]:
    """Days of an archive to learn from, and those held out, as a recipe has them observed.

    Parameters
    ----------
    archive : Archive
        The days.
    static : Path
        Static layers (.npz) on their grid.
    layers : StaticInputs
        What was read from it.
    recipe : Recipe
        Configuration.
    network : Tensor, shape (rows, columns), optional
        Number of stations of a real network in each cell.

    Raises
    ------
    InputError
        If there are too few scenarios, or the static layers lack the target of the recipe.
    """
    land = 1 - layers.ocean
    sampling = recipe.sampling
    places = StationPlaces(
        inhabited_cells(layers.night_lights, layers.urban, land),
        network,
        sampling,
        report_noise(sampling, layers.night_lights, ruggedness(layers.height)),
        unit_of(archive.target.name),
    )
    target = (
        read_target(static, recipe.target_layer, (land.shape[0], land.shape[1]))
        if recipe.target_layer
        else torch.zeros_like(land)
    )
    training, validation = split_by_scenario(archive, recipe.held_out)
    # Days as they are: no factor and no offset makes scores comparable between trainings.
    plain = replace(places, sampling=replace(sampling, day_factor_spread=0.0, largest_offset=0.0))
    chosen = torch.linspace(0, len(validation) - 1, min(recipe.validation_days, len(validation)))
    held_out = [validation[int(i)] for i in chosen.round()]
    weights = loss_weights(recipe, land, target, places.inhabited)
    return (
        CompleteDays(SimulatedDays(archive, training, places, land), weights),
        CompleteDays(SimulatedDays(archive, held_out, plain, land), weights),
    )


def archive_facts(learned: Sequence[CompleteDays]) -> dict[str, Any]:
    """What archives are, and how many of their days are learned from, for the provenance."""
    archives = [days.simulated.archive for days in learned]
    return {
        "archive": "; ".join(
            str(read_attributes(archive.files[0]).get("source", "unknown")) for archive in archives
        ),
        "archive_sha256": ", ".join(map(archive_sha256, archives)),
        "archive_days": sum(map(len, archives)),
        "training_days": sum(len(days.simulated.days) for days in learned),
    }


def loss_weights(recipe: Recipe, land: Tensor, target: Tensor, inhabited: Tensor) -> Tensor:
    """Weight of each cell in the loss, of mean 1.

    Parameters
    ----------
    recipe : Recipe
        Weights of sea, land and target.
    land, target : Tensor, shape (rows, columns)
        Share of land, and of the region that the network is made for.
    inhabited : Tensor, the same shape
        Weight of each cell as a place where people live; see `inhabited_cells`.

    Raises
    ------
    InputError
        If no cell has a weight.
    """
    weights = (
        recipe.sea_weight
        + (recipe.land_weight - recipe.sea_weight) * land
        + (recipe.target_weight - recipe.land_weight) * land * target
        + recipe.inhabited_weight * inhabited / inhabited.max()
    )
    if not float(weights.mean()) > 0:
        raise InputError("no cell has a weight in the loss; raise 'land_weight' in the recipe")
    return weights / weights.mean()


class Start(NamedTuple):
    """Trained weights to begin with, and the network that they are of."""

    weights: dict[str, Tensor]
    variant: str
    widths: tuple[int, ...]
    static_channels: tuple[str, ...]
    sha256: str
    target: str = CHANNELS[0]
    observations_used: str = NO_OBSERVATIONS
    covariance: Mapping[str, Any] | None = None
    """How the covariance of its interpolation was fitted."""


def read_start(path: Path) -> Start:
    """Weights of a checkpoint.

    Raises
    ------
    InputFileNotFoundError, ModelFileError
        If the file is missing or damaged.
    """
    checkpoint = load_checkpoint(path)
    return Start(
        network_weights(checkpoint.network()),
        checkpoint.variant,
        checkpoint.widths,
        checkpoint.static_names,
        _sha256(path),
        checkpoint.target,
        str(checkpoint.provenance.get("observations_used", NO_OBSERVATIONS)),
        checkpoint.provenance.get("covariance"),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
