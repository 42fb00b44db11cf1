"""How pairs of values lie to each other, counted as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_BINS = 1024


class PairDensity:
    """Counts of pairs in square bins from zero on, whose width doubles when a value lies beyond.

    Parameters
    ----------
    methods : sequence of str
        Methods whose predictions are counted, each by itself.
    resolution : float
        Width of the bins to begin with, in the unit of the values.
    """

    def __init__(self, methods: Sequence[str], resolution: float) -> None:
        self.methods = tuple(methods)
        self.width = resolution
        self.counts = np.zeros((len(self.methods), _BINS, _BINS), np.int64)

    def add(self, raw: Values, predictions: Mapping[str, Values]) -> None:
        """Count pairs.

        Parameters
        ----------
        raw : ndarray of float64, shape (pair,)
            Values, finite; those below zero are counted with zero.
        predictions : mapping of str to ndarray of the same kind
            What each method makes of them.
        """
        while max(values.max() for values in (raw, *predictions.values())) >= _BINS * self.width:
            self._widen()
        rows = self._bins(raw)
        for number, method in enumerate(self.methods):
            places = rows * _BINS + self._bins(predictions[method])
            self.counts[number] += np.bincount(places, minlength=_BINS**2).reshape(_BINS, _BINS)

    def _bins(self, values: Values) -> NDArray[np.int64]:
        return np.maximum(np.floor(values / self.width), 0).astype(np.int64)

    def _widen(self) -> None:
        """Put two bins each way together."""
        half = _BINS // 2
        joined = self.counts.reshape(-1, half, 2, half, 2).sum(axis=(2, 4))
        self.counts = np.pad(joined, ((0, 0), (0, half), (0, half)))
        self.width *= 2

    def shown(self, share: float, bins: int) -> tuple[NDArray[np.int64], float]:
        """The lower part of the counts, coarser, for a picture.

        Parameters
        ----------
        share : float
            Share of all values, raw and predicted, that is to lie within it.
        bins : int
            About as many bins each way.

        Returns
        -------
        counts : ndarray of int64, shape (method, raw bin, predicted bin)
        width : float
            Width of the bins.
        """
        values = self.counts.sum(axis=(0, 1)) + self.counts.sum(axis=(0, 2))
        needed = int(np.searchsorted(values.cumsum(), share * values.sum())) + 1
        together = max(1, round(needed / bins))
        size = -(-needed // together)
        edge = size * together
        # The last of them may reach beyond the bins that there are.
        beyond = max(edge - _BINS, 0)
        part = np.pad(self.counts[:, :edge, :edge], ((0, 0), (0, beyond), (0, beyond)))
        joined = part.reshape(-1, size, together, size, together).sum(axis=(2, 4))
        return joined, together * self.width
