"""Checks of daily means and hours, which need the grid and the terrain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model, require_model
from pointfuse.model.metadata import Variable
from pointfuse.stations.daily_means import daily_means
from pointfuse.stations.observations import Observations, Stations, require_observations
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse.stations.quality.hour_checks import range_reasons
from pointfuse.stations.quality.neighbours import (
    NEAR_SPREAD,
    NEAR_SPREADS,
    compare_with_neighbours,
    find_neighbours,
)
from pointfuse.stations.quality.reasons import Reason, usable
from pointfuse.stations.quality.weeks import weeks

FINE, COARSE = "pm25", "pm10"

INSTRUMENTS_DIFFER = 1.1
"""Instruments for PM2.5 and PM10 may differ by so much: of 233,941 station-days of the even weeks
of 2019 with both, PM2.5 is above PM10 in 1.1 %, and by more than this in 0.6 %."""

OF_SERIES = (Reason.STUCK, Reason.SPIKE)
"""What the series of a station says of its hours."""

HOURS_OF_A_DAY = 18
"""Fewest hours of a station whose mean is compared with those of its neighbours."""

_ANY = Variable("", "1", "", "", (-np.inf, np.inf))

HEIGHT = "height"
"""Static layer of a model that gives the height of a station, m."""


def check_days(observations: Observations, model: Model) -> Observations:
    """Give every daily mean, or every hour, of the model's variables a reason.

    A value is judged by the days of its calendar week, whatever else was read.

    Parameters
    ----------
    observations : Observations
        Daily means; where they were made from checked hours, what these said stays. Or hours, of
        which stays what their series says.
    model : Model
        Its valid ranges, its grid, and the height of its cells if it carries them; otherwise
        neighbours are told by distance alone.

    Returns
    -------
    Observations
        The same values, with their reasons.

    Raises
    ------
    ArgumentError
        If the observations or the model are of another kind.
    """
    require_observations(observations)
    require_model(model)
    metadata = model.metadata
    place = _place_reasons(observations.stations, metadata.grid)
    twins = _possible_twins(observations.stations)
    reasons = {}
    for variable in metadata.variables:
        if variable.name not in observations.values:
            continue
        table = observations.values[variable.name]
        reason = range_reasons(table, variable)
        known = observations.reasons.get(variable.name)
        if known is not None:
            absent = reason == Reason.NO_VALUE
            reason[absent] = np.maximum(reason, known)[absent]
            in_series = (reason == Reason.PASSED) & np.isin(known, OF_SERIES)
            reason[in_series] = known[in_series]
        reason = np.where(reason == Reason.PASSED, place, reason)
        if variable.name == COARSE and FINE in observations.values:
            _check_coarse(reason, table, observations.values[FINE])
        for week, _ in weeks(observations.times):
            _check_twins(reason[week], table[week], twins)
            if variable is metadata.target or variable.name in POLLUTANTS:
                spread = NEAR_SPREADS.get(variable.name, NEAR_SPREAD)
                check = _check_days_of_hours if observations.hourly else _check_neighbours
                check(reason[week], table[week], observations.at_times(week), model, spread)
        reasons[variable.name] = reason
    return replace(observations, reasons=reasons)


def _place_reasons(stations: Stations, grid: Grid) -> NDArray[np.uint8]:
    """What the coordinates of each station say, shape (station,)."""
    reason = np.full(len(stations), Reason.PASSED, np.uint8)
    reason[grid.cells(stations.longitude, stations.latitude) < 0] = Reason.OUTSIDE_GRID
    exchanged = grid.cells(stations.latitude, stations.longitude) >= 0
    reason[exchanged & (reason == Reason.OUTSIDE_GRID)] = Reason.SWAPPED_COORDINATES
    located = np.isfinite(stations.longitude) & np.isfinite(stations.latitude)
    reason[~located] = Reason.NO_COORDINATES
    return reason


def _check_coarse(
    reason: NDArray[np.uint8], coarse: NDArray[np.float64], fine: NDArray[np.float64]
) -> None:
    """Mark PM10 that is below PM2.5."""
    below = coarse * INSTRUMENTS_DIFFER < fine
    reason[below & (reason == Reason.PASSED)] = Reason.BELOW_PM25


def _possible_twins(stations: Stations) -> list[tuple[int, int]]:
    """Pairs of stations (the earlier first) that share their code or their place."""
    pairs = set()
    places = list(zip(stations.longitude.tolist(), stations.latitude.tolist(), strict=True))
    for names in (stations.code.tolist(), places):
        earlier: dict[object, list[int]] = {}
        for station, name in enumerate(names):
            # NaN is equal to nothing, so that stations without place share none.
            alike = earlier.setdefault(name, [])
            pairs |= {(other, station) for other in alike}
            alike.append(station)
    return sorted(pairs)


def _check_twins(
    reason: NDArray[np.uint8], table: NDArray[np.float64], twins: list[tuple[int, int]]
) -> None:
    """Mark the values of the later of two stations that say the same on all common days."""
    there = usable(reason)
    for first, second in twins:
        common = there[:, first] & there[:, second]
        if common.any() and (table[common, first] == table[common, second]).all():
            reason[common, second] = Reason.DUPLICATE


def _check_neighbours(
    reason: NDArray[np.uint8],
    table: NDArray[np.float64],
    observations: Observations,
    model: Model,
    near_spread: float,
) -> None:
    """Mark the values that the neighbours contradict, and those that have none."""
    stations = observations.stations
    passed = reason == Reason.PASSED
    asked = np.flatnonzero(passed.any(axis=0))
    grid = model.metadata.grid
    longitude, latitude = stations.longitude[asked], stations.latitude[asked]
    height = np.zeros(len(asked))
    if HEIGHT in model.static_layer_names:
        height = model.static_layer(HEIGHT).ravel()[grid.cells(longitude, latitude)].astype(float)
    neighbours = find_neighbours(*grid.projection.forward(longitude, latitude), height)
    for day in range(len(table)):
        values = np.where(passed[day, asked], table[day, asked], np.nan)
        suspect, tested = compare_with_neighbours(values, neighbours, near_spread)
        there = np.isfinite(values)
        reason[day, asked[there & ~tested]] = Reason.ISOLATED
        reason[day, asked[suspect]] = Reason.NEIGHBOURS_DISAGREE


def _check_days_of_hours(
    reason: NDArray[np.uint8],
    table: NDArray[np.float64],
    observations: Observations,
    model: Model,
    near_spread: float,
) -> None:
    """Mark the hours of days whose means the neighbours contradict, or of which they know nothing.

    Hours differ more from place to place than days do, so that neighbours that are right about a
    day would condemn many good hours.
    """
    passed = reason == Reason.PASSED
    hours = replace(observations, values={"": np.where(passed, table, np.nan)}, reasons={})
    means = daily_means(hours, HOURS_OF_A_DAY)
    of_days = range_reasons(means.values[""], _ANY)
    _check_neighbours(of_days, means.values[""], means, model, near_spread)
    of_days[of_days == Reason.NO_VALUE] = Reason.ISOLATED
    day = np.searchsorted(means.times, observations.times.astype("datetime64[D]"))
    reason[passed] = of_days[day][passed]
