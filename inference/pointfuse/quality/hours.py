"""Checks of hourly values, which act before daily means are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.metadata import Variable
from pointfuse.observations import Observations, Stations, daily_means
from pointfuse.quality.levels import levels
from pointfuse.quality.reasons import Reason, State, usable

STUCK_HOURS = 24
"""Identical hours from the first to the last that are too many."""

STUCK_SHARE = 0.75
"""Least share of these hours that has a value: gaps hide a stuck instrument, and make none."""

SPIKE_FACTOR = 3.0
"""A spike is at least so many times as high (or low) as the hours before and after it."""

SPIKE_SCALES = 4.0
"""And differs from them by so many times what is usual at its station, on the log scale."""

SPIKE_GAP = 3
"""The hours before and after are at most so many hours away."""

SPIKE_DISTANCE, SPIKE_SUPPORT = 50e3, 1 / 3
"""Of the stations up to here (m) so many have to show the like, by half as much."""

_EARTH_RADIUS = 6_371_000.0


def check_hours(
    hourly: Observations, variables: Sequence[Variable], *, thorough: bool = True
) -> Observations:
    """Give every hourly value a reason.

    Parameters
    ----------
    hourly : Observations
        Hourly values of all files together, since a run of hours may cross from one to another.
    variables : sequence of Variable
        Their valid ranges; the first is the one that is fused, and alone checked for spikes.
    thorough : bool
        Whether to look for stuck values and spikes; the valid range always counts.

    Returns
    -------
    Observations
        The same values, with their reasons.
    """
    reasons = {}
    for position, variable in enumerate(variables):
        if variable.name not in hourly.values:
            continue
        table = hourly.values[variable.name]
        reason = range_reasons(table, variable)
        if thorough:
            series = _series(np.where(reason == Reason.PASSED, table, np.nan), hourly.times)
            # Air is saturated, or calm, for days: weather may rest at the ends of its range.
            ends = variable.valid_range if position else ()
            reason[series.cells(_stuck(series, ends))] = Reason.STUCK
            if position == 0:
                _check_spikes(reason, series, hourly)
        reasons[variable.name] = reason
    return replace(hourly, reasons=reasons)


def range_reasons(table: NDArray[np.float64], variable: Variable) -> NDArray[np.uint8]:
    """`Reason.NO_VALUE`, `OUT_OF_RANGE` or `PASSED` for each value of a table."""
    low, high = variable.valid_range
    reason = np.full(table.shape, Reason.PASSED, np.uint8)
    reason[~((table >= low) & (table <= high))] = Reason.OUT_OF_RANGE
    reason[np.isnan(table)] = Reason.NO_VALUE
    return reason


def means_of_checked_hours(checked: Observations, min_hours: int) -> Observations:
    """Daily means of the hours that can be used, which know of those that cannot.

    A day that only the rejected hours would have made whole is suspect for their commonest
    reason; a day with too few hours from the start is missing.

    Parameters
    ----------
    checked : Observations
        From `check_hours`.
    min_hours : int
        Valid hours that make a day.

    Raises
    ------
    InputError
        As `daily_means`.
    """
    kept = {
        name: np.where(usable(checked.reasons[name]), table, np.nan)
        for name, table in checked.values.items()
    }
    days = daily_means(replace(checked, values=kept), min_hours)
    first_hours = np.searchsorted(checked.times.astype("datetime64[D]"), days.times)
    reasons = {}
    for name, means in days.values.items():
        lost = checked.reasons[name]
        counts = np.stack([_daily_count(lost == code, first_hours) for code in Reason])
        rejected = np.array([code.state == State.SUSPECT for code in Reason])
        read = counts.sum(axis=0) - counts[Reason.NO_VALUE]
        reason = np.full(means.shape, Reason.PASSED, np.uint8)
        absent = np.isnan(means)
        reason[absent] = np.where(read > 0, Reason.TOO_FEW_HOURS, Reason.NO_VALUE)[absent]
        spoilt = absent & (read >= min_hours)
        commonest = np.argmax(counts * rejected[:, None, None], axis=0)
        reason[spoilt] = commonest[spoilt]
        reasons[name] = reason
    return replace(days, reasons=reasons, hours=checked)


def _daily_count(chosen: NDArray[np.bool_], first_hours: NDArray[np.intp]) -> NDArray[np.int64]:
    """How many hours of each day are chosen, shape (day, station)."""
    return np.add.reduceat(chosen, first_hours, axis=0, dtype=np.int64)


@dataclass(frozen=True)
class _Series:
    """The values of a table that are there, station by station, in the order of time.

    `level` is the logarithmic level of each value.
    """

    station: NDArray[np.intp]
    row: NDArray[np.intp]
    hour: NDArray[np.int64]
    value: NDArray[np.float64]
    level: NDArray[np.float64]

    def cells(self, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places of some of the values in the table."""
        return self.row[chosen], self.station[chosen]


