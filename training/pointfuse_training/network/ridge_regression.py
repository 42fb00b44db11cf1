"""What a regression of the day on its static layers needs, in operators that ONNX has."""

from __future__ import annotations

import torch
from torch import Tensor

_BEYOND = 1e4
"""More than any trend."""


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
