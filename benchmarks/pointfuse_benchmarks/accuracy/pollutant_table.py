"""Scores of all pollutants in Markdown, with those that others published beside them."""

from __future__ import annotations

from typing import Any

from pointfuse import POLLUTANTS
from pointfuse.basics.units import typeset_units

PUBLISHED = """\
For orientation, of other years, stations and folds: the reanalysis CAQRA (Kong et al., Earth Syst.
Sci. Data 13, 2021; hours, stations left out) has R2 from 0.52 to 0.81; daily fields from satellites
(Wei et al., Atmos. Chem. Phys. 23, 2023; ten folds of station-days) have R2 of 0.84 for NO2, 0.84
for SO2 and 0.80 for CO."""

_SCHEMES = {"stations": "stations left out", "cities": "cities left out"}
_NAMES = {"network": "pointfuse", "kriging": "kriging", "gp": "process"}


def tables(report: dict[str, Any]) -> str:
    """Tables of days, of hours, and of intervals.

    Parameters
    ----------
    report : dict
        From `pointfuse_benchmarks.accuracy.pollutant_scores`.
    """
    return "\n\n".join([days_table(report), hours_table(report), means_table(report), PUBLISHED])


def days_table(report: dict[str, Any]) -> str:
    """R2, RMSE and NME of each predictor, and the ratio to the better of the others."""
    return _table(report, "days", ("network", "kriging", "gp"))


def hours_table(report: dict[str, Any]) -> str:
    """The same of hours; the last columns are of the days that no parameter was fitted on."""
    return _table(report, "hours", ("network", "kriging"))


def _table(report: dict[str, Any], part: str, predictors: tuple[str, ...]) -> str:
    header = ["pollutant", "left out", "pairs", *(_NAMES[name] for name in predictors)]
    header += ["RMSE over the better", "90 % intervals hold"]
    header += ["on unseen days", "intervals there"] if part == "hours" else []
    lines = [_row(header), _row(["---"] * len(header))]
    for variable, found in report["pollutants"].items():
        for scheme in _SCHEMES if part in found else ():
            one = found[part][scheme]
            lines.append(
                _row(
                    [
                        f"{variable}, {typeset_units(POLLUTANTS[variable].units)}",
                        scheme,
                        f"{one['pairs']:,}",
                        *(_scores(one["scores"][name]) for name in predictors),
                        _ratio(one, predictors[1:]),
                        f"{100 * one['uncertainty']['held']['90']:.1f} %",
                        *(_of_unseen(one["unseen"]) if "unseen" in one else []),
                    ]
                )
            )
    return "\n".join(lines)


def _of_unseen(one: dict[str, Any]) -> list[str]:
    return [_ratio(one, ("kriging",)), f"{100 * one['held']:.1f} %"]


def best_other(one: dict[str, Any], others: tuple[str, ...]) -> str:
    """Which of the others has the smallest RMSE."""
    return min(others, key=lambda name: float(one["scores"][name]["rmse"]))


def _ratio(one: dict[str, Any], others: tuple[str, ...]) -> str:
    ratio, low, high = one["ratios"]["network"][best_other(one, others)]["rmse"]
    return f"{ratio:.3f} ({low:.3f} to {high:.3f})"


def means_table(report: dict[str, Any]) -> str:
    """How far the mean of a day's fused hours is from the fused day."""
    header = ["pollutant", "days", "mean of the fields", "mean difference", "mean of its size"]
    header += ["of cells within the day's 90 % interval"]
    lines = [_row(header), _row(["---"] * len(header))]
    for variable, found in report["pollutants"].items():
        if "hours" in found:
            one = found["hours"]["mean_of_hours"]
            numbers = ("mean", "mean_difference", "mean_absolute_difference")
            cells = [str(one["days"]), *(f"{one[name]:.2f}" for name in numbers)]
            lines.append(_row([variable, *cells, f"{100 * one['share_within_90']:.1f} %"]))
    return "\n".join(lines)


def _scores(one: dict[str, float]) -> str:
    return f"{one['r2']:.3f} / {one['rmse']:.3g} / {one['nme']:.3f}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
