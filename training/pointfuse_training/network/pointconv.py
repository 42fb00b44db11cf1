"""PointConv: from isolated stations to a first complete field.

Equations 1 to 3 of Lyu et al., Geosci. Model Dev. 15, 2022. Convolution means cross-correlation
here, as everywhere in PyTorch and ONNX.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse.errors import InputError

KERNEL_SIZES = (21, 11)
"""Edges of the wide and the narrow kernel, cells (as published)."""

KERNEL_SCALES = (4.0, 2.0)
"""Standard deviations of the Gaussians that untrained kernels start from, cells."""

STABILISER = math.exp(-5)
"""The summand e^-5 of equations 1 and 2: a field fades to 0 where no station is in reach."""


class PositiveKernelConv(nn.Module):
    """Convolution of each channel with a large positive kernel of its own.

    The parameters are logarithms of the kernels: whatever training does to them, a station never
    gets a negative weight. Outside the grid there is nothing to see, so the padding is zero.

    Parameters
    ----------
    channels : int
        Number of channels, each convolved by itself.
    size : int
        Edge of the kernels, cells; odd.
    scale : float
        Standard deviation of the Gaussian that the kernels start from, cells.

    Attributes
    ----------
    through_fourier : bool
        Whether to convolve as a product of Fourier transforms, which gives the same up to rounding
        and is much faster on most devices. Training sets it; a graph for export needs it off.

    Raises
    ------
    InputError
        If the size is not odd.
    """

    def __init__(self, channels: int, size: int, scale: float) -> None:
        super().__init__()
        if size < 1 or size % 2 == 0:
            raise InputError(f"a kernel needs an odd edge, so that it has a centre; got {size}")
        offset = torch.arange(size) - size // 2
        distance_squared = offset[:, None] ** 2 + offset[None, :] ** 2
        log_kernel = -distance_squared / (2 * scale**2)
        self.log_kernel = nn.Parameter(log_kernel.repeat(channels, 1, 1, 1))
        self.through_fourier = False

    @property
    def kernel(self) -> Tensor:
        """The kernels, shape (channels, 1, size, size)."""
        return self.log_kernel.exp()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x`, shape (batch, channels, rows, columns), to the same shape."""
        if self.through_fourier:
            return fourier_correlation(x, self.kernel)
        channels, _, size, _ = self.log_kernel.shape
        return nn.functional.conv2d(x, self.kernel, padding=size // 2, groups=channels)


def fourier_correlation(x: Tensor, kernel: Tensor) -> Tensor:
    """Cross-correlate each channel with a kernel of its own, zeros around the grid.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, rows, columns)
        Fields.
    kernel : Tensor, shape (channels, 1, size, size)
        Kernels of odd edge.

    Returns
    -------
    Tensor, shape (batch, channels, rows, columns)
        What a direct convolution gives, up to rounding of the largest value in reach of the field.
    """
    rows, columns = x.shape[-2:]
    reach = kernel.shape[-1] // 2
    # The period must keep what leaves the grid on one side from coming in on the other.
    period = [_fast_length(rows + reach), _fast_length(columns + reach)]
    spectrum = torch.fft.rfft2(kernel[:, 0].flip(-2, -1), s=period)
    full: Tensor = torch.fft.irfft2(torch.fft.rfft2(x, s=period) * spectrum, s=period)
    return full[..., reach : reach + rows, reach : reach + columns]


def _fast_length(least: int) -> int:
    """The next length of the form 2^a 3^b 5^c, which Fourier transforms are fast for."""
    length = least
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


class PointConvFields(NamedTuple):
    """What PointConv makes of the stations; each of shape (batch, channels, rows, columns).

    Attributes
    ----------
    corrected : Tensor
        The complete fields PC of equation 3.
    first_pass : Tensor
        The fields PointConv_1 of equation 1.
    wide_density, narrow_density : Tensor
        Sums of kernel weights over the stations in reach, for either kernel: how well the
        stations support a cell.
    """

    corrected: Tensor
    first_pass: Tensor
    wide_density: Tensor
    narrow_density: Tensor


class PointConv(nn.Module):
    r"""Two successive weighted averages of the observations around each cell.

    With the observations :math:`x`, their mask :math:`m`, the kernels :math:`w_{21}` and
    :math:`w_{11}` and :math:`e = e^{-5}`,

    .. math:: P_1 = \frac{w_{21} * x}{w_{21} * m + e}

    is the average of the stations near a cell. A second pass over a smaller neighbourhood then
    corrects it, in one of two ways:

    .. math:: P_2 = \frac{w_{11} * [(x - P_1)\,m]}{w_{11} * m + e} \qquad\text{(default)}

    .. math:: P_2 = \frac{w_{11} * (P_1 - x)}{w_{11} * m + e} \qquad\text{(as published, eq. 2)}

    The default spreads what the first pass missed at the stations, as successive correction does
    in objective analysis. The published form has the opposite sign and no mask: a cell without a
    station holds :math:`x = 0` and enters with its whole :math:`P_1`, so that :math:`P_2` is
    large where stations are few. A network trained with it learns to undo that.

    Parameters
    ----------
    channels : int
        Number of variables, each treated by itself.
    sizes : tuple of two ints
        Edges of the wide and the narrow kernel, cells; odd.
    scales : tuple of two floats
        Standard deviations of the Gaussians that the kernels start from, cells.
    published_correction : bool
        Whether the second pass is equation 2 to the letter.
    """

    def __init__(
        self,
        channels: int,
        sizes: tuple[int, int] = KERNEL_SIZES,
        scales: tuple[float, float] = KERNEL_SCALES,
        *,
        published_correction: bool = False,
    ) -> None:
        super().__init__()
        self.wide = PositiveKernelConv(channels, sizes[0], scales[0])
        self.narrow = PositiveKernelConv(channels, sizes[1], scales[1])
        self.published_correction = published_correction

    def forward(self, x: Tensor, observed: Tensor) -> PointConvFields:
        """Spread observations over the grid.

        Parameters
        ----------
        x : Tensor, shape (batch, channels, rows, columns)
            Observations, 0 where there is none.
        observed : Tensor, the same shape
            1 where there is an observation, 0 elsewhere.
        """
        wide_density = self.wide(observed)
        first_pass = self.wide(x) / (wide_density + STABILISER)
        error = first_pass - x if self.published_correction else (x - first_pass) * observed
        narrow_density = self.narrow(observed)
        corrected = first_pass + self.narrow(error) / (narrow_density + STABILISER)
        return PointConvFields(corrected, first_pass, wide_density, narrow_density)
