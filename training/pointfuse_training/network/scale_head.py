"""The head that tells how far the field may be off: the Laplace scale of its error."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

FLOOR = 0.01
"""Least scale before calibration, in the unit of the day."""

WIDTH = 16
"""Channels between the two convolutions."""

EVIDENCE_CHANNELS = 4
"""Channels beside the features of RegrUnetPP; see `FusionNetwork`."""


class ScaleHead(nn.Module):
    """From what the network knows of a cell to the scale of its error there.

    A 3 x 3 convolution, ReLU, a 1 x 1 convolution and softplus, times a factor that calibration
    sets and training leaves alone.

    Parameters
    ----------
    features : int
        Channels of the finest features of RegrUnetPP.
    """

    factor: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features + EVIDENCE_CHANNELS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv2d(WIDTH, 1, 1)
        self.register_buffer("factor", torch.ones(1))
        # Training starts from about a tenth of the day's mean.
        self.conv2.bias = nn.Parameter(torch.full((1,), math.log(math.expm1(0.1))))

    def forward(self, evidence: Tensor) -> Tensor:
        """Map (time, channels, rows, columns) to the scale, (time, 1, rows, columns)."""
        raw: Tensor = self.conv2(torch.relu(self.conv1(evidence)))
        return self.factor * (nn.functional.softplus(raw) + FLOOR)


def laplace_nll(error: Tensor, scale: Tensor) -> Tensor:
    """Negative log-likelihood of errors under a Laplace distribution around 0.

    With one scale for all errors it is least where the scale is their mean absolute value, so
    that it generalises the mean absolute error.

    Parameters
    ----------
    error, scale : Tensor
        In the same unit; the scale is positive.
    """
    return torch.log(2 * scale) + error.abs() / scale
