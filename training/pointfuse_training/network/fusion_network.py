"""The fusion network: PointConv, then RegrUnetPP with the static layers beside it.

Equations 1 to 5 of Lyu et al., Geosci. Model Dev. 15, 2022, and the variant of it that pointfuse
ships.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse.errors import InputError
from pointfuse_training.network.pointconv import PointConv, PointConvFields
from pointfuse_training.network.regr_unetpp import WIDTHS, RegrUnetPP
from pointfuse_training.network.scale_head import ScaleHead

CHANNELS = ("pm25", "relative_humidity", "wind_speed")
"""Variables of the inputs, in order; units ug/m3, % and m/s."""

WEATHER_CENTRE = (60.0, 3.0)
WEATHER_SPREAD = (20.0, 2.0)
"""Relative humidity (%) and wind speed (m/s) enter as (value - centre) / spread."""

MIN_SCALE = 1.0
"""Least scale of a day, ug/m3, so that a day of zeros can be divided by it."""


@dataclass(frozen=True)
class Variant:
    """How a network departs from the published one.

    Parameters
    ----------
    normalised : bool
        PM2.5 is divided by the day's mean over the stations, and the output multiplied by it, so
        that the field scales with the observations; weather is centred. Otherwise everything
        stays in physical units.
    published_correction : bool
        The second pass of PointConv is equation 2 to the letter (see `PointConv`).
    station_channels : bool
        RegrUnetPP is also told where stations are and what they say.
    residual : bool
        RegrUnetPP gives a correction to the PM2.5 field of PointConv instead of the field.
    """

    normalised: bool
    published_correction: bool
    station_channels: bool
    residual: bool


VARIANTS = {
    "default": Variant(
        normalised=True, published_correction=False, station_channels=True, residual=True
    ),
    "paper": Variant(
        normalised=False, published_correction=True, station_channels=False, residual=False
    ),
}

STATION_CHANNELS = 5


class Estimate(NamedTuple):
    """What the network makes of each day before it is given its unit.

    Attributes
    ----------
    pm25 : Tensor, shape (time, 1, rows, columns)
        The field in the unit of the day.
    unit : Tensor, shape (time, 1, 1, 1)
        Unit of the day, ug/m3.
    evidence : Tensor, shape (time, channels, rows, columns)
        What a `ScaleHead` goes by: the finest features of RegrUnetPP, logarithms of the wide and
        the narrow density of stations, where they are, and the field. No gradient passes it.
    """

    pm25: Tensor
    unit: Tensor
    evidence: Tensor


class FusionNetwork(nn.Module):
    """From station observations on a grid to a complete PM2.5 field.

    Parameters
    ----------
    static_layers : Tensor, shape (layers, rows, columns)
        Fields that never change (terrain, land cover), scaled to order one. They are given by
        whoever builds the network and are no part of its state dict.
    variant : str
        Key of `VARIANTS`.
    widths : sequence of ints
        Channels at each level of RegrUnetPP, finest first.
    scale_head : ScaleHead, optional
        Part that gives the scale of the field's error. It has no say in the field.

    Attributes
    ----------
    target : str
        Name of the variable that is fused.
    precision : torch.dtype or None
        Type in which RegrUnetPP computes under autocast; training sets it. PointConv and what
        follows RegrUnetPP stay in single precision: 441 values of hundreds overflow half precision.

    Raises
    ------
    InputError
        If there is no such variant, or the static layers are not three-dimensional.
    """

    static_layers: Tensor

    def __init__(
        self,
        static_layers: Tensor,
        variant: str = "default",
        widths: Sequence[int] = WIDTHS,
        scale_head: ScaleHead | None = None,
    ) -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise InputError(
                f"there is no variant '{variant}' of the network; expected one of "
                f"{', '.join(VARIANTS)}"
            )
        if static_layers.ndim != 3:
            raise InputError(
                "expected static layers of the shape (layers, rows, columns), got "
                f"{tuple(static_layers.shape)}"
            )
        self.variant = VARIANTS[variant]
        self.register_buffer("static_layers", static_layers.float(), persistent=False)
        self.point_conv = PointConv(
            len(CHANNELS), published_correction=self.variant.published_correction
        )
        self.regr_unetpp = RegrUnetPP(
            len(CHANNELS)
            + len(static_layers)
            + (STATION_CHANNELS if self.variant.station_channels else 0),
            widths,
        )
        self.scale_head = scale_head
        self.target = CHANNELS[0]
        self.precision: torch.dtype | None = None

    def forward(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Fuse the observations of each day.

        Parameters
        ----------
        observations : Tensor, shape (time, 3, rows, columns)
            PM2.5 (ug/m3), relative humidity (%) and wind speed (m/s); finite, and 0 where absent.
        observed : Tensor, the same shape
            1 where there is an observation, 0 elsewhere. A calm is observed: speed 0, mask 1.
        static_layers : Tensor, shape (time, layers, rows, columns), optional
            Those of the patch that each day is seen in; without them it is the whole grid.

        Returns
        -------
        Tensor, shape (time, 1, rows, columns)
            PM2.5, ug/m3, nowhere negative. With a scale head a pair: the field, and in the same
            shape the Laplace scale of its error, ug/m3, positive.
        """
        estimate = self.estimate(observations, observed, static_layers)
        pm25 = estimate.pm25 * estimate.unit
        if self.scale_head is None:
            return pm25
        return pm25, self.scale_head(estimate.evidence) * estimate.unit

    def estimate(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor | None = None
    ) -> Estimate:
        """What `forward` does up to the unit of the day and the scale of the error."""
        # Whatever a caller leaves in cells without observation has no say.
        observations = observations * observed
        if self.variant.normalised:
            unit = day_scale(observations, observed)
            values = _normalised(observations, observed, unit)
        else:
            unit, values = observations.new_ones(1, 1, 1, 1), observations
        spread = self.point_conv(values, observed)
        if static_layers is None:
            static_layers = self.static_layers.expand(values.shape[0], -1, -1, -1)
        pm25, features = self._regressed(self._entering(values, observed, spread, static_layers))
        if self.variant.residual:
            pm25 = pm25 + spread.corrected[:, :1]
        pm25 = torch.relu(pm25)
        support = (_log_densities(spread), observed[:, :1], pm25)
        return Estimate(pm25, unit, torch.cat([features, *support], dim=1).detach())

    def _regressed(self, channels: Tensor) -> tuple[Tensor, Tensor]:
        if self.precision is None:
            return self.regr_unetpp.with_features(channels)
        with torch.autocast(channels.device.type, self.precision):
            pm25, features = self.regr_unetpp.with_features(channels)
        return pm25.float(), features.float()

    def _entering(
        self, values: Tensor, observed: Tensor, spread: PointConvFields, static_layers: Tensor
    ) -> Tensor:
        """Channels of RegrUnetPP: equation 4, and what the variant tells of PM2.5 stations."""
        channels = [spread.corrected, static_layers]
        if self.variant.station_channels:
            channels += [
                _log_densities(spread),
                observed[:, :1],
                values[:, :1],
                spread.first_pass[:, :1],
            ]
        return torch.cat(channels, dim=1)


