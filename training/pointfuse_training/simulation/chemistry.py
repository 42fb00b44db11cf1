"""Formation of particles from gases, faster in humid air and in sunshine."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.meteorology import sunshine
from pointfuse_training.simulation.parameters import Parameters, Quantity, fixed

PARTICLES, GASES = 0, 1
"""Species, in the order of the axis of concentrations."""


@dataclass(frozen=True, kw_only=True)
class ChemistryParameters(Parameters):
    """Parameters of chemistry."""

    rate: Quantity = fixed(0.012, "h-1", "rate at which gases form particles at 60 % humidity")
    humidity_effect: Quantity = fixed(0.035, "%-1", "growth of its logarithm with humidity")
    sunshine_effect: Quantity = fixed(0.6, "1", "what the sun adds at noon")
    yield_: Quantity = fixed(0.9, "1", "particle mass that a unit of gas becomes")


class Chemistry:
    """Formation of secondary particles."""

    def __init__(self) -> None:
        self.parameters = ChemistryParameters()

    def rate(self, hour: float, humidity: Tensor) -> Tensor:
        """Rate at which gases form particles, h-1, shape of `humidity` (%)."""
        p = self.parameters
        sun = 1 + p.sunshine_effect * sunshine(hour)
        return p.rate * sun * torch.exp(p.humidity_effect * (humidity - 60))

    def react(self, concentration: Tensor, hour: float, humidity: Tensor, hours: float) -> None:
        """Let gases form particles, in place.

        Parameters
        ----------
        concentration : Tensor, shape (scenarios, 2, rows, columns)
            Particles and gases, ug/m3.
        hour : float
            Local hour of the day.
        humidity : Tensor, shape (scenarios, rows, columns)
            Relative humidity, %.
        hours : float
            How long.
        """
        share = -torch.expm1(-hours * self.rate(hour, humidity))
        converted = concentration[:, GASES] * share
        concentration[:, GASES] -= converted
        concentration[:, PARTICLES] += self.parameters.yield_ * converted
