"""Optimal interpolation: PointConv's passes, carried on until they have converged.

PointConv's two passes are the first two of the method of successive corrections (Barnes, 1964),
whose limit is optimal interpolation (Bratseth, Tellus 38A, 1986). Here the limit itself is taken,
under a covariance that is learned: Gaussian kernels of many widths, and a regression of the day on
its static layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse_training.network.positive_inverse import inverse_of_one_plus

KERNELS = {
    1.5: 0.03,
    3.0: 0.03,
    6.0: 0.08,
    12.0: 0.12,
    24.0: 0.26,
    48.0: 0.33,
    96.0: 0.2,
    192.0: 0.05,
}
"""Standard deviations of the kernels, cells, and the heights that training begins with: roughly an
exponential covariance with a length of 50 cells."""

VOICES = 2
"""Covariances that a day chooses from, by how likely it is under each: under the first, layers are
terrain and land; under the second, patterns of simulated days."""

_BROAD = 12.0
"""Kernels of this width and wider make the broad field, cells."""

_REACHES = (3.0, 12.0, 48.0)
"""Widths of the kernels that stations are counted with, cells."""

_LEVEL_VARIANCE = 100.0
"""Prior variance of the level of a day over that of the field: next to nothing is known of it."""

_LEAST_AMPLITUDE = 0.1
_BEND = 4.0
"""How sharply the amplitude bends to its least value."""

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
    their noise :math:`N` (a share of :math:`a^2`, over their number in a cell) and their values
    :math:`u` less the mean of the day, which is added again (Gandin, Objective analysis of
    meteorological fields, 1963). The amplitude is linear in the static layers: where little is
    emitted, a field varies less. The sum over layers is a ridge regression of the day on terrain,
    land and patterns, which generalised least squares solves. Each layer is held to the range that
    the day's stations stand in: they say nothing of heights that none is at. The unit of the
    covariance has no say, but for :math:`\lambda_0`, which is 100 of it.

    There are two such covariances, which differ in :math:`a` and :math:`\lambda`, and a field of
    each. A day weighs them by its evidence: the likelihood of its stations under each, with the
    unit of the covariance at its most likely.

    A Gaussian of the distance is one of the rows times one of the columns, so that a product of
    matrices spreads each kernel over the grid.

    Parameters
    ----------
    layers : int
        Number of static layers.
    kernels : mapping of float to float
        Standard deviations of the kernels, cells, and their first heights.
    """

    def __init__(self, layers: int, kernels: Mapping[float, float] = KERNELS) -> None:
        super().__init__()
        self.scales = tuple(kernels)
        self.log_shares = nn.Parameter(torch.tensor(list(kernels.values())).log())
        self.log_noise = nn.Parameter(torch.tensor(_FIRST_LOG_NOISE))
        self.log_variances = nn.Parameter(torch.full((VOICES, layers), _FIRST_LOG_VARIANCE))
        # At first, fields vary everywhere as much.
        self.amplitude = nn.Parameter(torch.tensor([[1.0] + layers * [0.0]]).repeat(VOICES, 1))

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

        combined = torch.cat([slopes[:, None], self.amplitude.expand(len(slopes), -1, -1)], 1)
        everywhere = held(static_layers.flatten(2), layers, number)
        combined = combined[..., :1] + combined[..., 1:] @ everywhere
        combined = combined.reshape(-1, 1 + VOICES, *shape)
        trend = combined[:, :1] + level[..., None, None]
        amplitude = positive(combined[:, 1:])
        shares = list(zip(self.scales, self.log_shares.exp(), strict=True))
        narrow, broad = (
            (amplitude * bells.spread(weights, some)).sum(1, keepdim=True)
            for some in (
                [one for one in shares if one[0] < _BROAD],
                [one for one in shares if one[0] >= _BROAD],
            )
        )
        broad = trend + broad
        field = broad + narrow
        return Interpolated(
            field,
            broad,
            trend,
            level[..., None, None],
            spread[..., None, None],
            (values - field) * (stations > 0),
            tuple(
                bells.spread(number[:, None], [(scale, one)], 2) for scale, one in _reaches(number)
            ),
        )

    def amplitude_at(self, layers: Tensor) -> Tensor:
        """Amplitudes, shape (time, voice, place), where layers are, (time, layers, place)."""
        return positive(self.amplitude[:, :1] + self.amplitude[:, 1:] @ layers)

    def kernel(self, squared: Tensor) -> Tensor:
        """Covariance of places of amplitude 1 by the square of their distance, cells."""
        first, *further = (
            share * _bell(squared, scale)
            for scale, share in zip(self.scales, self.log_shares.exp(), strict=True)
        )
        total: Tensor = sum(further, start=first)
        return total

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
        # In units of the amplitude, and of the noise of a station: K + N is 1 and something.
        precision = number.sqrt()[:, None] * (-self.log_noise / 2).exp()
        covariance = precision.transpose(1, 2) * self.kernel(squared) * precision
        inverse = inverse_of_one_plus(covariance)
        amplitude = self.amplitude_at(layers)
        terms = torch.cat([torch.ones_like(precision), layers, anomaly[:, None]], 1)
        sides = torch.cat([terms * precision / one for one in amplitude.split(1, dim=1)], 1)
        solution = sides @ inverse
        # A step of refinement: where stations are crowded an inverse has few digits left.
        solution = solution + (sides - solution - solution @ covariance) @ inverse
        # One voice after the other, as if they were days.
        stacked = (-1, terms.shape[1], terms.shape[2])
        sides, solution = sides.reshape(stacked), solution.reshape(stacked)
        products = solution @ sides.transpose(1, 2)
        penalty = self._penalty().repeat(len(number), 1)
        normal = products[:, :-1, :-1] + torch.diag_embed(penalty)
        slopes, determinant = solved(normal, products[:, :-1, -1:])
        left = solution[:, -1:] - slopes.transpose(1, 2) @ solution[:, :-1]
        there = (number > 0).to(number.dtype)
        cells = there.sum(1, keepdim=True)
        misfit = (left * sides[:, -1:]).sum(2).clamp(min=_LEAST_VARIANCE).reshape(-1, VOICES)
        # Twice the logarithm of how likely the day is under each voice, whatever its spread.
        evidence = (penalty.log().sum(1) - determinant).reshape(-1, VOICES)
        evidence = evidence - cells * misfit.log() - 2 * (amplitude.log() * there[:, None]).sum(2)
        share = torch.softmax(evidence / 2, dim=1)
        weights = share[..., None] * precision * left.reshape(-1, VOICES, terms.shape[2])
        slopes = (share[..., None] * slopes.reshape(-1, VOICES, terms.shape[1] - 1)).sum(1)
        spread = (share * (misfit / cells.clamp(min=1)).sqrt()).sum(1, keepdim=True)
        return weights, slopes, spread

    def _penalty(self) -> Tensor:
        """Of the level and of each layer, shape (voice, 1 + layers)."""
        level = torch.full_like(self.log_variances[:, :1], 1 / _LEVEL_VARIANCE)
        return torch.cat([level, (-self.log_variances).exp()], 1)


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
        """Sums of weighted Gaussians around the cells, shape (time, voice, rows, columns).

        They are taken at the centres of squares of so many cells.
        """
        rows, columns = (_centres(self._row, size, squares) for size in self._shape)
        up = _squares(rows[:, None], self._row[:, None])
        across = _squares(columns, self._column[:, :, None])
        first, *further = (
            self._weighted(share * _bell(up, scale), weights) @ _bell(across, scale)
            for scale, share in shares
        )
        spread: Tensor = sum(further, start=first)
        return spread.reshape(len(weights), weights.shape[1], len(rows), len(columns))

    @staticmethod
    def _weighted(bells: Tensor, weights: Tensor) -> Tensor:
        """Rows of all voices one below the other, shape (time, voice * row, cell)."""
        return torch.cat([bells * one for one in weights.split(1, dim=1)], 1)


