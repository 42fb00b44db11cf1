"""Several predictors on the same pairs: scores of each, and ratios of their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.trust.levels import LEVELS
from pointfuse.trust.scores import (
    PairSums,
    normalised_mean_error,
    root_mean_square_error,
    squared_correlation,
)

Array = NDArray[np.float64]

_RESAMPLES = 2000
_HIGH = LEVELS["pm25"][-1]


def compare(observed: Array, predicted: Mapping[str, Array], ours: Sequence[str]) -> dict[str, Any]:
    """Score predictors on the pairs that all of them have.

    Parameters
    ----------
    observed : ndarray of float64, shape (day, place)
        Truth; NaN where there is none.
    predicted : mapping of str to ndarray of float64, shape (day, place)
        What each predictor gave.
    ours : sequence of str
        Predictors that are compared with all others.

    Returns
    -------
    dict
        ``days`` and ``pairs``; ``scores`` of each predictor; ``ratios``, by ours and other, of RMSE
        and NME as [ratio, lower and upper end of the 95 % interval]. The intervals come from days
        drawn with replacement, the same days for both: places of a day err together.
    """
    pairs = np.isfinite(observed)
    for table in predicted.values():
        pairs &= np.isfinite(table)
    sums = {name: _daily_sums(observed, table, pairs) for name, table in predicted.items()}
    days = np.flatnonzero(pairs.any(axis=1))
    drawn = np.random.default_rng(0).choice(days, (_RESAMPLES, len(days)))
    return {
        "days": len(days),
        "pairs": int(pairs.sum()),
        "above_150": int((pairs & (observed > _HIGH)).sum()),
        "scores": {name: _scores(observed[pairs], p[pairs]) for name, p in predicted.items()},
        "ratios": {
            name: {
                other: _ratios(sums[name], sums[other], days, drawn)
                for other in predicted
                if other not in ours
            }
            for name in ours
        },
    }


def _scores(observed: Array, predicted: Array) -> dict[str, float | None]:
    pairs = PairSums.of(observed, predicted)
    high = observed > _HIGH
    everything, highest = pairs.over(), pairs.among(high).over()
    return {
        "r2": round(float(squared_correlation(everything)), 4),
        "rmse": round(float(root_mean_square_error(everything)), 3),
        "nme": round(float(normalised_mean_error(everything)), 4),
        "nme_above_150": round(float(normalised_mean_error(highest)), 4) if high.any() else None,
    }


def _daily_sums(observed: Array, predicted: Array, pairs: NDArray[np.bool_]) -> Array:
    """Sums of squared and of absolute errors, shape (2, day): all that the ratios need."""
    error = np.where(pairs, predicted - observed, 0.0)
    return np.stack([(error**2).sum(axis=1), np.abs(error).sum(axis=1)])


def _ratios(
    ours: Array, other: Array, days: NDArray[np.intp], drawn: NDArray[np.intp]
) -> dict[str, list[float]]:
    """Ratios of RMSE and NME with their intervals, from daily sums of errors."""
    with_all = ours[:, days].sum(axis=1) / other[:, days].sum(axis=1)
    resampled = ours[:, drawn].sum(axis=2) / other[:, drawn].sum(axis=2)
    low, high = np.quantile(resampled, [0.025, 0.975], axis=1)
    # Both are over the same pairs and observations, so whatever they are divided by drops out.
    return {
        "rmse": np.sqrt([with_all[0], low[0], high[0]]).round(4).tolist(),
        "nme": np.array([with_all[1], low[1], high[1]]).round(4).tolist(),
    }
