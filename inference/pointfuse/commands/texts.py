"""What the command line says of a run and of a model, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pointfuse.basics.units import said_units
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.streaming import Tally
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.process_settings import ProcessSettings
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.quality.flags import Counts
from pointfuse.trust.verdict import comparison

_FILES_LISTED = 20
_DAYS_LISTED = 7
"""More days than these are summed up in one line."""


def noting_days(
    batches: Iterator[FusedFields],
    reports: list[dict[str, Any]],
    advance: Callable[[int], object],
) -> Iterator[FusedFields]:
    """Pass batches on, noting of each day what the summary says.

    Parameters
    ----------
    batches : iterator of FusedFields
        Fields of successive days.
    reports : list of dict
        Grows by one entry a day.
    advance : callable
        Told after each batch how many days are done.
    """
    for batch in batches:
        for day, field, count, status in zip(
            batch.days, batch.values, batch.station_count, batch.status, strict=True
        ):
            report: dict[str, Any] = {"day": str(day), "stations": int(count.sum())}
            if status == DayStatus.FUSED:
                report |= {
                    "cells": int((count > 0).sum()),
                    "minimum": round(float(field.min()), 2),
                    "mean": round(float(field.mean(dtype=np.float64)), 2),
                    "maximum": round(float(field.max()), 2),
                }
            else:
                report["reason"] = DayStatus(status).label
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


def model_facts(model: Model) -> dict[str, Any]:
    """Which model ran, and where it really did, in JSON types."""
    return {
        "model": f"{model.metadata.name} {model.metadata.version}",
        "model_sha256": model.sha256,
        "precision": model.metadata.precision,
        "device": model.device,
        "provider": model.provider,
        "runtime": model.runtime,
    }


def summary_text(summary: Mapping[str, Any], model: ModelMetadata) -> str:
    """Summary of a run for people: `run_summary`, `model_facts`, threads, output and seconds."""
    lines = []
    files = summary["files"]
    if len(files) > _FILES_LISTED:
        lines.append(f"{len(files)} files, {files[0]['name']} to {files[-1]['name']}")
        files = [file for file in files if file["remarks"]]
    for file in files:
        times = f", {_counted(file['times'], 'time')}" if file["times"] else ""
        stations_in_file = _counted(file["stations"], "station")
        lines.append(f"{file['name']}: {file['format']}, {stations_in_file}{times}")
        lines += [f"  {remark}" for remark in file["remarks"]]
    stations = summary["stations"]
    lines.append(
        f"stations: {stations['read']} read, {stations['valid']} valid, of these "
        f"{stations['without_coordinates']} without coordinates, {stations['outside_grid']} "
        f"outside the grid, {stations['used']} used"
    )
    if summary["daily_means_out_of_range"]:
        left_out = _counted(summary["daily_means_out_of_range"], "daily mean")
        lines.append(f"{left_out} out of the model's valid range, left out")
    lines += quality_lines(summary["quality_control"])
    days = summary["days"]
    if len(days) <= _DAYS_LISTED:
        lines += [_days_text([day], model) for day in days]
    else:
        lines.append(_days_text(days, model))
    if summary["days_missing"]:
        lines.append(f"{_counted(len(summary['days_missing']), 'day')} with too few stations")
    outputs = summary["outputs"]
    written = outputs[0] if len(outputs) == 1 else f"{outputs[0]} to {outputs[-1]}"
    lines.append(
        f"wrote {written}: {_counted(len(days), 'day')} in {summary['seconds']:.2f} s, "
        f"{summary['model']} in {summary['precision']}, {summary['device']} "
        f"({summary['provider']}), {_counted(summary['threads'], 'thread')}"
    )
    return "\n".join(lines)


def quality_lines(counts: Counts) -> list[str]:
    """Counts of quality control for people, a line a variable and step; none without it."""
    return [
        f"{name}, {_counted(sum(sum(by.values()) for by in states.values()), f'{step} value')}: "
        + ", ".join(
            f"{sum(reasons.values())} {state.replace('_', ' ')}"
            + (f" ({_reasons_text(reasons)})" if reasons and state != "good" else "")
            for state, reasons in states.items()
        )
        for step, variables in counts.items()
        for name, states in variables.items()
    ]


def _reasons_text(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {reason.replace('_', ' ')}" for reason, number in reasons.items())


def scores_text(scores: Mapping[str, Any], model: ModelMetadata) -> str:
    """Scores of a cross-validation, as `pointfuse.trust.evaluation.evaluate` gives them, for people."""
    overall = scores["overall"]
    classes = {
        "overall": overall,
        "above 150": scores["above_150"],
        **scores["by_season"],
        **scores["by_region"],
        **scores["by_distance"],
    }
    width = max(map(len, classes)) + 2
    lines = [
        f"{scores['scheme']} withheld, {scores['folds']} folds: "
        f"{_counted(scores['days'], 'day')}, {_counted(scores['stations'], 'station')}, "
        f"{_counted(overall['pairs'], 'pair')}",
        f"{'':<{width}}{'pairs':>8}{'R2':>8}{'RMSE':>8}{'NME':>8}{'NMB':>8}",
    ]
    for name, score in classes.items():
        line = f"{name:<{width}}{score['pairs']:>8}"
        if "r2" in score:
            line += "".join(f"{_figure(score[key]):>8}" for key in ("r2", "rmse", "nme", "nmb"))
        lines.append(line)
    interval = overall.get("interval", {})
    if None not in interval.get("rmse", [None]):
        r2, rmse, nme = (" to ".join(map(_figure, interval[key])) for key in ("r2", "rmse", "nme"))
        lines.append(
            f"95 % of resampled days: R2 {r2}, RMSE {rmse} {said_units(model.target.units)}, "
            f"NME {nme}"
        )
    held = scores["uncertainty"].get("overall", {})
    if "held" in held:
        lines.append(
            f"90 % intervals hold {100 * held['held']['90']:.1f} % of "
            f"{_counted(held['pairs'], 'observation')}, mean width {held['width']:.1f} "
            f"{said_units(model.target.units)}"
        )
    lines += [
        comparison(name, baseline["paired"]) for name, baseline in scores["baselines"].items()
    ]
    objective = scores["quality_objective"]
    if objective["stations"]:
        lines.append(
            f"FAIRMODE objective: met at {100 * objective['share_met']:.1f} % of "
            f"{_counted(objective['stations'], 'station')}, 90 are asked for"
        )
    return "\n".join(lines)


def metadata_text(model: ModelMetadata, sha256: str) -> str:
    """What a model says of itself, for people."""
    grid, projection = model.grid, model.grid.projection
    lines = [
        f"{model.name} {model.version} ({model.precision}, {model.licence})",
        model.summary,
        f"sha256 {sha256}",
        f"grid: {grid.rows} rows x {grid.columns} columns of {grid.cell_size / 1000:g} km, "
        f"{projection.grid_mapping_name}, {projection.true_scale}, origin {projection.origin}",
        "variables:",
        *(
            f"  {variable.name} in {said_units(variable.units)}, {variable.valid_range[0]:g} to "
            f"{variable.valid_range[1]:g}"
            for variable in model.variables
        ),
        "static layers:",
        *(f"  {layer.name} in {layer.units}: {layer.source}" for layer in model.static_layers),
        *_process_lines(model.gaussian_process),
        "training:",
        *(f"  {name}: {value}" for name, value in model.training.items()),
        f"scores: {len(model.scores)}, shown with --json and on the model card",
    ]
    return "\n".join(lines)


def _process_lines(process: ProcessSettings | None) -> list[str]:
    """A line on the Gaussian process; none for a model without one."""
    if process is None:
        return []
    weights = ", ".join(
        f"{weight:g} at {distance / 1000:g} km"
        for distance, weight in zip(process.distance, process.network_weight, strict=True)
    )
    return [
        f"Gaussian process: length {process.length / 1000:g} km, nugget {process.nugget:g}, "
        f"{_counted(len(process.covariates), 'covariate')}; weight of the network {weights}"
    ]


def _days_text(days: list[dict[str, Any]], model: ModelMetadata) -> str:
    """One line on a day, or on the range of several."""
    first, last = days[0]["day"], days[-1]["day"]
    mean = sum(day["mean"] for day in days) / len(days)
    return (
        f"{first if first == last else f'{first} to {last}'}: "
        f"{_range(days, 'stations')} stations of {model.target.name} in {_range(days, 'cells')} of "
        f"{model.grid.rows * model.grid.columns} cells; field "
        f"{min(day['minimum'] for day in days):.1f} to {max(day['maximum'] for day in days):.1f}, "
        f"mean {mean:.1f} {said_units(model.target.units)}"
    )


def _range(days: list[dict[str, Any]], key: str) -> str:
    least, most = min(day[key] for day in days), max(day[key] for day in days)
    return str(least) if least == most else f"{least} to {most}"


def _figure(score: float | None) -> str:
    return "-" if score is None else f"{score:.3f}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
