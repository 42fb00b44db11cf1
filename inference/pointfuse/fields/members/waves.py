"""Normal random fields as sums of waves, at any places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WAVES = 100
"""Of each member. So few do not have quite the correlation that they should, but those of all
members together have it, however far apart places are."""

_AT_ONCE = 20_000_000
"""Waves at places that are in memory at the same time."""


class Waves:
    """Waves of each member, whose sums have an exponential correlation in three dimensions.

    The correlation exp(-d / L) is the characteristic function of a Cauchy distribution, from which
    the waves are drawn (Rahimi and Recht, Random features for large-scale kernel machines, 2007).

    Parameters
    ----------
    length : float
        The length L, km.
    members : int
        Number of members.
    random : numpy.random.Generator
        Source of random numbers.
    """

    def __init__(self, length: float, members: int, random: np.random.Generator) -> None:
        towards = random.standard_normal((3, members * WAVES), np.float32)
        over = random.standard_normal(members * WAVES, np.float32)
        # A normal vector over a normal number is a Cauchy vector.
        self._vectors = towards / (over * np.float32(length))

    def sums(self, places: Floats, numbers: Floats) -> Floats:
        """Random fields at places.

        Parameters
        ----------
        places : ndarray of float32, shape (place, 3)
            Where, km.
        numbers : ndarray of float32, shape (2 * WAVES, member)
            Normal numbers.

        Returns
        -------
        ndarray of float32, shape (place, member)
            With a standard deviation of 1 over all numbers.
        """
        cosines, sines = numbers[:WAVES].T.ravel(), numbers[WAVES:].T.ravel()
        # A cosine and a sine together are a cosine that is moved.
        size, moved = np.hypot(cosines, sines), np.arctan2(-sines, cosines)
        size /= np.float32(np.sqrt(WAVES))
        total = np.empty((len(places), numbers.shape[1]), np.float32)
        step = max(1, _AT_ONCE // len(size))
        for first in range(0, len(places), step):
            part = slice(first, first + step)
            waves = places[part] @ self._vectors
            waves += moved
            np.cos(waves, out=waves)
            waves *= size
            total[part] = waves.reshape(len(waves), -1, WAVES).sum(axis=2)
        return total
