"""The report of a cross-validation: one HTML file that opens anywhere (extra `[plot]`).

It begins with what the numbers say in a few sentences, and ends with how they were made. Numbers in
tables are those of the scores, rounded.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.basics.output_formats import REPORT, check_name
from pointfuse.basics.units import typeset_units
from pointfuse.errors import require, require_path
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
from pointfuse.pictures.report_figures import report_figures
from pointfuse.trust.coverage import MULTIPLES
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.evaluation import HIGH_CONCENTRATION
from pointfuse.trust.scores import (
    PairSums,
    mean_bias,
    modelling_quality_indicator,
    ratio,
    root_mean_square_error,
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


def write_report(path: Path, result: CrossValidation, scores: Mapping[str, Any]) -> None:
    """Write the report of a cross-validation.

    Parameters
    ----------
    path : Path
        HTML file to write.
    result : CrossValidation
        Observations and predictions.
    scores : mapping
        What `pointfuse.trust.evaluation.evaluate` says of them, and ``seed``, ``model``,
        ``model_sha256``, ``weights_sha256`` and ``call``, as the command line adds them.

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
        figures = page_figures(report_figures(result, scores))
    text = page(f"Cross-validation of {scores['model']}", _content(result, scores, figures))
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _content(
    result: CrossValidation, scores: Mapping[str, Any], figures: Sequence[str]
) -> Iterable[str]:
    """Parts of the page, in order."""
    target = result.placed.metadata.target
    units = typeset_units(target.units)
    days = result.placed.observations.times
    period = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    yield heading(f"Cross-validation of {scores['model']}")
    yield paragraph(
        f"{target.long_name}, {period}: {scores['days']} {'day' if len(days) == 1 else 'days'}, "
        f"{scores['stations']} stations in {scores['places']} places, "
        f"{scores['overall']['pairs']} pairs; withheld "
        f"{_withheld(scores)}, {scores['folds']} folds"
    )
    trust = trust_in_intervals(scores["uncertainty"], target)
    yield highlighted("In short", filter(None, [*verdict(scores, target), trust]))
    yield section("Scores", _overall_table(scores, units))
    if scores["baselines"]:
        yield section("Compared with other methods", _comparisons(scores))
    yield section("Where and when", _class_table(scores, units))
    if trust:
        yield section("What the intervals hold", _coverage_table(scores["uncertainty"], units))
    yield section("Figures", gallery(figures))
    yield section("Stations that are predicted worst", _worst_stations(result, units))
    yield section("How this was made", _provenance(result, scores))


def _overall_table(scores: Mapping[str, Any], units: str) -> str:
    overall = scores["overall"]
    baselines = {name: baseline["overall"] for name, baseline in scores["baselines"].items()}
    rows = []
    for key, (name, _) in _MEANINGS.items():
        if key in overall:
            unit = f" ({units})" if key == "rmse" else ""
            interval = _interval(overall["interval"][key])
            others = [_number(baseline[key]) for baseline in baselines.values()]
            rows.append([f"{name}{unit}", _number(overall[key]), interval, *others])
    meanings = "; ".join(f"{name}: {meaning}" for name, meaning in _MEANINGS.values())
    objective = scores["quality_objective"]
    text = table(
        "Scores of all pairs",
        ["score", "model", "95 % interval", *baselines],
        rows,
    ) + paragraph(f"{meanings}.")
    if objective["stations"]:
        text += paragraph(
            f"FAIRMODE's quality objective: {100 * objective['share_met']:.1f} % of "
            f"{objective['stations']} stations have a quality indicator of at most 1, 90 % are "
            f"asked for; the 90th percentile of the indicator is "
            f"{objective['indicator_90th_percentile']:.2f}."
        )
    return text


def _comparisons(scores: Mapping[str, Any]) -> str:
    """What the model has over each baseline and what not, in words and in ratios."""
    paired = {name: baseline["paired"] for name, baseline in scores["baselines"].items()}
    sentences = bullets(f"{comparison(name, one)}." for name, one in paired.items())
    rows = [
        [
            name,
            *(
                text
                for key in ("rmse_ratio", "nme_ratio")
                for text in (
                    _number(one[key]),
                    _interval(one[f"{key}_interval"]),
                )
            ),
            f"{100 * one['days_better']:.0f} %",
        ]
        for name, one in paired.items()
    ]
    ratios = table(
        "Error of the model over that of each method, on the same pairs and resampled days",
        ["method", "RMSE ratio", "95 % interval", "NME ratio", "95 % interval", "days better"],
        rows,
    )
    return sentences + ratios


