"""Between the grid and that of half the resolution, and between a cell and its neighbours."""

from __future__ import annotations

import torch
from torch import Tensor


def summed(x: Tensor) -> Tensor:
    """Sums over squares of two by two cells."""
    return torch.nn.functional.avg_pool2d(x, 2) * 4


def around(x: Tensor) -> Tensor:
    """Sums over the three by three cells around each."""
    return torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1) * 9


def halved(x: Tensor) -> Tensor:
    """Means over squares of two by two cells."""
    return torch.nn.functional.avg_pool2d(x, 2)


def doubled(x: Tensor) -> Tensor:
    """Twice the resolution, bilinear between the centres of cells."""
    return torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
