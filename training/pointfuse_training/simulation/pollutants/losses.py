"""What is lost to the ground, into rain and to the air above, and what comes down from there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.deposition import DepositionParameters
from pointfuse_training.simulation.parameters import Parameters, Quantity, fixed


@dataclass(frozen=True, kw_only=True)
class LossParameters(Parameters):
    """Parameters of losses, in the order of what is carried."""

    coarse_velocity: Quantity = fixed(0.006, "m s-1", "dry deposition velocity of coarse particles")
    so2_velocity: Quantity = fixed(0.003, "m s-1", "dry deposition velocity of SO2")
    nox_velocity: Quantity = fixed(0.001, "m s-1", "dry deposition velocity of nitrogen oxides")
    co_velocity: Quantity = fixed(0.0, "m s-1", "dry deposition velocity of CO")
    ozone_velocity: Quantity = fixed(0.0015, "m s-1", "dry deposition velocity of odd oxygen")
    coarse_washout: Quantity = fixed(2.0, "1", "washout, relative to that of fine particles")
    so2_washout: Quantity = fixed(1.5, "1", "the same of SO2")
    so2_oxidation: Quantity = fixed(0.3, "1", "oxidation of SO2, relative to that of all gases")
    nox_aloft: Quantity = fixed(0.4, "1", "share of nitrogen oxides left above the mixing layer")
    so2_aloft: Quantity = fixed(0.6, "1", "the same of SO2")
    coarse_aloft: Quantity = fixed(0.5, "1", "the same of coarse particles")
    co_aloft: Quantity = fixed(0.85, "1", "the same of CO above its background")
    ozone_exchange: Quantity = fixed(
        0.05, "h-1", "rate at which air from above brings ozone, venting apart"
    )


class Losses:
    """Losses of a batch of scenarios.

    Parameters
    ----------
    basin : Tensor, shape (rows, columns)
        From 0 (open) to 1 (deep basin).
    """

    def __init__(self, basin: Tensor) -> None:
        p = self.parameters = LossParameters()
        self._of_particles = DepositionParameters()
        self._open = 1 - self._of_particles.basin_shelter * basin

        def column(*values: Quantity) -> Tensor:
            return torch.tensor(values, device=basin.device)[:, None, None]

        self._velocity = column(
            p.coarse_velocity, p.so2_velocity, p.nox_velocity, p.co_velocity, p.ozone_velocity
        )
        self._washout = column(p.coarse_washout, p.so2_washout, 0.0, 0.0, 0.0)
        self._oxidised = column(0.0, p.so2_oxidation, 0.0, 0.0, 0.0)
        self._exchange = column(0.0, 0.0, 0.0, 0.0, p.ozone_exchange)
        self._aloft = column(p.coarse_aloft, p.so2_aloft, p.nox_aloft, p.co_aloft)

    def dilute(
        self, carried: Tensor, before: Tensor, after: Tensor, above: Tensor, residual: Tensor
    ) -> None:
        """Mix in the air above where the layer has grown, in place.

        Parameters
        ----------
        carried : Tensor, shape (scenarios, 5, rows, columns)
            ug/m3.
        before, after : Tensor, shape (scenarios, rows, columns)
            Mixing height, m.
        above : Tensor, the shape of `carried`
            The free air above, ug/m3.
        residual : Tensor, shape (scenarios, rows, columns)
            Odd oxygen above the mixing layer: that of the afternoon before, ug/m3.
        """
        kept = (before / after).clamp(max=1)[:, None]
        fresh = 1 - kept
        excess = carried[:, :-1] - above[:, :-1]
        carried[:, :-1] -= fresh * (1 - self._aloft) * excess.clamp(min=0)
        carried[:, -1:] = kept * carried[:, -1:] + fresh * residual[:, None]

    def deposit(
        self,
        carried: Tensor,
        source: Tensor,
        height: Tensor,
        rain: Tensor,
        oxidation: Tensor,
        above: Tensor,
        hours: float,
    ) -> None:
        r"""Let emissions come in, losses go out, and air be exchanged with that above, in place.

        Exact for constant source S, rate of loss k, and rate of exchange v with air above of
        concentration a: with :math:`e = (S + v a) / (k + v)`,
        :math:`c(t) = e + (c - e) e^{-(k + v) t}`.

        Parameters
        ----------
        carried, source : Tensor, shape (scenarios, 5, rows, columns)
            ug/m3, and ug m-3 h-1.
        height, rain, oxidation : Tensor, shape (scenarios, rows, columns)
            Mixing height (m), strength of rain, rate at which gases become particles (h-1).
        above : Tensor, the shape of `carried`
            The air above, ug/m3.
        hours : float
            How long.
        """
        p = self._of_particles
        exchange = (self._open * (p.venting * height / 1000))[:, None] + self._exchange
        lost = 3600 * self._velocity / height[:, None]
        lost = lost + self._washout * (p.washout * rain * self._open)[:, None]
        lost = lost + self._oxidised * oxidation[:, None]
        rate = lost + exchange
        balance = (source + exchange * above) / rate
        carried += (balance - carried) * -torch.expm1(-hours * rate)
