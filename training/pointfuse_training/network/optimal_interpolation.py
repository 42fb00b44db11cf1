"""Optimal interpolation: PointConv's passes, carried on until they have converged.

PointConv's two passes are the first two of the method of successive corrections (Barnes, 1964),
whose limit is optimal interpolation (Bratseth, Tellus 38A, 1986). Here the limit itself is taken,
under a covariance that is learned: Gaussian kernels of many widths, and a regression of the day on
its static layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse_training.network.positive_inverse import inverse_of_one_plus

SCALES = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0)
"""Standard deviations of the kernels, cells."""

_BROAD = 12.0
"""Kernels of this width and wider make the broad field, cells."""

_REACHES = (3.0, 12.0, 48.0)
"""Widths of the kernels that stations are counted with, cells."""

_LEVEL_VARIANCE = 100.0
"""Prior variance of the level of a day over that of the field: next to nothing is known of it."""

_LARGEST_LOG_AMPLITUDE = 1.5

_LEAST_VARIANCE = 1e-6

_FIRST_LOG_NOISE = -3.0
_FIRST_LOG_VARIANCE = -3.0


class Interpolated(NamedTuple):
    """What the interpolation makes of a day; of shape (time, 1, rows, columns) unless said.

    Attributes
    ----------
    field : Tensor
        The complete field.
    broad : Tensor
        The trend and the wide kernels alone.
    trend : Tensor
        Level of the day, and what its static layers add.
    level : Tensor, shape (time, 1, 1, 1)
        Mean of the stations.
    spread : Tensor, shape (time, 1, 1, 1)
        Root of what the covariance is most likely to be multiplied by on that day, at least 0.001.
    left : Tensor
        What the field misses at the stations, 0 elsewhere.
    reaches : tuple of Tensor, each of shape (time, 1, half of the rows, half of the columns)
        Stations within the reach of a narrow, a middle and a wide kernel.
    """

    field: Tensor
    broad: Tensor
    trend: Tensor
    level: Tensor
    spread: Tensor
    left: Tensor
    reaches: tuple[Tensor, ...]


class OptimalInterpolation(nn.Module):
    r"""The field that is expected, given stations, under a covariance that knows places.

    With the amplitude :math:`a`, static layers :math:`c` and the distance :math:`d` of two places
    it is

    .. math:: k(x, y) = a(x)\,a(y) \sum_q w_q e^{-d^2 / 2 \sigma_q^2}
              + \sum_j \lambda_j c_j(x)\,c_j(y) + \lambda_0

    and the field is :math:`k\,(K + N)^{-1} u` with the covariances :math:`K` of the stations,
    their noise :math:`N` (that of one, over their number in a cell) and their values :math:`u`
    less the mean of the day, which is added again (Gandin, Objective analysis of meteorological
    fields, 1963). The amplitude is a function of the static layers: where little is emitted, a
    field varies less. The sum over layers is a ridge regression of the day on terrain, land and
    patterns, which generalised least squares solves. Each layer is held to the range that the
    day's stations stand in: they say nothing of heights that none is at. The unit of the
    covariance has no say, but for :math:`\lambda_0`, which is 100 of it.

    A Gaussian of the distance is one of the rows times one of the columns, so that one product of
    matrices spreads all kernels over the grid.

    Parameters
    ----------
    layers : int
        Number of static layers.
    scales : sequence of float
        Standard deviations of the kernels, cells.
    """

    def __init__(self, layers: int, scales: Sequence[float] = SCALES) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.log_shares = nn.Parameter(torch.full((len(self.scales),), -2.0))
        self.log_noise = nn.Parameter(torch.tensor(_FIRST_LOG_NOISE))
        self.log_variances = nn.Parameter(torch.full((layers,), _FIRST_LOG_VARIANCE))
        # At first, fields vary everywhere as much.
        self.log_amplitude = nn.Parameter(torch.zeros(layers))

    def forward(self, values: Tensor, stations: Tensor, static_layers: Tensor) -> Interpolated:
        """Interpolate the values of each day.

        Parameters
        ----------
        values, stations : Tensor, shape (time, 1, rows, columns)
            Values, and how many stations each is the mean of; 0 where there is none.
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            Static layers, of order one.
        """
        shape = values.shape[-2:]
        number, cell = _cells_with_stations(stations)
        value = torch.gather(values.flatten(1), 1, cell)
        level = (value * number).sum(1, keepdim=True) / number.sum(1, keepdim=True).clamp(min=1)
        layers = _at_cells(static_layers, cell)
        bells = _Bells(cell, shape, values.dtype)
        weights, slopes, spread = self.solved(value - level, number, layers, bells.distances())

        combined = torch.stack([slopes[:, 1:], self.log_amplitude.expand_as(slopes[:, 1:])], 1)
        combined = combined @ held(static_layers.flatten(2), layers, number)
        trend, logarithm = combined.reshape(-1, 2, *shape).chunk(2, dim=1)
        trend = trend + (level + slopes[:, :1])[..., None, None]
        amplitude = bounded(logarithm)
        shares = list(zip(self.scales, self.log_shares.exp(), strict=True))
        narrow = bells.spread(weights, [one for one in shares if one[0] < _BROAD])
        broad = bells.spread(weights, [one for one in shares if one[0] >= _BROAD])
        broad = trend + amplitude * broad
        field = broad + amplitude * narrow
        return Interpolated(
            field,
            broad,
            trend,
            level[..., None, None],
            spread[..., None, None],
            (values - field) * (stations > 0),
            tuple(bells.spread(number, [(scale, one)], 2) for scale, one in _reaches(number)),
        )

    def kernel(self, squared: Tensor) -> Tensor:
        """Covariance of places of amplitude 1 by the square of their distance, cells."""
        first, *further = (
            share * _bell(squared, scale)
            for scale, share in zip(self.scales, self.log_shares.exp(), strict=True)
        )
        covariance: Tensor = sum(further, start=first)
        return covariance

    def solved(
        self, anomaly: Tensor, number: Tensor, layers: Tensor, squared: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the stations of each day say.

        Parameters
        ----------
        anomaly, number : Tensor, shape (time, cell)
            Values less the level of the day, and of how many stations each is the mean.
        layers : Tensor, shape (time, layers, cell)
            Static layers there.
        squared : Tensor, shape (time, cell, cell)
            Squares of their distances, cells.

        Returns
        -------
        tuple of Tensor
            Weights of the kernels around the cells, shape (time, cell); slopes of the level and of
            the layers, (time, 1 + layers); `Interpolated.spread`, (time, 1).
        """
        # Everything is in units of the noise of a station, in which K + N is 1 and something.
        precision = number.sqrt()[:, None] * (-self.log_noise / 2).exp()
        amplitude = precision * bounded(self.log_amplitude @ layers)[:, None]
        covariance = amplitude.transpose(1, 2) * self.kernel(squared) * amplitude
        inverse = inverse_of_one_plus(covariance)
        sides = torch.cat([torch.ones_like(precision), layers, anomaly[:, None]], 1) * precision
        solution = sides @ inverse
        # A step of refinement: where stations are crowded an inverse has few digits left.
        solution = solution + (sides - solution - solution @ covariance) @ inverse
        products = solution @ sides.transpose(1, 2)
        normal = products[:, :-1, :-1] + torch.diag(self._penalty())
        slopes = solved(normal, products[:, :-1, -1:])
        left = solution[:, -1:] - slopes.transpose(1, 2) @ solution[:, :-1]
        variance = (left * sides[:, -1:]).sum(2) / (number > 0).sum(1, keepdim=True).clamp(min=1)
        return (amplitude * left)[:, 0], slopes[..., 0], variance.clamp(min=_LEAST_VARIANCE).sqrt()

    def _penalty(self) -> Tensor:
        level = self.log_variances.new_tensor([1 / _LEVEL_VARIANCE])
        return torch.cat([level, (-self.log_variances).exp()])


