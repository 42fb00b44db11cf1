"""Style of the report figures (extra `[plot]`), for light and dark pages.

Lines and letters are drawn in `INK`, which stands for the colour of the text around the figure; the
other colours can be told apart by colour-blind people (Okabe and Ito, 2008) and on either ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.pictures.map_drawing import figure_class, quiet_glyphs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#010203"
"""Colour of lines and letters, to be replaced by that of the text."""

MODEL = "#0084c8"
"""Colour of the model."""

_RIVALS = ("#e69f00", "#cc79a7", "#8c6bb1", "#999933", "#56b4e9")
_MARKERS = "s^Dvo"
_MOST_DATES = 5

_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.0,
    "grid.alpha": 0.2,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "legend.edgecolor": "none",
    "legend.facecolor": "none",
    "legend.fontsize": 9.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "pointfuse",
    "text.color": INK,
    # A dollar in a name is no formula.
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class ReportFigure:
    """A figure with what is said about it.

    Parameters
    ----------
    figure : matplotlib Figure
        The figure.
    title, caption : str
        What it shows, and how to read it.
    alternative : str
        What it shows, for those who cannot see it.
    """

    figure: Figure
    title: str
    caption: str
    alternative: str


@contextmanager
def report_style() -> Iterator[None]:
    """Matplotlib's settings for the figures, while they are made and written.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure_class("a report")
    from matplotlib import rc_context

    # Names in other scripts are drawn by the reader's fonts, not by the one that measures them.
    with rc_context(_STYLE), quiet_glyphs():
        yield


def look_of_method(number: int) -> dict[str, Any]:
    """Colour, marker and line of a method; the first is the model."""
    if number == 0:
        return {"color": MODEL, "marker": "o", "linestyle": "-"}
    rival = (number - 1) % len(_RIVALS)
    return {"color": _RIVALS[rival], "marker": _MARKERS[rival], "linestyle": "--"}


def label_days(axes: Axes, days: NDArray[np.datetime64]) -> None:
    """Label an axis of days with a few dates, evenly apart."""
    first, span = days[0], (days[-1] - days[0]).astype(np.int64)
    shown = first + np.unique(np.linspace(0, span, _MOST_DATES).astype(np.int64))
    axes.set_xticks(shown, [str(day) for day in shown], fontsize=9)
