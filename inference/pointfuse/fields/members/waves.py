"""Normal random fields as sums of waves, at any places."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WAVES = 1000
"""Their number. The correlation of a field is then off by a few hundredths."""


class Waves:
    """Waves whose sums have an exponential correlation, in three dimensions.

    The correlation exp(-d / L) is the characteristic function of a Cauchy distribution, from which
    the waves are drawn (Rahimi and Recht, Random features for large-scale kernel machines, 2007).

    Parameters
    ----------
    length : float
        The length L, km.
    random : numpy.random.Generator
        Source of random numbers.
    """

    def __init__(self, length: float, random: np.random.Generator) -> None:
        towards = random.standard_normal((3, WAVES), np.float32)
        # A normal vector over a normal number is a Cauchy vector.
        self._vectors = towards / (random.standard_normal(WAVES, np.float32) * np.float32(length))

    def at(self, places: Floats) -> Floats:
        """Sines and cosines at places: times normal weights, they sum up to a random field.

        Parameters
        ----------
        places : ndarray of float32, shape (place, 3)
            Where, km.

        Returns
        -------
        ndarray of float32, shape (place, 2 * WAVES)
        """
        phase = places @ self._vectors
        waves = np.empty((len(phase), 2 * WAVES), np.float32)
        np.cos(phase, out=waves[:, :WAVES])
        np.sin(phase, out=waves[:, WAVES:])
        waves /= np.float32(math.sqrt(WAVES))
        return waves
