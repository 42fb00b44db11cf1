"""What is fitted to stations that were withheld: a factor of the error's size, and the bias."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

TERMS = (
    "constant",
    "level",
    "deviation",
    "here",
    "near",
    "middle",
    "far",
    "stations",
)
"""What the logarithm of the factor is linear in; see `calibration_terms`."""

DEVIATION = math.pi / 3**0.5
"""Standard deviation of a logistic distribution, in scales."""

_MOST = (2.0, 3.0, 4.0, 5.0)
"""Most that the logarithms of the stations within each reach are."""


class Calibration(nn.Module):
    """A factor that is log-linear in the level, the deviation and the support of a cell.

    A network learns the size of its errors on days that were made; real stations differ from them
    in ways that depend on little more than these. Training leaves the coefficients alone:
    `fitting.calibration` finds them, and how far the field is on the way from the median to the
    mean (all the way, if deviations were exact).
    """

    coefficients: Tensor
    mean_share: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("coefficients", torch.zeros(len(TERMS)))
        self.register_buffer("mean_share", torch.ones(1))

    def forward(self, terms: Tensor) -> Tensor:
        """The factor, shape (time, 1, rows, columns), from terms, (time, terms, rows, columns)."""
        weighted = terms * self.coefficients[:, None, None]
        return weighted.sum(1, keepdim=True).exp()


def calibration_terms(
    median: Tensor, deviation: Tensor, reaches: Sequence[Tensor], stations: Tensor
) -> Tensor:
    """`TERMS` of each cell, of order one and held to where coefficients can be fitted.

    Parameters
    ----------
    median : Tensor, shape (time, 1, rows, columns)
        Median of the field, in the unit of the pollutant on the scale of the network.
    deviation : Tensor, the same shape
        Standard deviation on the scale of the network.
    reaches : sequence of four Tensor, the same shape
        Stations in the cells around, and within the reach of a narrow, a middle and a wide
        Gaussian.
    stations : Tensor, shape (time, 1, 1, 1)
        Stations of the day.

    Returns
    -------
    Tensor, shape (time, terms, rows, columns)
    """
    level = ((median + 1).log() - 3.5).clamp(-2.5, 2.5)
    size = (deviation.log() + 2).clamp(-2, 2)
    here, near, middle, far = (
        reach.log1p().clamp(max=most) for reach, most in zip(reaches, _MOST, strict=True)
    )
    network = ((stations + 1).log() - 7).clamp(-3, 1).expand_as(median)
    reach = [here, near, middle, far]
    return torch.cat([torch.ones_like(median), level, size, *reach, network], dim=1)
