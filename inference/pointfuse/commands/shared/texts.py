"""Summaries of runs, scores and models that commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import listed, printable
from pointfuse.basics.units import said_units
from pointfuse.fusion.run_summary import FusedDay, RunSummary, model_facts
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.quality.flags import quality_lines
from pointfuse.trust.evaluation import Evaluation
from pointfuse.trust.scores import score_text
from pointfuse.trust.verdict import comparison

_FILES_LISTED = 20
_DAYS_LISTED = 7
"""More days than these are summed up in one line."""


def summary_text(
    summaries: Mapping[str, RunSummary],
    models: Sequence[Model],
    outputs: Sequence[Path],
    seconds: float,
) -> str:
    """Summary for people of a run that took some seconds to write its outputs.

    Parameters
    ----------
    summaries : mapping of str to RunSummary
        What became of each variable.
    models : sequence of Model
        The model of each.
    outputs : sequence of Path
        The files that were written.
    seconds : float
        How long it took.
    """
    lines = []
    first = next(iter(summaries.values()))
    files = list(first.files)
    if len(files) > _FILES_LISTED:
        lines.append(f"{len(files)} files, {files[0].name} to {files[-1].name}")
        files = [file for file in files if file.remarks]
    for file in files:
        times = f", {counted(file.times, 'time')}" if file.times else ""
        stations_in_file = counted(file.stations, "station")
        lines.append(f"{file.name}: {file.format}, {stations_in_file}{times}")
        lines += [f"  {remark}" for remark in file.remarks]
    for summary, model in zip(summaries.values(), models, strict=True):
        lines += _variable_lines(summary, model.metadata, named=len(models) > 1)
    written = printable(str(outputs[0]) if len(outputs) == 1 else f"{outputs[0]} to {outputs[-1]}")
    number = max(len(summary.fused) for summary in summaries.values())
    used = dict.fromkeys(
        f"{facts['model']} in {facts['precision']}" for facts in map(model_facts, models)
    )
    facts = model_facts(models[0])
    lines.append(
        f"wrote {written}: {counted(number, first.step.unit)} in {seconds:.2f} s, "
        f"{listed(used)}, {facts['device']} "
        f"({facts['provider']}), {counted(models[0].threads, 'thread')}"
    )
    return "\n".join(lines)


def _variable_lines(summary: RunSummary, model: ModelMetadata, *, named: bool) -> list[str]:
    """What became of the stations and times of a variable, which is named among others."""
    counts = summary.counts
    lines = [
        f"{f'{model.target.name} ' if named else ''}stations: {counts.read} read, "
        f"{counts.valid} valid, of these "
        f"{counts.without_coordinates} without coordinates, {counts.outside_grid} "
        f"outside the grid, {counts.used} used"
    ]
    if counts.out_of_range:
        left_out = counted(counts.out_of_range, summary.step.value)
        lines.append(f"{left_out} out of the model's valid range, left out")
    lines += quality_lines(summary.quality)
    fused = summary.fused
    if len(fused) > _DAYS_LISTED:
        lines.append(_days_text(fused, model))
    else:
        lines += [_days_text([day], model) for day in fused]
    if summary.missing:
        lines.append(f"{counted(len(summary.missing), summary.step.unit)} with too few stations")
    return lines


def scores_text(evaluation: Evaluation, model: ModelMetadata) -> str:
    """Scores of a cross-validation for people."""
    scores, overall = evaluation.model, evaluation.model.overall
    classes = {
        "overall": overall,
        f"above {scores.high_level:g}": scores.high,
        **scores.by_season,
        **scores.by_region,
        **scores.by_distance,
    }
    width = max(map(len, classes)) + 2
    lines = [
        f"{evaluation.scheme} withheld, {counted(evaluation.folds, 'fold')}: "
        f"{counted(evaluation.days, 'day')}, {counted(evaluation.stations, 'station')} in "
        f"{counted(evaluation.places, 'place')}, {counted(overall.pairs, 'pair')}",
        f"{'':<{width}}{'pairs':>8}{'R2':>8}{'RMSE':>8}{'NME':>8}{'NMB':>8}",
    ]
    for name, one in classes.items():
        line = f"{name:<{width}}{one.pairs:>8}"
        if one.known:
            shown = (one.r2, one.rmse, one.nme, one.nmb)
            line += "".join(f"{score_text(score.value):>8}" for score in shown)
        lines.append(line)
    ranges = [
        f"{name} {score_text(score.low)} to {score_text(score.high)}{units}"
        for name, score, units in (
            ("R2", overall.r2, ""),
            ("RMSE", overall.rmse, f" {said_units(model.target.units)}"),
            ("NME", overall.nme, ""),
        )
        if score.low is not None
    ]
    if ranges:
        lines.append(f"95 % of resampled days: {', '.join(ranges)}")
    if evaluation.uncertainty and evaluation.uncertainty.overall.share:
        held = evaluation.uncertainty.overall
        lines.append(
            f"90 % intervals hold {100 * held.share[90]:.1f} % of "
            f"{counted(held.pairs, 'observation')}, mean width {held.width:.1f} "
            f"{said_units(model.target.units)}"
        )
    lines += [comparison(name, compared) for name, compared in evaluation.comparisons.items()]
    objective = scores.quality_objective
    if objective.stations:
        lines.append(
            f"FAIRMODE objective: met at {100 * objective.share_met:.1f} % of "
            f"{counted(objective.stations, 'station')}, 90 are asked for"
        )
    return "\n".join(lines)


def metadata_text(model: ModelMetadata, sha256: str) -> str:
    """Metadata of a model as text."""
    lines = [
        f"{model.name} {model.version} ({model.precision}, {model.licence})",
        model.summary,
        f"sha256 {sha256}",
        f"grid: {'any' if model.own_grid is None else model.grid.summary}",
        "variables:",
        *(
            f"  {variable.name} in {said_units(variable.units)}, {variable.valid_range[0]:g} to "
            f"{variable.valid_range[1]:g}"
            for variable in model.variables
        ),
        "static layers:",
        *(f"  {layer.name} in {layer.units}: {layer.source}" for layer in model.static_layers),
        "training:",
        *(f"  {name}: {value}" for name, value in model.training.items()),
        f"scores: {len(model.scores)}, shown with --json and on the model card",
    ]
    return "\n".join(lines)


def _days_text(days: Sequence[FusedDay], model: ModelMetadata) -> str:
    """One line on a day, or on the range of several."""
    first, last = days[0].day, days[-1].day
    mean = sum(day.mean for day in days) / len(days)
    stations = _range([day.stations for day in days])
    return (
        f"{first if first == last else f'{first} to {last}'}: "
        f"{stations} {'station' if stations == '1' else 'stations'} of {model.target.name} in "
        f"{_range([day.cells for day in days])} of "
        f"{model.grid.rows * model.grid.columns} cells; field "
        f"{min(day.minimum for day in days):.1f} to {max(day.maximum for day in days):.1f}, "
        f"mean {mean:.1f} {said_units(model.target.units)}"
    )


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least} to {most}"
