"""How good predictions at withheld stations are: overall, and where and when they are not."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.regions import region_masks
from pointfuse.trust.coverage import evaluate_uncertainty
from pointfuse.trust.crossval import BLOCK_SIZE, CrossValidation
from pointfuse.trust.scores import (
    SCORES,
    PairSums,
    Values,
    modelling_quality_indicator,
    normalised_mean_error,
    ratio,
    root_mean_square_error,
)

HIGH_CONCENTRATION = 150.0
"""Above this (ug/m3) the published evaluation gives scores of their own."""

DISTANCES = (0.0, 10e3, 25e3, 50e3, 100e3, 200e3, np.inf)
"""Bounds of the classes of distance to the nearest station that was left, m."""

SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
"""Months of the northern seasons."""

FEWEST_DAYS = 10
"""With fewer days at a station there is no telling whether it meets the quality objective."""

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_FEWEST_PAIRS = 30
"""With fewer pairs a class gets no scores: they would be those of a handful of accidents."""
_FEWEST_DAYS_DRAWN = 5
"""With fewer days a class gets no interval: too many draws would miss all of them."""

Classes = Mapping[str, Mapping[str, NDArray[np.bool_]]]


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
        ``overall``, ``above_150``, ``by_season``, ``by_region`` (of the model's metadata) and
        ``by_distance`` (km to the nearest station that was left), each with 95 % confidence
        intervals from a bootstrap over days (days, not pairs: stations of a day err together), and
        ``quality_objective``: the share of stations that meet FAIRMODE's. The same for each of the
        ``baselines``, with ``paired``: how the model compares with it, on the same draws of days.
        ``uncertainty``: what `pointfuse.trust.coverage.evaluate_uncertainty` gives.

    Raises
    ------
    InputError
        If a baseline lacks a prediction.
    """
    pairs = np.isfinite(result.observed)
    network = PairSums.of(result.observed, result.predicted)
    days = network.over(axis=1).pairs > 0
    times = _drawn_days(days, seed)
    classes = _classes(result)
    baselines = {}
    for name, predicted in result.baselines.items():
        if lacking := int((pairs & ~np.isfinite(predicted)).sum()):
            raise InputError(
                f"the baseline '{name}' should predict all {int(pairs.sum())} withheld "
                f"observations, it lacks {lacking}; leave it out"
            )
        sums = PairSums.of(result.observed, predicted)
        baselines[name] = _evaluate_prediction(sums, classes, times) | {
            "paired": _paired(network.over(axis=1), sums.over(axis=1), times)
        }
    return {
        "scheme": result.scheme,
        "folds": int(result.fold.max()) + 1,
        "block_km": BLOCK_SIZE / 1000 if result.scheme == "blocks" else None,
        "days": int(days.sum()),
        "stations": int(pairs.any(axis=0).sum()),
        "places": len(np.unique(result.place[pairs.any(axis=0)])),
        **_evaluate_prediction(network, classes, times),
        "baselines": baselines,
        "uncertainty": evaluate_uncertainty(result, classes),
    }


def in_seasons(days: NDArray[np.datetime64]) -> dict[str, NDArray[np.bool_]]:
    """Which days are in each of `SEASONS`; bool of the shape of the days."""
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return {name: np.isin(month, months) for name, months in SEASONS.items()}


def _classes(result: CrossValidation) -> Classes:
    """Pairs of each class, shape (day, station), by the kind of class and its name."""
    shape = result.observed.shape
    seasons = in_seasons(result.placed.observations.times)
    stations = result.placed.observations.stations
    regions = region_masks(result.placed.metadata.regions, stations.longitude, stations.latitude)
    return {
        "by_season": {
            name: np.broadcast_to(within[:, None], shape) for name, within in seasons.items()
        },
        "by_region": {name: np.broadcast_to(mask, shape) for name, mask in regions.items()},
        "by_distance": {
            _distance_class(low, high): (result.nearest >= low) & (result.nearest < high)
            for low, high in itertools.pairwise(DISTANCES)
        },
    }


