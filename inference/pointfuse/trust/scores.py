"""Scores of predictions against observations, as the field uses them; one function a score.

Every score is a function of a few sums over pairs. So the pairs are gone through once, and the
scores of a class, a day, a station, or a thousand draws of days cost next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue

Values = NDArray[np.float64]

# Less scatter than this share of the squares is what rounding leaves of none at all.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class PairSums(ByValue):
    """Sums over pairs of an observation and a prediction: all that the scores need.

    Parameters
    ----------
    pairs : ndarray of float64
        Number of pairs; all arrays have one shape, such as one sum a day.
    observed, predicted : ndarray of float64
        Sums of the values.
    observed_squared, predicted_squared, product : ndarray of float64
        Sums of their squares and products.
    squared_error, absolute_error : ndarray of float64
        Sums over the errors, predicted less observed.
    fractional_bias, fractional_error : ndarray of float64
        Sums of the errors, and of their absolute values, each over the mean of its pair.
    """

    pairs: Values
    observed: Values
    predicted: Values
    observed_squared: Values
    predicted_squared: Values
    product: Values
    squared_error: Values
    absolute_error: Values
    fractional_bias: Values
    fractional_error: Values

    @classmethod
    def of(cls, observed: Values, predicted: Values) -> PairSums:
        """Sums of one pair each, in the shape of the values; 0 where there is no observation.

        Parameters
        ----------
        observed, predicted : ndarray of float64
            Values in one unit, of one shape; an observation is NaN where there is none.
        """
        there = np.isfinite(observed)
        observed, predicted = np.where(there, observed, 0), np.where(there, predicted, 0)
        error, total = predicted - observed, predicted + observed
        # Two zeros agree.
        fraction = np.divide(2 * error, total, out=np.zeros_like(total), where=total != 0)
        return cls(
            pairs=there.astype(np.float64),
            observed=observed,
            predicted=predicted,
            observed_squared=observed**2,
            predicted_squared=predicted**2,
            product=observed * predicted,
            squared_error=error**2,
            absolute_error=np.abs(error),
            fractional_bias=fraction,
            fractional_error=np.abs(fraction),
        )

    def over(self, axis: int | None = None) -> PairSums:
        """Sums along an axis, or over all."""
        return self._each(lambda term: np.asarray(term.sum(axis=axis)))

    def grouped(self, first: NDArray[np.intp]) -> PairSums:
        """Sums of rows of the first axis, from each of some rows to the next."""
        return self._each(lambda term: np.add.reduceat(term, first, axis=0) if len(first) else term)

    def among(self, chosen: NDArray[np.bool_]) -> PairSums:
        """The same without what is not chosen; `chosen` has the shape of the sums."""
        return self._each(lambda term: np.where(chosen, term, 0))

    def drawn(self, times: Values) -> PairSums:
        """Sums over draws: `times`, shape (draw, n), says how often each of n sums was drawn."""
        return self._each(lambda term: times @ term)

    def _each(self, change: Callable[[Values], Values]) -> PairSums:
        return PairSums(*(change(getattr(self, field.name)) for field in fields(self)))


def ratio(one: Values, other: Values) -> Values:
    """Quotient of two arrays of one shape; NaN where the second is 0."""
    quotient = np.full(np.shape(other), np.nan)
    np.divide(one, other, out=quotient, where=other != 0)
    return quotient


def squared_correlation(sums: PairSums) -> Values:
    """R2 as most of the literature means it: Pearson's correlation, squared."""
    common = sums.product - ratio(sums.observed * sums.predicted, sums.pairs)
    observed = scatter(sums.observed_squared, sums.observed, sums.pairs)
    predicted = scatter(sums.predicted_squared, sums.predicted, sums.pairs)
    return common**2 / (observed * predicted)


def determination(sums: PairSums) -> Values:
    """Coefficient of determination: 1 - sum of squared errors / sum of squares about the mean."""
    return 1 - sums.squared_error / scatter(sums.observed_squared, sums.observed, sums.pairs)


def root_mean_square_error(sums: PairSums) -> Values:
    """RMSE, in the unit of the values."""
    return np.sqrt(ratio(sums.squared_error, sums.pairs))


def normalised_mean_error(sums: PairSums) -> Values:
    """NME: sum of absolute errors over the sum of observations."""
    return ratio(sums.absolute_error, sums.observed)


def normalised_mean_bias(sums: PairSums) -> Values:
    """NMB: sum of errors over the sum of observations."""
    return ratio(sums.predicted - sums.observed, sums.observed)


def mean_fractional_bias(sums: PairSums) -> Values:
    """MFB: mean of the errors, each over the mean of its pair; between -2 and 2."""
    return ratio(sums.fractional_bias, sums.pairs)


def mean_fractional_error(sums: PairSums) -> Values:
    """MFE: mean of the absolute errors, each over the mean of its pair; between 0 and 2."""
    return ratio(sums.fractional_error, sums.pairs)


def mean_bias(sums: PairSums) -> Values:
    """Mean error, in the unit of the values."""
    return ratio(sums.predicted - sums.observed, sums.pairs)


def scatter(squares: Values, total: Values, pairs: Values) -> Values:
    """Sum of squares about the mean; NaN of a constant series."""
    scatter = squares - ratio(total**2, pairs)
    return np.where(scatter > _ROUNDING * squares, scatter, np.nan)


SCORES: dict[str, Callable[[PairSums], Values]] = {
    "r2": squared_correlation,
    "determination": determination,
    "rmse": root_mean_square_error,
    "nme": normalised_mean_error,
    "nmb": normalised_mean_bias,
    "mfb": mean_fractional_bias,
    "mfe": mean_fractional_error,
}
"""Scores of a set of pairs; the quality indicator is of one station's series, so it is not here."""


@dataclass(frozen=True)
class Score:
    """A score with its 95 % interval; each is None where it is not known.

    Parameters
    ----------
    value : float or None
        None of a constant series, say, or of too few pairs.
    low, high : float or None
        Ends of the interval; both None of too few days.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> list[float | None]:
        """Both ends, in JSON types."""
        return [self.low, self.high]


def score_text(value: float | None) -> str:
    """A score as tables and sentences show it."""
    return "-" if value is None else f"{value:.3f}"


_UNKNOWN = Score()


@dataclass(frozen=True)
class Scores:
    """Scores of some pairs; of too few there is nothing but their number.

    Parameters
    ----------
    pairs : int
        Number of pairs.
    mean_observed : float
        Mean of the observations, in their unit; NaN of too few pairs.
    r2, determination, rmse, nme, nmb, mfb, mfe : Score
        The scores of `SCORES`.
    """

    pairs: int
    mean_observed: float = math.nan
    r2: Score = _UNKNOWN
    determination: Score = _UNKNOWN
    rmse: Score = _UNKNOWN
    nme: Score = _UNKNOWN
    nmb: Score = _UNKNOWN
    mfb: Score = _UNKNOWN
    mfe: Score = _UNKNOWN

    @property
    def known(self) -> bool:
        """Whether there are enough pairs for scores."""
        return not math.isnan(self.mean_observed)

    def score(self, name: str) -> Score:
        """One of `SCORES` by its name."""
        score: Score = getattr(self, name)
        return score

    def to_dict(self) -> dict[str, object]:
        """In JSON types, the intervals apart from the values."""
        if not self.known:
            return {"pairs": self.pairs}
        scores = {name: self.score(name) for name in SCORES}
        return {
            "pairs": self.pairs,
            "mean_observed": self.mean_observed,
            **{name: score.value for name, score in scores.items()},
            "interval": {name: score.interval for name, score in scores.items()},
        }
