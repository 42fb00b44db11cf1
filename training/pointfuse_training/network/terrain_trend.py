"""The day's trend: a ridge regression of the stations on terrain and land, inside the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEAST = 1e-6
"""What an empty day's sum of weights is divided by."""


class TerrainTrend(nn.Module):
    r"""Regression of a day's values on the static layers, refitted each day.

    With the values :math:`u`, their weights :math:`w` and the static layers :math:`c`, all
    centred at their weighted means over the stations,

    .. math:: \beta = \left(\sum w\,c\,c^T + \Lambda\right)^{-1} \sum w\,c\,u

    and the trend is :math:`\bar u + \beta^T c` (Hoerl and Kennard, Ridge regression, Technometrics
    12, 1970). The diagonal :math:`\Lambda` is learned: it says how many stations a term needs to
    be believed. Stations in a crowd count less, as generalised least squares would have it, and
    each layer is held to the range that the day's stations stand in: a trend says nothing of
    heights that no station is at.

    Parameters
    ----------
    layers : int
        Number of static layers.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.log_ridge = nn.Parameter(torch.full((layers,), 1.0))
        self.log_crowding = nn.Parameter(torch.tensor(-1.0))

    def forward(
        self, values: Tensor, weights: Tensor, crowd: Tensor, static_layers: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Fit each day, and give its trend everywhere.

        Parameters
        ----------
        values, weights : Tensor, shape (time, 1, rows, columns)
            Values, and their weights; 0 where there is no station.
        crowd : Tensor, the same shape
            Stations in the neighbourhood.
        static_layers : Tensor, shape (time or 1, layers, rows, columns)
            Static layers, of order one.

        Returns
        -------
        tuple of Tensor
            The trend, shape (time, 1, rows, columns), and the mean of the day, (time, 1, 1, 1).
        """
        weights = weights / (1 + crowd * self.log_crowding.exp())
        layers = _held_to_stations(static_layers, weights)
        total = weights.sum((2, 3), keepdim=True).clamp(min=_LEAST)
        mean = (values * weights).sum((2, 3), keepdim=True) / total
        centred = layers - (layers * weights).sum((2, 3), keepdim=True) / total
        table = centred.flatten(2)
        weighted = table * weights.flatten(2)
        normal = weighted @ table.transpose(1, 2) + torch.diag(self.log_ridge.exp())
        moments = weighted @ (values - mean).flatten(2).transpose(1, 2)
        slopes = solved(normal, moments)
        return mean + (centred * slopes[..., None]).sum(1, keepdim=True), mean


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
