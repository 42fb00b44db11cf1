"""What an evaluation says, as JSON types and as a table for documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import said_units
from pointfuse.trust.classes import SEASONS
from pointfuse.trust.scores import SCORES, PairSums
from pointfuse_training.evaluation.archive_evaluation import CELLS, ArchiveEvaluation, season_of

PUBLISHED = ("r2", "rmse", "nme")
"""The scores that the published evaluation gives, day by day and as their mean over the days."""


def scores_of(evaluation: ArchiveEvaluation) -> dict[str, Any]:
    """All numbers of an evaluation in JSON types.

    Returns
    -------
    dict
        ``methods``: for each method (the network first) and each kind of cells, scores of all
        ``pairs`` at once, the ``mean_of_days`` of daily scores (as published), and the latter
        ``by_season``; ``days``: the daily scores; ``kernels`` with their radius of influence; and
        what was compared: ``region``, ``sampled_cells``, ``archive_days``.
    """
    season = np.array([season_of(day.date) for day in evaluation.days])
    seasons = [name for name in SEASONS if name in season]
    daily = {
        method: {
            cells: {name: score(sums) for name, score in SCORES.items()}
            for cells, sums in of_cells.items()
        }
        for method, of_cells in evaluation.sums.items()
    }
    return {
        "evaluated": evaluation.name,
        "variable": evaluation.target.name,
        "units": evaluation.target.units,
        "region": {
            "name": evaluation.region.name,
            "cells": int(evaluation.region.cells.sum()),
            "cells_of_grid": evaluation.region.cells.size,
        },
        "archive_days": len(evaluation.days),
        "sampled_cells": {
            "fewest": evaluation.sampled.min(axis=0).tolist(),
            "most": evaluation.sampled.max(axis=0).tolist(),
        },
        "methods": {
            method: {
                cells: {
                    "pairs": _overall(sums),
                    "mean_of_days": _means(daily[method][cells]),
                    "by_season": {
                        name: _means(daily[method][cells], season == name) for name in seasons
                    },
                }
                for cells, sums in of_cells.items()
            }
            for method, of_cells in evaluation.sums.items()
        },
        "days": [
            {
                "file": day.file,
                "date": str(day.date),
                "scores": {
                    method: {
                        cells: {name: _rounded(values[name][number]) for name in PUBLISHED}
                        for cells, values in of_cells.items()
                    }
                    for method, of_cells in daily.items()
                },
            }
            for number, day in enumerate(evaluation.days)
        ],
        "kernels": [
            {
                "variable": kernel.variable,
                "step": kernel.step,
                "edge_cells": kernel.squares * len(kernel.weights),
                "largest_weight": _rounded(kernel.weights.max()),
                "radius_km": None
                if kernel.radius is None
                else round(kernel.radius * evaluation.grid.cell_size / 1000, 1),
                "distance_km": [
                    round(float(distance), 1)
                    for distance in kernel.rings[0] * evaluation.grid.cell_size / 1000
                ],
                "mean_weight": [_rounded(weight) for weight in kernel.rings[1]],
            }
            for kernel in evaluation.kernels
        ],
    }


def scores_markdown(scores: Mapping[str, Any]) -> str:
    """The table of an evaluation, and what was compared, in Markdown."""
    lines = [
        "| method | cells | R2 / RMSE / NME, mean of days | R2 / RMSE / NME, all pairs |",
        "| --- | --- | --- | --- |",
    ]
    for method, of_cells in scores["methods"].items():
        for cells in CELLS:
            figures = (
                " / ".join(score_text(name, of_cells[cells][kind][name]) for name in PUBLISHED)
                for kind in ("mean_of_days", "pairs")
            )
            lines.append(f"| {method} | {cells} | {' | '.join(figures)} |")
    lines += ["", f"{compared(scores)} RMSE in {said_units(scores['units'])}."]
    if scores["kernels"]:
        lines += ["", "| kernel | edge, cells | largest weight | radius of influence, km |"]
        lines.append("| --- | --- | --- | --- |")
    lines += [
        f"| {kernel['variable']}, {kernel['step']} | {kernel['edge_cells']} | "
        f"{score_text('weight', kernel['largest_weight'])} | {radius_text(kernel)} |"
        for kernel in scores["kernels"]
    ]
    return "\n".join(lines)


def compared(scores: Mapping[str, Any]) -> str:
    """A sentence: what was compared with what."""
    region, days = scores["region"], scores["archive_days"]
    stations, humidity, wind = (
        f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        for fewest, most in zip(
            scores["sampled_cells"]["fewest"], scores["sampled_cells"]["most"], strict=True
        )
    )
    weather = "no weather"
    if (humidity, wind) != ("0", "0"):
        weather = f"humidity at {humidity} and wind at {wind} cells"
    return (
        f"{scores['evaluated']}: {days} day{'' if days == 1 else 's'} completed from "
        f"{scores['variable']} at {stations} cells and {weather}, compared in "
        f"{region['cells']:,} cells ({region['name']}) of {region['cells_of_grid']:,}."
    )


def score_text(name: str, value: float | None) -> str:
    """A score as every table shows it."""
    if value is None:
        return "-"
    return f"{value:.2f}" if name in {"rmse", "weight"} else f"{value:.3f}"


def radius_text(kernel: Mapping[str, Any]) -> str:
    """Radius of influence of a kernel in km, for people."""
    if kernel["radius_km"] is None:
        return f"over {kernel['distance_km'][-1]:.0f}"
    return f"{kernel['radius_km']:.0f}"


def _overall(sums: PairSums) -> dict[str, Any]:
    whole = sums.over()
    scores = {name: _rounded(score(whole)) for name, score in SCORES.items()}
    return {"number": int(whole.pairs), **scores}


def _means(
    daily: Mapping[str, NDArray[np.float64]], chosen: NDArray[np.bool_] | slice = slice(None)
) -> dict[str, Any]:
    """Mean of daily scores over the days that have one."""
    means: dict[str, Any] = {}
    for name, values in daily.items():
        there = values[chosen][np.isfinite(values[chosen])]
        means[name] = _rounded(there.mean()) if len(there) else None
    return means


def _rounded(value: float | np.floating[Any] | NDArray[np.float64]) -> float | None:
    """A number for JSON, which has no NaN: the correlation of a constant field, say."""
    return round(float(value), 4) if np.isfinite(value) else None
