"""Between the grid and that of half the resolution, and between a cell and its neighbours."""

from __future__ import annotations

import torch
from torch import Tensor


def summed(x: Tensor, edge: int = 2) -> Tensor:
    """Sums over squares of so many cells each way; those at the ends of the grid may be smaller."""
    if edge == 1:
        return x
    up, across = (-size % edge for size in x.shape[-2:])
    # Of a grid of any size it is not known whether there is anything to add.
    if not (isinstance(up, int) and isinstance(across, int)) or up or across:
        x = torch.nn.functional.pad(x, (0, across, 0, up))
    return torch.nn.functional.avg_pool2d(x, edge) * edge**2


def around(x: Tensor) -> Tensor:
    """Sums over the three by three cells around each."""
    return torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1) * 9


def halved(x: Tensor) -> Tensor:
    """Means over squares of two by two cells."""
    return torch.nn.functional.avg_pool2d(x, 2)


def doubled(x: Tensor) -> Tensor:
    """Twice the resolution, bilinear between the centres of cells."""
    return torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
