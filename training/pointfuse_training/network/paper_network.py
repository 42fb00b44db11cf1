"""The published network: PointConv, then RegrUnetPP with the static layers beside it.

Equations 1 to 5 of Lyu et al., Geosci. Model Dev. 15, 2022, to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pointfuse_training.network.channels import CHANNELS, check_static_layers
from pointfuse_training.network.pointconv import PointConv
from pointfuse_training.network.regr_unetpp import RegrUnetPP

PAPER_WIDTHS = (32, 64, 128, 256)
"""Channels at each level of RegrUnetPP, finest first."""


class PaperNetwork(nn.Module):
    """From station observations on a grid to a complete PM2.5 field, as published.

    Everything stays in physical units, and there is no scale of the error.

    Parameters
    ----------
    static_layers : Tensor, shape (layers, rows, columns)
        Fields that never change (terrain, land cover), scaled to order one. They are given by
        whoever builds the network and are no part of its state dict.
    widths : sequence of ints
        Channels at each level of RegrUnetPP, finest first.

    Attributes
    ----------
    target : str
        Name of the variable that is fused.
    precision : torch.dtype or None
        Type in which RegrUnetPP computes under autocast; training sets it. PointConv stays in
        single precision: 441 values of hundreds overflow half precision.

    Raises
    ------
    InputError
        If the static layers are not three-dimensional.
    """

    static_layers: Tensor

    def __init__(self, static_layers: Tensor, widths: Sequence[int] = PAPER_WIDTHS) -> None:
        super().__init__()
        check_static_layers(static_layers)
        self.register_buffer("static_layers", static_layers.float(), persistent=False)
        self.point_conv = PointConv(len(CHANNELS), published_correction=True)
        self.regr_unetpp = RegrUnetPP(len(CHANNELS) + len(static_layers), widths)
        self.target = CHANNELS[0]
        self.precision: torch.dtype | None = None

    def forward(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor | None = None
    ) -> Tensor:
        """Fuse the observations of each day; shapes as `FusionNetwork.forward` takes them.

        Returns
        -------
        Tensor, shape (time, 1, rows, columns)
            PM2.5, ug/m3, nowhere negative.
        """
        observed = observed.clamp(max=1)
        fields = self.point_conv(observations * observed, observed).corrected
        if static_layers is None:
            static_layers = self.static_layers.expand(len(fields), -1, -1, -1)
        channels = torch.cat([fields, static_layers], dim=1)
        if self.precision is None:
            return torch.relu(self.regr_unetpp(channels))
        with torch.autocast(channels.device.type, self.precision):
            pm25 = self.regr_unetpp(channels)
        return torch.relu(pm25.float())
