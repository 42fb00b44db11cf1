"""What the command line says of a run, of scores and of a model, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.basics.units import said_units
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.process.process_settings import ProcessSettings
from pointfuse.stations.quality.flags import quality_lines
from pointfuse.trust.verdict import comparison

_FILES_LISTED = 20
_DAYS_LISTED = 7
"""More days than these are summed up in one line."""


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
        times = f", {counted(file['times'], 'time')}" if file["times"] else ""
        stations_in_file = counted(file["stations"], "station")
        lines.append(f"{file['name']}: {file['format']}, {stations_in_file}{times}")
        lines += [f"  {remark}" for remark in file["remarks"]]
    stations = summary["stations"]
    lines.append(
        f"stations: {stations['read']} read, {stations['valid']} valid, of these "
        f"{stations['without_coordinates']} without coordinates, {stations['outside_grid']} "
        f"outside the grid, {stations['used']} used"
    )
    if summary["daily_means_out_of_range"]:
        left_out = counted(summary["daily_means_out_of_range"], "daily mean")
        lines.append(f"{left_out} out of the model's valid range, left out")
    lines += quality_lines(summary["quality_control"])
    days = summary["days"]
    if len(days) <= _DAYS_LISTED:
        lines += [_days_text([day], model) for day in days]
    else:
        lines.append(_days_text(days, model))
    if summary["days_missing"]:
        lines.append(f"{counted(len(summary['days_missing']), 'day')} with too few stations")
    outputs = summary["outputs"]
    written = printable(outputs[0] if len(outputs) == 1 else f"{outputs[0]} to {outputs[-1]}")
    lines.append(
        f"wrote {written}: {counted(len(days), 'day')} in {summary['seconds']:.2f} s, "
        f"{summary['model']} in {summary['precision']}, {summary['device']} "
        f"({summary['provider']}), {counted(summary['threads'], 'thread')}"
    )
    return "\n".join(lines)


def scores_text(scores: Mapping[str, Any], model: ModelMetadata) -> str:
    """Scores of a cross-validation, as `evaluate` gives them, for people."""
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
        f"{counted(scores['days'], 'day')}, {counted(scores['stations'], 'station')} in "
        f"{counted(scores['places'], 'place')}, {counted(overall['pairs'], 'pair')}",
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
            f"{counted(held['pairs'], 'observation')}, mean width {held['width']:.1f} "
            f"{said_units(model.target.units)}"
        )
    lines += [
        comparison(name, baseline["paired"]) for name, baseline in scores["baselines"].items()
    ]
    objective = scores["quality_objective"]
    if objective["stations"]:
        lines.append(
            f"FAIRMODE objective: met at {100 * objective['share_met']:.1f} % of "
            f"{counted(objective['stations'], 'station')}, 90 are asked for"
        )
    return "\n".join(lines)


def metadata_text(model: ModelMetadata, sha256: str) -> str:
    """What a model says of itself, for people."""
    lines = [
        f"{model.name} {model.version} ({model.precision}, {model.licence})",
        model.summary,
        f"sha256 {sha256}",
        f"grid: {model.grid.summary}",
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
        f"{counted(len(process.covariates), 'covariate')}; weight of the network {weights}"
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
