"""The last part of the network: from half the resolution to the cells."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pointfuse_training.network.resolution import doubled, halved

DETAIL_CHANNELS = 8
"""Features that come from half the resolution."""

_WIDTHS = (16, 8)
_LEAST, _MOST = 0.01, 1.5
"""Least and largest standard deviation, on the scale of the network."""

_FIRST = 0.3
"""Standard deviation that training starts from."""


class Detail(nn.Module):
    """Features of half the resolution and what the cells themselves hold, to change and error.

    A 1 x 1 convolution mixes them, a 3 x 3 convolution looks at the neighbours, a last one gives
    the change of the field and, through softplus, the standard deviation.

    Parameters
    ----------
    layers : int
        Number of static layers.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(DETAIL_CHANNELS + 3 + layers, _WIDTHS[0], 1)
        self.near = nn.Conv2d(_WIDTHS[0], _WIDTHS[1], 3, padding=1)
        self.last = nn.Conv2d(_WIDTHS[1], 2, 1)
        # An untrained network leaves the field of the interpolation as it is.
        nn.init.zeros_(self.last.weight)
        self.last.bias = nn.Parameter(torch.tensor([0.0, math.log(math.expm1(_FIRST))]))

    def forward(
        self,
        features: Tensor,
        field: Tensor,
        left: Tensor,
        stations: Tensor,
        static_layers: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Change of the field and standard deviation, both on the scale of the network.

        Parameters
        ----------
        features : Tensor, shape (time, 8, half of the rows, half of the columns)
            What RegrUnetPP gives.
        field, left : Tensor, shape (time, 1, rows, columns)
            Field of the interpolation, and what it misses at stations.
        stations : Tensor, the same shape
            Number of stations.
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            Static layers.
        """
        cells = [
            doubled(features),
            field - doubled(halved(field)),
            left,
            stations.log1p(),
            static_layers.expand(field.shape[0], -1, -1, -1),
        ]
        near = torch.relu(self.near(torch.relu(self.mix(torch.cat(cells, dim=1)))))
        change, size = self.last(near).split(1, dim=1)
        return change, (nn.functional.softplus(size) + _LEAST).clamp(max=_MOST)
