r"""Transport by the wind and by eddies, in flux form.

What leaves a cell through a face arrives in the next, so that transport neither makes nor destroys
anything: that, and not a correction afterwards, conserves mass. Fluxes are van Leer's (1974):
second order, and without new extremes or negative values. One direction after the other is
transported, in alternating order; air is carried along with what it contains (Easter 1993), so
that a uniform field stays uniform:

.. math::
    m' = 1 - \Delta u, \quad c' = (c - \Delta(u c)) / m', \quad
    m'' = m' - \Delta v, \quad c'' = (c' m' - \Delta(v c')) / m''

with Courant numbers u and v. A wind without divergence has :math:`m'' = 1`. Where terrain blocks the
wind it has not: air then leaves or enters through the top of the layer at the concentration of the
cell, and the mixing ratio stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.parameters import Parameters, Quantity, fixed
from pointfuse_training.simulation.wind import FaceWind

_X, _Y = -1, -2
_HIGHEST_COURANT = 0.9
_TINY = 1e-20


@dataclass(frozen=True, kw_only=True)
class TransportParameters(Parameters):
    """Parameters of transport."""

    night_diffusivity: Quantity = fixed(1000.0, "m2 s-1", "horizontal eddy diffusivity at night")
    day_diffusivity: Quantity = fixed(2500.0, "m2 s-1", "the same in daytime")


@dataclass(frozen=True)
class _Direction:
    """Courant numbers through the faces along one axis, and what the fluxes need of them."""

    axis: int
    forward: Tensor
    backward: Tensor
    forward_slope: Tensor
    backward_slope: Tensor
    air_lost: Tensor

    @classmethod
    def of(cls, courant: Tensor, axis: int) -> _Direction:
        forward, backward = courant.clamp(min=0), courant.clamp(max=0)
        return cls(
            axis=axis,
            forward=forward,
            backward=backward,
            forward_slope=0.5 * forward * (1 - forward),
            backward_slope=-0.5 * backward * (1 + backward),
            air_lost=courant.diff(dim=axis),
        )

    def outflow(self, concentration: Tensor, inflow: Tensor, diffusion: float) -> Tensor:
        """What each cell loses through its two faces; gains are negative.

        Parameters
        ----------
        concentration : Tensor, shape (scenarios, species, rows, columns)
            Concentration in the cells.
        inflow : Tensor, the same shape
            Concentration outside, of which the edge cells are used.
        diffusion : float
            Diffusivity times time step over cell size squared.
        """
        axis, count = self.axis, concentration.shape[self.axis]
        outside = inflow.narrow(axis, 0, 1), inflow.narrow(axis, count - 1, 1)
        c = torch.cat([outside[0], concentration, outside[1]], dim=axis)
        step = c.diff(dim=axis)
        slope = _zero_ends(_van_leer_slope(step, axis), axis)
        faces = count + 1
        flux = self.forward * c.narrow(axis, 0, faces)
        flux.addcmul_(self.forward_slope, slope.narrow(axis, 0, faces))
        flux.addcmul_(self.backward, c.narrow(axis, 1, faces))
        flux.addcmul_(self.backward_slope, slope.narrow(axis, 1, faces))
        flux.sub_(step, alpha=diffusion)
        return flux.diff(dim=axis)


class Transport:
    """Transport of a batch of scenarios.

    Parameters
    ----------
    cell_size : float
        Edge of a cell, m.
    inflow : Tensor, shape (scenarios, species, rows, columns)
        Concentration of the air that comes in over the edge; only edge cells count.
    """

    def __init__(self, cell_size: float, inflow: Tensor) -> None:
        self.parameters = TransportParameters()
        self._cell_size = cell_size
        self._inflow = inflow
        self._calls = 0

    def advance(
        self, concentration: Tensor, wind: FaceWind, seconds: float, diffusivity: float
    ) -> Tensor:
        """Concentration after a while of steady wind.

        Parameters
        ----------
        concentration : Tensor, shape (scenarios, species, rows, columns)
            Concentration of each species.
        wind : FaceWind
            Wind through the faces.
        seconds : float
            How long.
        diffusivity : float
            Horizontal eddy diffusivity, m2/s.
        """
        x = wind.eastward[:, None] * (seconds / self._cell_size)
        y = wind.northward[:, None] * (seconds / self._cell_size)
        steps = torch.maximum(_steps(x, _X), _steps(y, _Y))
        count = int(steps.max())
        diffusion = diffusivity * seconds / self._cell_size**2
        self._calls += 1
        for step in range(count):
            # A scenario with less wind has done its steps earlier: its results do not depend on
            # the scenarios beside it.
            active = (step < steps) / steps
            directions = [_Direction.of(x * active, _X), _Direction.of(y * active, _Y)]
            if (step + self._calls) % 2:
                directions.reverse()
            concentration = self._substep(concentration, *directions, diffusion / count)
        return concentration

    def _substep(
        self, c: Tensor, first: _Direction, second: _Direction, diffusion: float
    ) -> Tensor:
        air = 1 - first.air_lost
        content = c - first.outflow(c, self._inflow, diffusion)
        c = content / air
        content.sub_(second.outflow(c, self._inflow, diffusion))
        # Rounding may leave -1e-9 where there was nothing.
        return content.div_(air - second.air_lost).clamp_(min=0)


def _steps(courant: Tensor, axis: int) -> Tensor:
    """Steps in which no cell loses more air than it has, shape (scenarios, 1, 1, 1)."""
    faces = courant.shape[axis]
    leaving = courant.narrow(axis, 1, faces - 1).clamp(min=0) - courant.narrow(
        axis, 0, faces - 1
    ).clamp(max=0)
    return (leaving.amax((1, 2, 3), keepdim=True) / _HIGHEST_COURANT).ceil().clamp(min=1)


def _van_leer_slope(step: Tensor, axis: int) -> Tensor:
    """Harmonic mean of the differences on either side of a cell, 0 at extremes."""
    count = step.shape[axis] - 1
    before, after = step.narrow(axis, 0, count), step.narrow(axis, 1, count)
    total = before + after
    # 2 ab / (a + b), written so that it is 0 where both differences are.
    slope = (before * after).clamp_(min=0).mul_(2 * total)
    return slope.div_((total * total).add_(_TINY))


def _zero_ends(field: Tensor, axis: int) -> Tensor:
    padding = (1, 1) if axis == _X else (0, 0, 1, 1)
    return torch.nn.functional.pad(field, padding)
