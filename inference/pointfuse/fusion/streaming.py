"""Fuse any number of days, one at a time, in constant memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.errors import InputError
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.finished_days import FinishedDays
from pointfuse.fusion.fuse import missing_day, nothing_to_fuse
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations, StationCounts, count_stations, place
from pointfuse.stations.observations import Observations, Stations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import Counts, add_counts

Item = TypeVar("Item")

MIN_STATIONS = 1
"""Fewest stations that make a day, unless another number is asked for."""


class Tally:
    """What became of the stations and their values over all days of a run.

    Parameters
    ----------
    stations : Stations
        All that were read.
    metadata : ModelMetadata
        The model that fuses them.
    """

    def __init__(self, stations: Stations, metadata: ModelMetadata) -> None:
        self.days = self.fused = self.most_hours = self.unused_hours = 0
        self.quality: Counts = {}
        self._stations = stations
        self._target = metadata.target.name
        self._cell = metadata.grid.cells(stations.longitude, stations.latitude)
        self._valid = np.zeros(len(stations), bool)
        self._used = np.zeros(len(stations), bool)
        self._out_of_range = self._suspect = 0

    def add(self, placed: PlacedObservations, status: DayStatus) -> None:
        """Count the observations of a day."""
        self.days += 1
        self.fused += status is DayStatus.FUSED
        self.most_hours = max(self.most_hours, int(placed.hours.most.max(initial=0)))
        self.unused_hours += int(placed.hours.unused.sum())
        self._valid |= placed.valid
        for table in placed.listed.values.values():
            self._used |= np.isfinite(table).any(axis=0)
        self._out_of_range += placed.counts.out_of_range
        self._suspect += placed.counts.suspect
        add_counts(self.quality, placed.quality)

    @property
    def counts(self) -> StationCounts:
        """What became of the stations."""
        return count_stations(
            self._stations, self._cell, self._valid, self._used, self._out_of_range, self._suspect
        )

    def nothing_fused(self, min_stations: int) -> InputError:
        """The error that no day was fused, with what became of the stations."""
        counts = self.counts
        if min_stations > 1 and counts.used:
            return InputError(
                f"no day has {min_stations} stations with a valid daily mean of {self._target} on "
                f"the grid: {counted(self.days, 'day')}, {counted(counts.read, 'station')} read, "
                f"{counts.used} used; use "
                "a smaller --min-stations"
            )
        return nothing_to_fuse(self._target, self.days, counts, self.most_hours, self.unused_hours)


class Day(NamedTuple):
    """A day that is to be fused, or why it is not.

    Attributes
    ----------
    placed : PlacedObservations
        Its observations on the model's grid.
    status : DayStatus
        Whether it has enough stations.
    """

    placed: PlacedObservations
    status: DayStatus

    @property
    def date(self) -> np.datetime64:
        """The day, datetime64[D]."""
        day: np.datetime64 = self.placed.observations.times[0]
        return day


def placed_days(
    weeks: Iterator[Observations],
    model: Model,
    tally: Tally,
    *,
    quality_control: bool = True,
    min_stations: int = MIN_STATIONS,
) -> Iterator[Day]:
    """Observations of each day on the grid; reading and checking is one day ahead.

    Parameters
    ----------
    weeks : iterator of Observations
        Daily means of successive weeks, all with the same stations, as of a `Spool`.
    model : Model
        The model.
    tally : Tally
        Grows with each day.
    quality_control : bool
        Whether to leave out daily means that are suspect.
    min_stations : int
        Fewest stations of the fused variable that make a day.
    """
    for placed in one_ahead(_placed(weeks, model, quality_control)):
        stations = int(placed.target_stations[0])
        status = DayStatus.FUSED
        if stations < min_stations:
            status = DayStatus.TOO_FEW_STATIONS if stations else DayStatus.NO_STATIONS
        tally.add(placed, status)
        yield Day(placed, status)


def fused_days(
    days: Iterator[Day], model: Model, finished: FinishedDays, *, keep: bool
) -> Iterator[FusedFields]:
    """Fields day by day; a day with too few stations is one without values.

    Parameters
    ----------
    days : iterator of Day
        From `placed_days`.
    model : Model
        The model.
    finished : FinishedDays
        Days of a run before.
    keep : bool
        Whether to add to them.
    """
    for placed, status in days:
        if status is DayStatus.FUSED:
            yield finished.fuse(placed, model, keep=keep)
        else:
            yield missing_day(placed, model, status)


def _placed(
    weeks: Iterator[Observations], model: Model, quality_control: bool
) -> Iterator[PlacedObservations]:
    for week in weeks:
        checked = check_days(week, model) if quality_control else week
        for day in range(len(checked.times)):
            yield place(checked.at_times(slice(day, day + 1)), model.metadata)


def by_month(
    items: Iterator[Item], day_of: Callable[[Item], np.datetime64]
) -> Iterator[tuple[str, Iterator[Item]]]:
    """What belongs to single days with the month that each belongs to, such as 2019-01."""
    return itertools.groupby(items, lambda item: str(day_of(item).astype("datetime64[M]")))


def with_any_field(days: Iterator[FusedFields], model: Model) -> Iterator[FusedFields] | None:
    """The same days if one of them was fused, or None."""
    missing: list[tuple[PlacedObservations, DayStatus]] = []
    for fields in days:
        if fields.fused.any():
            before = (missing_day(placed, model, status) for placed, status in missing)
            return itertools.chain(before, [fields], days)
        # The field of nothing is large, what it was made of is not.
        missing.append((fields.stations, DayStatus(int(fields.status[0]))))
    return None
