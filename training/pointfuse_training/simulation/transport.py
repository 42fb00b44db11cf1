r"""Transport by the wind and by eddies, in flux form.

What leaves a cell through a face arrives in the next, so that transport neither makes nor destroys
anything: that, and not a correction afterwards, conserves mass. Fluxes are van Leer's (1974):
second order, and without new extremes or negative values. One direction after the other is
transported, in alternating order; air is carried along with what it contains (Easter 1993), so
that a uniform field stays uniform:

.. math::
    m' = 1 - \Delta u, \quad c' = (c - \Delta(u c)) / m', \quad
    m'' = m' - \Delta v, \quad c'' = (c' m' - \Delta(v c')) / m''

with Courant numbers u and v. A wind without divergence has :math:`m'' = 1`. Where terrain blocks
the wind it has not: air then leaves or enters through the top of the layer with the concentration
of the cell, which keeps its mixing ratio.
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
        self._passages: list[tuple[_Direction, _Direction]] = []

    def set_wind(self, wind: FaceWind, seconds: float) -> None:
        """Prepare time steps of `seconds` with this wind.

        A time step is divided into passages in which no cell loses more air than it has. A
        scenario with less wind than the others has its passages first and then rests: its results
        do not depend on the scenarios beside it.
        """
        length = seconds / self._cell_size
        x, y = wind.eastward[:, None] * length, wind.northward[:, None] * length
        needed = torch.maximum(_passages_needed(x, _X), _passages_needed(y, _Y))
        self._passages = []
        for passage in range(int(needed.max())):
            # From one passage to the next only scenarios that come to rest change anything.
            if passage == 0 or bool((needed == passage).any()):
                share = (passage < needed) / needed
                mixing = share * length / self._cell_size
                eastward = _Direction.of(x * share, mixing, _X)
                northward = _Direction.of(y * share, mixing, _Y)
            even = passage % 2 == 0
            self._passages.append((eastward, northward) if even else (northward, eastward))

    def advance(self, concentration: Tensor, diffusivity: float) -> Tensor:
        """Concentration after one time step of the wind that was set.

        Parameters
        ----------
        concentration : Tensor, shape (scenarios, species, rows, columns)
            Concentration of each species.
        diffusivity : float
            Horizontal eddy diffusivity, m2/s.
        """
        for first, second in self._passages:
            air = 1 - first.air_lost
            content = concentration - first.outflow(concentration, self._inflow, diffusivity)
            between = content / air
            content.sub_(second.outflow(between, self._inflow, diffusivity))
            # Rounding may leave -1e-9 where there was nothing.
            concentration = content.div_(air - second.air_lost).clamp_(min=0)
        return concentration


@dataclass(frozen=True)
class _Direction:
    """Passage along one axis: Courant numbers through the faces, and what fluxes need of them."""

    axis: int
    forward: Tensor
    backward: Tensor
    forward_slope: Tensor
    backward_slope: Tensor
    air_lost: Tensor
    mixing: Tensor

    @classmethod
    def of(cls, courant: Tensor, mixing: Tensor, axis: int) -> _Direction:
        """From Courant numbers and, a scenario, seconds over squared cell size."""
        forward, backward = courant.clamp(min=0), courant.clamp(max=0)
        return cls(
            axis=axis,
            forward=forward,
            backward=backward,
            forward_slope=0.5 * forward * (1 - forward),
            backward_slope=-0.5 * backward * (1 + backward),
            air_lost=courant.diff(dim=axis),
            mixing=mixing,
        )

    def outflow(self, concentration: Tensor, inflow: Tensor, diffusivity: float) -> Tensor:
        """What each cell loses through its two faces; gains are negative."""
        axis, count = self.axis, concentration.shape[self.axis]
        before, after = inflow.narrow(axis, 0, 1), inflow.narrow(axis, count - 1, 1)
        # Two cells on either side, so that the outer one has a slope too: none.
        c = torch.cat([before, before, concentration, after, after], dim=axis)
        step = c.diff(dim=axis)
        slope = _van_leer_slope(step, axis)
        faces = count + 1
        flux = self.forward * c.narrow(axis, 1, faces)
        flux.addcmul_(self.forward_slope, slope.narrow(axis, 0, faces))
        flux.addcmul_(self.backward, c.narrow(axis, 2, faces))
        flux.addcmul_(self.backward_slope, slope.narrow(axis, 1, faces))
        flux.addcmul_(self.mixing, step.narrow(axis, 1, faces), value=-diffusivity)
        return flux.diff(dim=axis)


def _van_leer_slope(step: Tensor, axis: int) -> Tensor:
    """Slope in a cell: harmonic mean of the differences on either side, 0 at extremes."""
    count = step.shape[axis] - 1
    before, after = step.narrow(axis, 0, count), step.narrow(axis, 1, count)
    total = before + after
    # 2 ab / (a + b), written so that it is 0 where both differences are.
    slope = (before * after).clamp_(min=0).mul_(total)
    return slope.div_((total * total).add_(_TINY)).mul_(2)


def _passages_needed(courant: Tensor, axis: int) -> Tensor:
    """Passages in which no cell loses more air than it has, shape (scenarios, 1, 1, 1)."""
    cells = courant.shape[axis] - 1
    outflow = courant.narrow(axis, 1, cells).clamp(min=0)
    outflow = outflow - courant.narrow(axis, 0, cells).clamp(max=0)
    largest = outflow.amax((1, 2, 3), keepdim=True)
    return (largest / _HIGHEST_COURANT).ceil().clamp(min=1)