def _series(table: NDArray[np.float64], times: NDArray[np.datetime64]) -> _Series:
    station, row = np.nonzero(np.isfinite(table).T)
    value = table[row, station]
    return _Series(station, row, times.astype(np.int64)[row], value, levels(value))


def _stuck(series: _Series, ends: Sequence[float]) -> NDArray[np.bool_]:
    """Which values are part of a run of identical ones that is too long."""
    value, station = series.value, series.station
    if not len(value):
        return np.zeros(0, bool)
    begins = np.ones(len(value), bool)
    begins[1:] = (station[1:] != station[:-1]) | (value[1:] != value[:-1])
    run = np.cumsum(begins) - 1
    first, count = np.flatnonzero(begins), np.bincount(run)
    span = series.hour[first + count - 1] - series.hour[first] + 1
    long = (span >= STUCK_HOURS) & (count >= STUCK_SHARE * span)
    long &= ~np.isin(value[first], ends)
    stuck: NDArray[np.bool_] = long[run]
    return stuck


def _check_spikes(reason: NDArray[np.uint8], series: _Series, hourly: Observations) -> None:
    """Mark the spikes that no station nearby confirms."""
    jump, direction = _jumps(series)
    candidate = jump > np.maximum(np.log(SPIKE_FACTOR), SPIKE_SCALES * _usual_jump(series))
    candidate &= reason[series.row, series.station] == Reason.PASSED
    if not candidate.any():
        return
    level = np.full(reason.shape, np.nan)
    level[series.row, series.station] = series.level
    stations, of_candidate = np.unique(series.station[candidate], return_inverse=True)
    near = _within_reach(hourly.stations, stations)
    hours = hourly.times.astype(np.int64)
    for row, station, which, size, sign in zip(
        *series.cells(candidate), of_candidate, jump[candidate], direction[candidate], strict=True
    ):
        begin, end = np.searchsorted(hours, hours[row] + np.array([-SPIKE_GAP, SPIKE_GAP + 1]))
        around = sign * level[begin:end, near[which]]
        at_the_time = np.abs(hours[begin:end] - hours[row]) <= 1
        seen = np.isfinite(around).sum(axis=0) > 1
        if not seen.any():
            reason[row, station] = Reason.ISOLATED
            continue
        around = around[:, seen]
        lowest = np.nanmin(around, axis=0)
        highest = np.where(np.isnan(around[at_the_time]), -np.inf, around[at_the_time]).max(axis=0)
        if np.mean(highest - lowest >= size / 2) < SPIKE_SUPPORT:
            reason[row, station] = Reason.SPIKE


def _jumps(series: _Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much each value is above or below both its neighbours in time (log), and its sign.

    Zero where it lies between them, or has none on one side.
    """
    level = series.level
    jump, sign = np.zeros(len(level)), np.zeros(len(level))
    if len(level) < 3:
        return jump, sign
    close = (series.station[1:] == series.station[:-1]) & (np.diff(series.hour) <= SPIKE_GAP)
    inside = close[1:] & close[:-1]
    before, after = level[1:-1] - level[:-2], level[1:-1] - level[2:]
    same_side = inside & (before * after > 0)
    jump[1:-1] = np.where(same_side, np.minimum(np.abs(before), np.abs(after)), 0)
    sign[1:-1] = np.where(same_side, np.sign(before), 0)
    return jump, sign


def _usual_jump(series: _Series) -> NDArray[np.float64]:
    """Robust scale of the step from one value to the next at the station of each value (log)."""
    step = np.abs(np.diff(series.level, prepend=np.nan))
    step[np.diff(series.station, prepend=-1) != 0] = 0
    order = np.lexsort((step, series.station))
    count = np.bincount(series.station)
    middle = np.cumsum(count) - count + count // 2
    median = np.zeros(len(count))
    present = count > 0
    median[present] = step[order][middle[present]]
    scale: NDArray[np.float64] = 1.4826 * median[series.station]
    return scale


def _within_reach(stations: Stations, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which other stations are near each chosen one, shape (chosen, station)."""
    east, north = np.radians(stations.longitude), np.radians(stations.latitude)
    place = np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1
    )
    # A chord of the sphere, as good as an arc over such distances; NaN is not near.
    with np.errstate(invalid="ignore"):
        cosine = place[chosen] @ place.T
        near: NDArray[np.bool_] = cosine >= 1 - (SPIKE_DISTANCE / _EARTH_RADIUS) ** 2 / 2
    near[np.arange(len(chosen)), chosen] = False
    return near
