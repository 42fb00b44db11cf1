"""Optimal interpolation: PointConv's passes, carried on until they have converged.

PointConv's two passes are the first two of the method of successive corrections (Barnes, 1964),
whose limit is optimal interpolation (Bratseth, Tellus 38A, 1986). Here the limit itself is taken,
under a covariance that knows the terrain, with a regression of the day on its static layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pointfuse_training.network.positive_inverse import inverse_of_one_plus
from pointfuse_training.network.summed_covariances import (
    factors,
    squared_distances,
    summed_covariances,
)

VOICES = 2
"""Covariances that a day chooses from, by how likely it is under each: under the first, layers are
terrain and land; under the second, patterns of simulated days."""

RELIEF = 3
"""Dimensions that places have besides those of the map."""

NEAR = 8.0
ENOUGH = 0.5
"""Standard deviation of the Gaussian that stations nearby are counted with, cells, and how many of
them make the choice of a day hold. Of days that nothing is scored on, with squares of 300 to 900 km
left out."""

REACHES = (3.0, 12.0, 48.0)
"""Standard deviations of the Gaussians that stations are counted with, cells."""

_LEVEL_VARIANCE = 100.0
"""Prior variance of the level of a day over that of the field: next to nothing is known of it."""

_LEAST_AMPLITUDE = 0.1
_BEND = 4.0
"""How sharply the amplitude bends to its least value."""

_LEAST_VARIANCE = 1e-6

_BEYOND = 1e4
"""More than any trend."""

_MOST_ROWS = 12
"""Rows of a block of the grid, at most: more need more memory, and fewer more steps."""

_FIRST_LENGTH = 50.0
_FIRST_LOG_NOISE = -3.0
_FIRST_LOG_VARIANCE = -3.0


class Interpolated(NamedTuple):
    """What the interpolation makes of a day; of shape (time, 1, rows, columns) unless said.

    Attributes
    ----------
    field : Tensor
        The complete field.
    trend : Tensor
        Level of the day, and what its static layers add.
    level : Tensor, shape (time, 1, 1, 1)
        Mean of the stations.
    spread : Tensor, shape (time, 1, 1, 1)
        Root of what the covariance is most likely to be multiplied by on that day, at least 0.001.
    left : Tensor
        What the field misses at the stations, 0 elsewhere.
    reaches : tuple of Tensor, each of shape (time, 1, half of the rows, half of the columns)
        Stations within the reach of a narrow, a middle and a wide Gaussian.
    """

    field: Tensor
    trend: Tensor
    level: Tensor
    spread: Tensor
    left: Tensor
    reaches: tuple[Tensor, ...]


class Conditioned(NamedTuple):
    """What the stations of each day say under each of the covariances.

    Attributes
    ----------
    evidence : Tensor, shape (time, voice)
        Logarithm of how likely the day is, with the unit of the covariance at its most likely, but
        for a constant.
    variance : Tensor, shape (time, voice)
        That unit.
    weights : Tensor, shape (time, voice, cell)
        Weights of the covariances with the cells.
    slopes : Tensor, shape (time, voice, 1 + layers)
        Slopes of the level and of the layers.
    """

    evidence: Tensor
    variance: Tensor
    weights: Tensor
    slopes: Tensor


class OptimalInterpolation(nn.Module):
    r"""The field that is expected, given stations, under a covariance that knows places.

    With the amplitude :math:`a`, static layers :math:`c` and the distance :math:`d` of two places
    it is

    .. math:: k(x, y) = a(x)\,a(y)\,e^{-d / \ell}
              + \sum_j \lambda_j c_j(x)\,c_j(y) + \lambda_0

    and the field is :math:`k\,(K + N)^{-1} u` with the covariances :math:`K` of the stations,
    their noise :math:`N` (a share of :math:`a^2`, over their number in a cell) and their values
    :math:`u` less the mean of the day, which is added again (Gandin, Objective analysis of
    meteorological fields, 1963). Places have `RELIEF` coordinates besides those of the map, each
    linear in the static layers: a valley is as far from its slopes as the map and the height tell.
    The amplitude is linear in the static layers too: where little is emitted, a field varies less.
    The sum over layers is a ridge regression of the day on terrain, land and patterns, which
    generalised least squares solves. It is held to the range that it has at the day's stations:
    they say nothing of heights that none is at. The unit of the covariance has no say, but for
    :math:`\lambda_0`, which is 100 of it.

    There are two such covariances, which differ in :math:`a` and :math:`\lambda`, and a field of
    each. A day weighs them by its evidence: the likelihood of its stations under each, with the
    unit of the covariance at its most likely. Far from all stations, which have no say there, the
    second has half of the share of the first.

    Its numbers come from likelihoods (`fitting.covariance_fit`), and training leaves them alone.

    Parameters
    ----------
    layers : int
        Number of static layers.

    Attributes
    ----------
    log_length : Parameter, shape ()
        Logarithm of the length, cells.
    relief : Parameter, shape (RELIEF, layers)
        Further coordinates of a place for each unit of a layer, in lengths.
    log_noise : Parameter, shape ()
        Logarithm of the variance of a station's noise, in units of the covariance.
    log_variances : Parameter, shape (VOICES, layers)
        Logarithms of the variances of the layers' slopes, in units of the covariance.
    amplitude : Parameter, shape (VOICES, 1 + layers)
        A constant, and a term for each unit of a layer; see `positive`.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.log_length = nn.Parameter(torch.tensor(_FIRST_LENGTH).log())
        self.relief = nn.Parameter(torch.zeros(RELIEF, layers))
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
        row = torch.div(cell, shape[1], rounding_mode="floor").to(values.dtype)
        column = cell.to(values.dtype) - shape[1] * row
        places = self.coordinates(row, column, layers, shape)
        said = self.conditioned(value - level, number, layers, places)
        share = torch.softmax(said.evidence, dim=1)
        spread = (share * said.variance.sqrt()).sum(1, keepdim=True)
        nearby = _counted(number, row, column, shape, NEAR, 1)
        first = share[:, :1, None, None] * (1 - (-nearby / ENOUGH).exp() / 2)
        share_there = torch.cat([first, 1 - first], 1)

        everywhere = static_layers.flatten(2)
        of_layers = held(said.slopes[..., 1:] @ everywhere, said.slopes[..., 1:] @ layers, number)
        trends = (level[:, None] + said.slopes[..., :1] + of_layers).reshape(-1, VOICES, *shape)
        amplitude = self.amplitude_at(everywhere).reshape(-1, VOICES, *shape)
        fields = trends + amplitude * self._spread(places, said.weights, everywhere, shape)
        trend, field = ((share_there * x).sum(1, keepdim=True) for x in (trends, fields))
        return Interpolated(
            field,
            trend,
            level[..., None, None],
            spread[..., None, None],
            (values - field) * (stations > 0),
            tuple(_counted(number, row, column, shape, reach, 2) for reach in REACHES),
        )

    def coordinates(
        self, row: Tensor, column: Tensor, layers: Tensor, shape: Sequence[int]
    ) -> Tensor:
        """Coordinates of places, cells, shape (time, 2 + RELIEF, place).

        Those of the map are relative to the middle of the grid: small numbers have more digits.

        Parameters
        ----------
        row, column : Tensor, shape (time, place)
            Their rows and columns.
        layers : Tensor, shape (time, layers, place)
            Static layers there.
        shape : sequence of int
            Rows and columns of the grid.
        """
        map_ = [row - (shape[0] - 1) / 2, column - (shape[1] - 1) / 2]
        return torch.cat([torch.stack(map_, 1), self.log_length.exp() * self.relief @ layers], 1)

    def _spread(
        self, places: Tensor, weights: Tensor, layers: Tensor, shape: Sequence[int]
    ) -> Tensor:
        """Sums of covariances with the stations, shape (time, voice, rows, columns)."""
        rows, columns = shape
        cell = torch.arange(rows * columns, device=places.device)[None].expand(len(layers), -1)
        row = torch.div(cell, columns, rounding_mode="floor").to(places.dtype)
        column = cell.to(places.dtype) - columns * row
        grid = self.coordinates(row, column, layers, shape).transpose(1, 2)
        left, right = factors(grid, places)
        block = max(n for n in range(1, _MOST_ROWS + 1) if rows % n == 0)
        left = left.reshape(len(layers), rows // block, block * columns, left.shape[2])
        decay = (-self.log_length).exp()
        sums = summed_covariances(left, right, decay, weights.transpose(1, 2))
        spread: Tensor = sums.flatten(1, 2).transpose(1, 2).reshape(-1, VOICES, rows, columns)
        return spread

    def amplitude_at(self, layers: Tensor) -> Tensor:
        """Amplitudes, shape (time, voice, place), where layers are, (time, layers, place)."""
        return positive(self.amplitude[:, :1] + self.amplitude[:, 1:] @ layers)

    def conditioned(
        self, anomaly: Tensor, number: Tensor, layers: Tensor, places: Tensor
    ) -> Conditioned:
        """What the stations of each day say.

        Parameters
        ----------
        anomaly, number : Tensor, shape (time, cell)
            Values less the level of the day, and of how many stations each is the mean.
        layers : Tensor, shape (time, layers, cell)
            Static layers there.
        places : Tensor, shape (time, 2 + RELIEF, cell)
            Their `coordinates`.
        """
        precision, covariance = self._precision(number), self.precise(number, places)
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
        cells = there.sum(1, keepdim=True).clamp(min=1)
        misfit = (left * sides[:, -1:]).sum(2).reshape(-1, VOICES)
        variance = misfit.clamp(min=_LEAST_VARIANCE) / cells
        likely = (penalty.log().sum(1) - determinant).reshape(-1, VOICES)
        likely = likely - cells * variance.log() - 2 * (amplitude.log() * there[:, None]).sum(2)
        return Conditioned(
            likely / 2,
            variance,
            precision * left.reshape(-1, VOICES, terms.shape[2]),
            slopes.reshape(-1, VOICES, terms.shape[1] - 1),
        )

    def precise(self, number: Tensor, places: Tensor) -> Tensor:
        """Covariances of the cells in units of the amplitude and of the noise of each.

        With the noise they are 1 more.

        Parameters
        ----------
        number : Tensor, shape (time, cell)
            Of how many stations each is the mean.
        places : Tensor, shape (time, 2 + RELIEF, cell)
            Their `coordinates`.
        """
        precision = self._precision(number)
        near = (squared_distances(places, places).sqrt() * -(-self.log_length).exp()).exp()
        return precision.transpose(1, 2) * near * precision

    def _precision(self, number: Tensor) -> Tensor:
        return number.sqrt()[:, None] * (-self.log_noise / 2).exp()

    def _penalty(self) -> Tensor:
        """Of the level and of each layer, shape (voice, 1 + layers)."""
        level = torch.full_like(self.log_variances[:, :1], 1 / _LEVEL_VARIANCE)
        return torch.cat([level, (-self.log_variances).exp()], 1)


def _counted(
    number: Tensor,
    row: Tensor,
    column: Tensor,
    shape: Sequence[int],
    deviation: float,
    squares: int,
) -> Tensor:
    """Stations around the centres of squares of so many cells, by a Gaussian of the distance."""
    up, across = (
        _gaussian(
            torch.arange(0, size, squares, dtype=at.dtype, device=at.device) + (squares - 1) / 2,
            at,
            deviation,
        )
        for size, at in zip(shape, (row, column), strict=True)
    )
    return ((up * number[:, None]) @ across.transpose(1, 2))[:, None]


def _gaussian(places: Tensor, others: Tensor, deviation: float) -> Tensor:
    """Of the distances in one direction, shape (time, place, other)."""
    return torch.exp((places[:, None] - others[:, None]) ** 2 * (-0.5 / deviation**2))


def positive(amplitude: Tensor) -> Tensor:
    """As it is where it is of order one, and never 0."""
    return torch.nn.functional.softplus(_BEND * amplitude) / _BEND + _LEAST_AMPLITUDE


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


def held(trend: Tensor, of_stations: Tensor, number: Tensor) -> Tensor:
    """A trend within the range that it has over the stations; 0 on a day without any.

    Parameters
    ----------
    trend : Tensor, shape (time, voice, place)
        The trend of places.
    of_stations : Tensor, shape (time, voice, cell)
        That of the cells with stations.
    number : Tensor, shape (time, cell)
        Stations there; 0 for none.
    """
    far = _BEYOND * (number == 0).to(trend.dtype)[:, None]
    ends = (of_stations + far).amin(2, keepdim=True), (of_stations - far).amax(2, keepdim=True)
    # On a day without stations the first is the higher one.
    lowest, highest = torch.minimum(*ends), torch.maximum(*ends)
    return torch.minimum(torch.maximum(trend, lowest), highest)


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
