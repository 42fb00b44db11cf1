"""The largest 8-hour mean of a day, by the rules of China, the United States and Europe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import conversion_factor

HOURS = 8
LEAST_HOURS = 6
"""Hours of a mean, and how many of them have to be there; all rules have the same."""

RuleName = Literal["china", "us", "eu"]


class Rule(NamedTuple):
    """Which means belong to a day, and how many make it whole.

    Parameters
    ----------
    first, last : int
        Labels of the last hours of its first and its last mean; from 24 on they are of the next
        day. The mean that ends with hour 5 goes back to hour 22 of the day before.
    least : int
        Means that have to be there.
    limit : float
        A day on which the largest is above it counts with any number of means, ug m-3.
    """

    first: int
    last: int
    least: int
    limit: float = np.inf

    @property
    def covers_the_day(self) -> bool:
        """Whether the means hold all hours of the day (that of China but its first one).

        Then the largest is at least the mean of the day, of China but for its first hour.
        """
        return self.first <= HOURS and self.last == 23


RULES: Mapping[RuleName, Rule] = {
    # HJ 663-2013, table 1: at least 14 of the means from 8 o'clock on, or above the limit of grade
    # II (GB 3095-2012). A label is the end of its hour, and hours 0 to 23 are a day, as for means.
    "china": Rule(8, 23, 14, 160.0),
    # 40 CFR 50, appendix U: at least 13 of the 17 means that begin at 7 to 23 o'clock, or above
    # 0.070 ppm. A label is the beginning of its hour.
    "us": Rule(14, 30, 13, 70 * conversion_factor("o3", "ppb", "ug m-3")),
    # Directive 2008/50/EC, annexes VII and XI: a mean belongs to the day on which it ends, and 18
    # of 24 have to be there.
    "eu": Rule(0, 23, 18),
}
"""By name: HJ 663-2013, 40 CFR 50 and directive 2008/50/EC."""


def largest_eight_hour_means(
    times: NDArray[np.datetime64],
    values: NDArray[np.float64],
    days: NDArray[np.datetime64],
    rule: Rule,
) -> NDArray[np.float64]:
    """Largest mean over eight hours in a row of each day.

    Parameters
    ----------
    times : ndarray of datetime64[h], shape (hour,)
        Hours, increasing; those that are not among them are missing.
    values : ndarray of float64, shape (hour, station)
        Hourly values, ug m-3; NaN where missing.
    days : ndarray of datetime64[D], shape (day,)
        The days that are asked for.
    rule : Rule
        Which means belong to them.

    Returns
    -------
    ndarray of float64, shape (day, station)
        NaN where too few means are there. Some rules take hours of the days beside it; where
        these have not been read, the ends of a period lack them.
    """
    largest = np.full((len(days), values.shape[1]), np.nan)
    around = np.arange(rule.first - HOURS + 1, rule.last + 1).astype("timedelta64[h]")
    for row, day in enumerate(days):
        wanted = day.astype("datetime64[h]") + around
        at = np.searchsorted(times, wanted)
        known = at < len(times)
        known[known] = times[at[known]] == wanted[known]
        hours = np.full((len(wanted), values.shape[1]), np.nan)
        hours[known] = values[at[known]]
        largest[row] = _largest_mean(hours, rule)
    return largest


def _largest_mean(hours: NDArray[np.float64], rule: Rule) -> NDArray[np.float64]:
    """Of the hours that all means of a day take, shape (hour, station); NaN where it is none."""
    in_means = np.lib.stride_tricks.sliding_window_view(hours, HOURS, axis=0)
    count = np.isfinite(in_means).sum(axis=-1)
    there = count >= LEAST_HOURS
    means = np.where(there, np.nansum(in_means, axis=-1) / np.maximum(count, 1), -np.inf)
    highest = means.max(axis=0)
    whole = (there.sum(axis=0) >= rule.least) | (highest > rule.limit)
    return np.where(whole, highest, np.nan)
