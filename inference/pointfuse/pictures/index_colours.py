"""Official colours of air-quality indices, and their colour bar (extra `[plot]`)."""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING, Any

from pointfuse.limits.standards import Method, Standard

if TYPE_CHECKING:
    from matplotlib.colorbar import Colorbar

_LETTERS = 14
"""In a line of the name of a level."""


def index_scale(standard: Standard) -> dict[str, Any]:
    """Colours of the levels, as ``cmap`` and ``norm`` of matplotlib.

    The mean of several days has the level of the nearest whole number.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    colours = ListedColormap([level.colour for level in standard.levels], name=standard.name)
    return {"cmap": colours, "norm": BoundaryNorm(_edges(standard), colours.N)}


def name_levels(bar: Colorbar, standard: Standard) -> None:
    """Write the name of each level, and its indices, beside its colour."""
    edges = _edges(standard)
    middles = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    bar.set_ticks(middles, labels=_names(standard), fontsize=7)
    bar.ax.tick_params(which="both", length=0)


def _edges(standard: Standard) -> list[float]:
    """Ends of the levels, between whole numbers."""
    by_bands = standard.method is Method.BANDS
    last = len(standard.levels) if by_bands else 500
    return [0.5 if by_bands else -0.5, *(top + 0.5 for top in standard.tops), last + 0.5]


def _names(standard: Standard) -> list[str]:
    names = [textwrap.fill(level.name.replace("_", " "), _LETTERS) for level in standard.levels]
    if standard.method is Method.BANDS:
        return names
    lows = [0, *(top + 1 for top in standard.tops)]
    highs = [*map(str, standard.tops), ""]
    ranges = [
        f"{low} to {high}" if high else f"{low} and more"
        for low, high in zip(lows, highs, strict=True)
    ]
    return [f"{name}\n{each}" for name, each in zip(names, ranges, strict=True)]
