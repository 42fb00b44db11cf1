"""How good predictions at withheld stations are: overall, and where and when they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, require
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.trust.classes import Classes, Masks, classes_of
from pointfuse.trust.coverage import Coverage, evaluate_uncertainty
from pointfuse.trust.crossval import BLOCK_SIZE, CrossValidation, Scheme
from pointfuse.trust.fairmode import Measurement, measurement_of
from pointfuse.trust.levels import high_level
from pointfuse.trust.scores import (
    SCORES,
    PairSums,
    Score,
    Scores,
    Values,
    normalised_mean_error,
    ratio,
    root_mean_square_error,
)

FEWEST_DAYS = 10
"""With fewer days at a station there is no telling whether it meets the quality objective."""

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_FEWEST_PAIRS = 30
"""With fewer pairs a class gets no scores: they would be those of a handful of accidents."""
_FEWEST_DAYS_DRAWN = 5
"""With fewer days a class gets no interval: too many draws would miss all of them."""


@dataclass(frozen=True)
class QualityObjective:
    """Whether FAIRMODE's objective is met: 90 % of the stations with an indicator of at most 1.

    Parameters
    ----------
    stations : int
        Stations with at least `FEWEST_DAYS` days.
    share_met : float
        Share of these whose indicator is at most 1; NaN where there are none.
    indicator_90th_percentile : float
        What nine tenths of the indicators are below; NaN where there are none.
    """

    stations: int
    share_met: float = np.nan
    indicator_90th_percentile: float = np.nan

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        if not self.stations:
            return {"stations": 0}
        return {
            "stations": self.stations,
            "share_met": self.share_met,
            "indicator_90th_percentile": self.indicator_90th_percentile,
        }


@dataclass(frozen=True)
class Comparison:
    """How the model compares with a baseline, on the same pairs and draws of days.

    Parameters
    ----------
    rmse_ratio, nme_ratio : Score
        Error of the model over that of the baseline.
    days_better : float
        Share of the days on which the model has the lower RMSE.
    """

    rmse_ratio: Score
    nme_ratio: Score
    days_better: float

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return {
            "rmse_ratio": self.rmse_ratio.value,
            "rmse_ratio_interval": self.rmse_ratio.interval,
            "nme_ratio": self.nme_ratio.value,
            "nme_ratio_interval": self.nme_ratio.interval,
            "days_better": self.days_better,
        }


@dataclass(frozen=True)
class MethodScores:
    """All scores of one method of prediction.

    Parameters
    ----------
    overall, high : Scores
        Of all pairs, and of those with high observations.
    high_level : float
        From where on they are high.
    by_season, by_region, by_distance : mapping of str to Scores
        Of each of `pointfuse.trust.classes.Classes`.
    quality_objective : QualityObjective
        Share of the stations that meet FAIRMODE's.
    """

    overall: Scores
    high: Scores
    high_level: float
    by_season: Mapping[str, Scores]
    by_region: Mapping[str, Scores]
    by_distance: Mapping[str, Scores]
    quality_objective: QualityObjective

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return {
            "overall": self.overall.to_dict(),
            f"above_{self.high_level:g}": self.high.to_dict(),
            "by_season": {name: each.to_dict() for name, each in self.by_season.items()},
            "by_region": {name: each.to_dict() for name, each in self.by_region.items()},
            "by_distance": {name: each.to_dict() for name, each in self.by_distance.items()},
            "quality_objective": self.quality_objective.to_dict(),
        }


@dataclass(frozen=True)
class Evaluation:
    """Scores of a cross-validation.

    Parameters
    ----------
    scheme : str
        What was withheld at once.
    folds : int
        Number of folds.
    block_km : float or None
        Edge of the squares that were withheld, km; None with another scheme.
    days, stations, places : int
        Days, stations and places of these with withheld observations.
    model : MethodScores
        Scores of the model.
    baselines : mapping of str to MethodScores
        Those of each other way to predict, on the same pairs.
    comparisons : mapping of str to Comparison
        How the model compares with each of the baselines.
    uncertainty : Coverage or None
        What the model's intervals hold; None where it gives none.
    """

    scheme: Scheme
    folds: int
    block_km: float | None
    days: int
    stations: int
    places: int
    model: MethodScores
    baselines: Mapping[str, MethodScores]
    comparisons: Mapping[str, Comparison]
    uncertainty: Coverage | None

    def to_dict(self) -> dict[str, object]:
        """In JSON types, as `pointfuse crossval` writes them."""
        return {
            "scheme": self.scheme,
            "folds": self.folds,
            "block_km": self.block_km,
            "days": self.days,
            "stations": self.stations,
            "places": self.places,
            **self.model.to_dict(),
            "baselines": {
                name: scores.to_dict() | {"paired": self.comparisons[name].to_dict()}
                for name, scores in self.baselines.items()
            },
            "uncertainty": self.uncertainty.to_dict() if self.uncertainty else {},
        }


def evaluate(result: CrossValidation, seed: int = 0) -> Evaluation:
    """Scores of a cross-validation.

    Intervals are of 95 % and from a bootstrap over days (days, not pairs: stations of a day err
    together); those of comparisons with the baselines are from the same draws.

    Parameters
    ----------
    result : CrossValidation
        Withheld observations and their predictions.
    seed : int
        Seed of the bootstrap.

    Raises
    ------
    InputError
        If a baseline lacks a prediction.
    ArgumentError
        If the result is something else than one of `cross_validate`.
    """
    require(
        result,
        CrossValidation,
        "a cross-validation (pointfuse.CrossValidation)",
        source="make one with pointfuse.cross_validate",
    )
    pairs = np.isfinite(result.observed)
    network = PairSums.of(result.observed, result.predicted)
    by_day = partial(_over_days, times=result.placed.observations.times)
    days = by_day(network).pairs > 0
    times = _drawn_days(days, seed)
    classes = classes_of(result)
    baselines, comparisons = {}, {}
    for name, predicted in result.baselines.items():
        if lacking := int((pairs & ~np.isfinite(predicted)).sum()):
            raise InputError(
                f"the baseline '{name}' should predict all {int(pairs.sum())} withheld "
                f"observations, {lacking} are missing; leave it out"
            )
        sums = PairSums.of(result.observed, predicted)
        baselines[name] = _method_scores(sums, classes, times, result.placed)
        comparisons[name] = _compared(by_day(network), by_day(sums), times)
    return Evaluation(
        scheme=result.scheme,
        folds=int(result.fold.max()) + 1,
        block_km=BLOCK_SIZE / 1000 if result.scheme == "blocks" else None,
        days=int(days.sum()),
        stations=int(pairs.any(axis=0).sum()),
        places=len(np.unique(result.place[pairs.any(axis=0)])),
        model=_method_scores(network, classes, times, result.placed),
        baselines=baselines,
        comparisons=comparisons,
        uncertainty=evaluate_uncertainty(result, classes),
    )


def _over_days(sums: PairSums, times: NDArray[np.datetime64]) -> PairSums:
    """Sums of all pairs of each day, shape (day,), from those of single pairs of days or hours."""
    _, first = np.unique(times.astype("datetime64[D]"), return_index=True)
    return sums.over(axis=1).grouped(first)


def _method_scores(
    sums: PairSums, classes: Classes, times: Values, placed: PlacedObservations
) -> MethodScores:
    """All scores of one prediction; `sums` are those of single pairs, shape (time, station)."""
    by_day = partial(_over_days, times=placed.observations.times)

    def of_classes(masks: Masks) -> dict[str, Scores]:
        return {name: _scores(by_day(sums.among(chosen)), times) for name, chosen in masks.items()}

    target = placed.metadata.target
    high = high_level(target)
    measured = measurement_of(target, hourly=placed.observations.hourly)
    return MethodScores(
        overall=_scores(by_day(sums), times),
        high=_scores(by_day(sums.among(sums.observed > high)), times),
        high_level=high,
        by_season=of_classes(classes.by_season),
        by_region=of_classes(classes.by_region),
        by_distance=of_classes(classes.by_distance),
        quality_objective=_quality_objective(sums.over(axis=0), measured),
    )


def _scores(daily: PairSums, times: Values) -> Scores:
    """All scores of some pairs from their sums of each day."""
    whole = daily.over()
    pairs = int(whole.pairs)
    if pairs < _FEWEST_PAIRS:
        return Scores(pairs)
    drawn = daily.drawn(times)
    enough = _enough_days(daily)
    return Scores(
        pairs,
        round(float(whole.observed / whole.pairs), 2),
        **{name: _score(score(whole), score(drawn), enough) for name, score in SCORES.items()},
    )


def _compared(network: PairSums, baseline: PairSums, times: Values) -> Comparison:
    """How the network compares with a baseline, from the sums of each day of both."""
    days = network.pairs > 0
    enough = _enough_days(network)
    rmse, nme = (
        _score(
            ratio(score(network.over()), score(baseline.over())),
            ratio(score(network.drawn(times)), score(baseline.drawn(times))),
            enough,
        )
        for score in (root_mean_square_error, normalised_mean_error)
    )
    better = root_mean_square_error(network) < root_mean_square_error(baseline)
    return Comparison(rmse, nme, round(float(better[days].mean()), 4))


def _enough_days(daily: PairSums) -> bool:
    return bool((daily.pairs > 0).sum() >= _FEWEST_DAYS_DRAWN)


def _score(whole: Values, drawn: Values, enough: bool) -> Score:
    """A score, with the middle part of those of all draws that have one."""
    value = _rounded(float(whole))
    drawn = drawn[np.isfinite(drawn)]
    if not enough or not len(drawn):
        return Score(value)
    low, high = np.quantile(drawn, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Score(value, _rounded(float(low)), _rounded(float(high)))


def _rounded(value: float) -> float | None:
    """A score for JSON, which has no NaN: that of a constant series, say."""
    return round(value, 4) if np.isfinite(value) else None


def _drawn_days(days: NDArray[np.bool_], seed: int) -> Values:
    """How often each day is drawn, shape (resample, day); as many draws as days, put back."""
    there = np.flatnonzero(days)
    rng = np.random.default_rng(seed)
    drawn = there[rng.integers(len(there), size=(_RESAMPLES, len(there)))]
    return np.stack([np.bincount(draw, minlength=len(days)) for draw in drawn]).astype(np.float64)


def _quality_objective(by_station: PairSums, measured: Measurement | None) -> QualityObjective:
    """Share of stations whose quality indicator is at most 1; the objective is 90 %."""
    if measured is None:
        return QualityObjective(0)
    indicators = measured.indicator(by_station)[by_station.pairs >= FEWEST_DAYS]
    if not len(indicators):
        return QualityObjective(0)
    return QualityObjective(
        len(indicators),
        round(float((indicators <= 1).mean()), 4),
        round(float(np.quantile(indicators, 0.9)), 4),
    )
