"""Make one checked table of daily means from the results of all readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pointfuse.model.metadata import Variable
from pointfuse.stations.daily_means import until_now
from pointfuse.stations.eight_hour_means import RULES, RuleName
from pointfuse.stations.merging import merge
from pointfuse.stations.observations import Observations, Unfinished
from pointfuse.stations.pollutants import with_hourly
from pointfuse.stations.quality.hour_checks import (
    check_hours,
    means_of_checked_hours,
    with_eight_hour_maxima,
)


def daily_table(
    parts: list[Observations],
    variables: Sequence[Variable],
    *,
    min_hours: int,
    quality_control: bool,
    mda8: RuleName = "china",
    unfinished: Unfinished | None = None,
) -> Observations:
    """Merge hourly and daily parts to daily means of all their stations.

    Parameters
    ----------
    parts : list of Observations
        Hourly values and daily means in any order, at least one; emptied, since a year of hours
        takes a hundred megabytes.
    variables : sequence of Variable
        Their valid ranges; the first is the one that is fused.
    min_hours : int
        Valid hours that make a daily mean.
    quality_control : bool
        Whether to leave stuck and isolated hourly values out.
    mda8 : str
        The rule for largest 8-hour means, a key of `pointfuse.stations.eight_hour_means.RULES`.
    unfinished : Unfinished, optional
        A day that is not over, and counts as what it is.

    Raises
    ------
    InputError
        If two parts contradict each other.
    """
    hourly = [part for part in parts if part.hourly]
    daily = [part for part in parts if not part.hourly]
    parts.clear()
    # Hours are merged first: a local day may begin in one file and end in another.
    if hourly:
        merged = merge(hourly)
        hourly.clear()
        merged = until_now(merged, unfinished)
        by_hour = [*with_hourly(variables).values()]
        checked = check_hours(merged, by_hour, thorough=quality_control)
        days = means_of_checked_hours(checked, min_hours)
        daily.append(with_eight_hour_maxima(days, variables, RULES[mda8]))
    table = merge(daily).of_variables([variable.name for variable in variables])
    return replace(table, unfinished=unfinished)
