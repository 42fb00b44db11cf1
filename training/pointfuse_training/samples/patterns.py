"""Patterns of simulated days: their mean, and how they differ from it most.

What a transport model knows of a place - how much is emitted there, what is carried where - is in
these fields, and the network fits them to the stations of each day as it does terrain and land
cover. This is reduced space optimal interpolation (Kaplan et al., Reduced space optimal analysis
for historical data sets, J. Geophys. Res. Oceans 102, 1997), with patterns of simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.network.concentration_scale import transformed, unit_of

Field = NDArray[np.float32]

_LEAST_LEVEL = 0.1
"""Least mean of a day on the transformed scale that it is divided by."""


def patterns_of(
    archive: Archive,
    days: Sequence[int],
    weights: Field,
    number: int,
    on_day: Callable[[int], None] = lambda days: None,
) -> Field:
    """Mean of days, and the empirical orthogonal functions in which they differ from it most.

    Days are taken on the scale of the network, each relative to its weighted mean.

    Parameters
    ----------
    archive : Archive
        Archive of days.
    days : sequence of int
        Which of them.
    weights : ndarray of float32, shape (rows, columns)
        Weight of each cell, not negative.
    number : int
        Number of functions.
    on_day : callable
        Told 1 after each day.

    Returns
    -------
    ndarray of float32, shape (1 + number, rows, columns)
        The mean, of order one, and the functions, each of weighted mean square 1 and with a
        positive weighted sum, the one of most variance first.

    Raises
    ------
    InputError
        If there are fewer days than functions.
    """
    if len(days) <= number:
        raise InputError(f"{number} patterns need more than {number} days, got {len(days)}")
    unit = unit_of(archive.target.name)
    shares = (weights / weights.sum()).astype(np.float32)
    relative = np.empty((len(days), *weights.shape), np.float32)
    for at, day in enumerate(days):
        scaled = transformed(archive[day][0], unit).numpy()
        relative[at] = scaled / max(float((scaled * shares).sum()), _LEAST_LEVEL)
        on_day(1)
    mean = relative.mean(axis=0)
    relative -= mean
    # Far fewer days than cells: the functions come from the products of days.
    weighted = (relative * np.sqrt(shares)).reshape(len(days), -1)
    _, of_days = np.linalg.eigh((weighted @ weighted.T).astype(np.float64))
    leading = of_days[:, ::-1][:, :number].T.astype(np.float32)
    functions = np.tensordot(leading, relative, 1)
    size = np.sqrt((functions**2 * shares).sum((1, 2), keepdims=True))
    sign = np.where((functions * shares).sum((1, 2), keepdims=True) < 0, -1, 1)
    return np.concatenate([mean[None], functions / size * sign]).astype(np.float32)
