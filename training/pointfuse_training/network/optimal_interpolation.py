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

from pointfuse_training.network.conditioning import Conditioned, conditioned
from pointfuse_training.network.resolution import doubled
from pointfuse_training.network.station_cells import station_cells
from pointfuse_training.network.summed_covariances import (
    over_grid,
    squared_distances,
    summed_exponentials,
    summed_materns,
)

VOICES = 2
"""Covariances that a day chooses from, by how likely it is under each: the first is of stations,
the second of the fields of models."""

RELIEF = 3
"""Dimensions that places have besides those of the map."""

REACHES = (3.0, 12.0, 48.0)
"""Standard deviations of the Gaussians that stations are counted with, cells."""

_LEAST_AMPLITUDE = 0.1
_BEND = 4.0
"""How sharply the amplitude bends to its least value."""

_BEYOND = 1e4
"""More than any trend."""

_FIRST_LENGTHS = (50.0, 12.0)
_FIRST_NOISES = (0.05, 0.01)
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
    models : Tensor, shape (time, 1, 1, 1)
        Share of the covariance of models.
    left : Tensor
        What the field misses at the stations, 0 elsewhere.
    reaches : tuple of Tensor, each of shape (time, 1, half of the rows, half of the columns)
        Stations within the reach of a narrow, a middle and a wide Gaussian.
    """

    field: Tensor
    trend: Tensor
    level: Tensor
    spread: Tensor
    models: Tensor
    left: Tensor
    reaches: tuple[Tensor, ...]


class OptimalInterpolation(nn.Module):
    r"""The field that is expected, given stations, under a covariance that knows places.

    With the amplitude :math:`a`, the correlation :math:`\rho` and static layers :math:`c` it is

    .. math:: k(x, y) = a(x)\,a(y)\,\rho(x, y) + \sum_j \lambda_j c_j(x)\,c_j(y) + \lambda_0

    and the field is :math:`k\,(K + N)^{-1} u` with the covariances :math:`K` of the stations,
    their noise :math:`N` (a share of :math:`a^2`, over their number in a cell) and their values
    :math:`u` less the mean of the day, which is added again (Gandin, Objective analysis of
    meteorological fields, 1963). The amplitude is linear in the static layers: where little is
    emitted, a field varies less. The sum over layers is a ridge regression of the day on terrain,
    land and patterns, which generalised least squares solves. It is held to the range that it has
    at the day's stations: they say nothing of heights that none is at. The unit of the covariance
    has no say, but for :math:`\lambda_0`, which is 100 of it.

    There are two such covariances, and a field of each. A day weighs them by its evidence: the
    likelihood of its stations under each, with the unit of the covariance at its most likely.

    - That of stations has :math:`\rho = e^{-d / \ell}`. In the distance :math:`d`, places have
      `RELIEF` coordinates besides those of the map, each linear in the static layers: a valley is
      as far from its slopes as the map and the height tell.
    - That of models, whose fields are smooth, is of Matern's class with smoothness 3/2:
      :math:`\rho = (1 + r)\,e^{-r}`, :math:`r = \sqrt 3\, d / \ell`, with the distance on the map.
      It is summed up on the grid of half the resolution, and raised bilinearly.

    Its numbers come from likelihoods (`fitting.covariance_fit`), and training leaves them alone.

    Parameters
    ----------
    layers : int
        Number of static layers.

    Attributes
    ----------
    log_length : Parameter, shape (VOICES,)
        Logarithms of the lengths, cells.
    relief : Parameter, shape (RELIEF, layers)
        Further coordinates of a place for each unit of a layer, in lengths.
    log_noise : Parameter, shape (VOICES,)
        Logarithms of the variance of a station's noise, in units of the covariance.
    log_variances : Parameter, shape (VOICES, layers)
        Logarithms of the variances of the layers' slopes, in units of the covariance.
    amplitude : Parameter, shape (VOICES, 1 + layers)
        A constant, and a term for each unit of a layer; see `positive`.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.log_length = nn.Parameter(torch.tensor(_FIRST_LENGTHS).log())
        self.relief = nn.Parameter(torch.zeros(RELIEF, layers))
        self.log_noise = nn.Parameter(torch.tensor(_FIRST_NOISES).log())
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
        cells = station_cells(values, stations)
        value, number, row, column = cells
        level = (value * number).sum(1, keepdim=True) / number.sum(1, keepdim=True).clamp(min=1)
        layers = cells.at(static_layers)
        places = self.coordinates(row, column, layers, shape)
        said = self.conditioned(value - level, number, layers, places)
        share = torch.softmax(said.evidence, dim=1)
        spread = (share * said.variance.sqrt()).sum(1, keepdim=True)

        everywhere = static_layers.flatten(2)
        of_layers = held(said.slopes[..., 1:] @ everywhere, said.slopes[..., 1:] @ layers, number)
        trends = (level[:, None] + said.slopes[..., :1] + of_layers).reshape(-1, VOICES, *shape)
        amplitude = self.amplitude_at(everywhere).reshape(-1, VOICES, *shape)
        fields = trends + amplitude * self._spread(places, said.weights, everywhere, shape)
        said_by = share[..., None, None]
        trend, field = ((said_by * x).sum(1, keepdim=True) for x in (trends, fields))
        return Interpolated(
            field,
            trend,
            level[..., None, None],
            spread[..., None, None],
            said_by[:, 1:],
            (values - field) * (stations > 0),
            tuple(_counted(number, row, column, shape, reach, 2) for reach in REACHES),
        )

    def coordinates(
        self, row: Tensor, column: Tensor, layers: Tensor, shape: Sequence[int]
    ) -> Tensor:
        """Coordinates of places, cells, shape (time, 2 + RELIEF, place).

        Parameters
        ----------
        row, column : Tensor, shape (time, place)
            Their rows and columns.
        layers : Tensor, shape (time, layers, place)
            Static layers there.
        shape : sequence of int
            Rows and columns of the grid.
        """
        relief = self.log_length[0].exp() * self.relief @ layers
        return torch.cat([_on_map(row, column, shape).expand(layers.shape[0], -1, -1), relief], 1)

    def _spread(
        self, places: Tensor, weights: Tensor, layers: Tensor, shape: Sequence[int]
    ) -> Tensor:
        """Sums of correlations with the stations, shape (time, voice, rows, columns)."""
        of_stations, of_models = torch.split(weights.transpose(1, 2), 1, dim=2)
        decays = (-self.log_length).exp()
        grid = self.coordinates(*_rows_and_columns(shape, 1, places), layers, shape)
        near = over_grid(summed_exponentials, grid, places, decays[0], of_stations, shape)
        half = [-(-size // 2) for size in shape]
        grid = _on_map(*_rows_and_columns(half, 2, places), shape)
        decay = 3**0.5 * decays[1]
        smooth = over_grid(summed_materns, grid, places[:, :2], decay, of_models, half)
        return torch.cat([near, doubled(smooth)[..., : shape[0], : shape[1]]], 1)

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
        return conditioned(
            anomaly,
            number,
            layers,
            self._precision(number),
            self.amplitude_at(layers),
            lambda: self.precise(number, places),
            self.log_noise,
            self.log_variances,
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

        Returns
        -------
        Tensor, shape (time, VOICES, cell, cell)
        """
        precision = self._precision(number)
        decays = (-self.log_length).exp()
        near = (squared_distances(places, places).sqrt() * -decays[0]).exp()
        on_map = places[:, :2]
        far = squared_distances(on_map, on_map).sqrt() * (3**0.5 * decays[1])
        both = torch.stack([near, (1 + far) * (-far).exp()], 1)
        return precision[..., None] * both * precision[:, :, None]

    def _precision(self, number: Tensor) -> Tensor:
        """Roots of the stations over those of their noise, shape (time, VOICES, cell)."""
        return number.sqrt()[:, None] * (-self.log_noise / 2).exp()[:, None]


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


def _rows_and_columns(shape: Sequence[int], squares: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Those of the centres of squares of so many cells, each of shape (1, square)."""
    number = torch.arange(shape[0] * shape[1], device=like.device)[None]
    row = torch.div(number, shape[1], rounding_mode="floor")
    column, between = number - shape[1] * row, (squares - 1) / 2
    return row.to(like.dtype) * squares + between, column.to(like.dtype) * squares + between


def _on_map(row: Tensor, column: Tensor, shape: Sequence[int]) -> Tensor:
    """Coordinates on the map, cells, shape (time, 2, place).

    They are relative to the middle of the grid: small numbers have more digits.
    """
    return torch.stack([row - (shape[0] - 1) / 2, column - (shape[1] - 1) / 2], 1)


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
