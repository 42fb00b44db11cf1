"""`pointfuse-train calibrate`: the error's size of a network, held to withheld stations."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch

from pointfuse.basics.output_formats import ARRAYS
from pointfuse.basics.progress import progress
from pointfuse.commands.shared.command_line import call_text
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.commands.shared.reading import ReadingOptions, reading_options
from pointfuse.errors import InputError
from pointfuse_training.commands.unscored_options import Unscored, read_unscored, unscored_options
from pointfuse_training.fitting.adaptation_inputs import observations_sha256
from pointfuse_training.fitting.calibration import (
    COVERAGE,
    coverage,
    fitted_coefficients,
    fitted_share,
    withheld_errors,
)
from pointfuse_training.network.calibration import TERMS
from pointfuse_training.network.checkpoints import load_checkpoint, save_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork

_PARTS = (0.5, 0.8, COVERAGE, 0.95)
"""Intervals whose shares are told; those of `COVERAGE` are fitted."""


@click.command(cls=Command)
@click.option("--checkpoint", required=True, type=InputFile(), help="Network to calibrate.")
@reading_options
@unscored_options
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option(
    "-o", "--output", required=True, type=OutputFile(ARRAYS), help="Checkpoint to write (.npz)."
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def calibrate(
    checkpoint: Path,
    seed: int,
    threads: int,
    output: Path,
    quiet: bool,
    reading: ReadingOptions,
    unscored: Unscored,
) -> None:
    """Calibrate the error's size of a network with the stations in FILES.

    Nine numbers are fitted: how far the field is from the median to the mean, and eight for its
    error, so that 90 % intervals hold 90 % of stations, cities and regions that are withheld.
    """
    torch.set_num_threads(threads)
    trained = load_checkpoint(checkpoint)
    network = trained.network()
    if not isinstance(network, FusionNetwork):
        raise InputError(
            f"{checkpoint} holds a network of the variant '{trained.variant}', which gives no "
            "error's size to calibrate; name one of the variant 'default'"
        )
    days = read_unscored(reading, unscored)
    times = days.placed.observations.times
    with progress(len(times), "withholding", quiet, "days") as bar:
        errors = withheld_errors(
            network, days.placed, days.chosen, days.city, seed=seed, on_day=bar.update
        )
    share = round(fitted_share(errors), 3)
    coefficients = fitted_coefficients(errors, share).round(4)
    before = coverage(errors, share, np.zeros(len(TERMS)))
    after = {part: coverage(errors, share, coefficients, part) for part in _PARTS}
    calibration = {
        "command": f"pointfuse-train {call_text(click.get_current_context(), {'output', 'quiet'})}",
        "date": str(datetime.date.today()),
        "days": len(times),
        "stations": int(days.chosen.sum()),
        "pairs": len(errors.error),
        "mean_share": share,
        "coefficients": dict(zip(TERMS, coefficients.tolist(), strict=True)),
        "observations_sha256": observations_sha256(days.placed),
    }
    fitted = {
        "calibration.coefficients": torch.from_numpy(coefficients).float(),
        "calibration.mean_share": torch.tensor([share]),
    }
    save_checkpoint(
        replace(
            trained,
            weights={**trained.weights, **fitted},
            provenance={**trained.provenance, "calibration": calibration},
        ),
        output,
    )
    if not quiet:
        intervals = ", ".join(f"of {part:.0%} hold {held:.1%}" for part, held in after.items())
        click.echo(
            f"wrote {output}: of {len(errors.error)} withheld values, intervals {intervals}; "
            f"before calibration those of {COVERAGE:.0%} held {before:.1%}"
        )