def _distance_class(low: float, high: float) -> str:
    if np.isinf(high):
        return f"over {low / 1000:g} km"
    return f"{low / 1000:g} to {high / 1000:g} km"


def _evaluate_prediction(sums: PairSums, classes: Classes, times: Values) -> dict[str, Any]:
    """All scores of one prediction; `sums` are those of single pairs, shape (day, station)."""
    return {
        "overall": _scores(sums.over(axis=1), times),
        "above_150": _scores(sums.among(sums.observed > HIGH_CONCENTRATION).over(axis=1), times),
        **{
            kind: {
                name: _scores(sums.among(chosen).over(axis=1), times)
                for name, chosen in members.items()
            }
            for kind, members in classes.items()
        },
        "quality_objective": _quality_objective(sums.over(axis=0)),
    }


def _scores(daily: PairSums, times: Values) -> dict[str, Any]:
    """All scores of some pairs from their sums of each day, their number, and intervals."""
    whole = daily.over()
    pairs = int(whole.pairs)
    if pairs < _FEWEST_PAIRS:
        return {"pairs": pairs}
    drawn = daily.drawn(times)
    enough = (daily.pairs > 0).sum() >= _FEWEST_DAYS_DRAWN
    return {
        "pairs": pairs,
        "mean_observed": round(float(whole.observed / whole.pairs), 2),
        **{name: _rounded(float(score(whole))) for name, score in SCORES.items()},
        "interval": {
            name: _interval(score(drawn)) if enough else [None, None]
            for name, score in SCORES.items()
        },
    }


def _paired(network: PairSums, baseline: PairSums, times: Values) -> dict[str, Any]:
    """How the network compares with a baseline, from the sums of each day of both."""
    compared: dict[str, Any] = {}
    days = network.pairs > 0
    enough = days.sum() >= _FEWEST_DAYS_DRAWN
    for name, score in ("rmse", root_mean_square_error), ("nme", normalised_mean_error):
        whole = ratio(score(network.over()), score(baseline.over()))
        drawn = ratio(score(network.drawn(times)), score(baseline.drawn(times)))
        compared[f"{name}_ratio"] = _rounded(float(whole))
        compared[f"{name}_ratio_interval"] = _interval(drawn) if enough else [None, None]
    better = root_mean_square_error(network) < root_mean_square_error(baseline)
    return compared | {"days_better": _rounded(float(better[days].mean()))}


def _rounded(value: float) -> float | None:
    """A score for JSON, which has no NaN: that of a constant series, say."""
    return round(value, 4) if np.isfinite(value) else None


def _drawn_days(days: NDArray[np.bool_], seed: int) -> Values:
    """How often each day is drawn, shape (resample, day); as many draws as days, put back."""
    there = np.flatnonzero(days)
    rng = np.random.default_rng(seed)
    drawn = there[rng.integers(len(there), size=(_RESAMPLES, len(there)))]
    return np.stack([np.bincount(draw, minlength=len(days)) for draw in drawn]).astype(np.float64)


def _interval(values: Values) -> list[float | None]:
    """Middle part of the values of all draws that have one."""
    values = values[np.isfinite(values)]
    if not len(values):
        return [None, None]
    ends = np.quantile(values, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return [_rounded(float(end)) for end in ends]


def _quality_objective(by_station: PairSums) -> dict[str, Any]:
    """Share of stations whose quality indicator is at most 1; the objective is 90 %."""
    indicators = modelling_quality_indicator(by_station)[by_station.pairs >= FEWEST_DAYS]
    if not len(indicators):
        return {"stations": 0}
    return {
        "stations": len(indicators),
        "share_met": round(float((indicators <= 1).mean()), 4),
        "indicator_90th_percentile": round(float(np.quantile(indicators, 0.9)), 4),
    }
