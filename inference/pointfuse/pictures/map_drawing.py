"""Elements of all maps (extra `[plot]`): coasts, borders, graticule, scale bar."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from pointfuse.errors import MissingExtraError
from pointfuse.grid.graticule import GraticuleLine, graticule
from pointfuse.grid.natural_earth import BORDERS, COAST, LAKES, PROVINCES, lines_on_map
from pointfuse.grid.projections import Projection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

COLOURS = "viridis"
"""Perceptually even, readable in grey and by colour-blind people."""

DIVERGING = "PuOr_r"
"""Purple is too low, orange too high, and what lies between is pale."""

_LARGEST_RATIO = 1.3
"""Of the scales of a map that has a bar."""

_COASTS = {COAST: (0.8, 0.9), LAKES: (0.5, 0.8)}
_BORDERS = {BORDERS: (0.6, 0.7), PROVINCES: (0.35, 0.45)}
"""Width (points) and opacity of lines, by their kind."""


_OF_OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Arial Unicode MS",
)
"""Fonts of systems that have Chinese characters, and mostly others of Asia."""


@contextmanager
def quiet_glyphs() -> Iterator[None]:
    """Draw names in scripts that the font lacks, as boxes, without a warning for each character."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


@contextmanager
def plain_text() -> Iterator[None]:
    """Draw names and titles as they are, in any script, while a map is made and written.

    A dollar is no formula. Characters that the font lacks are those of another one, if there is one
    on this machine.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure_class("a map")
    from matplotlib import font_manager, rc_context

    installed = set(font_manager.get_font_names())
    fonts = ["DejaVu Sans", *(font for font in _OF_OTHER_SCRIPTS if font in installed)]
    with rc_context({"font.family": fonts, "text.parse_math": False}), quiet_glyphs():
        yield


def figure_class(purpose: str) -> type[Figure]:
    """The class of matplotlib's figures, for what is named as the purpose.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs matplotlib; install it with pip install 'pointfuse[plot]'"
        ) from error
    return Figure


def colours_between(name: str, low: float, high: float) -> ListedColormap:
    """Part of a range of colours: without the darkest on a dark page, or the lightest on a map."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps[name](np.linspace(low, high, 256)), name=name)


def draw_coast(axes: Axes, projection: Projection, colour: str) -> None:
    """Coasts and lakes of Natural Earth within the limits of the axes."""
    _draw_lines(axes, projection, colour, _COASTS)


def draw_borders(axes: Axes, projection: Projection, colour: str) -> None:
    """Borders of countries, and of the provinces of large ones, within the limits of the axes."""
    _draw_lines(axes, projection, colour, _BORDERS)


def _draw_lines(
    axes: Axes, projection: Projection, colour: str, kinds: dict[str, tuple[float, float]]
) -> None:
    from matplotlib.collections import LineCollection

    for kind, (width, opacity) in kinds.items():
        lines = lines_on_map(kind, projection, axes.get_xlim(), axes.get_ylim())
        look: dict[str, Any] = {"colors": colour, "linewidths": width, "alpha": opacity}
        # Without limits of its own: the map has its size.
        axes.add_collection(LineCollection(lines, label=kind, **look), autolim=False)


def draw_graticule(
    axes: Axes, projection: Projection, colour: str, sides: str = "left bottom"
) -> None:
    """Meridians and parallels, labelled where they meet the left and bottom edge.

    Parameters
    ----------
    axes : Axes
        The map; its limits are kept.
    projection : Projection
        Its projection.
    colour : str
        Colour of the lines.
    sides : str
        Which of the edges have labels.
    """
    from matplotlib.collections import LineCollection

    limits = axes.get_xlim(), axes.get_ylim()
    meridians, parallels = graticule(projection, *limits)
    lines = [np.stack([line.x, line.y], axis=1) for line in (*meridians, *parallels)]
    look: dict[str, Any] = {"colors": colour, "linewidths": 0.4, "alpha": 0.4}
    axes.add_collection(LineCollection(lines, label="graticule", **look), autolim=False)
    bottom = _labelled(meridians, "bottom") if "bottom" in sides else {}
    left = _labelled(parallels, "left") if "left" in sides else {}
    axes.set_xticks(list(bottom), bottom.values())
    axes.set_yticks(list(left), left.values())
    axes.set(xlim=limits[0], ylim=limits[1])
    axes.tick_params(length=0, labelsize=8, pad=3)


def _labelled(lines: list[GraticuleLine], edge: str) -> dict[float, str]:
    """Labels by their place on an edge."""
    places = ((getattr(line, edge), line.label) for line in lines)
    return {place: label for place, label in places if place is not None}


def draw_scale_bar(axes: Axes, projection: Projection, colour: str) -> None:
    """A bar in the lower left corner as long as a round distance on the Earth is there.

    A map on which it would be much longer elsewhere has none.
    """
    from matplotlib.patheffects import withStroke

    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    x, y = west + 0.04 * (east - west), south + 0.05 * (north - south)
    plane_per_metre = _plane_per_metre(projection, x, y)
    corners = [_plane_per_metre(projection, *corner) for corner in product((x, east), (y, north))]
    if max(corners) > _LARGEST_RATIO * min(corners):
        return
    longest = 0.22 * (east - west) / plane_per_metre
    power = 10 ** np.floor(np.log10(longest))
    metres = max(factor * power for factor in (1, 2, 5) if factor * power <= longest)
    end = x + metres * plane_per_metre
    # Readable on dark ground too.
    halo = [withStroke(linewidth=2.5, foreground="white", alpha=0.6)]
    axes.plot(
        [x, end],
        [y, y],
        color=colour,
        linewidth=2.5,
        solid_capstyle="butt",
        label="scale",
        path_effects=[withStroke(linewidth=4.5, foreground="white", alpha=0.6)],
    )
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    axes.annotate(
        text,
        ((x + end) / 2, y),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=colour,
        path_effects=halo,
    )


def _plane_per_metre(projection: Projection, x: float, y: float) -> float:
    """How long a metre on the Earth, eastwards in the plane, is drawn at a place."""
    step = 1e-4 * projection.earth_radius
    longitude, latitude = np.radians(projection.inverse([x, x + step], [y, y]))
    # Haversine, which is exact for near points.
    half = np.sin(np.diff(latitude) / 2) ** 2 + np.prod(np.cos(latitude)) * (
        np.sin(np.diff(longitude) / 2) ** 2
    )
    return float(step / (2 * projection.earth_radius * np.arcsin(np.sqrt(half[0]))))
