"""From records to daily means."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.timezones import utc_midnights, zone_name
from pointfuse.errors import InputError
from pointfuse_training.ctm_output.output_file import OutputFile
from pointfuse_training.ctm_output.quantities import Recipe

_DAY = np.timedelta64(24 * 3600, "s")
_HOUR = np.timedelta64(3600, "s")


class _Place(NamedTuple):
    """Where a record is: file, and index within it."""

    file: int
    record: int


@dataclass(frozen=True)
class DailyMeans:
    """A quantity by local days, read day by day.

    Parameters
    ----------
    name : str
        Name of the quantity, for messages.
    recipe : Recipe
        How it is computed from a record.
    files : tuple of OutputFile
        Files that have all its fields.
    step : timedelta64
        Time between records.
    records : dict of datetime64[D] to list
        Records of each local day.
    expected : dict of datetime64[D] to int
        Records that the day has where it is complete.
    """

    name: str
    recipe: Recipe
    files: tuple[OutputFile, ...]
    step: np.timedelta64
    records: dict[np.datetime64, list[_Place]]
    expected: dict[np.datetime64, int]

    def is_complete(self, day: np.datetime64) -> bool:
        """Whether all records of a day are there."""
        return len(self.records.get(day, ())) == self.expected.get(day, -1)

    def count(self, day: np.datetime64) -> str:
        """How much of a day is there, for people: ``7 of 24 hours``."""
        hours = self.step / _HOUR
        found, expected = len(self.records.get(day, ())), self.expected.get(day)
        of = f" of {expected * hours:g}" if expected else ""
        return f"{self.name} {found * hours:g}{of} hours"

    def mean(self, day: np.datetime64) -> NDArray[np.float32]:
        """Mean over a complete day.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Row 0 in the south.

        Raises
        ------
        InputError
            If a file cannot be read, or has missing values.
        """
        total = np.zeros(self.files[0].layout.axes.grid.shape)
        places = self.records[day]
        for index in dict.fromkeys(place.file for place in places):
            numbers = [place.record for place in places if place.file == index]
            for records in _runs(numbers):
                total += self._values(self.files[index], records, day).sum(axis=0)
        return (total / len(places)).astype(np.float32)

    def _values(self, file: OutputFile, records: slice, day: np.datetime64) -> NDArray[np.float64]:
        names = self.recipe.names_in(file) or ()
        fields = [
            values * ingredient.factor(file, name)
            for ingredient, name, values in zip(
                self.recipe.ingredients, names, file.read(names, records), strict=True
            )
        ]
        values = self.recipe.combine(*fields)
        if not np.isfinite(values).all():
            raise InputError(
                f"{file.path.name} has missing or impossible values of {', '.join(names)} on "
                f"{day}; expected a complete field"
            )
        return values

    def inputs(self, days: Sequence[np.datetime64]) -> list[OutputFile]:
        """Files that some days are made of."""
        needed = {place.file for day in days for place in self.records[day]}
        return [self.files[index] for index in sorted(needed)]


def daily_means(
    name: str,
    recipes: Sequence[Recipe],
    files: Sequence[OutputFile],
    timezone: datetime.tzinfo,
) -> DailyMeans | None:
    """Find the records of a quantity, and sort them by local days.

    Parameters
    ----------
    name : str
        Name of the quantity, for messages.
    recipes : sequence of Recipe
        Ways to compute it; the first whose fields a file has is used.
    files : sequence of OutputFile
        Where to look.
    timezone : tzinfo
        Time zone in which days begin and end.

    Returns
    -------
    DailyMeans or None
        None where no file has what a recipe needs.

    Raises
    ------
    InputError
        If units cannot be converted, files overlap, or their records do not make up days.
    """
    for recipe in recipes:
        having = [file for file in files if recipe.names_in(file)]
        if having:
            having.sort(key=lambda file: file.layout.starts[0])
            for file in having:
                names = recipe.names_in(file) or ()
                for ingredient, field in zip(recipe.ingredients, names, strict=True):
                    ingredient.factor(file, field)
            return _by_days(name, recipe, tuple(having), timezone)
    return None


def _by_days(
    name: str, recipe: Recipe, files: tuple[OutputFile, ...], timezone: datetime.tzinfo
) -> DailyMeans:
    starts = np.concatenate([file.layout.starts for file in files])
    places = [
        _Place(index, record)
        for index, file in enumerate(files)
        for record in range(len(file.layout.starts))
    ]
    # Of records at one time the first is taken: files of a day often end with the next midnight.
    times, first = np.unique(starts, return_index=True)
    _check_overlaps(files)
    step = _step(name, files, times)
    spread = times.astype("datetime64[D]")
    days = np.arange(spread[0] - 1, spread[-1] + 3)
    midnights = utc_midnights(days, timezone)
    if step == _DAY:
        _check_midnights(name, files, times, midnights, timezone)
    records: dict[np.datetime64, list[_Place]] = {}
    for day, index in zip(np.searchsorted(midnights, times, "right") - 1, first, strict=True):
        records.setdefault(days[day], []).append(places[index])
    lengths = dict(zip(days[:-1], np.diff(midnights) / step, strict=True))
    expected = {day: int(lengths[day]) for day in records}
    return DailyMeans(name, recipe, files, step, records, expected)


def _check_overlaps(files: tuple[OutputFile, ...]) -> None:
    """A file may end with the record that the next begins with, but no more."""
    for earlier, later in itertools.pairwise(files):
        shared = np.intersect1d(earlier.layout.starts, later.layout.starts)
        if len(shared) > 1:
            raise InputError(
                f"{earlier.path.name} and {later.path.name} both have {len(shared)} records from "
                f"{shared[0]} on; give files that follow each other"
            )


def _step(
    name: str, files: tuple[OutputFile, ...], times: NDArray[np.datetime64]
) -> np.timedelta64:
    """Time between records: as files say, or the shortest between two."""
    said = {file.layout.step for file in files if file.layout.step is not None}
    if len(said) > 1:
        raise InputError(
            f"the files of {name} have records of {_hours(min(said))} and of {_hours(max(said))} "
            "hours; give files of one time step"
        )
    between = np.diff(times).min() if len(times) > 1 else _HOUR
    step = said.pop() if said else between
    if not (np.timedelta64(0, "s") < step <= _DAY) or _DAY % step:
        raise InputError(
            f"the records of {name} are {_hours(step)} hours apart; expected an hour, or another "
            "part of a day"
        )
    return step


def _check_midnights(
    name: str,
    files: tuple[OutputFile, ...],
    times: NDArray[np.datetime64],
    midnights: NDArray[np.datetime64],
    timezone: datetime.tzinfo,
) -> None:
    """Means over days that begin at another time than here cannot be moved.

    Where files give an instant and no duration, it may be the middle of the day.
    """
    off = times - midnights[np.searchsorted(midnights, times, "right") - 1]
    may_be_middles = all(file.layout.step is None for file in files) and timezone == datetime.UTC
    if (off != np.timedelta64(0, "s")).any() and not may_be_middles:
        raise InputError(
            f"the records of {name} are daily means that begin at {times[0]} UTC, which is no "
            f"midnight of {zone_name(timezone)}; name the time zone of their days"
        )


def _hours(step: np.timedelta64) -> str:
    return f"{step / _HOUR:g}"


def _runs(numbers: list[int]) -> list[slice]:
    """Slices of successive numbers, which are read at once."""
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(numbers, breaks)]
