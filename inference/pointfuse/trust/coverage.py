"""Whether an uncertainty is honest: what share of observations its intervals hold.

An interval reaches from the prediction to both sides by a multiple of its standard uncertainty.
The multiples are those of the logistic distribution, whose scale a model gives.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.trust.classes import Classes, Masks
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.levels import levels_of

_FEWEST_PAIRS = 30


@dataclass(frozen=True)
class Held:
    """What the intervals of some pairs hold.

    Parameters
    ----------
    pairs : int
        Number of pairs.
    share : mapping of int to float
        Share of the observations in each of the intervals of `MULTIPLES`; empty of fewer than 30
        pairs.
    width : float
        Mean width of the interval of 90, in the unit of the variable; NaN of fewer than 30 pairs.
    """

    pairs: int
    share: Mapping[int, float] = field(default_factory=dict)
    width: float = math.nan

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        if not self.share:
            return {"pairs": self.pairs}
        held = {str(percent): share for percent, share in self.share.items()}
        return {"pairs": self.pairs, "held": held, "width": self.width}


@dataclass(frozen=True)
class Coverage:
    """What intervals hold: of all pairs and of those of each class.

    Parameters
    ----------
    overall : Held
        Of all pairs whose uncertainty is known.
    by_season, by_region, by_distance : mapping of str to Held
        Of each of `pointfuse.trust.classes.Classes`.
    by_level : mapping of str to Held
        By what was predicted, of `pointfuse.trust.levels.LEVELS`. (Classes of what was observed
        would hold few of the highest observations even with the best of uncertainties: these are
        high by chance too.)
    """

    overall: Held
    by_season: Mapping[str, Held]
    by_region: Mapping[str, Held]
    by_distance: Mapping[str, Held]
    by_level: Mapping[str, Held]

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return {
            "overall": self.overall.to_dict(),
            "by_season": {name: each.to_dict() for name, each in self.by_season.items()},
            "by_region": {name: each.to_dict() for name, each in self.by_region.items()},
            "by_distance": {name: each.to_dict() for name, each in self.by_distance.items()},
            "by_level": {name: each.to_dict() for name, each in self.by_level.items()},
        }


def evaluate_uncertainty(result: CrossValidation, classes: Classes) -> Coverage | None:
    """Coverage and width of intervals; None where the predictions carry no uncertainty.

    Parameters
    ----------
    result : CrossValidation
        Withheld observations, predictions, and their uncertainty.
    classes : Classes
        Pairs of each class.
    """
    uncertainty = result.uncertainty
    if uncertainty is None:
        return None
    known = np.isfinite(result.observed) & np.isfinite(uncertainty)
    error = np.abs(result.predicted - result.observed)
    levels = {
        f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}": (
            (result.predicted >= low) & (result.predicted < high)
        )
        for low, high in itertools.pairwise(levels_of(result.placed.metadata.target))
    }

    def held(masks: Masks) -> dict[str, Held]:
        return {
            name: _held(error[known & chosen], uncertainty[known & chosen])
            for name, chosen in masks.items()
        }

    return Coverage(
        _held(error[known], uncertainty[known]),
        held(classes.by_season),
        held(classes.by_region),
        held(classes.by_distance),
        held(levels),
    )


def _held(error: NDArray[np.float64], uncertainty: NDArray[np.float64]) -> Held:
    """What the intervals of pairs hold, from their absolute errors."""
    if len(error) < _FEWEST_PAIRS:
        return Held(len(error))
    share = {
        percent: round(float((error <= multiple * uncertainty).mean()), 4)
        for percent, multiple in MULTIPLES.items()
    }
    width = round(float(2 * MULTIPLES[90] * uncertainty.mean()), 2)
    return Held(len(error), share, width)
