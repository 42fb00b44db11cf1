"""Hours of a day in the files, to recognise partial days."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import listed
from pointfuse.basics.timezones import local_hours
from pointfuse.stations.daily_means import HOURS
from pointfuse.stations.observations import Observations
from pointfuse.stations.quality.reasons import Reason, usable

logger = logging.getLogger(__name__)

_DAYS_NAMED = 7


@dataclass(frozen=True)
class DayHours:
    """Hours with a value of a variable on some days.

    Parameters
    ----------
    seen : ndarray of bool, shape (day, 24)
        In which hours of the local day any station has a value that can be one; nowhere on a day
        of which the files give daily means alone.
    whole : ndarray of bool, shape (day, 24)
        Which hours the day has: not all where clocks are put forward.
    most : ndarray of int64, shape (day,)
        Usable hours of the station that has most of them.
    unused : ndarray of int64, shape (day,)
        Hourly values, of all stations, that quality control left out.
    unfinished : ndarray of bool, shape (day,)
        Which day was not over when its hours were read.
    """

    seen: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    most: NDArray[np.int64]
    unused: NDArray[np.int64]
    unfinished: NDArray[np.bool_]

    @classmethod
    def of(cls, observations: Observations, name: str) -> DayHours:
        """Hours that the daily means of a variable were made of; nothing where it has hours."""
        days = observations.times
        if observations.hourly:
            nothing = np.zeros((len(days), HOURS), bool)
            zero = np.zeros(len(days), np.int64)
            return cls(nothing, nothing, zero, zero, zero > 0)
        seen = np.zeros((len(days), HOURS), bool)
        most, unused = np.zeros((2, len(days)), np.int64)
        hours = observations.hours
        if hours is not None and name in hours.reasons:
            reasons = hours.reasons[name]
            # An hour of which all say -999 is none; one with a spike was there.
            there = (reasons != Reason.NO_VALUE) & (reasons != Reason.OUT_OF_RANGE)
            used = usable(reasons)
            day = hours.times.astype("datetime64[D]")
            clock = (hours.times - day).astype(np.int64)
            for position, wanted in enumerate(days):
                own = day == wanted
                seen[position, clock[own & there.any(axis=1)]] = True
                most[position] = used[own].sum(axis=0).max(initial=0)
                unused[position] = (~used & (reasons != Reason.NO_VALUE))[own].sum()
        whole = local_hours(days, observations.timezone)
        unfinished = np.zeros(len(days), bool)
        if observations.unfinished is not None:
            unfinished = days == observations.unfinished.day
        return cls(seen, whole, most, unused, unfinished & seen.any(axis=1))

    def on_days(self, days: slice | NDArray[np.intp]) -> DayHours:
        """The same of some of the days (positions along the time axis)."""
        return DayHours(
            self.seen[days],
            self.whole[days],
            self.most[days],
            self.unused[days],
            self.unfinished[days],
        )

    @property
    def count(self) -> NDArray[np.float32]:
        """Hours with a value, shape (day,); NaN where the files give daily means alone."""
        count = self.seen.sum(axis=1).astype(np.float32)
        return np.where(count > 0, count, np.float32(np.nan))

    @property
    def length(self) -> NDArray[np.int64]:
        """Hours from the beginning of each day to its end, or to that of its last hour so far."""
        length: NDArray[np.int64] = self.whole.sum(axis=1)
        for day in np.flatnonzero(self.unfinished):
            last = int(np.flatnonzero(self.seen[day])[-1])
            length[day] = self.whole[day, : last + 1].sum()
        return length

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Which days that are over have fewer hours in the files than the day has, (day,)."""
        return np.array(
            [
                bool(seen.any() and (whole & ~seen).any() and not unfinished)
                for seen, whole, unfinished in zip(
                    self.seen, self.whole, self.unfinished, strict=True
                )
            ],
            np.bool_,
        )

    def texts(self) -> list[str]:
        """The hours of each day for people, such as ``hours 0 to 9, 10 of 24``."""
        return [
            f"{_spans(np.flatnonzero(seen).tolist())}, {seen.sum()} of {whole.sum()}"
            + (", not over" if unfinished else "")
            for seen, whole, unfinished in zip(self.seen, self.whole, self.unfinished, strict=True)
        ]


def warn_of_partial_days(days: Sequence[tuple[str, str]]) -> None:
    """Name days that are not whole in the files, a warning each, and the last of many together.

    Parameters
    ----------
    days : sequence of two str
        Each day, and its hours as of `DayHours.texts`.
    """
    for day, hours in days[:_DAYS_NAMED]:
        logger.warning("%s is not whole in the files: %s; its means are of these hours", day, hours)
    more = days[_DAYS_NAMED:]
    if more:
        logger.warning(
            "%d more days to %s are not whole in the files; the output has the hours of each",
            len(more),
            more[-1][0],
        )


def say_unfinished(days: Sequence[tuple[str, str]]) -> None:
    """Say in the log which day was not over, so that its field is provisional.

    Parameters
    ----------
    days : sequence of two str
        The day, if there is one, and its hours as of `DayHours.texts`.
    """
    for day, hours in days:
        logger.warning("%s: %s; its field is provisional, of these hours alone", day, hours)


def _spans(hours: list[int]) -> str:
    """Hours as people write them: ``hours 0 to 3, 7 and 12 to 23``."""
    spans: list[list[int]] = []
    for hour in hours:
        if spans and hour == spans[-1][-1] + 1:
            spans[-1].append(hour)
        else:
            spans.append([hour])
    if not spans:
        return "no hours"
    texts = [f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans]
    return f"hour{'s' if len(hours) > 1 else ''} {listed(texts)}"
