"""The report of a cross-validation: one HTML file that opens anywhere (extra `[plot]`).

It begins with what the numbers say in a few sentences, and ends with how they were made. Numbers in
tables are those of the scores, rounded.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.basics.counted import counted
from pointfuse.basics.output_formats import REPORT, check_name
from pointfuse.basics.units import typeset_units
from pointfuse.errors import require, require_path
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.pictures.figure_style import report_style
from pointfuse.pictures.html_page import (
    bullets,
    definitions,
    gallery,
    heading,
    highlighted,
    page,
    paragraph,
    section,
    table,
)
from pointfuse.pictures.inline_svg import page_figures
from pointfuse.pictures.map_drawing import figure_class
from pointfuse.pictures.report.report_figures import report_figures
from pointfuse.stations.pollutants import long_name
from pointfuse.trust.coverage import Coverage
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.evaluation import Evaluation, MethodScores
from pointfuse.trust.fairmode import measurement_of
from pointfuse.trust.scores import (
    PairSums,
    Score,
    mean_bias,
    ratio,
    root_mean_square_error,
    score_text,
)
from pointfuse.trust.verdict import comparison, trust_in_intervals, verdict
from pointfuse.version import __version__

_STATIONS_LISTED = 10
_MEANINGS = {
    "r2": ("R²", "squared correlation"),
    "determination": ("determination", "1 - squared errors / squares about the mean"),
    "rmse": ("RMSE", "root of the mean squared error"),
    "nme": ("NME", "sum of absolute errors / sum of observations"),
    "nmb": ("NMB", "sum of errors / sum of observations"),
    "mfb": ("MFB", "mean of errors, each over the mean of its pair"),
    "mfe": ("MFE", "mean of absolute errors, each over the mean of its pair"),
}
_WITHHELD = {
    "stations": "single stations",
    "cities": "all stations of a city",
    "blocks": "all stations of a square of {block_km:g} km",
}


def check_report(path: Path) -> None:
    """Make sure, before a long computation, that a report can be made.

    Raises
    ------
    InputError
        If the name is not that of an HTML file.
    OutputError
        If no file can be written there.
    MissingExtraError
        If matplotlib is not installed.
    """
    check_name(path, REPORT)
    check_place(path)
    figure_class("a report")


@dataclass(frozen=True)
class Origin:
    """How a cross-validation was made.

    Parameters
    ----------
    model : str
        Name and version of the model.
    model_sha256, weights_sha256 : str
        Hashes of its file and of its weights.
    call : str
        The command without the program's name.
    seed : int
        Seed of the folds.
    """

    model: str
    model_sha256: str
    weights_sha256: str
    call: str
    seed: int


def write_report(
    path: Path, result: CrossValidation, evaluation: Evaluation, origin: Origin
) -> None:
    """Write the report of a cross-validation.

    Parameters
    ----------
    path : Path
        HTML file to write.
    result : CrossValidation
        Observations and predictions.
    evaluation : Evaluation
        Their scores, from `pointfuse.evaluate`.
    origin : Origin
        How they were made.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    require_path(path, "the HTML file to write")
    require(
        result,
        CrossValidation,
        "a cross-validation (CrossValidation)",
        source="pointfuse.trust.crossval.cross_validate makes one",
    )
    path = Path(path)
    with report_style():
        figures = page_figures(report_figures(result, evaluation))
    content = _content(result, evaluation, origin, figures)
    text = page(f"Cross-validation of {origin.model}", content)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _content(
    result: CrossValidation, evaluation: Evaluation, origin: Origin, figures: Sequence[str]
) -> Iterable[str]:
    """Parts of the page, in order."""
    target = result.placed.metadata.target
    units = typeset_units(target.units)
    said = long_name(target, hourly=result.placed.observations.hourly)
    days = result.placed.observations.times
    period = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    yield heading(f"Cross-validation of {origin.model}")
    yield paragraph(
        f"{said}, {period}: {counted(evaluation.days, 'day')}, "
        f"{counted(evaluation.stations, 'station')} in {counted(evaluation.places, 'place')}, "
        f"{counted(evaluation.model.overall.pairs, 'pair')}; withheld "
        f"{_withheld(evaluation)}, {counted(evaluation.folds, 'fold')}"
    )
    trust = trust_in_intervals(evaluation.uncertainty, target)
    yield highlighted("In short", filter(None, [*verdict(evaluation, target), trust]))
    yield section("Scores", _overall_table(evaluation, units))
    if evaluation.baselines:
        yield section("Compared with other methods", _comparisons(evaluation))
    yield section("Where and when", _class_table(evaluation.model, units))
    if evaluation.uncertainty and trust:
        yield section("What the intervals hold", _coverage_table(evaluation.uncertainty, units))
    yield section("Figures", gallery(figures))
    yield section("Stations that are predicted worst", _worst_stations(result, units))
    yield section("How this was made", _provenance(result, evaluation, origin))


