"""Covariance of places in lengths of a Gaussian process: exp(-distance)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]
"""Places in lengths, shape (..., point, coordinate)."""


def distances(first: Points, second: Points) -> Points:
    """Euclidean distances between two sets of points, shape (..., first, second)."""
    # |a - b|^2 = |a|^2 - 2 a b + |b|^2 as a single product of matrices.
    ones = (
        np.ones((*first.shape[:-1], 1), first.dtype),
        np.ones((*second.shape[:-1], 1), first.dtype),
    )
    squares = np.concatenate([first, _squared(first), ones[0]], axis=-1) @ np.swapaxes(
        np.concatenate([-2 * second, ones[1], _squared(second)], axis=-1), -1, -2
    )
    # Rounding may leave a little less than nothing.
    apart: Points = np.sqrt(np.maximum(squares, 0, out=squares), out=squares)
    return apart


def covariance(first: Points, second: Points) -> Points:
    """exp(-distance), shape (..., first, second)."""
    apart = distances(first, second)
    between: Points = np.exp(np.negative(apart, out=apart), out=apart)
    return between


def _squared(points: Points) -> Points:
    """Squares of their distances from the origin, shape (..., point, 1)."""
    squares: Points = (points**2).sum(axis=-1, keepdims=True)
    return squares
