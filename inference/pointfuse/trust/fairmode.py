"""FAIRMODE's modelling quality objective: what error of a model the measurements would forgive.

Janssen and Thunis, FAIRMODE guidance document on modelling quality objectives and benchmarking,
version 3.3, 2022, table 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pointfuse.model.metadata import Variable
from pointfuse.trust.scores import (
    PairSums,
    Values,
    mean_bias,
    ratio,
    root_mean_square_error,
    scatter,
)

_TOLERANCE = 2.0
"""A model may be wrong by so many times the uncertainty of a measurement."""


@dataclass(frozen=True)
class Measurement:
    """How uncertain measurements of a pollutant are.

    Parameters
    ----------
    uncertainty : float
        Relative uncertainty at the reference value.
    reference : float
        The reference value, ug/m3.
    constant_share : float
        Part of the uncertainty that does not grow with the concentration.
    """

    uncertainty: float
    reference: float
    constant_share: float

    def tolerated_error(self, sums: PairSums) -> Values:
        """RMSE that is tolerated at a station, ug/m3: twice the uncertainty.

        The mean square of the observations is what their squared mean and variance add up to.
        """
        variable = (1 - self.constant_share**2) * ratio(sums.observed_squared, sums.pairs)
        constant = self.constant_share**2 * self.reference**2
        return _TOLERANCE * self.uncertainty * np.sqrt(variable + constant)

    def indicator(self, sums: PairSums) -> Values:
        """MQI of a station: error over tolerated error, at most 1 is met."""
        return root_mean_square_error(sums) / self.tolerated_error(sums)

    def target(self, sums: PairSums) -> tuple[Values, Values]:
        """Places in the target diagram, whose distance from the centre is the MQI.

        Returns
        -------
        spread, bias : ndarray of float64
            Error without bias, and bias, both over the tolerated error. The former is positive
            where the prediction varies too much or too little, negative where it is out of step:
            where |s_p - s_o| < s_o sqrt(2 (1 - r)) with the standard deviations s and the
            correlation r.
        """
        tolerated = self.tolerated_error(sums)
        bias = mean_bias(sums)
        # Rounding may take the difference of two equal squares below 0.
        centred = np.sqrt(np.maximum(ratio(sums.squared_error, sums.pairs) - bias**2, 0))
        observed = np.sqrt(scatter(sums.observed_squared, sums.observed, sums.pairs))
        predicted = np.sqrt(scatter(sums.predicted_squared, sums.predicted, sums.pairs))
        common = sums.product - ratio(sums.observed * sums.predicted, sums.pairs)
        mismatch = np.sqrt(np.maximum(2 * (1 - common / (observed * predicted)), 0))
        out_of_step = np.abs(predicted - observed) < observed * mismatch
        return np.where(out_of_step, -centred, centred) / tolerated, bias / tolerated


_OF_DAYS = {
    "pm25": Measurement(0.36, 25.0, 0.5),
    "pm10": Measurement(0.28, 50.0, 0.25),
    "o3_mda8": Measurement(0.18, 120.0, 0.79),
}
_OF_HOURS = {"no2": Measurement(0.24, 200.0, 0.2)}


def measurement_of(variable: Variable, *, hourly: bool) -> Measurement | None:
    """Measurements of a variable by the day or the hour; None where FAIRMODE has no objective."""
    return (_OF_HOURS if hourly else _OF_DAYS).get(variable.name)
