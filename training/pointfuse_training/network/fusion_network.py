"""The default network: optimal interpolation, then RegrUnetPP on the grid of half the resolution.

It departs from Lyu et al., Geosci. Model Dev. 15, 2022, in that PointConv's passes are carried on
to their limit and know the terrain, in that RegrUnetPP corrects their field rather than making
one, as far as a day is one of models, and in that the error's size comes with the field. The
published network is `PaperNetwork`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse_training.network.calibration import DEVIATION, Calibration, calibration_terms
from pointfuse_training.network.channels import CHANNELS, check_static_layers
from pointfuse_training.network.concentration_scale import transformed, transformed_back, unit_of
from pointfuse_training.network.detail import DETAIL_CHANNELS, Detail
from pointfuse_training.network.optimal_interpolation import Interpolated, OptimalInterpolation
from pointfuse_training.network.pointconv import PointConv
from pointfuse_training.network.regr_unetpp import RegrUnetPP
from pointfuse_training.network.resolution import around, doubled, halved, summed

WIDTHS = (16, 32, 48, 64)
"""Channels at each level of RegrUnetPP, of which the finest has half the resolution."""

WEATHER_CENTRE = (60.0, 3.0)
WEATHER_SPREAD = (20.0, 2.0)
"""Relative humidity (%) and wind speed (m/s) enter as (value - centre) / spread."""

WEATHER_KERNELS = (11, 5)
"""Edges of the kernels of PointConv for weather, in cells of half the resolution: as far as the
published ones reach."""

_DAY_CHANNELS = 9
_STATION_CHANNELS = 2
_WEATHER_CHANNELS = 4


class Estimate(NamedTuple):
    """What the network makes of each day on its scale (`transformed`).

    Attributes
    ----------
    mean, deviation : Tensor, shape (time, 1, rows, columns)
        Mean and standard deviation of what a station in the cell would report.
    level : Tensor, shape (time, 1, 1, 1)
        Mean of the stations of the day.
    interpolated : Tensor, shape (time, 1, rows, columns)
        The field of the optimal interpolation alone.
    reaches : tuple of Tensor, each of shape (time, 1, rows, columns)
        Stations in the three by three cells around, and within the reach of a narrow, a middle and
        a wide Gaussian.
    stations : Tensor, shape (time, 1, 1, 1)
        Stations of the day.
    """

    mean: Tensor
    deviation: Tensor
    level: Tensor
    interpolated: Tensor
    reaches: tuple[Tensor, ...]
    stations: Tensor


class FusionNetwork(nn.Module):
    """From station observations on a grid to a complete field and the size of its error.

    Parameters
    ----------
    static_layers : Tensor, shape (layers, rows, columns)
        Fields that never change (terrain, land cover), scaled to order one. They are given by
        whoever builds the network and are no part of its state dict.
    widths : sequence of ints
        Channels at each level of RegrUnetPP, finest first.

    Attributes
    ----------
    target : str
        Name of the variable that is fused.
    precision : torch.dtype or None
        Type in which RegrUnetPP computes under autocast; training sets it. All else stays in
        single precision, of which the interpolation needs all digits.

    Raises
    ------
    InputError
        If the static layers are not three-dimensional.
    """

    static_layers: Tensor

    def __init__(self, static_layers: Tensor, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        check_static_layers(static_layers)
        layers = len(static_layers)
        self.register_buffer("static_layers", static_layers.float(), persistent=False)
        self.interpolation = OptimalInterpolation(layers).requires_grad_(False)
        self.weather = PointConv(len(CHANNELS) - 1, WEATHER_KERNELS, (2.0, 1.0))
        entering = _DAY_CHANNELS + _STATION_CHANNELS + _WEATHER_CHANNELS + layers
        self.regr_unetpp = RegrUnetPP(entering, widths, outputs=DETAIL_CHANNELS)
        self.detail = Detail(layers)
        self.calibration = Calibration()
        self.target = CHANNELS[0]
        self.precision: torch.dtype | None = None

    def forward(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Fuse the observations of each day.

        Parameters
        ----------
        observations : Tensor, shape (time, 3, rows, columns)
            The target (ug/m3, CO in mg/m3), relative humidity (%) and wind speed (m/s); finite, and
            0 where absent.
        observed : Tensor, the same shape
            0 where there is no observation; elsewhere of how many stations it is the mean, or 1
            where that is not known. A calm is observed: speed 0, mask 1.
        static_layers : Tensor, shape (time, layers, rows, columns), optional
            Those of the patch that each day is seen in; without them it is the whole grid.

        Returns
        -------
        tuple of two Tensor, shape (time, 1, rows, columns)
            The value that a station in each cell is expected to report, not negative; and the scale
            of the logistic distribution of its error, positive; both in the unit of the values.
        """
        estimate = self.estimate(observations, observed, static_layers)
        field, deviation = transformed_back(
            estimate.mean, estimate.deviation, self.calibration.mean_share, self.unit
        )
        median, _ = transformed_back(estimate.mean, estimate.deviation, 0.0)
        factor = self.calibration(calibration_terms_of(estimate, median))
        return field, factor * deviation / DEVIATION

    @property
    def unit(self) -> float:
        """Unit of the target on the scale of the network."""
        return unit_of(self.target)

    def estimate(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor | None = None
    ) -> Estimate:
        """What `forward` does up to the transformation back."""
        rows, columns = observations.shape[-2:]
        if static_layers is None:
            static_layers = self.static_layers[None]
        observations, observed = (_even(x, "constant") for x in (observations, observed))
        static_layers = _even(static_layers, "replicate")
        stations = observed[:, :1]
        # Whatever a caller leaves in cells without observation has no say.
        values = transformed(observations[:, :1] * (stations > 0), self.unit)
        interpolated = self.interpolation(values, stations, static_layers)
        channels = self._entering(interpolated, observations, observed, static_layers)
        change, deviation = self.detail(
            self._regressed(channels),
            interpolated.field,
            interpolated.left,
            stations,
            static_layers,
        )
        field = interpolated.field + interpolated.models * change
        return Estimate(
            field[..., :rows, :columns],
            deviation[..., :rows, :columns],
            interpolated.level,
            interpolated.field[..., :rows, :columns],
            tuple(
                reach[..., :rows, :columns]
                for reach in (around(stations), *map(doubled, interpolated.reaches))
            ),
            stations.sum((2, 3), keepdim=True),
        )

    def _regressed(self, channels: Tensor) -> Tensor:
        features: Tensor
        if self.precision is None:
            features = self.regr_unetpp(channels)
            return features
        # The layout that tensor cores, and processors with tiles (AMX), take.
        channels = channels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(channels.device.type, self.precision):
            features = self.regr_unetpp(channels)
        return features.float()

    def _entering(
        self,
        interpolated: Interpolated,
        observations: Tensor,
        observed: Tensor,
        static_layers: Tensor,
    ) -> Tensor:
        """Channels of RegrUnetPP (equation 4), on the grid of half the resolution."""
        fields = torch.cat([interpolated.field, interpolated.trend], dim=1)
        half = halved(fields - interpolated.level)
        stations = observed[:, :1]
        present = summed((stations > 0).to(half.dtype)).clamp(min=1)
        number = stations.sum((2, 3), keepdim=True)
        spread = interpolated.spread.log()
        day = torch.cat(
            [interpolated.level, spread, number.log1p() / 8, interpolated.models], dim=1
        )
        return torch.cat(
            [
                half,
                *(reach.log1p() for reach in interpolated.reaches),
                summed(interpolated.left) / present,
                summed(stations).log1p(),
                day.expand(-1, -1, *half.shape[-2:]),
                self._weather(observations[:, 1:], observed[:, 1:]),
                halved(static_layers).expand(half.shape[0], -1, -1, -1),
            ],
            dim=1,
        )

    def _weather(self, values: Tensor, observed: Tensor) -> Tensor:
        """Fields of humidity and wind, and how well stations support them."""
        observed = observed.clamp(max=1)
        centre = values.new_tensor(WEATHER_CENTRE)[:, None, None]
        spread = values.new_tensor(WEATHER_SPREAD)[:, None, None]
        # Centring moves the zeros of absent weather, so the mask has to be applied again.
        sums, counts = summed((values - centre) / spread * observed), summed(observed)
        fields = self.weather(sums / counts.clamp(min=1), counts.clamp(max=1))
        return torch.cat([fields.corrected, fields.wide_density.log1p()], dim=1)


def calibration_terms_of(estimate: Estimate, median: Tensor) -> Tensor:
    """What the calibration of an estimate depends on, shape (time, terms, rows, columns)."""
    return calibration_terms(median, estimate.deviation, estimate.reaches, estimate.stations)


def _even(x: Tensor, mode: str) -> Tensor:
    """With one more row or column where their number is odd: half of the grid is whole then."""
    rows, columns = x.shape[-2:]
    return nn.functional.pad(x, (0, columns % 2, 0, rows % 2), mode=mode)
