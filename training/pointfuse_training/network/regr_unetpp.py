"""RegrUnetPP: a UNet++ that ends in numbers a cell instead of classes.

Zhou et al., UNet++: a nested U-Net architecture for medical image segmentation, 2018, with the
changes of Lyu et al., Geosci. Model Dev. 15, 2022.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pointfuse.errors import InputError
from pointfuse_training.network.resolution import doubled


class ConvPair(nn.Module):
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        # No bias: the batch normalisation that follows has one.
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, rows, columns) to (batch, out_channels, rows, columns)."""
        x = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(x)))


class RegrUnetPP(nn.Module):
    """UNet++ for regression.

    Node ``i_j`` stands on level ``i`` (level 0 is the full resolution, each further one halves
    it) and takes every earlier node of its level, ``i_0`` to ``i_(j-1)``, and then node
    ``(i+1)_(j-1)`` brought up to its resolution. Nodes ``i_0`` take the node above them, pooled.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    widths : sequence of ints
        Channels at each level, finest first; as many levels as entries.
    outputs : int
        Channels of the output.

    Raises
    ------
    InputError
        If there is no level.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], outputs: int = 1) -> None:
        super().__init__()
        if not widths:
            raise InputError("RegrUnetPP needs the width of at least one level, got none")
        self.levels = len(widths)
        self.nodes = nn.ModuleDict()
        for i, width in enumerate(widths):
            self.nodes[f"{i}_0"] = ConvPair(widths[i - 1] if i else in_channels, width)
        for j in range(1, self.levels):
            for i in range(self.levels - j):
                self.nodes[f"{i}_{j}"] = ConvPair(j * widths[i] + widths[i + 1], widths[i])
        self.head = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, rows, columns) to (batch, outputs, rows, columns).

        Any number of rows and columns will do: the last ones are repeated until the coarsest level
        comes out whole, and the surplus is cut off again.
        """
        rows, columns = x.shape[-2:]
        multiple = 2 ** (self.levels - 1)
        x = nn.functional.pad(x, (0, -columns % multiple, 0, -rows % multiple), mode="replicate")
        done: dict[tuple[int, int], Tensor] = {}
        for j in range(self.levels):
            for i in range(self.levels - j):
                if j:
                    beside = [done[i, k] for k in range(j)]
                    entering = torch.cat([*beside, doubled(done[i + 1, j - 1])], dim=1)
                else:
                    entering = nn.functional.max_pool2d(done[i - 1, 0], 2) if i else x
                done[i, j] = self.nodes[f"{i}_{j}"](entering)
        y: Tensor = self.head(done[0, self.levels - 1])
        return y[..., :rows, :columns]