def _log_densities(spread: PointConvFields) -> Tensor:
    """How well PM2.5 stations support each cell, within the wide and within the narrow kernel."""
    densities = torch.cat([spread.wide_density[:, :1], spread.narrow_density[:, :1]], dim=1)
    return torch.log1p(densities)


def day_scale(observations: Tensor, observed: Tensor) -> Tensor:
    """Mean of the observed PM2.5 of each day, at least `MIN_SCALE`.

    Parameters
    ----------
    observations, observed : Tensor, shape (time, 3, rows, columns)
        As `FusionNetwork.forward` takes them.

    Returns
    -------
    Tensor, shape (time, 1, 1, 1)
        Scale, ug/m3; `MIN_SCALE` on a day without stations.
    """
    total = observations[:, :1].sum((2, 3), keepdim=True)
    stations = observed[:, :1].sum((2, 3), keepdim=True).clamp(min=1)
    return (total / stations).clamp(min=MIN_SCALE)


def _normalised(observations: Tensor, observed: Tensor, scale: Tensor) -> Tensor:
    """Values of order one: PM2.5 as a multiple of the day's scale, weather centred."""
    centre = observations.new_tensor(WEATHER_CENTRE)[:, None, None]
    width = observations.new_tensor(WEATHER_SPREAD)[:, None, None]
    # Centring moves the zeros of absent weather, so the mask has to be applied again.
    weather = (observations[:, 1:] - centre) / width * observed[:, 1:]
    return torch.cat([observations[:, :1] / scale, weather], dim=1)
