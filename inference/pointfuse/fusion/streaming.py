"""Fuse any number of days or hours, one at a time, in constant memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from pointfuse.stations.observations import Observations, Stations, TimeStep
from pointfuse.stations.pollutants import with_hourly
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import Counts, add_counts

Item = TypeVar("Item")

MIN_STATIONS = 1
"""Fewest stations that make a day, unless another number is asked for."""


class Tally:
    """What became of the stations and their values over all times of a run.

    Parameters
    ----------
    stations : Stations
        All that were read.
    metadata : ModelMetadata
        The model that fuses them.
    step : TimeStep
        What the times are.
    """

    def __init__(self, stations: Stations, metadata: ModelMetadata, *, step: TimeStep) -> None:
        self.step = step
        self.times = self.fused = self.most_hours = self.unused_hours = 0
        self.quality: Counts = {}
        self._stations = stations
        self.variable = metadata.target.name
        self._cell = metadata.grid.cells(stations.longitude, stations.latitude)
        self._valid = np.zeros(len(stations), bool)
        self._used = np.zeros(len(stations), bool)
        self._out_of_range = self._suspect = 0

    def add(self, placed: PlacedObservations, status: DayStatus) -> None:
        """Count the observations of a time."""
        self.times += 1
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
        """The error that nothing was fused, with what became of the stations."""
        counts = self.counts
        unit, value = self.step
        if min_stations > 1 and counts.used:
            return InputError(
                f"no {unit} has {min_stations} stations with a valid {value} of {self.variable} on "
                f"the grid: {counted(self.times, unit)}, {counted(counts.read, 'station')} read, "
                f"{counts.used} used; use "
                "a smaller --min-stations"
            )
        return nothing_to_fuse(
            self.variable,
            self.times,
            counts,
            self.most_hours,
            self.unused_hours,
            step=self.step,
        )


class Due(NamedTuple):
    """A field of a day or an hour that is to be made, or why it is not.

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
    def time(self) -> np.datetime64:
        """The day, datetime64[D], or hour, datetime64[h]."""
        time: np.datetime64 = self.placed.observations.times[0]
        return time


Times = Iterator[Sequence[Due]]
"""Time after time, what is due of each variable."""


def placed_times(
    weeks: Iterator[Observations],
    models: Sequence[Model],
    tallies: Sequence[Tally],
    *,
    quality_control: bool = True,
    min_stations: int = MIN_STATIONS,
) -> Times:
    """Observations of each time on the grids; reading and checking is one time ahead.

    Parameters
    ----------
    weeks : iterator of Observations
        Daily means or hours of successive weeks, all with the same stations, as of a `Spool`.
    models : sequence of Model
        One for each variable that is fused.
    tallies : sequence of Tally
        One for each model; they grow with each time.
    quality_control : bool
        Whether to leave out values that are suspect.
    min_stations : int
        Fewest stations of a fused variable that make a field.
    """
    for bundle in one_ahead(_placed(weeks, models, quality_control)):
        due = []
        for placed, tally in zip(bundle, tallies, strict=True):
            stations = int(placed.target_stations[0])
            status = DayStatus.FUSED
            if stations < min_stations:
                status = DayStatus.TOO_FEW_STATIONS if stations else DayStatus.NO_STATIONS
            tally.add(placed, status)
            due.append(Due(placed, status))
        yield due


def fused_times(
    times: Times, models: Sequence[Model], finished: FinishedDays, *, keep: bool
) -> Iterator[list[FusedFields]]:
    """Fields of each variable time by time; those with too few stations have no values.

    Parameters
    ----------
    times : iterator of sequence of Due
        From `placed_times`.
    models : sequence of Model
        One for each variable.
    finished : FinishedDays
        Fields of a run before.
    keep : bool
        Whether to add to them.
    """
    for bundle in times:
        yield [
            finished.fuse(placed, model, keep=keep)
            if status is DayStatus.FUSED
            else missing_day(placed, model, status)
            for (placed, status), model in zip(bundle, models, strict=True)
        ]


def _placed(
    weeks: Iterator[Observations], models: Sequence[Model], quality_control: bool
) -> Iterator[list[PlacedObservations]]:
    for week in weeks:
        checked = [
            _of_model(check_days(week, model) if quality_control else week, model.metadata)
            for model in models
        ]
        for time in range(len(week.times)):
            yield [
                place(each.at_times(slice(time, time + 1)), model.metadata)
                for each, model in zip(checked, models, strict=True)
            ]


def _of_model(week: Observations, metadata: ModelMetadata) -> Observations:
    """What a model takes of a week, in which there is what others take too."""
    names = [*with_hourly(metadata.variables)]
    hours = week.hours
    return replace(week.of_variables(names), hours=hours and hours.of_variables(names))


def by_month(
    items: Iterator[Item], time_of: Callable[[Item], np.datetime64]
) -> Iterator[tuple[str, Iterator[Item]]]:
    """What belongs to single times with the month that each belongs to, such as 2019-01."""
    return itertools.groupby(items, lambda item: str(time_of(item).astype("datetime64[M]")))
