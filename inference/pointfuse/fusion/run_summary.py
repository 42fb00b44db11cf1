"""What a run tells of itself: counts of files and stations, and a few numbers of each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pointfuse.fields.daily_fields import Fields
from pointfuse.fields.day_status import DayStatus
from pointfuse.fusion.streaming import Tally
from pointfuse.stations.observations import SourceFile


def noting_days(
    batches: Iterator[Fields],
    reports: list[dict[str, Any]],
    advance: Callable[[int], object],
) -> Iterator[Fields]:
    """Pass batches on, noting of each day what the summary says.

    Parameters
    ----------
    batches : iterator of DailyFields
        Fields of successive days.
    reports : list of dict
        Grows by one entry a day.
    advance : callable
        Told after each batch how many days are done.
    """
    for batch in batches:
        hours = batch.stations.hours
        for day, field, count, status, text, partial, most in zip(
            batch.days,
            batch.values,
            batch.station_count,
            batch.status,
            hours.texts(),
            hours.partial,
            hours.most.tolist(),
            strict=True,
        ):
            report: dict[str, Any] = {"day": str(day), "stations": int(count.sum())}
            if status == DayStatus.FUSED:
                report |= {
                    "cells": int((count > 0).sum()),
                    "minimum": round(float(field.min()), 2),
                    "mean": round(float(field.mean(dtype=np.float64)), 2),
                    "maximum": round(float(field.max()), 2),
                }
                if partial:
                    report["partial"] = text
            else:
                report["reason"] = DayStatus(status).label
                if most:
                    report["most_hours"] = most
            reports.append(report)
        yield batch
        advance(len(batch.days))


def run_summary(
    tally: Tally, files: Sequence[SourceFile], days: list[dict[str, Any]]
) -> dict[str, Any]:
    """Counts of a run, in JSON types: files, stations, and the days that `noting_days` noted."""
    counts = tally.counts
    return {
        "files": [
            {
                "name": file.name,
                "format": file.format,
                "stations": file.stations,
                "times": file.times,
                "remarks": list(file.remarks),
            }
            for file in files
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
        "quality_control": tally.quality,
        "days": [day for day in days if "reason" not in day],
        "days_missing": [day for day in days if "reason" in day],
    }
