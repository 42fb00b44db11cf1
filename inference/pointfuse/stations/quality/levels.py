"""Logarithmic scale for the comparison of concentrations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OFFSET_SHARE = 1 / 6
"""The offset of the scale as a share of the median: 5 ug/m3 where that is 30."""

_MOST_IN_MEDIAN = 1_000_000


def level_offset(values: NDArray[np.float64]) -> float:
    """What is added to concentrations before the logarithm is taken.

    It keeps clean air, where instruments differ by more than a factor, from standing out. It is
    a share of the median, so that the units of the values do not matter.

    Parameters
    ----------
    values : ndarray of float64
        Concentrations; NaN where missing.
    """
    # A median of every few values is as good, and takes no second copy of a year of hours.
    some = values.ravel()[:: 1 + values.size // _MOST_IN_MEDIAN]
    some = some[np.isfinite(some)]
    median = float(np.median(some)) if len(some) else 0.0
    return OFFSET_SHARE * median or 1.0


def levels(values: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
    """Logarithmic levels of concentrations, in which a factor is a difference.

    Parameters
    ----------
    values : ndarray of float64
        Concentrations, not negative; NaN where missing.
    offset : float
        From `level_offset`.
    """
    return np.log(values + offset)