class _Bells:
    """Gaussians around cells of each day."""

    def __init__(self, cell: Tensor, shape: Sequence[int], dtype: torch.dtype) -> None:
        row = torch.div(cell, shape[1], rounding_mode="floor")
        self._row, self._column = row.to(dtype), (cell - shape[1] * row).to(dtype)
        self._shape = shape

    def distances(self) -> Tensor:
        """Squares of the distances of the cells, shape (time, cell, cell)."""
        squared = _squares(self._row[:, :, None], self._row[:, None])
        return squared + _squares(self._column[:, :, None], self._column[:, None])

    def spread(
        self, weights: Tensor, shares: Sequence[tuple[float, Tensor]], squares: int = 1
    ) -> Tensor:
        """Sum of weighted Gaussians around the cells, shape (time, 1, rows, columns).

        It is taken at the centres of squares of so many cells.
        """
        rows, columns = (_centres(self._row, size, squares) for size in self._shape)
        up = _squares(rows[:, None], self._row[:, None])
        across = _squares(columns, self._column[:, :, None])
        weighted = torch.cat([share * weights[:, None] * _bell(up, s) for s, share in shares], 2)
        return (weighted @ torch.cat([_bell(across, s) for s, _ in shares], 1))[:, None]


def _centres(like: Tensor, size: int, squares: int) -> Tensor:
    first = torch.arange(0, size, squares, dtype=like.dtype, device=like.device)
    return first + (squares - 1) / 2


