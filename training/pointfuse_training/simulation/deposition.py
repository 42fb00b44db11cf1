"""Losses: to the ground, into rain, and into the air above."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.chemistry import GASES, PARTICLES
from pointfuse_training.simulation.parameters import Parameters, Quantity, fixed


@dataclass(frozen=True, kw_only=True)
class DepositionParameters(Parameters):
    """Parameters of losses."""

    particle_velocity: Quantity = fixed(0.0008, "m s-1", "dry deposition velocity of particles")
    gas_velocity: Quantity = fixed(0.003, "m s-1", "dry deposition velocity of gases")
    washout: Quantity = fixed(0.18, "h-1", "rate of washout at rain of strength 1")
    gas_washout: Quantity = fixed(1.5, "1", "washout of gases relative to that of particles")
    venting: Quantity = fixed(0.012, "h-1", "rate of loss to the air above, for 1000 m of mixing")
    basin_shelter: Quantity = fixed(0.4, "1", "share of the losses that a deep basin prevents")
    residual_share: Quantity = fixed(
        0.85, "1", "concentration above the mixing layer relative to that within it"
    )
    restoring: Quantity = fixed(0.05, "h-1", "rate at which air from above brings the background")


class Deposition:
    """Losses of particles and gases, and dilution by the growing mixing layer.

    Parameters
    ----------
    basin : Tensor, shape (rows, columns)
        From 0 (open) to 1 (deep basin).
    """

    def __init__(self, basin: Tensor) -> None:
        self.parameters = DepositionParameters()
        self._open = 1 - self.parameters.basin_shelter * basin

    def dilute(self, concentration: Tensor, before: Tensor, after: Tensor) -> None:
        """Mix in the air above where the layer has grown, in place.

        Parameters
        ----------
        concentration : Tensor, shape (scenarios, 2, rows, columns)
            Particles and gases, ug/m3.
        before, after : Tensor, shape (scenarios, rows, columns)
            Mixing height, m.
        """
        kept = (before / after).clamp(max=1)
        concentration *= (kept + self.parameters.residual_share * (1 - kept))[:, None]

    def rates(self, height: Tensor, rain: Tensor) -> tuple[Tensor, Tensor]:
        """Rates of loss of particles and gases, h-1, shape (scenarios, rows, columns).

        Parameters
        ----------
        height : Tensor, shape (scenarios, rows, columns)
            Mixing height, m.
        rain : Tensor, the same shape
            Strength of rain.
        """
        p = self.parameters
        venting = p.venting * height / 1000
        wet = p.washout * rain
        particles = (3600 * p.particle_velocity / height + venting + wet) * self._open
        gases = 3600 * p.gas_velocity / height + (venting + p.gas_washout * wet) * self._open
        return particles, gases

    def deposit(
        self,
        concentration: Tensor,
        source: Tensor,
        height: Tensor,
        rain: Tensor,
        background: Tensor,
        hours: float,
    ) -> None:
        r"""Let emissions come in and losses go out, in place.

        Exact for constant source S and rate k: with x = k t,
        :math:`c(t) = c e^{-x} + S t (1 - e^{-x}) / x`, so that a box reaches S / k.

        Parameters
        ----------
        concentration, source : Tensor, shape (scenarios, 2, rows, columns)
            Particles and gases, ug/m3, and what is emitted, ug m-3 h-1.
        height, rain : Tensor, shape (scenarios, rows, columns)
            Mixing height, m, and strength of rain.
        background : Tensor, shape (scenarios, rows, columns)
            Particles in the air above, ug/m3.
        hours : float
            How long.
        """
        for species, rate in zip((PARTICLES, GASES), self.rates(height, rain), strict=True):
            lost = -torch.expm1(-hours * rate)
            c = concentration[:, species]
            c += (source[:, species] / rate - c) * lost
        particles = concentration[:, PARTICLES]
        missing = torch.relu(background - particles)
        particles += missing * -math.expm1(-hours * self.parameters.restoring)
