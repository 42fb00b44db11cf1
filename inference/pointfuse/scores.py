"""Scores of predictions against observations, as the field uses them; one function a score.

Each takes two arrays of one shape, observed and predicted, without gaps, in one unit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# FAIRMODE's uncertainty of PM2.5 measurements: relative uncertainty at the reference value (ug/m3),
# the part of it that does not grow with the concentration, and the tolerance on top of it
# (Janssen and Thunis, FAIRMODE guidance document on modelling quality objectives, 2022).
_UNCERTAINTY, _REFERENCE, _CONSTANT_SHARE, _TOLERANCE = 0.36, 25.0, 0.5, 2.0


def squared_correlation(observed: Values, predicted: Values) -> float:
    """R2 as most of the literature means it: Pearson's correlation, squared."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(observed, predicted)[0, 1] ** 2)


def determination(observed: Values, predicted: Values) -> float:
    """Coefficient of determination: 1 - sum of squared errors / sum of squares about the mean."""
    scatter = ((observed - observed.mean()) ** 2).sum()
    return float(1 - ((predicted - observed) ** 2).sum() / scatter) if scatter else float("nan")


def root_mean_square_error(observed: Values, predicted: Values) -> float:
    """RMSE, in the unit of the values."""
    return float(np.sqrt(((predicted - observed) ** 2).mean()))


def normalised_mean_error(observed: Values, predicted: Values) -> float:
    """NME: sum of absolute errors over the sum of observations."""
    return float(np.abs(predicted - observed).sum() / observed.sum())


def normalised_mean_bias(observed: Values, predicted: Values) -> float:
    """NMB: sum of errors over the sum of observations."""
    return float((predicted - observed).sum() / observed.sum())


def mean_fractional_bias(observed: Values, predicted: Values) -> float:
    """MFB: mean of the errors, each over the mean of its pair; between -2 and 2."""
    return float((2 * (predicted - observed) / (predicted + observed)).mean())


def mean_fractional_error(observed: Values, predicted: Values) -> float:
    """MFE: mean of the absolute errors, each over the mean of its pair; between 0 and 2."""
    return float((2 * np.abs(predicted - observed) / (predicted + observed)).mean())


def modelling_quality_indicator(observed: Values, predicted: Values) -> float:
    """FAIRMODE's MQI of a station's PM2.5 (ug/m3): error over tolerated uncertainty, 1 is met."""
    variable = (1 - _CONSTANT_SHARE**2) * (observed.mean() ** 2 + observed.std() ** 2)
    constant = _CONSTANT_SHARE**2 * _REFERENCE**2
    uncertainty = _UNCERTAINTY * np.sqrt(variable + constant)
    return float(root_mean_square_error(observed, predicted) / (_TOLERANCE * uncertainty))


SCORES: dict[str, Callable[[Values, Values], float]] = {
    "r2": squared_correlation,
    "determination": determination,
    "rmse": root_mean_square_error,
    "nme": normalised_mean_error,
    "nmb": normalised_mean_bias,
    "mfb": mean_fractional_bias,
    "mfe": mean_fractional_error,
}
"""Scores of a set of pairs; the quality indicator is of one station's series, so it is not here."""
