"""Kernels of PointConv and their radius of influence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure

STEPS = ("wide", "narrow")
"""The two passes of PointConv, in their order."""

SHARE = math.exp(-1)
"""Share of the largest weight that is left at the radius of influence."""


@dataclass(frozen=True)
class Kernel:
    """A kernel of PointConv.

    Parameters
    ----------
    variable : str
        Variable that it spreads.
    step : str
        One of `STEPS`, or the name of another pass.
    weights : ndarray of float64, shape (size, size)
        Weight of a station by its place relative to a cell, row 0 in the south; odd size.
    squares : int
        Edge of the squares of the grid that count as a cell here, cells.
    """

    variable: str
    step: str
    weights: NDArray[np.float64]
    squares: int = 1

    @cached_property
    def rings(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean distance (cells) and mean weight of rings a cell wide, from the centre outwards.

        Rings that are cut by the edge of the kernel are left out.
        """
        reach = len(self.weights) // 2
        offset = np.arange(-reach, reach + 1)
        distance = np.hypot(offset[:, None], offset[None, :])
        ring = np.rint(distance).astype(np.int64).ravel()
        cells = np.bincount(ring)[: reach + 1]
        means = (
            np.bincount(ring, values.ravel())[: reach + 1] / cells
            for values in (distance, self.weights)
        )
        return self.squares * next(means), next(means)

    @property
    def radius(self) -> float | None:
        """Radius of influence, cells; None where the kernel ends before.

        It is the distance at which the mean weight of a ring has fallen to 1/e of the largest ring:
        sqrt(2) standard deviations of a Gaussian, the length of an exponential. Between rings the
        logarithm of the weight is taken to be linear. (The publication gives a radius by eye.)
        """
        distance, weight = self.rings
        peak = int(weight.argmax())
        threshold = SHARE * weight[peak]
        below = np.flatnonzero(weight[peak:] <= threshold)
        if not len(below):
            return None
        outer = peak + int(below[0])
        if weight[outer] <= 0:
            return float(distance[outer])
        inner = outer - 1
        steps = np.log(weight[inner] / threshold) / np.log(weight[inner] / weight[outer])
        return float(distance[inner] + steps * (distance[outer] - distance[inner]))


def read_kernels(content: bytes, variables: Sequence[str]) -> tuple[Kernel, ...]:
    """Kernels that an exported model file holds.

    Parameters
    ----------
    content : bytes
        The whole file.
    variables : sequence of str
        Variables of the model, in its order.

    Returns
    -------
    tuple of Kernel
        Step by step; empty where the network has no PointConv.

    Raises
    ------
    ModelFileError
        If the bytes are damaged.
    """
    structure = read_onnx_structure(content)
    stored = (
        (variable, step, structure.constant(f"{part}.{step}.kernels.{channel}"), squares)
        for part, spread, squares in (
            ("point_conv", variables, 1),
            # The default network has it for what helps only, on half of the resolution.
            ("weather", variables[1:], 2),
        )
        for step in STEPS
        for channel, variable in enumerate(spread)
    )
    return tuple(
        Kernel(variable, step, _unshifted(blocks), squares)
        for variable, step, blocks, squares in stored
        if blocks is not None
    )


def _unshifted(blocks: NDArray[np.float32]) -> NDArray[np.float64]:
    """The kernel that an exported file holds once for each cell of a block, shifted to the cell."""
    stride = math.isqrt(len(blocks))
    size = blocks.shape[-1] - stride + 1
    return blocks[0, 0, :size, :size].astype(np.float64)
