"""The scale on which concentrations are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OFFSET_SHARE = 1 / 6
"""Added before the logarithm is taken, as a share of the median: 5 ug/m3 where that is 30."""


def levels(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithmic levels of concentrations, in which a factor is a difference.

    An offset keeps clean air, where instruments differ by more than a factor, from standing out.
    It is a share of the median, so that the units of the values do not matter.

    Parameters
    ----------
    values : ndarray of float64
        Concentrations, not negative; NaN where missing.
    """
    there = values[np.isfinite(values)]
    median = float(np.median(there)) if len(there) else 0.0
    return np.log(values + (OFFSET_SHARE * median or 1.0))
