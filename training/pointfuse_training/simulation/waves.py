"""Smooth random fields as sums of plane waves."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pointfuse.grid.regular_grid import Grid
from pointfuse_training.simulation.random_streams import RandomStream

_MOST_WAVES = 64
_PERIOD = 1.2  # of the longer edge: opposite edges of the grid must not see the same weather


class Waves:
    r"""Plane waves whose sum is a field on the cells or on their corners.

    A field is :math:`f(x, y) = \mathrm{Re} \sum_{m,n} a_{mn} e^{i (k_m x + l_n y)}` with complex
    coefficients :math:`a`. Two matrix products evaluate it on the whole grid.

    Parameters
    ----------
    grid : Grid
        Grid of the fields.
    device : torch.device
        Where to compute.
    corners : bool
        Whether values belong to the corners of cells, (rows + 1, columns + 1) of them, instead of
        their centres.
    """

    def __init__(self, grid: Grid, device: torch.device, *, corners: bool = False) -> None:
        longest = max(grid.shape)
        period = _PERIOD * longest * grid.cell_size
        # Shorter waves than four cells are noise to the transport.
        count = min(_MOST_WAVES, longest // 4)
        unit = 2 * math.pi / period
        self.eastward = unit * torch.arange(count + 1, device=device, dtype=torch.float32)
        self.northward = unit * torch.arange(-count, count + 1, device=device, dtype=torch.float32)
        self.wavenumber = torch.hypot(self.northward[:, None], self.eastward[None, :])
        self._along_x = self._phases(grid.columns, grid.cell_size, self.eastward, corners).T
        self._along_y = self._phases(grid.rows, grid.cell_size, self.northward, corners)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of northward and eastward wavenumbers."""
        return len(self.northward), len(self.eastward)

    def amplitudes(self, length: Tensor | float, power: float) -> Tensor:
        """Amplitudes (1 + (k length)^2)^(-power / 2), scaled to a field of unit variance.

        Parameters
        ----------
        length : Tensor, shape (scenarios, 1, 1), or float
            Length above which waves are equally strong, m.
        power : float
            How fast the amplitude falls with the wavenumber k.

        Returns
        -------
        Tensor, shape (scenarios or 1, northward, eastward)
        """
        amplitude = (1 + (self.wavenumber[None] * length) ** 2) ** (-power / 2)
        amplitude = torch.where(self.wavenumber[None] == 0, 0.0, amplitude)
        return amplitude / amplitude.square().sum((1, 2), keepdim=True).sqrt()

    def coefficients(self, random: RandomStream) -> Tensor:
        """Random coefficients: with `amplitudes`, a Gaussian field of unit variance.

        Returns
        -------
        Tensor of complex64, shape (scenarios, northward, eastward)
        """
        return torch.view_as_complex(random.normal(*self.shape, 2))

    def field(self, coefficients: Tensor) -> Tensor:
        """Sum of the waves with these coefficients, shape (scenarios, rows, columns)."""
        lines = self._along_y @ coefficients
        return lines.real @ self._along_x.real - lines.imag @ self._along_x.imag

    def noise(self, random: RandomStream, length: float, power: float) -> Tensor:
        """A random field of zero mean and unit variance, shape (scenarios, rows, columns)."""
        return self.field(self.coefficients(random) * self.amplitudes(length, power))

    @staticmethod
    def _phases(cells: int, cell_size: float, wavenumbers: Tensor, corners: bool) -> Tensor:
        """Factors e^(ikx), shape (cells or corners, wavenumbers)."""
        steps = torch.arange(cells + corners, device=wavenumbers.device)
        position = cell_size * (steps + (0.0 if corners else 0.5))
        angle = position[:, None] * wavenumbers[None, :]
        return torch.complex(angle.cos(), angle.sin())
