"""What the stations of a day say under a covariance: how likely it is, and the weights of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pointfuse_training.network.positive_inverse import diagonal, inverse_of_one_plus, solved

MOST_OFF = 6.0
"""Standard deviations that a cell may be off what all others say of it, times the root of the
number of its stations; beyond them it has no say.
Without that root, on 20 days that nothing is scored on and before quality control, the RMSE is
0.997 of that without a limit where stations are left out, and where cities are (0.995 with 4
deviations). On 10 days of dust and smoke it is 1.000; with 5 deviations 1.009, with 4 it is 1.028:
such peaks are real."""

LEVEL_VARIANCE = 100.0
"""Prior variance of the level of a day over that of the field: next to nothing is known of it."""

_LEAST_VARIANCE = 1e-6


class Conditioned(NamedTuple):
    """What the stations of each day say under each of the covariances.

    Attributes
    ----------
    evidence : Tensor, shape (time, voice)
        Logarithm of how likely the day is, with the unit of the covariance at its most likely, but
        for a constant.
    variance : Tensor, shape (time, voice)
        That unit.
    weights : Tensor, shape (time, voice, cell)
        Weights of the covariances with the cells.
    slopes : Tensor, shape (time, voice, 1 + layers)
        Slopes of the level and of the layers.
    support : Tensor, shape (time, voice, cell)
        Weights for a field that is 1 at all cells: what they sum up to elsewhere is how far it is
        known.
    """

    evidence: Tensor
    variance: Tensor
    weights: Tensor
    slopes: Tensor
    support: Tensor


def conditioned(
    anomaly: Tensor,
    number: Tensor,
    layers: Tensor,
    precision: Tensor,
    amplitude: Tensor,
    covariance: Callable[[], Tensor],
    log_noise: Tensor,
    log_variances: Tensor,
) -> Conditioned:
    """What the stations of each day say.

    Parameters
    ----------
    anomaly, number : Tensor, shape (time, cell)
        Values less the level of the day, and of how many stations each is the mean.
    layers : Tensor, shape (time, layers, cell)
        Static layers there.
    precision : Tensor, shape (time, voice, cell)
        Roots of the stations over those of their noise.
    amplitude : Tensor, shape (time, voice, cell)
        Amplitudes of the field.
    covariance : callable
        Gives the covariances of the cells in units of the amplitude and of the noise of each, shape
        (time, voice, cell, cell).
    log_noise : Tensor, shape (voice,)
        Logarithms of the variance of a station's noise, in units of the covariance.
    log_variances : Tensor, shape (voice, layers)
        Logarithms of the variances of the layers' slopes, in units of the covariance.
    """
    voices = len(log_noise)
    ones = torch.ones_like(number[:, None])
    prior = _prior_deviations(log_variances)[:, :, None]
    terms = torch.cat([ones, layers], 1)[:, None] * prior
    terms = torch.cat([terms, anomaly[:, None, None].expand(-1, voices, -1, -1)], 2)
    # One voice after the other, as if they were days.
    sides = (terms * (precision / amplitude)[:, :, None]).flatten(0, 1)
    # Made here, where the graphs of the files that were shipped have it.
    covariances = covariance().flatten(0, 1)
    inverse, of_covariance = inverse_of_one_plus(covariances)
    solution = solved(sides, covariances, inverse)
    products = solution @ sides.transpose(1, 2)
    # The slopes, in their prior deviations, solve (1 + normal) slopes = right.
    normal, right = products[:, :-1, :-1], products[:, -1:, :-1]
    of_normal, of_slopes = inverse_of_one_plus(normal)
    left = solution[:, -1:] - solved(right, normal, of_normal) @ solution[:, :-1]
    there = (number > 0).to(number.dtype)
    cells = there.sum(1, keepdim=True).clamp(min=1)
    misfit = (left * sides[:, -1:]).sum((1, 2)).reshape(-1, voices)
    variance = misfit.clamp(min=_LEAST_VARIANCE) / cells
    # What each cell is off all others, over what an inverse says that it may be.
    own = diagonal(inverse)[:, None]
    # Instruments of a cell that agree are not broken, all of them.
    of_number = number[:, None].expand(-1, voices, -1).reshape(own.shape)
    may_be = variance.reshape(-1, 1, 1) * of_number * own
    most = MOST_OFF * may_be.sqrt()
    without = solution[:, -1:] - ((left - left.clamp(-most, most)) / own) @ inverse
    slopes = solved(without @ sides[:, :-1].transpose(1, 2), normal, of_normal)
    left = without - slopes @ solution[:, :-1]
    likely = -(of_slopes + of_covariance).reshape(-1, voices)
    likely = likely - cells * (variance.log() + log_noise)
    likely = likely - 2 * (amplitude.log() * there[:, None]).sum(2)
    of_ones = torch.unflatten(solution, 0, (-1, voices))[:, :, 0] / prior[:, 0]
    return Conditioned(
        likely / 2,
        variance,
        precision * left.reshape(-1, voices, number.shape[1]),
        slopes.reshape(-1, voices, 1 + layers.shape[1]) * prior[..., 0],
        precision * of_ones,
    )


def _prior_deviations(log_variances: Tensor) -> Tensor:
    """Of the slopes of the level and of each layer, shape (voice, 1 + layers)."""
    level = torch.full_like(log_variances[:, :1], LEVEL_VARIANCE).sqrt()
    return torch.cat([level, (log_variances / 2).exp()], 1)
