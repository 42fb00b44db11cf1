"""The day's trend: a ridge regression of the stations on terrain and land, inside the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEAST = 1e-6
"""What an empty day's sum of weights is divided by."""


SURROUNDINGS = (4, 16)
"""Edges of the squares, three by three of which are the surroundings of a station, cells."""


class TerrainTrend(nn.Module):
    r"""Regression of a day's values on the static layers, refitted each day.

    A station is compared with the mean of those around it, in its value :math:`u` as in its
    static layers :math:`c`. What the west differs by from the east is left out so: it is no
    effect of terrain, though terrain differs as well (Robinson, Root-N-consistent semiparametric
    regression, Econometrica 56, 1988). With such contrasts :math:`D_l` over narrow and wide
    surroundings, and over all stations, weights :math:`w` and shares :math:`a`,

    .. math:: \beta = \left(\sum_l a_l \sum w\,(D_l c)(D_l c)^T + \Lambda\right)^{-1}
              \sum_l a_l \sum w\,(D_l c)(D_l u)

    and the trend is :math:`\bar u + \beta^T (c - \bar c)`. It is a generalised least squares, with
    a sum of contrasts for the inverse of the covariance, and a ridge (Hoerl and Kennard,
    Technometrics 12, 1970): the diagonal :math:`\Lambda` is learned, as are the shares, and says
    how many stations a term needs to be believed. In the means stations in a crowd count less.
    Each layer is held to the range that the day's stations stand in: a trend says nothing of
    heights that no station is at.

    Parameters
    ----------
    layers : int
        Number of static layers.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.log_ridge = nn.Parameter(torch.zeros(layers))
        self.log_crowding = nn.Parameter(torch.tensor(-1.0))
        self.log_shares = nn.Parameter(torch.tensor([-3.0, *(0.0 for _ in SURROUNDINGS)]))

    def forward(
        self, values: Tensor, weights: Tensor, crowd: Tensor, static_layers: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Fit each day, and give its trend everywhere.

        Parameters
        ----------
        values, weights : Tensor, shape (time, 1, rows, columns)
            Values, and their weights; 0 where there is no station. Rows and columns have to be
            multiples of the squares.
        crowd : Tensor, the same shape
            Stations in the neighbourhood.
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            Static layers, of order one.

        Returns
        -------
        tuple of Tensor
            The trend, shape (time, 1, rows, columns), and the mean of the day, (time, 1, 1, 1).
        """
        apart = weights / (1 + crowd * self.log_crowding.exp())
        table = torch.cat([_held_to_stations(static_layers, weights), values], dim=1)
        total = apart.sum((2, 3), keepdim=True).clamp(min=_LEAST)
        mean = (table * apart).sum((2, 3), keepdim=True) / total
        table = table - mean
        shares = self.log_shares.exp()
        products = shares[0] * _products(table, apart)
        for edge, share in zip(SURROUNDINGS, shares[1:], strict=True):
            contrast = table - _surroundings(table, weights, edge)
            products = products + share * _products(contrast, weights)
        normal = products[:, :-1, :-1] + torch.diag(self.log_ridge.exp())
        slopes = solved(normal, products[:, :-1, -1:])
        level = mean[:, -1:]
        return level + (table[:, :-1] * slopes[..., None]).sum(1, keepdim=True), level


def _products(table: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of the products of all pairs of channels, shape (time, channels, channels)."""
    table = table.flatten(2)
    return (table * weights.flatten(2)) @ table.transpose(1, 2)


def _surroundings(table: Tensor, weights: Tensor, edge: int) -> Tensor:
    """Weighted means over the stations around: nine squares, raised bilinearly."""
    sums = nn.functional.avg_pool2d(torch.cat([table * weights, weights], dim=1), edge)
    around = nn.functional.avg_pool2d(sums, 3, 1, 1)
    means = around[:, :-1] / around[:, -1:].clamp(min=_LEAST)
    return nn.functional.interpolate(means, scale_factor=edge, mode="bilinear", align_corners=False)


def _held_to_stations(layers: Tensor, weights: Tensor) -> Tensor:
    """Layers within their range over the stations; on a day without any, nothing but 0."""
    stations = (weights > 0).to(layers.dtype)
    # Layers are of order one, so that this is outside their range.
    far = 1e3 * (1 - stations)
    highest = (layers - far).amax((2, 3), keepdim=True)
    lowest = (layers + far).amin((2, 3), keepdim=True)
    return torch.minimum(torch.maximum(layers, lowest), highest)


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
