"""The peers of a machine as a figure: what a field takes in other runtimes and by other methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pointfuse.basics.atomic_files import replacing
from pointfuse.pictures.figure_style import MODEL, report_style
from pointfuse.pictures.map_drawing import figure_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]

_OTHERS = "#9a9a9a"
_OURS = ("ONNX Runtime", "pointfuse")
"""What the names of our own rows begin with."""


def draw_peers(rows: Sequence[Row], path: Path) -> None:
    """Draw the medians of a run as bars, ours in colour.

    Parameters
    ----------
    rows : sequence of dict
        Rows of peers of one machine, from one run.
    path : Path
        Picture to write, PNG.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    OutputError
        If the picture cannot be written.
    """
    kinds = {
        "network": "The same network, seconds a day",
        "field": "Complete fields from stations, seconds a day",
    }
    shown = {
        kind: [row for row in rows if row["kind"] == kind and "whole" in row] for kind in kinds
    }
    with report_style():
        figure = figure_class("the figure of peers")(
            figsize=(8.0, 1.6 + 0.34 * sum(map(len, shown.values()))), facecolor="white"
        )
        heights = [len(found) + 0.5 for found in shown.values()]
        panels = figure.subplots(2, 1, height_ratios=heights)
        for axes, (kind, title) in zip(panels, kinds.items(), strict=True):
            _bars(axes, shown[kind])
            axes.set_title(title, loc="left", fontsize=11)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=110)


def _bars(axes: Axes, rows: Sequence[Row]) -> None:
    seconds = [row["whole"]["p50"] / 1000 for row in rows]
    names = [f"{row['name']}, {row['device']} {row['precision']}" for row in rows]
    colours = [MODEL if row["name"].startswith(_OURS) else _OTHERS for row in rows]
    bars = axes.barh(range(len(rows)), seconds, color=colours, height=0.68)
    axes.bar_label(bars, [f"{value:.2f}" for value in seconds], padding=4, fontsize=9)
    axes.set_yticks(range(len(rows)), names)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
