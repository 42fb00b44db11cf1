"""The report of an evaluation: one HTML file that opens anywhere (extra `pointfuse[plot]`)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.units import typeset_units
from pointfuse.pictures.figure_style import report_style
from pointfuse.pictures.html_page import (
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
from pointfuse_training.evaluation.archive_evaluation import (
    ALL_CELLS,
    CELLS,
    NETWORK,
    UNSAMPLED,
    ArchiveEvaluation,
)
from pointfuse_training.evaluation.figures import (
    daily_figure,
    density_figure,
    kernels_figures,
    seasons_figure,
    steps_figures,
)
from pointfuse_training.evaluation.tables import PUBLISHED, compared, radius_text, score_text


def write_report(path: Path, evaluation: ArchiveEvaluation, scores: Mapping[str, Any]) -> None:
    """Write the report of an evaluation.

    Parameters
    ----------
    path : Path
        HTML file to write.
    evaluation : ArchiveEvaluation
        The evaluation.
    scores : mapping
        What `pointfuse_training.evaluation.tables.scores_of` says of it, and what the command adds:
        hashes, names of files, seed and version.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    with report_style():
        figures = page_figures(
            [
                daily_figure(evaluation, scores),
                seasons_figure(evaluation),
                *steps_figures(evaluation),
                *kernels_figures(evaluation, scores),
                density_figure(evaluation),
            ]
        )
    title = f"Evaluation of {scores['evaluated']}"
    with replacing(path) as temporary:
        temporary.write_text(page(title, _content(title, scores, figures)), encoding="utf-8")


def _content(title: str, scores: Mapping[str, Any], figures: Sequence[str]) -> Iterable[str]:
    """Parts of the page, in order."""
    units = typeset_units(scores["units"])
    yield heading(title)
    yield paragraph(compared(scores))
    yield highlighted("In short", _verdict(scores, units))
    yield section("Scores", _score_table(scores, "mean_of_days", units), _pair_table(scores, units))
    yield section("Seasons", _season_table(scores, units))
    # Wide ones, each with a row to itself.
    yield section("Figures", *(gallery([drawn]) for drawn in figures))
    if scores["kernels"]:
        yield section("Kernels", _kernel_table(scores))
    yield section("How this was made", _provenance(scores))


def _verdict(scores: Mapping[str, Any], units: str) -> Iterable[str]:
    """Sentences made from the numbers."""
    own = scores["methods"][NETWORK]
    r2, rmse, nme = (score_text(name, own[ALL_CELLS]["mean_of_days"][name]) for name in PUBLISHED)
    yield (
        f"Mean of the daily scores over all cells of the region, as published: R² {r2}, RMSE "
        f"{rmse} {units}, NME {nme}."
    )
    network = own[UNSAMPLED]["pairs"]["rmse"]
    for name, method in scores["methods"].items():
        other = method[UNSAMPLED]["pairs"]["rmse"]
        if name != NETWORK and network is not None and other:
            change = 100 * (network / other - 1)
            yield (
                f"In cells that were not sampled its RMSE is {abs(change):.1f} % "
                f"{'lower' if change < 0 else 'higher'} than that of {name}."
            )


def _score_table(scores: Mapping[str, Any], kind: str, units: str) -> str:
    keys = (*PUBLISHED, "nmb", "determination")
    rows = [
        [f"{name}, {cells}", *(score_text(key, method[cells][kind][key]) for key in keys)]
        for name, method in scores["methods"].items()
        for cells in CELLS
    ]
    header = ["method and cells", "R²", f"RMSE ({units})", "NME", "NMB", "determination"]
    captions = {"mean_of_days": "Mean of the daily scores", "pairs": "Scores of all pairs at once"}
    return table(captions[kind], header, rows)


def _pair_table(scores: Mapping[str, Any], units: str) -> str:
    meanings = (
        "R²: squared correlation; RMSE: root of the mean squared error; NME, NMB: sum of absolute "
        "errors, and of errors, over the sum of raw values; determination: 1 - squared errors / "
        "squares about the mean."
    )
    return _score_table(scores, "pairs", units) + paragraph(meanings)


def _season_table(scores: Mapping[str, Any], units: str) -> str:
    rows = [
        [f"{name}, {season}", *(score_text(key, values[key]) for key in PUBLISHED)]
        for name, method in scores["methods"].items()
        for season, values in method[ALL_CELLS]["by_season"].items()
    ]
    header = ["method and season", "R²", f"RMSE ({units})", "NME"]
    return table(f"Mean of the daily scores, {ALL_CELLS}", header, rows)


def _kernel_table(scores: Mapping[str, Any]) -> str:
    rows = [
        [
            f"{kernel['variable']}, {kernel['step']}",
            str(kernel["edge_cells"]),
            score_text("weight", kernel["largest_weight"]),
            radius_text(kernel),
        ]
        for kernel in scores["kernels"]
    ]
    header = ["variable and step", "edge (cells)", "largest weight", "radius of influence (km)"]
    return table("Kernels", header, rows)


def _provenance(scores: Mapping[str, Any]) -> str:
    first, last = scores["days"][0], scores["days"][-1]
    facts = {
        "evaluated": f"{scores['evaluated']}, sha256 {scores['sha256']}",
        "archive": f"{scores['archive']}: {scores['archive_days']} days, {first['date']} in "
        f"{first['file']} to {last['date']} in {last['file']}; sha256 {scores['archive_sha256']}; "
        f"{scores['days_seen_in_training']} of the days are known to have been trained on",
        "sampled cells": f"{scores['stations']}; weather: {scores['weather']}; seed "
        f"{scores['seed']}",
        "values": "those of the archive in the sampled cells, without noise",
        "code": scores["code"],
        "written": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return definitions(facts.items())