def _centres(like: Tensor, size: int, squares: int) -> Tensor:
    first = torch.arange(0, size, squares, dtype=like.dtype, device=like.device)
    return first + (squares - 1) / 2


def _reaches(like: Tensor) -> Iterator[tuple[float, Tensor]]:
    return ((scale, like.new_ones(())) for scale in _REACHES)


def positive(amplitude: Tensor) -> Tensor:
    """As it is where it is of order one, and never 0."""
    return torch.nn.functional.softplus(_BEND * amplitude) / _BEND + _LEAST_AMPLITUDE


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


def solved(matrix: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Solution of small positive definite systems, and the logarithm of their determinant.

    By Gauss-Jordan elimination, since ONNX has no operator for it. Positive definite matrices need
    no pivoting (Golub and Van Loan, Matrix Computations, section 4.2).

    Parameters
    ----------
    matrix : Tensor, shape (time, terms, terms)
        Positive definite matrices.
    right : Tensor, shape (time, terms, 1)
        Right-hand sides.

    Returns
    -------
    tuple of Tensor
        Solutions, shape (time, terms, 1), and logarithms of the determinants, (time,).
    """
    system = torch.cat([matrix, right], dim=2)
    determinant = matrix.new_zeros(len(matrix))
    for _ in range(right.shape[1]):
        # The first row is eliminated from all others and goes to the end; its column is done with.
        # Taken out of the middle of a matrix that stays whole, rows and columns would let TensorRT
        # unfold the steps into each other, four times as many operations with each.
        determinant = determinant + system[:, 0, 0].log()
        pivot = system[:, :1, 1:] / system[:, :1, :1]
        others = system[:, 1:, 1:] - system[:, 1:, :1] * pivot
        system = torch.cat([others, pivot], dim=1)
    return system, determinant
