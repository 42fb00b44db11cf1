"""What a network is trained for."""

from __future__ import annotations

import torch
from torch import Tensor

from pointfuse_training.network.concentration_scale import transformed, transformed_back
from pointfuse_training.network.fusion_network import Estimate
from pointfuse_training.samples.training_days import Batch

LEAST = 1e-3
"""Least error of a day that others are compared with: a uniform one has none."""

LEAST_LEVEL = 1.0
"""Least level of a day that errors are compared with, ug/m3: a day of zeros has none."""

LARGE = 0.1
"""Error, in the level of the day, from which on it counts as it is and not as its square."""


def absolute_error(field: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error over the field, ug/m3 (equation 5 of Lyu et al., 2022).

    Parameters
    ----------
    field : Tensor, shape (days, 1, rows, columns)
        What the network gives.
    batch : Batch
        Truth, and weights of the cells.
    """
    weighted: Tensor = (field - batch.truth).abs() * batch.weights
    return weighted.mean()


def field_errors(mean: Tensor, level: Tensor, batch: Batch, unit: float = 1.0) -> Tensor:
    """Error of each day, of the concentration over the level of the day.

    A severe day weighs as a clean one. Within a day it is the polluted places that count, as they
    do in all scores: on the transformed scale the clean deserts would. It is Huber's: the
    square of small errors, so that the mean is learned, and the size of large ones.

    Parameters
    ----------
    mean : Tensor, shape (days, 1, rows, columns)
        Field on the transformed scale.
    level : Tensor, shape (days, 1, 1, 1)
        Level of the day, on that scale.
    batch : Batch
        Truth, and weights of the cells.
    unit : float
        Unit of the target on that scale.

    Returns
    -------
    Tensor, shape (days,)
    """
    nothing = torch.zeros(())
    (field, _), (mean_of_day, _) = (
        transformed_back(one, nothing, unit=unit) for one in (mean, level)
    )
    error = (field - batch.truth) / mean_of_day.clamp(min=LEAST_LEVEL * unit)
    huber = torch.nn.functional.huber_loss(
        error, torch.zeros_like(error), reduction="none", delta=LARGE
    )
    weighted: Tensor = huber / LARGE * batch.weights
    return weighted.mean((1, 2, 3))


def share_left(errors: Tensor, before: Tensor) -> Tensor:
    """Mean share that is left of the errors of each day before.

    Days without stations nearby have errors of another size, which nobody can make small; in a
    plain mean they would rule what is learned.

    Parameters
    ----------
    errors, before : Tensor, shape (days,)
        As `field_errors` gives them.
    """
    return (errors / before.detach().clamp(min=LEAST)).mean()


def deviation_error(estimate: Estimate, batch: Batch, unit: float = 1.0) -> Tensor:
    """Negative log-likelihood of stations' reports under normal distributions of the deviation.

    The mean is not changed by it: where errors are large it would be learned too little
    (Seitzer et al., On the pitfalls of heteroscedastic uncertainty estimation, 2022).

    Parameters
    ----------
    estimate : Estimate
        What the network makes of the days.
    batch : Batch
        Reports, and weights of the cells.
    unit : float
        Unit of the target on the scale of the network.
    """
    error = transformed(batch.reports, unit) - estimate.mean.detach()
    deviation = estimate.deviation
    weighted: Tensor = (deviation.log() + (error / deviation) ** 2 / 2) * batch.weights
    return weighted.mean()
