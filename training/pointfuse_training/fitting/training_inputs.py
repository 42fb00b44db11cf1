"""What a training starts from: days, static layers, places of stations, and perhaps weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.evaluation.sampling import read_cells
from pointfuse_training.fitting.provenance import NO_OBSERVATIONS, archive_sha256
from pointfuse_training.fitting.recipes import Recipe
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.fusion_network import CHANNELS
from pointfuse_training.network.regr_unetpp import WIDTHS
from pointfuse_training.network.seed_weights import load_seed_network, network_weights
from pointfuse_training.samples.pseudo_stations import StationPlaces, inhabited_cells, report_noise
from pointfuse_training.samples.simulated_days import SimulatedDays, split_by_scenario
from pointfuse_training.samples.static_channels import (
    SEED_CHANNELS,
    read_target,
    ruggedness,
    static_channels,
)
from pointfuse_training.samples.training_days import CompleteDays, LearningDays, ValidationDays
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
    folder: Path, static: Path, recipe: Recipe, network: Path | None = None
) -> TrainingInputs:
    """Read what a recipe needs.

    Parameters
    ----------
    folder : Path
        Archive of days; its grid is that of the training.
    static : Path
        Static layers (.npz) on this grid; see `read_static_inputs`.
    recipe : Recipe
        Configuration.
    network : Path, optional
        A real network of stations, as `read_cells` takes it: a station list, or an archive (.npz)
        whose array ``observed`` marks its cells.

    Raises
    ------
    InputFileNotFoundError, InputError, ModelFileError
        If a file is missing, damaged, or on another grid, or there are too few scenarios.
    """
    archive = Archive(folder)
    grid = archive.grid
    layers = read_static_inputs(static, grid, torch.device("cpu"))
    cells = torch.from_numpy(read_cells(network, grid)) if network else None
    training, validation = simulated_days(archive, static, layers, recipe, cells)
    return TrainingInputs(
        training=training,
        validation=validation,
        grid=grid,
        static_layers=static_channels(layers, recipe.static_channels),
        facts={
            **archive_facts(training),
            "static_sha256": layers.sha256,
            "network_sha256": _sha256(network) if network else "none",
            "observations_used": NO_OBSERVATIONS,
        },
        target=archive.target.name,
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
    network : Tensor of bool, shape (rows, columns), optional
        Cells of a real network of stations.

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
    weights = loss_weights(recipe, land, target)
    return (
        CompleteDays(SimulatedDays(archive, training, places, land), weights),
        CompleteDays(SimulatedDays(archive, held_out, plain, land), weights),
    )


def archive_facts(learned: CompleteDays) -> dict[str, Any]:
    """What an archive is, and how many of its days are learned from, for the provenance."""
    archive = learned.simulated.archive
    return {
        "archive": str(read_attributes(archive.files[0]).get("source", "unknown")),
        "archive_sha256": archive_sha256(archive),
        "archive_days": len(archive),
        "training_days": len(learned.simulated.days),
    }


def loss_weights(recipe: Recipe, land: Tensor, target: Tensor) -> Tensor:
    """Weight of each cell in the loss, of mean 1.

    Parameters
    ----------
    recipe : Recipe
        Weights of sea, land and target.
    land, target : Tensor, shape (rows, columns)
        Share of land, and of the region that the network is made for.

    Raises
    ------
    InputError
        If no cell has a weight.
    """
    weights = (
        recipe.sea_weight
        + (recipe.land_weight - recipe.sea_weight) * land
        + (recipe.target_weight - recipe.land_weight) * land * target
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


def read_start(path: Path) -> Start:
    """Weights of a checkpoint, or the seed weights.

    Parameters
    ----------
    path : Path
        Checkpoint, or a folder with ``weights.npz`` and ``static_channels.npz`` such as
        ``models/seed``.

    Raises
    ------
    InputFileNotFoundError, ModelFileError
        If a file is missing or damaged.
    """
    if path.is_dir():
        weights = path / "weights.npz"
        network = load_seed_network(weights, path / "static_channels.npz")
        return Start(network_weights(network), "default", WIDTHS, SEED_CHANNELS, _sha256(weights))
    checkpoint = load_checkpoint(path)
    return Start(
        network_weights(checkpoint.network()),
        checkpoint.variant,
        checkpoint.widths,
        checkpoint.static_names,
        _sha256(path),
        checkpoint.target,
        str(checkpoint.provenance.get("observations_used", NO_OBSERVATIONS)),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
