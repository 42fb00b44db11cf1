"""Summary of a run: counts of files and stations, and numbers for each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pointfuse.fields.daily_fields import Fields
from pointfuse.fields.day_status import DayStatus
from pointfuse.fusion.streaming import Tally
from pointfuse.stations.gridding import StationCounts
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.quality.flags import Counts


@dataclass(frozen=True)
class FusedDay:
    """A few numbers of a day that was fused.

    Parameters
    ----------
    day : str
        Such as 2019-01-06.
    stations, cells : int
        Stations of the fused variable, and cells with any.
    minimum, mean, maximum : float
        Of the field, in the units of the model.
    partial : str, optional
        Which hours of the day there are, where they are not all.
    provisional : bool, optional
        True for a day that was not over when its hours were read.
    """

    day: str
    stations: int
    cells: int
    minimum: float
    mean: float
    maximum: float
    partial: str | None = None
    provisional: bool | None = None

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return _given(vars(self))


@dataclass(frozen=True)
class MissingDay:
    """A day that was not fused.

    Parameters
    ----------
    day : str
        Such as 2019-01-06.
    stations : int
        Stations of the fused variable.
    reason : str
        Why it was not fused.
    most_hours : int, optional
        The most valid hours of a station, where any has some.
    """

    day: str
    stations: int
    reason: str
    most_hours: int | None = None

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return _given(vars(self))


DayReport = FusedDay | MissingDay


def noting_days(
    batches: Iterator[Fields],
    reports: list[DayReport],
    advance: Callable[[int], object],
) -> Iterator[Fields]:
    """Pass batches on, noting of each day what the summary says.

    Parameters
    ----------
    batches : iterator of DailyFields
        Fields of successive days.
    reports : list of DayReport
        Grows by one entry a day.
    advance : callable
        Told after each batch how many days are done.
    """
    for batch in batches:
        hours = batch.stations.hours
        for day, field, count, status, text, partial, unfinished, most in zip(
            batch.days,
            batch.values,
            batch.station_count,
            batch.status,
            hours.texts(),
            hours.partial,
            hours.unfinished,
            hours.most.tolist(),
            strict=True,
        ):
            stations = int(count.sum())
            if status == DayStatus.FUSED:
                report: DayReport = FusedDay(
                    str(day),
                    stations,
                    cells=int((count > 0).sum()),
                    minimum=round(float(field.min()), 2),
                    mean=round(float(field.mean(dtype=np.float64)), 2),
                    maximum=round(float(field.max()), 2),
                    partial=text if partial or unfinished else None,
                    provisional=True if unfinished else None,
                )
            else:
                report = MissingDay(str(day), stations, DayStatus(status).label, most or None)
            reports.append(report)
        yield batch
        advance(len(batch.days))


@dataclass(frozen=True)
class RunSummary:
    """Counts of a run.

    Parameters
    ----------
    files : sequence of SourceFile
        The files that were read.
    counts : StationCounts
        What became of the stations and their daily means.
    quality : mapping
        Values by step, variable, state and reason, as `count_reasons` gives them.
    fused : sequence of FusedDay
        The days with a field.
    missing : sequence of MissingDay
        The days without.
    """

    files: Sequence[SourceFile]
    counts: StationCounts
    quality: Counts
    fused: Sequence[FusedDay]
    missing: Sequence[MissingDay]

    @classmethod
    def of(cls, tally: Tally, files: Sequence[SourceFile], days: Sequence[DayReport]) -> RunSummary:
        """Summary of a run whose days `noting_days` has noted."""
        return cls(
            files,
            tally.counts,
            tally.quality,
            [day for day in days if isinstance(day, FusedDay)],
            [day for day in days if isinstance(day, MissingDay)],
        )

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        counts = self.counts
        return {
            "files": [
                {
                    "name": file.name,
                    "format": file.format,
                    "stations": file.stations,
                    "times": file.times,
                    "remarks": list(file.remarks),
                }
                for file in self.files
            ],
            "stations": {
                "read": counts.read,
                "valid": counts.valid,
                "without_coordinates": counts.without_coordinates,
                "outside_grid": counts.outside_grid,
                "used": counts.used,
            },
            "daily_means_out_of_range": counts.out_of_range,
            "daily_means_suspect": counts.suspect,
            "quality_control": self.quality,
            "days": [day.to_dict() for day in self.fused],
            "days_missing": [day.to_dict() for day in self.missing],
        }


def _given(entries: Mapping[str, object]) -> dict[str, object]:
    """Entries without those that say nothing."""
    return {name: entry for name, entry in entries.items() if entry is not None}