def _class_table(scores: Mapping[str, Any], units: str) -> str:
    classes = {
        "all": scores["overall"],
        f"observed above {HIGH_CONCENTRATION:g} {units}": scores["above_150"],
        **scores["by_season"],
        **scores["by_region"],
        **{f"{name} away": score for name, score in scores["by_distance"].items()},
    }
    keys = ("r2", "rmse", "nme", "nmb")
    rows = []
    for name, score in classes.items():
        row = [name, str(score["pairs"])]
        if "rmse" in score:
            row += [f"{score['mean_observed']:.1f}", *(_number(score[key]) for key in keys)]
            row.append(_interval(score["interval"]["nme"]))
        rows.append(row + ["-"] * (8 - len(row)))
    header = ["class", "pairs", f"mean observed ({units})", "R²", f"RMSE ({units})", "NME", "NMB"]
    return table("Scores by class", [*header, "95 % interval of NME"], rows)


def _coverage_table(uncertainty: Mapping[str, Any], units: str) -> str:
    """Share of the observations in each interval, class by class."""
    classes = {
        "all": uncertainty["overall"],
        **uncertainty["by_season"],
        **uncertainty["by_region"],
        **{f"{name} away": entry for name, entry in uncertainty["by_distance"].items()},
        **{f"{name} {units} predicted": entry for name, entry in uncertainty["by_level"].items()},
    }
    rows = []
    for name, entry in classes.items():
        row = [name, str(entry["pairs"])]
        if "held" in entry:
            row += [f"{100 * share:.1f} %" for share in entry["held"].values()]
            row.append(f"{entry['width']:.1f}")
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
    mean, indicator = ratio(sums.observed, sums.pairs), modelling_quality_indicator(sums)
    stations = result.placed.observations.stations
    worst = np.argsort(np.where(sums.pairs > 0, -error, np.inf))[:_STATIONS_LISTED]
    rows = [
        [
            str(stations.code[station]),
            f"{stations.longitude[station]:.3f}",
            f"{stations.latitude[station]:.3f}",
            f"{sums.pairs[station]:.0f}",
            *(f"{values[station]:.1f}" for values in (mean, bias, error)),
            f"{indicator[station]:.2f}",
        ]
        for station in worst
        if sums.pairs[station]
    ]
    header = ["station", "°E", "°N", "days", "mean observed", "mean error", "RMSE", "MQI"]
    return table(f"Largest RMSE; values in {units}", header, rows)


def _provenance(result: CrossValidation, scores: Mapping[str, Any]) -> str:
    observations, counts = result.placed.observations, result.placed.counts
    files = "; ".join(
        f"{file.name} ({file.format}, {file.stations} stations"
        + (f", {file.times} times)" if file.times else ")")
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
        "days": f"{scores['days']}, {observations.times[0]} to {observations.times[-1]}, in the "
        f"time zone {observations.timezone}",
        "withheld": f"{_withheld(scores)}, {scores['folds']} folds, seed {scores['seed']}; each "
        "observation was predicted from the stations of the other folds, nothing was trained",
        "intervals": "1,000 resamples of the days: the stations of a day err together",
        "model": f"{scores['model']}, sha256 {scores['model_sha256']}",
        "weights": f"sha256 {scores['weights_sha256']}",
        "command": f"pointfuse {scores['call']}",
        "code": f"pointfuse {__version__}",
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return definitions(facts.items())


def _withheld(scores: Mapping[str, Any]) -> str:
    return _WITHHELD[scores["scheme"]].format(block_km=scores["block_km"] or 0) + " at once"


def _interval(ends: Sequence[float | None]) -> str:
    return "-" if None in ends else " to ".join(map(_number, ends))


def _number(value: float | None) -> str:
    """A score as every table shows it."""
    return "-" if value is None else f"{value:.3f}"