def _reaches(like: Tensor) -> Iterator[tuple[float, Tensor]]:
    return ((scale, like.new_ones(())) for scale in _REACHES)


def bounded(logarithm: Tensor) -> Tensor:
    """Amplitude from its logarithm, which is held to what is plausible."""
    return (_LARGEST_LOG_AMPLITUDE * torch.tanh(logarithm)).exp()


def _squares(one: Tensor, other: Tensor) -> Tensor:
    return (one - other) ** 2


def _bell(squared: Tensor, scale: float) -> Tensor:
    return torch.exp(squared * (-0.5 / scale**2))


def _cells_with_stations(stations: Tensor) -> tuple[Tensor, Tensor]:
    """How many stations, and in which cells, each of shape (time, cell).

    Days with fewer cells than others are filled up with some that have no station.
    """
    most = int((stations > 0).sum((1, 2, 3)).max().clamp(min=1))
    number, cell = stations.flatten(1).topk(most)
    return number, cell


def _at_cells(static_layers: Tensor, cell: Tensor) -> Tensor:
    """Static layers in cells of each day, shape (time, layers, cell)."""
    flat = static_layers.flatten(2)
    if len(flat) == 1:
        return flat[0][:, cell].transpose(0, 1)
    return torch.gather(flat, 2, cell[:, None].expand(-1, flat.shape[1], -1))


def held(places: Tensor, layers: Tensor, number: Tensor) -> Tensor:
    """Static layers of places within their range over the stations.

    On a day without stations they are no layers at all, and finite: their slopes are 0.

    Parameters
    ----------
    places : Tensor, shape (time or 1, layers, place)
        Static layers, of order one.
    layers : Tensor, shape (time, layers, cell)
        Those of the cells with stations.
    number : Tensor, shape (time, cell)
        Stations there; 0 for none.
    """
    # Layers are of order one, so that this is outside their range.
    far = 1e3 * (number == 0).to(layers.dtype)[:, None]
    highest, lowest = (layers - far).amax(2, keepdim=True), (layers + far).amin(2, keepdim=True)
    return torch.minimum(torch.maximum(places, lowest), highest)


def solved(matrix: Tensor, right: Tensor) -> Tensor:
    """Solution of small positive definite systems by Gauss-Jordan elimination.

    ONNX has no operator for it. Positive definite matrices need no pivoting (Golub and Van Loan,
    Matrix Computations, section 4.2).

    Parameters
    ----------
    matrix : Tensor, shape (time, terms, terms)
        Positive definite matrices.
    right : Tensor, shape (time, terms, 1)
        Right-hand sides.

    Returns
    -------
    Tensor, shape (time, terms, 1)
    """
    system = torch.cat([matrix, right], dim=2)
    for _ in range(right.shape[1]):
        # The first row is eliminated from all others and goes to the end; its column is done with.
        # Taken out of the middle of a matrix that stays whole, rows and columns would let TensorRT
        # unfold the steps into each other, four times as many operations with each.
        pivot = system[:, :1, 1:] / system[:, :1, :1]
        others = system[:, 1:, 1:] - system[:, 1:, :1] * pivot
        system = torch.cat([others, pivot], dim=1)
    return system
