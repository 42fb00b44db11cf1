"""Whether an uncertainty is honest: what share of observations its intervals hold.

An interval reaches from the prediction to both sides by a multiple of its standard uncertainty.
The multiples are those of the normal distribution.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.trust.crossval import CrossValidation

MULTIPLES = {50: 0.6745, 80: 1.2816, 90: 1.6449, 95: 1.9600}
"""Intervals: observations they should hold, in 100, and half their width in standard
uncertainties."""

LEVELS = (0.0, 20.0, 35.0, 75.0, 150.0, np.inf)
"""Bounds of the classes of what was predicted, ug/m3. (Classes of what was observed would hold few
of the highest observations even with the best of uncertainties: these are high by chance too.)"""

_FEWEST_PAIRS = 30


def evaluate_uncertainty(
    result: CrossValidation, classes: Mapping[str, Mapping[str, NDArray[np.bool_]]]
) -> dict[str, Any]:
    """Coverage and width of intervals in JSON types.

    Parameters
    ----------
    result : CrossValidation
        Withheld observations, predictions, and their uncertainty.
    classes : mapping of mappings of ndarray of bool, shape (day, station)
        Pairs of each class, by the kind of class and its name.

    Returns
    -------
    dict
        ``overall``, each kind of class, and ``by_level`` of the prediction: number of pairs,
        ``held`` (share of the observations in each of the intervals of `MULTIPLES`) and ``width``
        (mean width of the interval of 90, in the unit of the variable). Empty where the
        predictions carry no uncertainty.
    """
    if result.uncertainty is None:
        return {}
    known = np.isfinite(result.observed) & np.isfinite(result.uncertainty)
    levels = {
        f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}": (
            (result.predicted >= low) & (result.predicted < high)
        )
        for low, high in itertools.pairwise(LEVELS)
    }
    return {
        "overall": _held(result, known),
        **{
            kind: {name: _held(result, known & chosen) for name, chosen in members.items()}
            for kind, members in {**classes, "by_level": levels}.items()
        },
    }


def _held(result: CrossValidation, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    pairs = int(chosen.sum())
    if result.uncertainty is None or pairs < _FEWEST_PAIRS:
        return {"pairs": pairs}
    error = np.abs(result.predicted[chosen] - result.observed[chosen])
    uncertainty = result.uncertainty[chosen]
    return {
        "pairs": pairs,
        "held": {
            str(percent): round(float((error <= multiple * uncertainty).mean()), 4)
            for percent, multiple in MULTIPLES.items()
        },
        "width": round(float(2 * MULTIPLES[90] * uncertainty.mean()), 2),
    }
