"""What the shape of the ground does to the air: slopes that block it, basins that hold it."""

from __future__ import annotations

import torch
from torch import Tensor

from pointfuse_training.simulation.static_inputs import StaticInputs

_BASIN_SURROUNDINGS = 150e3  # m, half the edge of the square that a basin is compared with
_BASIN_DEPTH, _BASIN_DEPTH_RANGE = 150.0, 200.0  # m
_STEEP = 0.008  # slope that blocks 63 % of what can be blocked


class Terrain:
    """Derived from the height of the ground; each of shape (rows, columns).

    Attributes
    ----------
    east, north : Tensor
        Components of the unit vector that points up the slope; 0 where the ground is flat.
    blocking : Tensor
        From 0 (flat) to 1 (steep).
    basin : Tensor
        From 0 (open) to 1 (deep below the surroundings).
    """

    def __init__(self, static: StaticInputs) -> None:
        size = static.grid.cell_size
        north, east = torch.gradient(box_mean(static.height, 1), spacing=size)
        slope = torch.hypot(east, north)
        self.east = east / (slope + 1e-6)
        self.north = north / (slope + 1e-6)
        self.blocking = 1 - torch.exp(-((slope / _STEEP) ** 2))
        radius = max(1, round(_BASIN_SURROUNDINGS / size))
        surroundings = box_mean(box_mean(static.height, radius), radius)
        depth = surroundings - static.height
        self.basin = torch.sigmoid((depth - _BASIN_DEPTH) / _BASIN_DEPTH_RANGE)


def box_mean(field: Tensor, radius: int) -> Tensor:
    """Mean over the square of cells up to `radius` away; the edge cells go on outside the grid.

    Parameters
    ----------
    field : Tensor, shape (..., rows, columns)
        Up to two leading axes.
    radius : int
        Cells.
    """
    shape = field.shape
    stack = field.reshape(-1, 1, *shape[-2:])
    padded = torch.nn.functional.pad(stack, (radius,) * 4, mode="replicate")
    # Along one axis after the other: the same mean for far less work.
    edge = 2 * radius + 1
    rows = torch.nn.functional.avg_pool2d(padded, (1, edge), 1)
    return torch.nn.functional.avg_pool2d(rows, (edge, 1), 1).reshape(shape)
