"""What a model file lost against the computation that it stands for, on simulated days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.trust.scores import PairSums, normalised_mean_error
from pointfuse_export.checks.simulated_days import SimulatedDays
from pointfuse_export.checks.tolerances import Tolerance
from pointfuse_export.checks.verify import Days, open_file, run_session
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import output_names
from pointfuse_training.network.variants import Network

Outputs = NDArray[np.float32]
"""Field, and perhaps the scale of its error: shape (output, day, row, column)."""


@dataclass(frozen=True)
class Fidelity:
    """Errors of fields, and what they do to scores.

    Parameters
    ----------
    mean, p999, largest : float
        Absolute errors over all cells and days, in the units of the field: their mean, the one that
        99.9 % of the cells do not exceed, and the largest.
    scale : float or None
        Mean absolute error of the scale as a share of its mean; None where there is no scale.
    nme : dict of str to float
        Normalised mean error at withheld stations and elsewhere, of the simulated truth.
    nme_change : dict of str to float
        Its change against the reference, as a share of it.
    """

    mean: float
    p999: float
    largest: float
    scale: float | None
    nme: dict[str, float]
    nme_change: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """As JSON types, to four digits: the others differ between machines."""
        return {name: _to_four_digits(value) for name, value in asdict(self).items()}


def fidelity(found: Outputs, reference: Outputs, days: SimulatedDays) -> Fidelity:
    """Compare outputs with those of a reference, and both with the truth.

    Parameters
    ----------
    found, reference : ndarray of float32, shape (output, day, row, column)
        Outputs of the days for scores.
    days : SimulatedDays
        The days.
    """
    error = np.abs(found[0].astype(np.float64) - reference[0])
    before, after = (normalised_errors(outputs[0], days) for outputs in (reference, found))
    return Fidelity(
        mean=float(error.mean()),
        p999=float(np.quantile(error, 0.999)),
        largest=float(error.max()),
        scale=_scale_error(found[1], reference[1]) if len(found) > 1 else None,
        nme=after,
        nme_change={where: after[where] / before[where] - 1 for where in after},
    )


def normalised_errors(fields: NDArray[np.float32], days: SimulatedDays) -> dict[str, float]:
    """NME of fields, shape (day, row, column), at withheld stations and elsewhere."""
    flat = fields.reshape(len(fields), -1).astype(np.float64)
    places = {
        "withheld stations": (days.stations[days.withheld], days.withheld_truth()),
        "elsewhere": (days.elsewhere, days.truth_elsewhere()),
    }
    return {
        where: float(normalised_mean_error(PairSums.of(truth, flat[:, cells]).over()))
        for where, (cells, truth) in places.items()
    }


def check_fidelity(file: str, found: Fidelity, tolerance: Tolerance) -> None:
    """Make sure that a file lost no more than it may.

    Raises
    ------
    VerificationError
        If one of the errors, or a score, is out of tolerance.
    """
    changes = {f"change of NME, {where}": abs(v) for where, v in found.nme_change.items()}
    limits = {
        "mean error": (found.mean, tolerance.mean),
        "error of 99.9 %": (found.p999, tolerance.p999),
        "largest error": (found.largest, tolerance.largest),
        "error of the scale": (found.scale or 0.0, tolerance.scale),
        **{name: (change, tolerance.nme) for name, change in changes.items()},
    }
    for name, (value, limit) in limits.items():
        # Not 'value > limit', which is false for NaN.
        if not value <= limit:
            raise VerificationError(
                f"{file}: the {name} on simulated days is {value:.3g}, expected at most {limit:g}; "
                "nothing was written; leave this precision out with --precision"
            )


def outputs_of_file(content: bytes, days: Sequence[Days], names: Sequence[str]) -> Outputs:
    """What a model file makes of days, one by one."""
    session = open_file(content)
    outputs = [[o[0, 0] for o in run_session(session, day, names)] for day in days]
    return np.stack(outputs, axis=1)


def outputs_of_network(network: Network, days: Sequence[Days]) -> Outputs:
    """What a network makes of days in PyTorch, one by one."""
    fields = []
    with torch.no_grad():
        for day in days:
            given = network(torch.from_numpy(day.observations), torch.from_numpy(day.observed))
            outputs = given if len(output_names(network)) > 1 else (given,)
            fields.append([output[0, 0].numpy() for output in outputs])
    return np.stack(fields, axis=1)


def _scale_error(found: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    return float(np.abs(found.astype(np.float64) - reference).mean() / reference.mean())


def _to_four_digits(value: object) -> object:
    if isinstance(value, dict):
        return {name: _to_four_digits(entry) for name, entry in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value
