"""Summary of a run: counts of files and stations, and numbers for each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.streaming import Tally
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import StationCounts
from pointfuse.stations.observations import SourceFile, TimeStep
from pointfuse.stations.quality.flags import Counts


@dataclass(frozen=True)
class FusedDay:
    """A few numbers of a day, or an hour, that was fused.

    Parameters
    ----------
    variable : str
        What was fused.
    day : str
        Such as 2019-01-06, or the hour: 2019-01-06T14.
    stations, cells : int
        Stations of the fused variable, and cells with any.
    minimum, mean, maximum : float
        Of the field, in the units of the model.
    partial : str, optional
        Which hours of the day there are, where they are not all.
    provisional : bool, optional
        True for a day that was not over when its hours were read.
    """

    variable: str
    day: str
    stations: int
    cells: int
    minimum: float
    mean: float
    maximum: float
    partial: str | None = None
    provisional: bool | None = None

    def to_dict(self) -> dict[str, object]:
        """In JSON types, for a list of one variable."""
        return _given(self)


@dataclass(frozen=True)
class MissingDay:
    """A day, or an hour, that was not fused.

    Parameters
    ----------
    variable : str
        What was not fused.
    day : str
        Such as 2019-01-06, or the hour: 2019-01-06T14.
    stations : int
        Stations of the fused variable.
    reason : str
        Why it was not fused.
    most_hours : int, optional
        The most valid hours of a station, where any has some.
    """

    variable: str
    day: str
    stations: int
    reason: str
    most_hours: int | None = None

    def to_dict(self) -> dict[str, object]:
        """In JSON types, for a list of one variable."""
        return _given(self)


DayReport = FusedDay | MissingDay


def noting_times(
    bundles: Iterator[Sequence[FusedFields]],
    reports: list[DayReport],
    advance: Callable[[int], object],
) -> Iterator[Sequence[FusedFields]]:
    """Pass fields of single times on, noting of each what the summary says.

    Parameters
    ----------
    bundles : iterator of sequence of FusedFields
        Fields of each variable at successive times.
    reports : list of DayReport
        Grows by one entry a time and variable.
    advance : callable
        Told after each time that one is done.
    """
    for bundle in bundles:
        reports += (report for fields in bundle for report in reports_of(fields))
        yield bundle
        advance(1)


def reports_of(fields: FusedFields) -> list[DayReport]:
    """What a summary says of fields, a report a time."""
    variable, hours = fields.model.target.name, fields.stations.hours
    texts = hours.texts()
    reports: list[DayReport] = []
    for place, time in enumerate(fields.times):
        field, count = fields.values[place], fields.station_count[place]
        stations, unfinished = int(count.sum()), bool(hours.unfinished[place])
        if not fields.fused[place]:
            reason = DayStatus(int(fields.status[place])).label
            most = int(hours.most[place]) or None
            reports.append(MissingDay(variable, str(time), stations, reason, most))
            continue
        reports.append(
            FusedDay(
                variable,
                str(time),
                stations,
                cells=int((count > 0).sum()),
                minimum=round(float(field.min()), 2),
                mean=round(float(field.mean(dtype=np.float64)), 2),
                maximum=round(float(field.max()), 2),
                partial=texts[place] if unfinished or hours.partial[place] else None,
                provisional=True if unfinished else None,
            )
        )
    return reports


def model_facts(model: Model) -> dict[str, str]:
    """Which model ran, and where it really did, in JSON types."""
    return {
        "model": f"{model.metadata.name} {model.metadata.version}",
        "model_sha256": model.sha256,
        "precision": model.metadata.precision,
        "device": model.device,
        "provider": model.provider,
        "runtime": model.runtime,
    }


@dataclass(frozen=True)
class RunSummary:
    """Counts of a run, of one variable.

    Parameters
    ----------
    files : sequence of SourceFile
        The files that were read.
    counts : StationCounts
        What became of the stations and their values.
    step : TimeStep
        What the times are.
    quality : mapping
        Values by step, variable, state and reason, as `count_reasons` gives them.
    fused : sequence of FusedDay
        The days, or hours, with a field.
    missing : sequence of MissingDay
        Those without.
    """

    files: Sequence[SourceFile]
    counts: StationCounts
    step: TimeStep
    quality: Counts
    fused: Sequence[FusedDay]
    missing: Sequence[MissingDay]

    @classmethod
    def of(cls, tally: Tally, files: Sequence[SourceFile], days: Sequence[DayReport]) -> RunSummary:
        """Summary of what became of a variable in a run whose times `noting_times` has noted."""
        own = [day for day in days if day.variable == tally.variable]
        return cls(
            files,
            tally.counts,
            tally.step,
            tally.quality,
            [day for day in own if isinstance(day, FusedDay)],
            [day for day in own if isinstance(day, MissingDay)],
        )

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        return {"files": self.files_dict(), **self.of_variable()}

    def files_dict(self) -> list[dict[str, object]]:
        """The files in JSON types."""
        return [
            {
                "name": file.name,
                "format": file.format,
                "stations": file.stations,
                "times": file.times,
                "remarks": list(file.remarks),
            }
            for file in self.files
        ]

    def of_variable(self) -> dict[str, object]:
        """The same without the files."""
        counts, means = self.counts, f"{self.step.value.replace(' ', '_')}s"
        return {
            "stations": {
                "read": counts.read,
                "valid": counts.valid,
                "without_coordinates": counts.without_coordinates,
                "outside_grid": counts.outside_grid,
                "used": counts.used,
            },
            f"{means}_out_of_range": counts.out_of_range,
            f"{means}_suspect": counts.suspect,
            "quality_control": self.quality,
            f"{self.step.unit}s": [day.to_dict() for day in self.fused],
            f"{self.step.unit}s_missing": [day.to_dict() for day in self.missing],
        }


def _given(report: DayReport) -> dict[str, object]:
    """What a report says, without what says nothing."""
    unit = "hour" if "T" in report.day else "day"
    return {
        unit if name == "day" else name: entry
        for name, entry in vars(report).items()
        if entry is not None and name != "variable"
    }
