"""Checks of hourly values, before daily means are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import conversion_factor
from pointfuse.model.metadata import Variable
from pointfuse.stations.daily_means import daily_means, hours_needed
from pointfuse.stations.eight_hour_means import Rule, largest_eight_hour_means
from pointfuse.stations.observations import Observations, Stations
from pointfuse.stations.pollutants import (
    POLLUTANTS,
    is_eight_hour_maximum,
    measured_by_the_hour,
)
from pointfuse.stations.quality.levels import level_offset, levels
from pointfuse.stations.quality.reasons import Reason, usable
from pointfuse.stations.quality.weeks import weeks

STUCK_HOURS = 24
"""Identical hours from the first to the last that are too many."""

STUCK_SHARE = 0.75
"""Least share of these hours that has a value: gaps hide a stuck instrument, and make none."""

QUIET = {"so2": 10.0, "no2": 3.0, "co": 1.0}
"""Up to here values of gases may rest for `QUIET_HOURS`, in the units of `POLLUTANTS`: they are
reported in steps of 1 ug m-3 (CO of 0.1 mg m-3), and a day of clean air may lie within one. Of
17,300 whole days at stations (the 12 of 2019 that are shared), SO2 rests on 147, all but one of
them at 8 or below, CO on 60, at 0.9 or below, NO2 on 5, at 2, and the others on none."""

QUIET_HOURS = 96
"""Identical hours of such values that are too many: clean air does not last."""

SPIKE_FACTOR = 3.0
"""A spike is at least so many times as high (or low) as the hours before and after it."""

SPIKE_SCALES = 4.0
"""And differs from them by so many times what is usual at its station, on the log scale."""

SPIKE_GAP = 3
"""The hours before and after are at most so many hours away."""

SPIKE_DISTANCE, SPIKE_SUPPORT = 50e3, 1 / 3
"""Of the stations up to here (m) so many have to show the like, by half as much."""

_EARTH_RADIUS = 6_371_000.0
_STATIONS_AT_ONCE = 100


def check_hours(
    hourly: Observations, variables: Sequence[Variable], *, thorough: bool = True
) -> Observations:
    """Give every hourly value a reason.

    A value is judged by the hours of its calendar week and two days on either side, whatever else
    was read.

    Parameters
    ----------
    hourly : Observations
        Hourly values of all files together, since a run of hours may cross from one to another.
    variables : sequence of Variable
        Their valid ranges. The first is the one that is fused, and pollutants alone are checked for
        spikes.
    thorough : bool
        Whether to look for stuck values and spikes; the valid range always counts.

    Returns
    -------
    Observations
        The same values, with their reasons.
    """
    reasons = {
        variable.name: np.zeros(hourly.values[variable.name].shape, np.uint8)
        for variable in variables
        if variable.name in hourly.values
    }
    for own, around in weeks(hourly.times):
        found = _reasons_of_week(hourly.at_times(around), variables, thorough)
        for name, reason in found.items():
            reasons[name][own] = reason[own.start - around.start : own.stop - around.start]
    return replace(hourly, reasons=reasons)


def _reasons_of_week(
    hourly: Observations, variables: Sequence[Variable], thorough: bool
) -> dict[str, NDArray[np.uint8]]:
    reasons = {}
    for position, variable in enumerate(variables):
        if variable.name not in hourly.values:
            continue
        table = hourly.values[variable.name]
        reason = range_reasons(table, variable)
        if thorough:
            pollutant = position == 0 or variable.name in POLLUTANTS
            # Air is saturated, or calm, for days: weather may rest at the ends of its range.
            ends = () if pollutant else variable.valid_range
            _check_stuck(reason, table, hourly.times, ends, _quiet(variable))
            if pollutant:
                _check_spikes(reason, hourly, table)
        reasons[variable.name] = reason
    return reasons


def _quiet(variable: Variable) -> float:
    """Up to where values of a variable may rest for long; 0 if nowhere."""
    known = POLLUTANTS.get(variable.name)
    in_own_units = known is not None and known.units == variable.units
    return QUIET.get(variable.name, 0.0) if in_own_units else 0.0


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
        Valid hours that make a day, as `daily_means` takes them.

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
    needed = hours_needed(days.times, min_hours, checked.unfinished)[:, None]
    first_hours = np.searchsorted(checked.times.astype("datetime64[D]"), days.times)
    reasons = {}
    for name, means in days.values.items():
        of_hours = checked.reasons[name]
        whole = _daily_count(of_hours != Reason.NO_VALUE, first_hours) >= needed
        reasons[name] = _reasons_of_days(means, whole, of_hours, first_hours)
    return replace(days, reasons=reasons, hours=checked)


def with_eight_hour_maxima(
    days: Observations, variables: Sequence[Variable], rule: Rule
) -> Observations:
    """Days with the largest 8-hour means of those variables that are such.

    Parameters
    ----------
    days : Observations
        From `means_of_checked_hours`.
    variables : sequence of Variable
        What is asked for.
    rule : Rule
        Which means belong to a day, and how many make it whole.
    """
    checked = days.hours
    assert checked is not None  # made of them
    first_hours = np.searchsorted(checked.times.astype("datetime64[D]"), days.times)
    values, reasons = dict(days.values), dict(days.reasons)
    for variable in filter(is_eight_hour_maximum, variables):
        name = measured_by_the_hour(variable)
        if name not in checked.values:
            continue
        table, of_hours = checked.values[name], checked.reasons[name]
        factor = conversion_factor(name, "ug m-3", variable.units)
        own = rule._replace(limit=factor * rule.limit)
        kept = np.where(usable(of_hours), table, np.nan)
        largest = largest_eight_hour_means(checked.times, kept, days.times, own)
        if_all_were_kept = largest_eight_hour_means(checked.times, table, days.times, own)
        values[variable.name] = largest
        reasons[variable.name] = _reasons_of_days(
            largest, np.isfinite(if_all_were_kept), of_hours, first_hours
        )
    return replace(days, values=values, reasons=reasons)


def _reasons_of_days(
    values: NDArray[np.float64],
    whole: NDArray[np.bool_],
    of_hours: NDArray[np.uint8],
    first_hours: NDArray[np.intp],
) -> NDArray[np.uint8]:
    """Why values of days are missing, shape (day, station).

    Parameters
    ----------
    values : ndarray of float64, shape (day, station)
        The values, NaN where missing.
    whole : ndarray of bool, shape (day, station)
        Which would be there with all hours that were read.
    of_hours : ndarray of uint8, shape (hour, station)
        Reasons of the hours.
    first_hours : ndarray of int, shape (day,)
        The first hour of each day.
    """
    reason = np.full(values.shape, Reason.PASSED, np.uint8)
    absent = np.isnan(values)
    read = _daily_count(of_hours != Reason.NO_VALUE, first_hours)
    reason[absent] = np.where(read > 0, Reason.TOO_FEW_HOURS, Reason.NO_VALUE)[absent]
    most = np.zeros(values.shape, np.int64)
    for cause in (Reason.OUT_OF_RANGE, Reason.STUCK, Reason.SPIKE):
        count = _daily_count(of_hours == cause, first_hours)
        commoner = absent & whole & (count > most)
        reason[commoner], most[commoner] = cause, count[commoner]
    return reason


def _daily_count(chosen: NDArray[np.bool_], first_hours: NDArray[np.intp]) -> NDArray[np.int64]:
    """How many hours of each day are chosen, shape (day, station)."""
    return np.add.reduceat(chosen, first_hours, axis=0, dtype=np.int64)


@dataclass(frozen=True)
class _Series:
    """Usable values of some stations, one station after the other, in the order of time."""

    station: NDArray[np.intp]
    row: NDArray[np.intp]
    hour: NDArray[np.int64]
    value: NDArray[np.float64]


def _series(
    reason: NDArray[np.uint8], table: NDArray[np.float64], times: NDArray[np.datetime64]
) -> Iterator[_Series]:
    """The series of all stations, some at a time: those of a year together fill the memory."""
    hours = times.astype(np.int64)
    for first in range(0, table.shape[1], _STATIONS_AT_ONCE):
        block = slice(first, first + _STATIONS_AT_ONCE)
        station, row = np.nonzero(reason[:, block].T == Reason.PASSED)
        if len(row):
            station += first
            yield _Series(station, row, hours[row], table[row, station])


def _check_stuck(
    reason: NDArray[np.uint8],
    table: NDArray[np.float64],
    times: NDArray[np.datetime64],
    ends: Sequence[float],
    quiet: float,
) -> None:
    """Mark the values that are part of a run of identical ones that is too long."""
    for series in _series(reason, table, times):
        value, station = series.value, series.station
        begins = np.ones(len(value), bool)
        begins[1:] = (station[1:] != station[:-1]) | (value[1:] != value[:-1])
        run = np.cumsum(begins) - 1
        first, count = np.flatnonzero(begins), np.bincount(run)
        span = series.hour[first + count - 1] - series.hour[first] + 1
        # An instrument that is off gives zero.
        clean = (value[first] > 0) & (value[first] <= quiet)
        most = np.where(clean, QUIET_HOURS, STUCK_HOURS)
        long = (span >= most) & (count >= STUCK_SHARE * span)
        stuck = (long & ~np.isin(value[first], ends))[run]
        reason[series.row[stuck], station[stuck]] = Reason.STUCK


def _check_spikes(
    reason: NDArray[np.uint8], hourly: Observations, table: NDArray[np.float64]
) -> None:
    """Mark the spikes that too few stations nearby confirm."""
    offset = level_offset(np.where(reason == Reason.PASSED, table, np.nan))
    found = [_candidates(series, offset) for series in _series(reason, table, hourly.times)]
    if not found:
        return
    row, station, jump = (np.concatenate(part) for part in zip(*found, strict=True))
    stations, which = np.unique(station, return_inverse=True)
    near = _within_reach(hourly.stations, stations)
    hours = hourly.times.astype(np.int64)
    judged = np.full(len(row), Reason.PASSED, np.uint8)
    for i in range(len(row)):
        begin, end = np.searchsorted(hours, hours[row[i]] + np.array([-SPIKE_GAP, SPIKE_GAP + 1]))
        others = np.flatnonzero(near[which[i]])
        around = table[begin:end, others]
        around = np.where(reason[begin:end, others] == Reason.PASSED, around, np.nan)
        at_the_time = np.abs(hours[begin:end] - hours[row[i]]) <= 1
        judged[i] = _confirmed(np.sign(jump[i]) * levels(around, offset), at_the_time, abs(jump[i]))
    reason[row, station] = judged


def _confirmed(around: NDArray[np.float64], at_the_time: NDArray[np.bool_], size: float) -> Reason:
    """Whether stations nearby, shape (hour, station), rise by half as much as a spike."""
    around = around[:, np.isfinite(around).sum(axis=0) > 1]
    if not around.shape[1]:
        return Reason.ISOLATED
    highest = np.fmax.reduce(around[at_the_time], axis=0, initial=-np.inf)
    rises = highest - np.fmin.reduce(around, axis=0) >= size / 2
    return Reason.PASSED if rises.mean() >= SPIKE_SUPPORT else Reason.SPIKE


def _candidates(
    series: _Series, offset: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Row, station and height (log) of values that are unusually far from both their neighbours."""
    level = levels(series.value, offset)
    step = np.diff(level)
    same = series.station[1:] == series.station[:-1]
    usual = _usual_step(np.where(same, np.abs(step), 0), series.station)
    close = same & (np.diff(series.hour) <= SPIKE_GAP)
    # Up and then down again, or the other way round.
    turns = close[1:] & close[:-1] & (step[1:] * step[:-1] < 0)
    size = np.minimum(np.abs(step[1:]), np.abs(step[:-1]))
    high = size > np.maximum(np.log(SPIKE_FACTOR), SPIKE_SCALES * usual[1:-1])
    chosen = np.flatnonzero(turns & high)
    jump = np.sign(step[chosen]) * size[chosen]
    return series.row[1 + chosen], series.station[1 + chosen], jump


def _usual_step(step: NDArray[np.float64], station: NDArray[np.intp]) -> NDArray[np.float64]:
    """Robust scale of the steps of each station, for each of its values."""
    first = np.flatnonzero(np.diff(station, prepend=-1))
    last = np.append(first[1:], len(station))
    medians = []
    for begin, end in zip(first, last, strict=True):
        middle = (end - begin) // 2
        medians.append(np.partition(np.append(step[begin : end - 1], 0), middle)[middle])
    return np.repeat(1.4826 * np.array(medians), last - first)


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
