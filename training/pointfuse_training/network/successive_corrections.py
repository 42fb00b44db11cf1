"""Successive corrections: PointConv in many passes, from wide to narrow, that know the terrain.

PointConv's two passes are the first two of the method of successive corrections (Barnes, 1964),
whose limit is optimal interpolation (Bratseth, Tellus 38A, 1986). Here the passes have several
scales, and stations speak to places of their own kind more than to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from pointfuse_training.network.pointconv import fourier_correlation
from pointfuse_training.network.terrain_trend import TerrainTrend

SCALES = (32, 16, 8, 4, 2, 2, 1, 1)
"""Widths of the squares that a pass sums stations over before it spreads them, cells."""

KINDS = 8
"""Kinds of places that a pass on squares tells apart; half as many where it works on cells."""

KERNEL = 7
"""Edge of the kernels, squares."""

_FEATURES = 24
_COARSE = 8
"""Passes at this scale and wider make the broad field, cells."""

_LARGEST_LOG_AMPLITUDE = 1.5

_NEIGHBOURHOOD = 16
"""Edge of the squares that tell how crowded stations are, cells."""


class Corrections(NamedTuple):
    """What the passes make of a day; all of shape (time, 1, rows, columns) but for two.

    Attributes
    ----------
    field : Tensor
        The complete field.
    broad : Tensor
        The field after the wide passes.
    trend : Tensor
        The field that the passes begin from.
    mean : Tensor, shape (time, 1, 1, 1)
        Mean of the day.
    left : Tensor
        What the field misses at the stations, 0 elsewhere.
    densities : tuple of Tensor, each of shape (time, 1, half of the rows, half of the columns)
        Weights of the stations in reach of a wide, a middle and a narrow kernel.
    """

    field: Tensor
    broad: Tensor
    trend: Tensor
    mean: Tensor
    left: Tensor
    densities: tuple[Tensor, ...]


class CorrectionPass(nn.Module):
    r"""One pass: what the field misses at the stations is averaged around every place.

    With the kinds :math:`\psi_k` of places (shares that sum to 1), residuals :math:`r`, weights
    :math:`w` and a positive kernel :math:`g`,

    .. math:: \Delta = a \sum_k \psi_k \frac{g * (\psi_k w r)}{g * (\psi_k w) + e}

    For one kind this is equation 1 of Lyu et al. (2022) with a gain. Sums are over squares of some
    cells, and quotients are raised again bilinearly, so that no edge of a kernel shows.

    Parameters
    ----------
    squares : int
        Edge of the squares.
    kinds : int
        Number of kinds.
    features : int
        Features of a place that its kind depends on.
    """

    def __init__(self, squares: int, kinds: int, features: int) -> None:
        super().__init__()
        self.squares, self.kinds = squares, kinds
        offset = torch.arange(KERNEL) - KERNEL // 2
        distance_squared = (offset[:, None] ** 2 + offset[None, :] ** 2).float()
        self.log_kernel = nn.Parameter(-distance_squared / (2 * 1.5**2))
        self.log_stabiliser = nn.Parameter(torch.tensor(-2.0))
        self.gain = nn.Parameter(torch.tensor(1.0))
        self.log_noise = nn.Parameter(torch.tensor(-2.0))
        self.kind = nn.Conv2d(features, kinds, 1)
        nn.init.normal_(self.kind.weight, std=0.7)
        self.through_fourier = False

    @property
    def kernel(self) -> Tensor:
        """The kernel, the same in all eight directions; shape (1, 1, edge, edge)."""
        half = (self.log_kernel + self.log_kernel.flip(0)) / 2
        half = (half + half.flip(1)) / 2
        return ((half + half.T) / 2).exp()[None, None]

    def weights(self, stations: Tensor) -> Tensor:
        """Weight of a cell with so many stations: the more, the less noise has their mean."""
        return stations / (stations + self.log_noise.exp())

    def forward(self, missed: Tensor, weights: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Correction and density of stations, on the grid of the features.

        Parameters
        ----------
        missed, weights : Tensor, shape (time, 1, rows, columns)
            Weighted residuals, and weights.
        features : Tensor, shape (time or 1, features, rows, columns)
            Features of the places.
        """
        kinds = torch.softmax(self.kind(features), dim=1)
        spread = self._spread(summed(torch.cat([kinds * missed, kinds * weights], 1), self.squares))
        density = spread[:, self.kinds :]
        average = spread[:, : self.kinds] / (density + self.log_stabiliser.exp())
        correction = (kinds * raised(average, self.squares)).sum(1, keepdim=True)
        return self.gain * correction, raised(density.sum(1, keepdim=True), self.squares)

    def _spread(self, sums: Tensor) -> Tensor:
        if self.through_fourier:
            return fourier_correlation(sums, self.kernel)
        channels = sums.shape[1]
        kernels = self.kernel.expand(channels, -1, -1, -1)
        return nn.functional.conv2d(sums, kernels, padding=KERNEL // 2, groups=channels)


class SuccessiveCorrections(nn.Module):
    """From stations to a complete field: a trend over terrain, then passes from wide to narrow.

    What is missed enters relative to an amplitude, a learned function of the static layers: where
    little is emitted, a field varies less than where its stations are. Passes over squares of two
    cells and more run on the grid of half the resolution. Rows and columns have to be multiples of
    the widest squares; see `FusionNetwork`.

    Parameters
    ----------
    layers : int
        Number of static layers.
    scales : sequence of int
        Widths of the passes, cells; powers of two.
    kinds : int
        Kinds of places on squares.
    """

    def __init__(self, layers: int, scales: Sequence[int] = SCALES, kinds: int = KINDS) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.trend = TerrainTrend(layers)
        self.log_noise = nn.Parameter(torch.tensor(-2.0))
        self.features = nn.Conv2d(layers, _FEATURES, 1)
        # At first, fields vary everywhere as much.
        self.log_amplitude = nn.Conv2d(layers, 1, 1)
        nn.init.zeros_(self.log_amplitude.weight)
        nn.init.zeros_(self.log_amplitude.bias)
        self.passes = nn.ModuleList(
            CorrectionPass(max(scale // 2, 1), kinds if scale > 1 else kinds // 2, _FEATURES)
            for scale in self.scales
        )

    def forward(self, values: Tensor, stations: Tensor, static_layers: Tensor) -> Corrections:
        """Spread the values of each day.

        Parameters
        ----------
        values, stations : Tensor, shape (time, 1, rows, columns)
            Values, and how many stations each is the mean of; 0 where there is none.
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            Static layers, of order one.
        """
        features = torch.tanh(self.features(static_layers))
        on_squares = halved(features)
        observed = (stations > 0).to(values.dtype)
        weights = stations / (stations + self.log_noise.exp())
        field, mean = self.trend(values, weights, crowding(weights), static_layers)
        trend = broad = field
        amplitude = torch.tanh(self.log_amplitude(static_layers)).mul(_LARGEST_LOG_AMPLITUDE).exp()
        densities = {}
        passes = cast("Sequence[CorrectionPass]", self.passes)
        for scale, one in zip(self.scales, passes, strict=True):
            weights = one.weights(stations)
            missed = (values - field) / amplitude * weights
            if scale > 1:
                change, densities[scale] = one(summed(missed, 2), summed(weights, 2), on_squares)
                field = field + amplitude * raised(change, 2)
            else:
                field = field + amplitude * one(missed, weights, features)[0]
            if scale >= _COARSE:
                broad = field
        left = (values - field) * observed
        wide, *_, narrow = densities
        middle = densities[min(densities, key=lambda scale: abs(scale - _COARSE))]
        return Corrections(
            field, broad, trend, mean, left, (densities[wide], middle, densities[narrow])
        )


def crowding(weights: Tensor) -> Tensor:
    """Stations in the neighbourhood of each cell: nine squares around it, raised bilinearly."""
    around = nn.functional.avg_pool2d(summed(weights, _NEIGHBOURHOOD), 3, 1, 1) * 9
    return raised(around, _NEIGHBOURHOOD)


def summed(x: Tensor, edge: int) -> Tensor:
    """Sums over squares of an edge of so many cells."""
    return nn.functional.avg_pool2d(x, edge) * edge**2 if edge > 1 else x


def halved(x: Tensor) -> Tensor:
    """Means over squares of two by two cells."""
    return nn.functional.avg_pool2d(x, 2)


def raised(x: Tensor, factor: int) -> Tensor:
    """So many times the resolution, bilinear between the centres of squares."""
    if factor == 1:
        return x
    return nn.functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
