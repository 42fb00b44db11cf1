"""Draw the figures of `docs/background/method.md` from what was measured.

    python -m pointfuse_benchmarks.accuracy.method_figures

Each picture bears the hash of the file that it shows, so that a test finds one that is out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pointfuse.basics.atomic_files import replacing
from pointfuse.pictures.figure_style import MODEL, look_of_method, report_style
from pointfuse.pictures.map_drawing import figure_class
from pointfuse_benchmarks.measuring.checkout import DOCUMENTS, ROOT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_OTHERS = "#9a9a9a"
_SCHEMES = {"stations": "stations left out", "cities": "cities left out"}
_GROUPS = {
    "overall": "",
    "by_season": "",
    "by_region": "",
    "by_distance": " away",
    "by_level": " ug/m3 predicted",
}
_PANELS = (
    ("stations", "rmse", "RMSE, stations left out, ug/m3"),
    ("cities", "rmse", "RMSE, cities left out, ug/m3"),
    ("cmaq", "nme", "NME, CMAQ fields"),
)
_NAMES = {"pm25": "PM2.5", "relative_humidity": "relative humidity", "wind_speed": "wind speed"}

Report = Mapping[str, Any]


@click.command()
def main() -> None:
    """Draw all figures into docs."""
    for name in FIGURES:
        draw(name, DOCUMENTS / "pictures" / name)


def draw(name: str, path: Path) -> None:
    """Draw one of `FIGURES`.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the picture cannot be written.
    """
    drawn, source = FIGURES[name]
    report = json.loads((ROOT / source).read_text(encoding="utf-8"))
    with report_style(), replacing(path) as temporary:
        figure = drawn(report)
        figure.savefig(temporary, dpi=110, metadata={"Source": f"{source} {sha256(source)}"})


def sha256(source: str) -> str:
    """Hash of the file that a figure shows, whatever its ends of lines are."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def scores(report: Report) -> Figure:
    """Bars of each method: errors at stations, in cities, and on whole fields of a CTM."""
    methods = report["settings"]["predictors"]
    ours = report["settings"]["ours"]
    figure = _empty((10.0, 3.8))
    panels = figure.subplots(1, 3, sharey=True)
    colours = [MODEL if method in ours else _OTHERS for method in methods]
    for axes, (part, score, title) in zip(panels, _PANELS, strict=True):
        values = [report["parts"][part]["scores"][method][score] for method in methods]
        bars = axes.barh(range(len(methods)), values, color=colours, height=0.68)
        digits = 2 if score == "rmse" else 3
        axes.bar_label(bars, [f"{value:.{digits}f}" for value in values], padding=3, fontsize=9)
        axes.set_title(title, loc="left", fontsize=10)
        axes.margins(x=0.24)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(methods)), methods)
    panels[0].invert_yaxis()
    return figure


def intervals(report: Report) -> Figure:
    """What the intervals hold against what they should hold, and how wide they are."""
    figure = _empty((10.0, 7.4))
    axes = figure.subplot_mosaic(
        [["reliability", "groups"], ["width", "groups"]], width_ratios=(1, 1.1)
    )
    for number, (scheme, label) in enumerate(_SCHEMES.items()):
        uncertainty = report["parts"][scheme]["uncertainty"]
        look = look_of_method(number) | {"label": label}
        _reliability(axes["reliability"], uncertainty["overall"]["held"], look)
        _width(axes["width"], uncertainty["by_level"], look)
        _held_by_group(axes["groups"], uncertainty, look | {"linestyle": "none"})
    axes["reliability"].plot([45, 100], [45, 100], color=_OTHERS, linewidth=1, zorder=0)
    axes["reliability"].set_xlabel("should hold, % of withheld observations")
    axes["reliability"].set_ylabel("hold, %")
    axes["reliability"].legend(loc="upper left")
    axes["width"].set_xlabel("predicted, ug/m3")
    axes["width"].set_ylabel("width of intervals of 90 %, ug/m3")
    axes["width"].set_ylim(bottom=0)
    axes["groups"].axvline(90, color=_OTHERS, linewidth=1, zorder=0)
    axes["groups"].set_xlabel("intervals of 90 % hold, % of withheld observations")
    axes["groups"].invert_yaxis()
    return figure


def _reliability(axes: Axes, held: Mapping[str, float], look: dict[str, Any]) -> None:
    axes.plot([float(share) for share in held], [100 * share for share in held.values()], **look)


def _width(axes: Axes, by_level: Report, look: dict[str, Any]) -> None:
    axes.plot(range(len(by_level)), [entry["width"] for entry in by_level.values()], **look)
    axes.set_xticks(range(len(by_level)), list(by_level))


def _held_by_group(axes: Axes, uncertainty: Report, look: dict[str, Any]) -> None:
    places, labels, shares = [], [], []
    place = 0.0
    for group, what in _GROUPS.items():
        entries = {"all": uncertainty[group]} if group == "overall" else uncertainty[group]
        for name, entry in entries.items():
            places.append(place)
            labels.append(name + what)
            shares.append(100 * entry["held"]["90"])
            place += 1
        place += 0.6  # groups stand apart
    axes.plot(shares, places, **look)
    axes.set_yticks(places, labels, fontsize=9)


def kernels(report: Report) -> Figure:
    """Mean weight of a station in the cells of a ring around it: the fused variable, weather."""
    target = report["kernels"][0]["variable"]
    figure = _empty((10.0, 3.6))
    panels = figure.subplots(1, 2)
    for axes, of_target in zip(panels, (True, False), strict=True):
        shown = [
            kernel for kernel in report["kernels"] if (kernel["variable"] == target) == of_target
        ]
        for number, kernel in enumerate(shown):
            label = "" if of_target else f"{_NAMES.get(kernel['variable'], kernel['variable'])}, "
            look = look_of_method(number) | {"label": label + kernel["step"]}
            axes.plot(kernel["distance_km"], kernel["mean_weight"], **look)
        # The widest kernels reach a hundred times as far as the narrowest.
        axes.set_xscale("symlog", linthresh=2 * shown[-1]["distance_km"][1])
        farthest = max(kernel["distance_km"][-1] for kernel in shown)
        axes.set_xticks([tick for tick in (0, 30, 100, 300, 1000) if tick < farthest])
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_title(
            _NAMES.get(target, target) if of_target else "weather", loc="left", fontsize=10
        )
        axes.set_xlabel("distance, km")
        axes.set_ylim(bottom=0)
        axes.legend()
    panels[0].set_ylabel("mean weight")
    return figure


def _empty(size: tuple[float, float]) -> Figure:
    return figure_class("the figures of the method")(figsize=size, facecolor="white")


FIGURES: dict[str, tuple[Callable[[Report], Figure], str]] = {
    "method-kernels.png": (kernels, "benchmarks/results/reproduced_simulations.json"),
    "method-scores.png": (scores, "benchmarks/results/accuracy.json"),
    "method-intervals.png": (intervals, "benchmarks/results/accuracy.json"),
}
"""How each picture is drawn, and from which file."""


if __name__ == "__main__":
    main()
