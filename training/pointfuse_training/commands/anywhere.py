"""`pointfuse-train anywhere`: the network of any place."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import call_text
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import ReadingOptions, reading_options
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse_training.commands.unscored_options import (
    Unscored,
    UnscoredDays,
    read_unscored,
    unscored_options,
)
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.fitting.calibration import (
    COVERAGE,
    coverage,
    fitted_coefficients,
    fitted_share,
)
from pointfuse_training.fitting.provenance import NO_OBSERVATIONS, code_facts
from pointfuse_training.fitting.world_days import (
    PlacedDay,
    conditions_of,
    layers_of,
    real_days,
    simulated_days,
)
from pointfuse_training.fitting.world_errors import fit_unknown, withheld_errors
from pointfuse_training.fitting.world_fit import ROUNDS, described, fit_world
from pointfuse_training.network.anywhere.world_checkpoint import (
    CALIBRATED,
    WorldCheckpoint,
    save_world,
)
from pointfuse_training.network.anywhere.world_network import TERMS, WorldNetwork
from pointfuse_training.network.weights import network_weights


@click.command(cls=Command)
@reading_options
@unscored_options
@click.option(
    "--simulated",
    required=True,
    type=InputFile("*.toml", "*/*/*.nc"),
    help="Folder of domains, and of archives of all pollutants on each.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="Checkpoint to write (.npz)."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def anywhere(
    simulated: Path,
    seed: int,
    threads: int,
    output: Path,
    quiet: bool,
    reading: ReadingOptions,
    unscored: Unscored,
) -> None:
    """Fit the network of any place to the stations in FILES and to simulated days.

    Its covariances are fitted to days of all pollutants together, the size of its errors to each.
    The days of stations have to be those of a network of many stations, as China's is.
    """
    torch.set_num_threads(threads)
    names = [unscored.variable] if unscored.variable else [*POLLUTANTS]
    random = np.random.default_rng(seed)
    real = {name: read_unscored(reading, replace(unscored, variable=name)) for name in names}
    layers = layers_of(next(iter(real.values())).placed.metadata.grid)
    days: list[PlacedDay] = []
    for of_stations in real.values():
        days += real_days(of_stations.placed, of_stations.chosen, layers, random)
    of_real = len(days)
    for name in names:
        days += simulated_days(simulated, name, random)
    network = WorldNetwork(names[0])
    likely: list[float] = []
    with progress(ROUNDS, "fitting", quiet, "rounds") as bar:

        def on_round(found: float) -> None:
            likely.append(found)
            bar.update(1)

        fit_world(network, days, seed, on_round)
    left = fit_unknown(network, days, seed)
    calibrations, held = {}, {}
    for name, of_stations in real.items():
        calibrations[name], held[name] = _calibrated(
            network, name, layers, of_stations, seed=seed, quiet=quiet
        )
    weights = {
        name: one.float()
        for name, one in network_weights(network).items()
        if name not in CALIBRATED
    }
    command = call_text(click.get_current_context(), {"output", "quiet"})
    provenance: dict[str, Any] = {
        "command": f"pointfuse-train {command}",
        "date": str(datetime.date.today()),
        "seed": seed,
        "observations_used": NO_OBSERVATIONS,
        "conditions": conditions_of(simulated),
        "days": {"real": of_real, "simulated": len(days) - of_real},
        "likelihood": [round(one, 4) for one in (likely[0], likely[-1])],
        "error_of_left_share": round(left, 4),
        "covariances": described(network),
        "calibration": held,
        "observations_sha256": {
            name: observations_sha256(of_stations.placed) for name, of_stations in real.items()
        },
        **code_facts(),
    }
    save_world(WorldCheckpoint(weights, calibrations, provenance), output)
    if not quiet:
        click.echo(
            f"wrote {output}: {described(network)}; likelihood of a cell {likely[0]:.3f} to "
            f"{likely[-1]:.3f}; intervals of 90 % hold "
            + ", ".join(f"{100 * one['held']:.1f} % ({name})" for name, one in held.items())
        )


def _calibrated(
    network: WorldNetwork,
    name: str,
    layers: Tensor,
    days: UnscoredDays,
    *,
    seed: int,
    quiet: bool,
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The calibration of a pollutant, and what is to be told of it."""
    of_pollutant = WorldNetwork(name)
    of_pollutant.load_state_dict(network_weights(network))
    with progress(len(days.placed.observations.times), f"withholding {name}", quiet) as bar:
        errors = withheld_errors(
            of_pollutant,
            layers,
            days.placed,
            days.chosen,
            days.city,
            seed=seed,
            on_day=bar.update,
        )
    share = round(fitted_share(errors), 3)
    coefficients = fitted_coefficients(errors, share).round(4)
    found = {
        "pairs": len(errors.error),
        "mean_share": share,
        "coefficients": dict(zip(TERMS, coefficients.tolist(), strict=True)),
        "held": round(coverage(errors, share, coefficients, COVERAGE), 4),
    }
    calibration = {
        "coefficients": torch.from_numpy(coefficients).float(),
        "mean_share": torch.tensor([share]),
    }
    return calibration, found
