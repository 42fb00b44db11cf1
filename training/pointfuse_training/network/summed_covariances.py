"""Sums of covariances over a grid: operators that export gives another form.

For a whole grid and a thousand stations there are 150 million covariances. They are made and summed
up a row at a time; in a model file that is a loop (`pointfuse_export.graph.sums`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_WITHIN_A_CELL = 0.5
"""Mean distance of two places in one cell, over the edge of the cell (0.52, if both are random)."""

_AT_ONCE = 128
"""Places whose covariances are made at once."""


def squared_distances(places: Tensor, others: Tensor) -> Tensor:
    """Squares of distances between places; two in one cell are half a cell apart.

    Parameters
    ----------
    places : Tensor, shape (..., dimension, place)
        Coordinates, cells.
    others : Tensor, shape (..., dimension, other)
        Coordinates, cells.

    Returns
    -------
    Tensor, shape (..., place, other)
    """
    squares = [
        (one[..., :, None] - other[..., None, :]) ** 2
        for one, other in zip(places.unbind(-2), others.unbind(-2), strict=True)
    ]
    return sum(squares, start=squares[0].new_tensor(_WITHIN_A_CELL**2))


def factors(places: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Two tables whose product is `squared_distances`, but for rounding, and above 0.

    Of whole or half numbers of cells all digits are kept: the first two coordinates come first, so
    that no large number is left when the others are added.

    Parameters
    ----------
    places : Tensor, shape (..., place, dimension)
        Coordinates, cells.
    others : Tensor, shape (..., dimension, other)
        Coordinates, cells.

    Returns
    -------
    tuple of Tensor, of shapes (..., place, factor) and (..., factor, other)
    """
    left, right = [], []
    for some in (slice(0, 2), slice(2, None)):
        one, other = places[..., some], others[..., some, :]
        # Of a sum over nothing, ONNX Runtime 1.20 makes a table of another shape.
        if not one.shape[-1]:
            continue
        squares, other_squares = (one**2).sum(-1, keepdim=True), (other**2).sum(-2, keepdim=True)
        if some.start == 0:
            other_squares = other_squares + _WITHIN_A_CELL**2
        left += [squares, torch.ones_like(squares), -2 * one]
        right += [torch.ones_like(other_squares), other_squares, other]
    return torch.cat(left, -1), torch.cat(right, -2)


def over_grid(
    sums: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor],
    grid: Tensor,
    stations: Tensor,
    decay: Tensor,
    weights: Tensor,
    shape: Sequence[int],
) -> Tensor:
    """Sums of covariances with stations at each cell of a grid.

    Parameters
    ----------
    sums : callable
        `summed_exponentials` or `summed_materns`.
    grid : Tensor, shape (time or 1, dimension, cell)
        Coordinates of its cells, row by row.
    stations : Tensor, shape (time, dimension, station)
        Coordinates of the stations.
    decay : Tensor, shape ()
        One over the length of the covariance, in the unit of the coordinates.
    weights : Tensor, shape (time, station, sum)
        Weights of the stations.
    shape : sequence of int
        Rows and columns of the grid.

    Returns
    -------
    Tensor, shape (time, sum, rows, columns)
    """
    left, right = factors(grid.transpose(1, 2), stations)
    # What is made of a row fits into the cache.
    left = left.reshape(-1, *shape, left.shape[2])
    summed = sums(left, right, decay, weights).flatten(1, 2).transpose(1, 2)
    return summed.reshape(-1, weights.shape[2], *shape)


@torch.library.custom_op("pointfuse::summed_exponentials", mutates_args=())
def summed_exponentials(left: Tensor, right: Tensor, decay: Tensor, weights: Tensor) -> Tensor:
    """Sums over stations of ``weights * exp(-decay * distance)``; it has no derivatives.

    Parameters
    ----------
    left : Tensor, shape (time or 1, row, place, factor)
        Rows of places, as `factors` gives them.
    right : Tensor, shape (time, factor, station)
        Stations.
    decay : Tensor, shape ()
        One over the length of the covariance, in the unit of the distances.
    weights : Tensor, shape (time, station, sum)
        Weights of the stations.

    Returns
    -------
    Tensor, shape (time, row, place, sum)
    """
    return _summed(lambda far: far.neg_().exp_(), left, right, decay, weights)


@torch.library.custom_op("pointfuse::summed_materns", mutates_args=())
def summed_materns(left: Tensor, right: Tensor, decay: Tensor, weights: Tensor) -> Tensor:
    """Sums over stations of ``weights * (1 + r) exp(-r)``, where r is ``decay * distance``.

    Parameters and result are those of `summed_exponentials`.
    """
    return _summed(lambda far: far.neg().exp_().mul_(far.add_(1)), left, right, decay, weights)


def _summed(
    covariance: Callable[[Tensor], Tensor],
    left: Tensor,
    right: Tensor,
    decay: Tensor,
    weights: Tensor,
) -> Tensor:
    places = left.flatten(1, 2)
    sums = weights.new_empty(len(weights), places.shape[1], weights.shape[2])
    for day, (stations, some) in enumerate(zip(right, weights, strict=True)):
        of_day = places[day if len(places) > 1 else 0]
        blocks = (torch.split(table, _AT_ONCE) for table in (of_day, sums[day]))
        for block, out in zip(*blocks, strict=True):
            # In place: what fits into the cache is done several times as fast.
            far = (block @ stations).sqrt_().mul_(decay)
            torch.mm(covariance(far), some, out=out)
    return sums.reshape(len(sums), *left.shape[1:3], sums.shape[2])


@summed_exponentials.register_fake
@summed_materns.register_fake
def _(left: Tensor, right: Tensor, decay: Tensor, weights: Tensor) -> Tensor:
    return weights.new_empty(weights.shape[0], *left.shape[1:3], weights.shape[2])


NEAR = 8
"""Power of a correlation that falls eight times as fast: what it counts are stations nearby."""


@torch.library.custom_op("pointfuse::summed_correlations", mutates_args=())
def summed_correlations(
    left: Tensor, right: Tensor, bend: Tensor, weights: Tensor, numbers: Tensor
) -> Tensor:
    """Sums over stations of ``weights * c`` and ``numbers * c ** 8``, c of ``(1 + b r) exp(-r)``.

    Parameters
    ----------
    left : Tensor, shape (day, row, place, factor)
        Rows of places.
    right : Tensor, shape (day, factor, station)
        Stations; with the places they give squared distances, in lengths.
    bend : Tensor, shape (day,)
        1 for correlations of Matern's class, 0 for exponential ones.
    weights, numbers : Tensor, shape (day, station, sum)
        Weights of the stations, and what counts them.

    Returns
    -------
    Tensor, shape (day, row, place, sums of both)
    """
    days = []
    for places, stations, b, some, counts in zip(left, right, bend, weights, numbers, strict=True):
        rows = []
        for block in torch.split(places.flatten(0, 1), _AT_ONCE):
            # On a large domain, rounding leaves less than nothing of short distances.
            far = (block @ stations).clamp_(min=0).sqrt_()
            near = (1 + b * far) * (-far).exp()
            rows.append(torch.cat([near @ some, near**NEAR @ counts], -1))
        days.append(torch.cat(rows))
    return torch.stack(days).reshape(*left.shape[:3], -1)


@summed_correlations.register_fake
def _(left: Tensor, right: Tensor, bend: Tensor, weights: Tensor, numbers: Tensor) -> Tensor:
    return weights.new_empty(*left.shape[:3], weights.shape[2] + numbers.shape[2])
