"""Scores of the models of any place in Markdown."""

from __future__ import annotations

from typing import Any

from pointfuse import POLLUTANTS
from pointfuse.basics.units import typeset_units

_SCHEMES = {"stations": "stations", "blocks": "squares of 300 km"}
_COLUMNS = ("network", "kriging", "idw", "gridpp")
_NAMES = {"network": "pointfuse"}


def tables(report: dict[str, Any]) -> str:
    """Tables of places with stations, of China, and of fields of transport models.

    Parameters
    ----------
    report : dict
        From `pointfuse_benchmarks.accuracy.anywhere.world_scores`.
    """
    return "\n\n".join([places_table(report), china_table(report), completed_table(report)])


def places_table(report: dict[str, Any]) -> str:
    """R2, RMSE and NME of each method, the ratio to the best of the others, and coverage."""
    header = ["place", "left out", "pairs", *(_NAMES.get(name, name) for name in _COLUMNS)]
    header += ["RMSE over the best", "90 % intervals hold"]
    lines = [_row(header), _row(["---"] * len(header))]
    for found in report["places"].values():
        for scheme, said in _SCHEMES.items() if "stations" in found else ():
            one = found[scheme]
            units = typeset_units(POLLUTANTS[found["variable"]].units)
            name = POLLUTANTS[found["variable"]].long_name.removeprefix("daily mean ")
            lines.append(
                _row(
                    [
                        f"{found['name']}, {name}, {units}",
                        said,
                        f"{one['pairs']:,}",
                        *(_scores(one["scores"][column]) for column in _COLUMNS),
                        _ratio(one, best_other(one)),
                        f"{100 * one['held']['90']:.1f} %",
                    ]
                )
            )
    return "\n".join(lines)


def china_table(report: dict[str, Any]) -> str:
    """The model of any place beside that of China, in China."""
    header = ["left out", "any place", "model of China", "RMSE over that of the model of China"]
    lines = [_row(header), _row(["---"] * len(header))]
    found = report["places"].get("china", {})
    for scheme, said in _SCHEMES.items() if found else ():
        one = found[scheme]
        both = [_scores(one["scores"][name]) for name in ("network", "model of China")]
        lines.append(_row([said, *both, _ratio(one, "model of China")]))
    return "\n".join(lines)


def completed_table(report: dict[str, Any]) -> str:
    """Normalised mean errors of fields of transport models."""
    header = ["field", "cells given", "cells", *(f"NME, {_NAMES.get(n, n)}" for n in _COLUMNS)]
    header += ["over kriging"]
    lines = [_row(header), _row(["---"] * len(header))]
    for found in report["places"].values():
        if "nme" in found:
            nme = found["nme"]
            numbers = [f"{nme[name]:.3f}" for name in _COLUMNS]
            ratio = f"{nme['network'] / nme['kriging']:.3f}"
            lines.append(
                _row([found["name"], f"{found['given']}", f"{found['cells']:,}", *numbers, ratio])
            )
    return "\n".join(lines)


def best_other(one: dict[str, Any]) -> str:
    """Which of the other methods has the smallest RMSE."""
    return min(_COLUMNS[1:], key=lambda name: float(one["scores"][name]["rmse"]))


def _ratio(one: dict[str, Any], other: str) -> str:
    ratio, low, high = one["ratios"]["network"][other]["rmse"]
    interval = f" ({low:.3f} to {high:.3f})" if one["days"] > 1 else ""
    return f"{ratio:.3f}{interval}"


def _scores(one: dict[str, Any]) -> str:
    return f"{one['r2']:.3f} / {one['rmse']:.3g} / {one['nme']:.3f}"


def _row(entries: list[str]) -> str:
    return f"| {' | '.join(entries)} |"
