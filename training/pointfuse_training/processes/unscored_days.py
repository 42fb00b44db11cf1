"""Days that nothing is scored on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def unscored_days(times: NDArray[np.datetime64], every: int, apart: int) -> NDArray[np.bool_]:
    """Which days are far enough from those that scores are made of: every Nth, from the first.

    The air of a day resembles that of the days around it, so these are no independent ones.

    Parameters
    ----------
    times : ndarray of datetime64[D], shape (day,)
        All days, in their order.
    every : int
        Scores are made of the days 0, `every`, twice `every`...
    apart : int
        Days that there must be between a day and a scored one, at least.

    Returns
    -------
    ndarray of bool, shape (day,)
    """
    away = np.abs(times[:, None] - times[::every]) >= np.timedelta64(apart, "D")
    return np.asarray(away.all(axis=1))
