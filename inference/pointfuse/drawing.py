"""What all pictures share (extra `[plot]`): matplotlib itself, units, coast and graticule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import MissingExtraError
from pointfuse.projection import Projection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = "viridis"
"""Perceptually even, readable in grey and by colour-blind people."""

_GRATICULE_STEP = 10


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


def draw_coast(axes: Axes, projection: Projection, colour: str) -> None:
    """Coastline of Natural Earth at 1:50 million (public domain), where it is on the map."""
    with np.load(Path(__file__).with_name("coastline.npz")) as stored:
        degrees = stored["points"] / float(stored["steps_per_degree"])
        lines = np.split(degrees, stored["starts"][1:])
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    for line in lines:
        x, y = projection.forward(*line.T)
        if ((x > west) & (x < east) & (y > south) & (y < north)).any():
            axes.plot(x, y, color=colour, linewidth=0.8, alpha=0.8)
    axes.set(xlim=(west, east), ylim=(south, north))


def draw_graticule(axes: Axes, projection: Projection, colour: str) -> None:
    """Meridians and parallels, labelled where they leave the map at the bottom and the left."""
    frame = np.meshgrid(np.linspace(*axes.get_xlim(), 100), np.linspace(*axes.get_ylim(), 100))
    longitude, latitude = projection.inverse(*frame)
    axes.set(xticks=[], yticks=[])
    limits = axes.get_xlim(), axes.get_ylim()
    style: dict[str, Any] = {"color": colour, "linewidth": 0.5, "alpha": 0.5}
    label: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "annotation_clip": False}
    for degrees in _steps(longitude):
        x, y = projection.forward(np.full(200, degrees), np.linspace(latitude.min(), 89, 200))
        axes.plot(x, y, **style)
        edge = np.interp(limits[1][0], y, x)
        if limits[0][0] < edge < limits[0][1]:
            axes.annotate(
                _degrees(degrees, "EW"), (edge, limits[1][0]), xytext=(0, -10), ha="center", **label
            )
    for degrees in _steps(latitude):
        east = np.linspace(longitude.min(), longitude.max(), 400)
        x, y = projection.forward(east, np.full(400, degrees))
        axes.plot(x, y, **style)
        edge = np.interp(limits[0][0], x, y)
        if limits[1][0] < edge < limits[1][1]:
            axes.annotate(
                _degrees(degrees, "NS"),
                (limits[0][0], edge),
                xytext=(-4, 0),
                ha="right",
                va="center",
                **label,
            )
    axes.set(xlim=limits[0], ylim=limits[1])


def _steps(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    first = np.ceil(degrees.min() / _GRATICULE_STEP) * _GRATICULE_STEP
    return np.arange(first, degrees.max(), _GRATICULE_STEP)


def _degrees(value: float, letters: str) -> str:
    return f"{abs(value):g}°{letters[0] if value >= 0 else letters[1]}"