def _overall_table(evaluation: Evaluation, units: str) -> str:
    overall = evaluation.model.overall
    baselines = {name: scores.overall for name, scores in evaluation.baselines.items()}
    rows = []
    if overall.known:
        for key, (name, _) in _MEANINGS.items():
            unit = f" ({units})" if key == "rmse" else ""
            others = [score_text(scores.score(key).value) for scores in baselines.values()]
            rows.append([f"{name}{unit}", *_with_interval(overall.score(key)), *others])
    meanings = "; ".join(f"{name}: {meaning}" for name, meaning in _MEANINGS.values())
    objective = evaluation.model.quality_objective
    text = table(
        "Scores of all pairs",
        ["score", "model", "95 % interval", *baselines],
        rows,
    ) + paragraph(f"{meanings}.")
    if objective.stations:
        text += paragraph(
            f"FAIRMODE's quality objective: {100 * objective.share_met:.1f} % of "
            f"{objective.stations} stations have a quality indicator of at most 1, 90 % are "
            f"asked for; the 90th percentile of the indicator is "
            f"{objective.indicator_90th_percentile:.2f}."
        )
    return text


def _comparisons(evaluation: Evaluation) -> str:
    """What the model has over each baseline and what not, in words and in ratios."""
    compared = evaluation.comparisons
    sentences = bullets(f"{comparison(name, one)}." for name, one in compared.items())
    rows = [
        [
            name,
            *_with_interval(one.rmse_ratio),
            *_with_interval(one.nme_ratio),
            f"{100 * one.days_better:.0f} %",
        ]
        for name, one in compared.items()
    ]
    ratios = table(
        "Error of the model over that of each method, on the same pairs and resampled days",
        ["method", "RMSE ratio", "95 % interval", "NME ratio", "95 % interval", "days better"],
        rows,
    )
    return sentences + ratios


def _class_table(model: MethodScores, units: str) -> str:
    classes = {
        "all": model.overall,
        f"observed above {model.high_level:g} {units}": model.high,
        **model.by_season,
        **model.by_region,
        **{f"{name} away": scores for name, scores in model.by_distance.items()},
    }
    rows = []
    for name, scores in classes.items():
        row = [name, str(scores.pairs)]
        if scores.known:
            shown = (scores.r2, scores.rmse, scores.nme, scores.nmb)
            row += [f"{scores.mean_observed:.1f}", *(score_text(score.value) for score in shown)]
            row.append(_interval(scores.nme))
        rows.append(row + ["-"] * (8 - len(row)))
    header = ["class", "pairs", f"mean observed ({units})", "R²", f"RMSE ({units})", "NME", "NMB"]
    return table("Scores by class", [*header, "95 % interval of NME"], rows)


