"""What an adaptation starts from: observed days, static layers, and perhaps simulated days."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pointfuse.errors import InputError
from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.archives.archive import Archive
from pointfuse_training.fitting.recipes import Recipe
from pointfuse_training.fitting.training_inputs import TrainingInputs, archive_facts, simulated_days
from pointfuse_training.samples.observed_days import MixedDays, ObservedDays, reports, split_days
from pointfuse_training.samples.static_channels import static_channels
from pointfuse_training.samples.training_days import LearningDays
from pointfuse_training.simulation.static_inputs import read_static_inputs


def read_adaptation_inputs(
    placed: PlacedObservations, static: Path, recipe: Recipe, archive: Path | None = None
) -> TrainingInputs:
    """Put together what a network is adapted with.

    Parameters
    ----------
    placed : PlacedObservations
        Daily means after quality control; their grid is that of the training.
    static : Path
        Static layers (.npz) on this grid; see `read_static_inputs`.
    recipe : Recipe
        Configuration.
    archive : Path, optional
        Archive of simulated days to mix in, on the same grid. There the stations of the
        observations are the real network.

    Raises
    ------
    InputFileNotFoundError, InputError
        If a file is missing, damaged, or on another grid, or there are too few days or stations.
    """
    learned, held_out = split_days(placed, recipe.hiding.held_out)
    grid, target = placed.metadata.grid, placed.metadata.target.name
    layers = read_static_inputs(static, grid, torch.device("cpu"))
    days = len(held_out.observations.times)
    chosen = np.linspace(0, days - 1, min(recipe.validation_days, days)).round().astype(np.intp)
    training: LearningDays = ObservedDays(learned, recipe.hiding, recipe.sampling.without_weather)
    facts = {"archive": "none", "archive_sha256": "none"}
    if archive is not None:
        simulated = Archive(archive)
        if simulated.target.name != target or not simulated.grid.coincides(grid):
            raise InputError(
                f"{archive} holds {simulated.target.name} on {simulated.grid}, the observations "
                f"are of {target} on {grid}; give an archive of the same variable and grid"
            )
        cells = learned.cell[reports(learned).any(axis=0)]
        network = np.bincount(cells, minlength=grid.rows * grid.columns).reshape(grid.shape)
        complete, _ = simulated_days(simulated, static, layers, recipe, torch.from_numpy(network))
        training = MixedDays(training, complete, recipe.hiding.simulated)
        facts = archive_facts([complete])
    return TrainingInputs(
        training=training,
        validation=ObservedDays(held_out.on_days(chosen), recipe.hiding, without_weather=0.0),
        grid=grid,
        static_layers=static_channels(layers, recipe.static_channels),
        facts={**facts, "static_sha256": layers.sha256, **observation_facts(learned, held_out)},
        target=target,
    )


def observation_facts(learned: PlacedObservations, held_out: PlacedObservations) -> dict[str, Any]:
    """What the observations are, for the provenance.

    Parameters
    ----------
    learned, held_out : PlacedObservations
        Days to learn from, and those held out.
    """
    target = learned.metadata.target.name
    used = reports(learned)
    times = learned.observations.times
    files = [file.name for file in learned.observations.files]
    return {
        "observations_used": (
            f"{target} of {int(used.any(axis=0).sum())} real stations on {len(times)} days from "
            f"{times[0]} to {times[-1]}"
        ),
        "observations_sha256": observations_sha256(learned, held_out),
        "observation_files": ", ".join(files),
        "observations": int(used.sum()),
        "held_out_days": (
            f"{len(held_out.observations.times)}, from {held_out.observations.times[0]} to "
            f"{held_out.observations.times[-1]}"
        ),
    }


def observations_sha256(*parts: PlacedObservations) -> str:
    """Hash of the observations as they are used, wherever they were read from.

    SHA-256 over the parts in turn. For each: the codes of its stations in UTF-8 with a zero byte
    after each, longitudes and latitudes, the days as whole numbers since 1970-01-01, and the table
    of each variable in the order of their names, days by stations, NaN where there is no value; the
    numbers are little-endian and have 64 bits.
    """
    digest = hashlib.sha256()
    for part in parts:
        stations = part.observations.stations
        for code in stations.code:
            digest.update(str(code).encode() + b"\0")
        tables = [part.observations.values[name] for name in sorted(part.observations.values)]
        for values in (stations.longitude, stations.latitude):
            digest.update(values.astype("<f8").tobytes())
        digest.update(part.observations.times.astype("datetime64[D]").astype("<i8").tobytes())
        for table in tables:
            # Every NaN has the same bits here, whatever it was made by.
            digest.update(np.where(np.isnan(table), np.nan, table).astype("<f8").tobytes())
    return digest.hexdigest()
