"""Large kernels as ordinary convolutions: the same numbers, several times faster.

Runtimes have fast paths for many channels and small kernels. A grouped convolution with one
channel a group and 441 taps finds none of them: it fills and reads a table of 441 numbers a cell.
Here a convolution steps from block to block of `STRIDE` x `STRIDE` cells and computes the cells of
a block as that many output channels: the table becomes 16 times smaller, the matrix product
16 times wider. The kernel of an output channel is the original one, shifted to its cell.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDE = 4
"""Edge of a block, cells. Of 2, 3, 4, 6 and 8 the fastest on two CPU cores."""


class StridedKernelConv(nn.Module):
    """What `PositiveKernelConv` computes, in a form that runtimes are fast at.

    Parameters
    ----------
    kernel : Tensor, shape (channels, 1, size, size)
        Kernels of odd size, one a channel.
    """

    def __init__(self, kernel: Tensor) -> None:
        super().__init__()
        channels, _, size, _ = kernel.shape
        self.radius = size // 2
        reach = size + STRIDE - 1
        shifted = kernel.new_zeros(channels, STRIDE**2, 1, reach, reach)
        for row in range(STRIDE):
            for column in range(STRIDE):
                window = shifted[:, row * STRIDE + column, 0, row : row + size, column:]
                window[..., :size] = kernel[:, 0]
        # One convolution a channel: grouped ones run group after group on most runtimes.
        self.kernels = nn.ParameterList(nn.Parameter(k, requires_grad=False) for k in shifted)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x`, shape (batch, channels, rows, columns), to the same shape."""
        rows, columns = x.shape[-2:]
        # Zeros on all sides, and on the right and bottom until the last block is whole.
        right = self.radius + -columns % STRIDE
        bottom = self.radius + -rows % STRIDE
        x = nn.functional.pad(x, (self.radius, right, self.radius, bottom))
        blocks = [
            nn.functional.conv2d(x[:, i : i + 1], kernel, stride=STRIDE)
            for i, kernel in enumerate(self.kernels)
        ]
        cells = nn.functional.pixel_shuffle(torch.cat(blocks, dim=1), STRIDE)
        return cells[..., :rows, :columns]