def _coverage_table(uncertainty: Coverage, units: str) -> str:
    """Share of the observations in each interval, class by class."""
    classes = {
        "all": uncertainty.overall,
        **uncertainty.by_season,
        **uncertainty.by_region,
        **{f"{name} away": held for name, held in uncertainty.by_distance.items()},
        **{f"{name} {units} predicted": held for name, held in uncertainty.by_level.items()},
    }
    rows = []
    for name, held in classes.items():
        row = [name, str(held.pairs)]
        if held.share:
            row += [f"{100 * share:.1f} %" for share in held.share.values()]
            row.append(f"{held.width:.1f}")
        rows.append(row + ["-"] * (3 + len(MULTIPLES) - len(row)))
    header = ["class", "pairs", *(f"interval of {percent} %" for percent in MULTIPLES)]
    return table(
        "Share of the withheld observations that are within the intervals",
        [*header, f"mean width of that of 90 % ({units})"],
        rows,
    )


def _worst_stations(result: CrossValidation, units: str) -> str:
    """Where to look for faults of the stations, or of the model."""
    sums = PairSums.of(result.observed, result.predicted).over(axis=0)
    error, bias = root_mean_square_error(sums), mean_bias(sums)
    mean = ratio(sums.observed, sums.pairs)
    placed = result.placed
    measured = measurement_of(placed.metadata.target, hourly=placed.observations.hourly)
    indicator = None if measured is None else measured.indicator(sums)
    stations = result.placed.observations.stations
    worst = np.argsort(np.where(sums.pairs > 0, -error, np.inf))[:_STATIONS_LISTED]
    rows = [
        [
            str(stations.code[station]),
            f"{stations.longitude[station]:.3f}",
            f"{stations.latitude[station]:.3f}",
            f"{sums.pairs[station]:.0f}",
            *(f"{values[station]:.1f}" for values in (mean, bias, error)),
            *([] if indicator is None else [f"{indicator[station]:.2f}"]),
        ]
        for station in worst
        if sums.pairs[station]
    ]
    header = ["station", "°E", "°N", "days", "mean observed", "mean error", "RMSE"]
    header += [] if indicator is None else ["MQI"]
    return table(f"Largest RMSE; values in {units}", header, rows)


def _provenance(result: CrossValidation, evaluation: Evaluation, origin: Origin) -> str:
    observations, counts = result.placed.observations, result.placed.counts
    files = "; ".join(
        f"{file.name} ({file.format}, {counted(file.stations, 'station')}"
        + (f", {counted(file.times, 'time')})" if file.times else ")")
        for file in observations.files
    )
    remarks = "; ".join(remark for file in observations.files for remark in file.remarks)
    facts = {
        "data": files or "arrays in memory",
        "remarks on the data": remarks or "none",
        "stations": f"{counts.read} read, {counts.valid} valid, of these "
        f"{counts.without_coordinates} without coordinates, {counts.outside_grid} outside the "
        f"grid, {counts.used} used; {counts.out_of_range} daily means out of the valid range were "
        "left out",
        "days": f"{evaluation.days}, {observations.times[0]} to {observations.times[-1]}, in the "
        f"time zone {observations.timezone}",
        "withheld": f"{_withheld(evaluation)}, {counted(evaluation.folds, 'fold')}, seed "
        f"{origin.seed}; each "
        "observation was predicted from the stations of the other folds, nothing was trained",
        "intervals": "1,000 resamples of the days: the stations of a day err together",
        "model": f"{origin.model}, sha256 {origin.model_sha256}",
        "weights": f"sha256 {origin.weights_sha256}",
        "command": f"pointfuse {origin.call}",
        "code": f"pointfuse {__version__}",
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return definitions(facts.items())


def _withheld(evaluation: Evaluation) -> str:
    return _WITHHELD[evaluation.scheme].format(block_km=evaluation.block_km or 0) + " at once"


def _with_interval(score: Score) -> tuple[str, str]:
    """A score and its interval, as two cells of a table."""
    return score_text(score.value), _interval(score)


def _interval(score: Score) -> str:
    known = score.low is not None and score.high is not None
    return f"{score_text(score.low)} to {score_text(score.high)}" if known else "-"
