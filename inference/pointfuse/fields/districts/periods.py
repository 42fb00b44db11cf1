"""Days, months, seasons and years as periods of means."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Step = Literal["day", "month", "season", "year"]
"""How long the periods are."""

_SEASONS = ("DJF", "MAM", "JJA", "SON")


def period_names(days: NDArray[np.datetime64], step: Step) -> NDArray[np.str_]:
    """Name of the period of each day, in an order that is that of time.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (day,)
        Days.
    step : str
        ``day`` (2019-01-06), ``month`` (2019-01), ``season`` (2019-DJF: December of the year
        before, January and February) or ``year`` (2019).

    Returns
    -------
    ndarray of str, shape (day,)
    """
    if step == "day":
        return days.astype(np.str_)
    months = days.astype("datetime64[M]")
    if step == "month":
        return months.astype(np.str_)
    if step == "year":
        return days.astype("datetime64[Y]").astype(np.str_)
    # A month later December is the first of the year, and seasons are quarters.
    later = (months + 1).astype(np.int64)
    years, quarter = 1970 + later // 12, later % 12 // 3
    return np.array(
        [f"{year}-{_SEASONS[q]}" for year, q in zip(years, quarter, strict=True)], np.str_
    )
