"""States and reasons of quality control."""

from __future__ import annotations

import enum

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import require


class State(enum.IntEnum):
    """What may be done with a value. Good and untested ones are used, the others are not."""

    GOOD = 0
    SUSPECT = 1
    MISSING = 2
    NOT_TESTED = 3


class Reason(enum.IntEnum):
    """Why a value is in its state; the numbers are those of the output files."""

    PASSED = 0
    """It passed every check that applies to it."""
    NO_VALUE = 1
    """Nothing was read."""
    TOO_FEW_HOURS = 2
    """Fewer valid hours were read than make a daily mean."""
    OUT_OF_RANGE = 3
    """It lies outside the valid range of its variable, or is infinite."""
    STUCK = 4
    """It is part of a day or more of identical hours."""
    SPIKE = 5
    """One hour stands out from the hours around it, and no station nearby shows the like."""
    DUPLICATE = 6
    """Another station with the same code, or at the same place, has the same series."""
    SWAPPED_COORDINATES = 7
    """The station is outside the grid, and on it with longitude and latitude exchanged."""
    NEIGHBOURS_DISAGREE = 8
    """The stations around it say something else."""
    NO_COORDINATES = 9
    """Nobody knows where the station stands; its value cannot be used."""
    OUTSIDE_GRID = 10
    """The station stands outside the grid; its value cannot be used."""
    ISOLATED = 11
    """There are too few stations around it to compare with; its value is used."""
    BELOW_PM25 = 12
    """PM10 is less than PM2.5, of which it holds all, at the same station and day."""

    @property
    def state(self) -> State:
        """State of a value with this reason."""
        return _STATES[self]

    @property
    def label(self) -> str:
        """Its name in files and summaries."""
        return self.name.lower()


_STATES = {
    Reason.PASSED: State.GOOD,
    Reason.NO_VALUE: State.MISSING,
    Reason.TOO_FEW_HOURS: State.MISSING,
    Reason.OUT_OF_RANGE: State.SUSPECT,
    Reason.STUCK: State.SUSPECT,
    Reason.SPIKE: State.SUSPECT,
    Reason.DUPLICATE: State.SUSPECT,
    Reason.SWAPPED_COORDINATES: State.SUSPECT,
    Reason.NEIGHBOURS_DISAGREE: State.SUSPECT,
    Reason.NO_COORDINATES: State.NOT_TESTED,
    Reason.OUTSIDE_GRID: State.NOT_TESTED,
    Reason.ISOLATED: State.NOT_TESTED,
    Reason.BELOW_PM25: State.SUSPECT,
}

_STATE_OF_REASON = np.array([reason.state for reason in Reason], np.uint8)


def states(reasons: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """State of each value, as numbers of `State`, from its reason."""
    require(
        reasons,
        np.ndarray,
        "reasons (an array)",
        source="take them from Observations.reasons, by variable",
    )
    return _STATE_OF_REASON[reasons]


def usable(reasons: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each value is good or untested."""
    return np.isin(states(reasons), (State.GOOD, State.NOT_TESTED))
