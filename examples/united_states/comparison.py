"""How good the model is at withheld monitors and on CMAQ's field, beside other methods."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse import InputError, Observations, load_model, read_stations
from pointfuse.model.loading import Model
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.trust.baselines import Baseline, find_baselines
from pointfuse.trust.crossval import Scheme, cross_validate
from pointfuse.trust.evaluation import evaluate
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_training.archives.archive import Archive

MODEL = "network"
CMAQ = "CMAQ, which knows no monitor"
SCORES = ("r2", "rmse", "nme", "nmb")

Array = NDArray[np.float64]


def compare(
    aqs: Path, path: Path, cmaq: Archive, reconstruction: Path, timezone: str
) -> dict[str, Any]:
    """Compare on the same withheld monitors, and on the same cells of CMAQ.

    Parameters
    ----------
    aqs : Path
        Daily means of the monitors.
    path : Path
        Model file.
    cmaq : Archive
        The day of CMAQ on the grid of the model.
    reconstruction : Path
        Scores of `pointfuse-train evaluate` on it.
    timezone : str
        In which the day is written.

    Returns
    -------
    dict
        ``monitors``: scores by what was withheld and by method; ``intervals``: the share of
        monitors that intervals of 90 % hold, by what was withheld; ``reconstruction``: scores by
        method; ``training`` and ``machine``.
    """
    model = load_model(path, threads=1)
    day = cmaq.dates[0]
    raw = read_stations(aqs, timezone=timezone).between(day, day)
    checked = check_days(raw, model)
    baselines = {**find_baselines(["kriging", "idw"]), CMAQ: field_of(cmaq)}
    monitors, intervals = {}, {}
    cases: tuple[tuple[str, Scheme, Observations], ...] = (
        ("single monitors", "stations", checked),
        ("squares of 300 km", "blocks", checked),
        ("single monitors, no quality control", "stations", raw),
    )
    for title, scheme, observations in cases:
        monitors[title], intervals[title] = withheld(observations, model, scheme, baselines)
    found = json.loads(reconstruction.read_text(encoding="utf-8"))
    return {
        "monitors": monitors,
        "intervals": intervals,
        "reconstruction": {
            "cells": found["region"]["cells"],
            "sampled": found["sampled_cells"]["most"][0],
            "methods": {
                name: {score: method["cells not sampled"]["pairs"][score] for score in SCORES}
                for name, method in found["methods"].items()
            },
        },
        "training": {
            name: model.metadata.training[name]
            for name in ("iterations", "minutes", "training_days", "observations_used")
        },
        "machine": machine(),
    }


def withheld(
    observations: Observations, model: Model, scheme: Scheme, baselines: dict[str, Baseline]
) -> tuple[dict[str, dict[str, float | None]], float]:
    """Scores by method at monitors that were withheld in ten folds, and what intervals hold."""
    evaluation = evaluate(cross_validate(observations, model, scheme=scheme, baselines=baselines))
    if evaluation.uncertainty is None:
        raise InputError(f"expected a model that gives uncertainty, got {model.metadata.name}")
    by_method = {MODEL: evaluation.model.overall}
    by_method |= {name: scores.overall for name, scores in evaluation.baselines.items()}
    return (
        {
            name: {
                "pairs": scores.pairs,
                "mean_observed": scores.mean_observed,
                **{key: scores.score(key).value for key in SCORES},
            }
            for name, scores in by_method.items()
        },
        evaluation.uncertainty.overall.share[90],
    )


def field_of(archive: Archive) -> Baseline:
    """The field of the first day of an archive, whatever the monitors say."""
    field = archive[0][0].numpy().ravel()

    def predict(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        return archive.grid.interpolation(longitude, latitude).read(field)

    return predict


def markdown(scores: dict[str, Any]) -> str:
    """Both tables, for the document."""
    schemes = scores["monitors"]
    pairs = [next(iter(methods.values()))["pairs"] for methods in schemes.values()]
    titles = [f"{title} ({count})" for title, count in zip(schemes, pairs, strict=True)]
    lines = [
        f"| R2 / RMSE / NME | {' | '.join(titles)} |",
        "| --- |" + " --- |" * len(titles),
    ]
    for name in next(iter(schemes.values())):
        cells = [said(methods[name]) for methods in schemes.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append(
        "| intervals of 90 % hold | "
        + " | ".join(f"{100 * held:.1f} %" for held in scores["intervals"].values())
        + " |"
    )
    found = scores["reconstruction"]
    lines += [
        "",
        f"| CMAQ's field from {found['sampled']} of its cells | R2 / RMSE / NME |",
        "| --- | --- |",
        *(f"| {name} | {said(method)} |" for name, method in found["methods"].items()),
    ]
    return "\n".join(lines)


def said(scores: dict[str, float]) -> str:
    """R2, RMSE and NME."""
    return f"{scores['r2']:.3f} / {scores['rmse']:.2f} / {scores['nme']:.3f}"
