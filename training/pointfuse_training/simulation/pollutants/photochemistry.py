r"""Nitrogen oxides and ozone: what light does in minutes, hours and days.

Within minutes ozone turns NO into NO2 and light turns NO2 back (Leighton, Photochemistry of air
pollution, 1961). Neither changes nitrogen oxides :math:`N` nor odd oxygen :math:`X`, the sum of
ozone and NO2. With :math:`J` the ratio of both rates, in ppb, the share that is NO2, :math:`n`,
solves :math:`(X - n)(N - n) = J n`:

.. math:: n = \tfrac12 \left(X + N + J - \sqrt{(X + N + J)^2 - 4 X N}\right)

In the dark it is :math:`\min(X, N)`: fresh NO uses up the ozone. Over hours light makes odd oxygen
of what organic gases and nitrogen oxides there are, most where these are neither scarce nor
plenty, and nitrogen oxides become nitric acid.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.parameters import (
    Parameters,
    Quantity,
    Uniform,
    drawn,
    fixed,
)
from pointfuse_training.simulation.pollutants.species import NO2_PPB, O3_PPB


@dataclass(frozen=True, kw_only=True)
class PhotochemistryParameters(Parameters):
    """Parameters of nitrogen oxides and ozone."""

    photolysis: Quantity = fixed(
        18.0, "ppb", "rate of photolysis of NO2 over that of NO with ozone, in full sunshine"
    )
    day_loss: Quantity = fixed(0.12, "h-1", "rate at which NO2 becomes nitric acid in summer sun")
    night_loss: Quantity = fixed(0.03, "h-1", "rate at which it does in the dark")
    production: Quantity = drawn(
        Uniform(14.0, 24.0), "ppb h-1", "most that full sunshine makes of odd oxygen in an hour"
    )
    organic: Quantity = fixed(0.5, "mg m-3", "CO above the background with half of the organics")
    forest: Quantity = fixed(0.9, "mg m-3", "CO that a summer forest counts as much as")
    scarce: Quantity = fixed(2.5, "ppb", "nitrogen oxides that make half of what they could")
    plenty: Quantity = fixed(25.0, "ppb", "nitrogen oxides from which on more of them make less")


class Photochemistry:
    """Chemistry of a batch of scenarios.

    Parameters
    ----------
    parameters : PhotochemistryParameters
        Its parameters.
    """

    def __init__(self, parameters: PhotochemistryParameters) -> None:
        self.parameters = parameters

    def nitrogen_dioxide(self, nox: Tensor, ox: Tensor, light: Tensor) -> Tensor:
        """NO2 in equilibrium with the light, ppb, at most `nox` and at most `ox`.

        Parameters
        ----------
        nox, ox : Tensor
            Nitrogen oxides and odd oxygen, ppb.
        light : Tensor
            From 0 in the dark to 1 in full sunshine.
        """
        half = (nox + ox + self.parameters.photolysis * light) / 2
        # The smaller root as a quotient: the difference of two large numbers would be rounding.
        larger = half + (half.square() - nox * ox).clamp(min=0).sqrt()
        return nox * ox / larger.clamp(min=1e-6)

    def production(self, nox: Tensor, organics: Tensor, light: Tensor) -> Tensor:
        """Odd oxygen that is made in an hour, ppb.

        Parameters
        ----------
        nox : Tensor
            Nitrogen oxides, ppb.
        organics : Tensor
            Organic gases, as the CO above the background that comes with as many, mg/m3.
        light : Tensor
            From 0 to 1, warmth included.
        """
        p = self.parameters
        of_nitrogen = nox / (p.scarce + nox + nox.square() / p.plenty)
        return p.production * light * organics / (p.organic + organics) * of_nitrogen

    def react(
        self,
        nox: Tensor,
        ox: Tensor,
        organics: Tensor,
        light: Tensor,
        warmth: Tensor,
        hours: float,
    ) -> None:
        """Let light and darkness work, in place.

        Parameters
        ----------
        nox, ox : Tensor, shape (scenarios, rows, columns)
            Nitrogen oxides and odd oxygen, ug/m3 as NO2 and as ozone.
        organics : Tensor, the same shape
            Organic gases, mg/m3 of CO.
        light : Tensor, the same shape
            From 0 in the dark to 1 in full sunshine.
        warmth : Tensor, the same shape
            From 0 in winter to 1 in summer.
        hours : float
            How long.
        """
        p = self.parameters
        nitrogen, oxygen = nox * NO2_PPB, ox * O3_PPB
        dioxide = self.nitrogen_dioxide(nitrogen, oxygen, light)
        day = p.day_loss * light * (0.25 + 0.75 * warmth)
        rate = day + p.night_loss * (1 - light)
        lost = -torch.expm1(-hours * rate) * dioxide
        made = hours * self.production(nitrogen, organics, light * (0.1 + 0.9 * warmth))
        nox.copy_((nitrogen - lost) / NO2_PPB)
        # Each NO2 that is lost takes its odd oxygen along.
        ox.copy_((oxygen - lost + made).clamp(min=0) / O3_PPB)
