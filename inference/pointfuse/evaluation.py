"""How good predictions at withheld stations are: overall, and where and when they are not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.crossval import BLOCK_SIZE, CrossValidation
from pointfuse.scores import SCORES, modelling_quality_indicator

HIGH_CONCENTRATION = 150.0
"""Above this (ug/m3) the published evaluation gives scores of their own."""

DISTANCES = (0.0, 10e3, 25e3, 50e3, 100e3, 200e3, np.inf)
"""Bounds of the classes of distance to the nearest station that was left, m."""

SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
"""Months of the northern seasons."""

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_FEWEST_PAIRS = 30
"""With fewer pairs a class gets no scores: they would be those of a handful of accidents."""
_FEWEST_DAYS = 10
"""With fewer days at a station there is no telling whether it meets the quality objective."""


def evaluate(result: CrossValidation, seed: int = 0) -> dict[str, Any]:
    """Scores of a cross-validation in JSON types.

    Parameters
    ----------
    result : CrossValidation
        Withheld observations and their predictions.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        ``overall`` with 95 % confidence intervals from a bootstrap over days (days, not pairs:
        stations of a day err together), ``above_150``, ``by_season``, ``by_distance`` (km to the
        nearest station that was left), and ``quality_objective``: the share of stations that meet
        FAIRMODE's.
    """
    pairs = np.isfinite(result.observed)
    month = result.placed.observations.times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    high = pairs & (result.observed > HIGH_CONCENTRATION)
    return {
        "scheme": result.scheme,
        "folds": int(result.fold.max()) + 1,
        "block_km": BLOCK_SIZE / 1000 if result.scheme == "blocks" else None,
        "days": int(pairs.any(axis=1).sum()),
        "stations": int(pairs.any(axis=0).sum()),
        "overall": _scores(result, pairs) | {"interval": _intervals(result, pairs, seed)},
        "above_150": _scores(result, high),
        "by_season": {
            name: _scores(result, pairs & np.isin(month, months)[:, None])
            for name, months in SEASONS.items()
        },
        "by_distance": {
            f"{low / 1000:g} to {high / 1000:g} km": _scores(
                result, pairs & (result.nearest >= low) & (result.nearest < high)
            )
            for low, high in itertools.pairwise(DISTANCES)
        },
        "quality_objective": _quality_objective(result, pairs),
    }


def _scores(result: CrossValidation, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """All scores of some pairs, and their number."""
    observed, predicted = result.observed[chosen], result.predicted[chosen]
    if len(observed) < _FEWEST_PAIRS:
        return {"pairs": len(observed)}
    values = {name: _rounded(score(observed, predicted)) for name, score in SCORES.items()}
    return {"pairs": len(observed), "mean_observed": round(float(observed.mean()), 2)} | values


def _rounded(value: float) -> float | None:
    """A score for JSON, which has no NaN: that of a constant series, say."""
    return round(value, 4) if np.isfinite(value) else None


def _intervals(
    result: CrossValidation, pairs: NDArray[np.bool_], seed: int
) -> dict[str, list[float | None]]:
    """Confidence interval of each score, from days drawn with replacement."""
    days = [
        (result.observed[day, row], result.predicted[day, row])
        for day, row in enumerate(pairs)
        if row.any()
    ]
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in SCORES}
    for _ in range(_RESAMPLES):
        sample = [days[day] for day in rng.integers(len(days), size=len(days))]
        observed = np.concatenate([day[0] for day in sample])
        predicted = np.concatenate([day[1] for day in sample])
        for name, score in SCORES.items():
            drawn[name].append(score(observed, predicted))
    ends = [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2]
    return {
        name: [_rounded(float(end)) for end in np.quantile(values, ends)]
        for name, values in drawn.items()
    }


def _quality_objective(result: CrossValidation, pairs: NDArray[np.bool_]) -> dict[str, Any]:
    """Share of stations whose quality indicator is at most 1; the objective is 90 %."""
    indicators = [
        modelling_quality_indicator(
            result.observed[pairs[:, station], station],
            result.predicted[pairs[:, station], station],
        )
        for station in np.flatnonzero(pairs.sum(axis=0) >= _FEWEST_DAYS)
    ]
    if not indicators:
        return {"stations": 0}
    return {
        "stations": len(indicators),
        "share_met": round(float(np.mean(np.array(indicators) <= 1)), 4),
        "indicator_90th_percentile": round(float(np.quantile(indicators, 0.9)), 4),
    }
