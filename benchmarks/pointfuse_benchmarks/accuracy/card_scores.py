"""The accuracy report as scores for the description of a model, from which its card is made.

    python -m pointfuse_benchmarks.accuracy.card_scores benchmarks/results/accuracy.json

(or pollutants.json and --variable no2) prints the TOML tables to put into the description. A test
holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pointfuse import POLLUTANTS
from pointfuse_benchmarks.accuracy.accuracy_table import PUBLISHED

_TESTS = {
    "stations": "stations left out",
    "cities": "cities left out",
    "cmaq": "whole fields of another model",
}


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--variable", type=click.Choice([*POLLUTANTS]), help="Pollutant of the model.")
def main(report: Path, variable: str | None) -> None:
    """Print the scores of REPORT as TOML."""
    content = json.loads(report.read_text())
    scores = pollutant_card_scores(content, variable) if variable else card_scores(content)
    click.echo(as_toml(scores), nl=False)


def card_scores(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry for each test and each predictor of ours; the others are in its ``reference``."""
    settings, parts = report["settings"], report["parts"]
    origin = (
        f"measured {report['machine']['date']} with this repository: python -m "
        f"pointfuse_benchmarks.accuracy --every {settings['every']}; R2, RMSE, NME"
    )
    return [
        {
            "test": f"{_TESTS[part]}, {name}",
            "data": _data(part, report),
            **{key: round(parts[part]["scores"][name][key], 3) for key in ("r2", "nme")},
            "rmse": round(parts[part]["scores"][name]["rmse"], 2),
            "reference": _reference(part, name, report),
            "origin": origin,
        }
        for part in _TESTS
        for name in settings["ours"]
    ]


def pollutant_card_scores(report: Mapping[str, Any], variable: str) -> list[dict[str, Any]]:
    """The same of the report on all pollutants, for the model of one: days, and hours if any."""
    found = report["pollutants"][variable]
    origin = (
        f"measured {report['machine']['date']} with this repository: python -m "
        f"pointfuse_benchmarks.accuracy.pollutant_scores; R2, RMSE, NME"
    )
    data = {
        "days": "real CNEMC 2019, every 8th day of the even weeks ({days} days), 5 folds, "
        "{pairs:,} pairs, after quality control",
        "hours": "real CNEMC 2019, {days} hours of 12 days, one of 10 folds an hour, {pairs:,} "
        "pairs, after quality control",
    }
    entries = []
    for part, text in data.items():
        for scheme in ("stations", "cities") if part in found else ():
            one = found[part][scheme]
            scores = dict(one["scores"])
            ours = scores.pop("network")
            others = (
                f"{name}: {each['r2']:.3f}, {each['rmse']:.3g}, {each['nme']:.3f}"
                for name, each in scores.items()
            )
            entries.append(
                {
                    "test": f"{_TESTS[scheme]}, {part}",
                    "data": text.format(**one),
                    **{key: round(ours[key], 3) for key in ("r2", "nme")},
                    "rmse": float(f"{ours['rmse']:.3g}"),
                    "reference": "; ".join(others),
                    "origin": origin,
                }
            )
    return entries


def as_toml(entries: Sequence[Mapping[str, Any]]) -> str:
    """Entries as ``[[scores]]`` tables; texts and numbers look in TOML as they do in JSON."""
    return "\n".join(
        "[[scores]]\n" + "".join(f"{key} = {json.dumps(entry[key])}\n" for key in entry)
        for entry in entries
    )


def _data(part: str, report: Mapping[str, Any]) -> str:
    settings, found = report["settings"], report["parts"][part]
    if part == "cmaq":
        return (
            f"real CMAQ, {found['days']} days of January 2020, sampled at "
            f"{found['sampled_cells']} station cells, scored on {found['scored_cells']:,} other "
            "cells of mainland China"
        )
    return (
        f"real CNEMC daily means 2019, every {settings['every']}th day of the even weeks "
        f"({found['days']} days), {settings['folds']} folds, {found['pairs']:,} pairs, after "
        "quality control"
    )


def _reference(part: str, ours: str, report: Mapping[str, Any]) -> str:
    """R2, RMSE and NME of everybody else, and the published ones."""
    scores = report["parts"][part]["scores"]
    others = {
        name: [scores[name][key] for key in ("r2", "rmse", "nme")]
        for name in report["settings"]["predictors"]
        if name != ours
    }
    published = {name: figures[part][:3] for name, figures in PUBLISHED.items()}
    return "; ".join(
        f"{name}: {r2:.3f}, {rmse:.2f}, {nme:.3f}"
        for name, (r2, rmse, nme) in {**others, **published}.items()
    )


if __name__ == "__main__":
    main()
