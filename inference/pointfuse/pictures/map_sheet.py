"""Arrange map panels on a sheet, with colour bars and titles (extra `[plot]`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.errors import InputError
from pointfuse.fields.map_file import StationMeans
from pointfuse.grid.regular_grid import Grid
from pointfuse.pictures.index_colours import index_scale, name_levels
from pointfuse.pictures.map_drawing import (
    DIVERGING,
    colours_between,
    draw_borders,
    draw_coast,
    draw_graticule,
    draw_scale_bar,
    figure_class,
)
from pointfuse.pictures.map_look import SHARE_SHOWN, Look, ends_of, frame_of
from pointfuse.pictures.map_panels import Kind, Panel
from pointfuse.pictures.place_names import draw_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

_DISTANCES = (0, 25, 50, 100, 200, 400, 800)
"""Bounds of classes of the distance to a station, km."""

_WIDTHS = {1: 7.6, 2: 5.2, 3: 4.5, 4: 3.7}
"""Width of a panel by how many are in a row, inches."""

_NOTHING = "0.82"
"""Colour of cells without a value: a grey that no colour map has."""

_LABELS, _TITLES, _BETWEEN, _BAR = 0.5, 0.65, 0.35, 0.85
"""Room for what lies beside, above and between the panels, and for a colour bar, inches."""

_CIRCLE = 18.0
"""Size of the circle of a station on a map as wide as the sheet, square points."""

_RING = 6.0
"""The same of a station that lacks days: small, since it does not compare with the map."""

_INK = "0.1"
"""Colour of lines on a map."""

_USUAL = Look()

# Light is low and dark is high, so that lines show on most of a map and a copy in grey reads the
# same; of differences it shows the size alone.
COLOURS_OF = {
    Kind.AMOUNT: ("magma_r", 0.0, 0.87),
    Kind.UNCERTAINTY: ("cividis_r", 0.0, 1.0),
    Kind.DISTANCE: ("bone_r", 0.05, 0.75),
    Kind.DIFFERENCE: (DIVERGING, 0.0, 1.0),
}
"""Colour map of each kind, and the part of it that is used; colour-blind people can read them."""

_HEADING_SIZE = {1: 10.0, 2: 10.0, 3: 10.0, 4: 8.5}
"""Letters of the titles of panels, points."""


@dataclass(frozen=True)
class Sheet:
    """Panels that have been drawn, and can be drawn again with other values.

    Parameters
    ----------
    figure : Figure
        The whole.
    title : Text
        Its title.
    images : list of AxesImage
        The field of each panel.
    circles, rings : list of PathCollection
        The stations of each panel that has some: those with a value on all its days, in the colours
        of the field, and those that lack days, without.
    """

    figure: Figure
    title: Any
    images: list[AxesImage]
    circles: list[PathCollection]
    rings: list[PathCollection]

    def show(self, panels: Sequence[Panel], title: str) -> None:
        """Show other values of the same panels, in the same colours."""
        self.title.set_text(title)
        for image, panel in zip(self.images, panels, strict=True):
            image.set_data(np.ma.masked_invalid(panel.field))
            if len(panels) > 1:
                _write_heading(image.axes, panel)
        with_stations = (panel.stations for panel in panels if panel.stations is not None)
        for circles, rings, stations in zip(self.circles, self.rings, with_stations, strict=True):
            _show_stations(circles, rings, stations)


def scales_of(panels: Sequence[Panel], look: Look = _USUAL) -> dict[Kind, dict[str, Any]]:
    """Colours that suit panels, by the kind of values.

    Parameters
    ----------
    panels : sequence of Panel
        The panels.
    look : Look
        Whether the values of a field have a range or levels of their own.

    Returns
    -------
    dict of dict
        ``cmap`` and ``norm`` as matplotlib takes them.

    Raises
    ------
    InputError
        If an index, whose colours are official, is to have others.
    """
    standards = {panel.kind: index_scale(panel.standard) for panel in panels if panel.standard}
    if standards and look.own_colours:
        raise InputError("an index has colours of its own; leave out the range and the levels")
    scales = standards | {
        kind: _scale(kind, [panel.field for panel in panels if panel.kind is kind])
        for kind in dict.fromkeys(panel.kind for panel in panels)
        if kind not in standards
    }
    if look.own_colours:
        scales[Kind.AMOUNT] = _own_scale(look)
    return scales


def _own_scale(look: Look) -> dict[str, Any]:
    """Colours of a field as somebody wants them."""
    from matplotlib.colors import BoundaryNorm, Normalize

    colours = colours_between(*COLOURS_OF[Kind.AMOUNT])
    if look.ends:
        return {"cmap": colours, "norm": Normalize(*look.ends)}
    beyond: Literal["both", "max"] = "both" if look.levels[0] > 0 else "max"
    return {"cmap": colours, "norm": BoundaryNorm(look.levels, colours.N, extend=beyond)}


def _scale(kind: Kind, fields: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    from matplotlib.colors import BoundaryNorm, Normalize

    colours = colours_between(*COLOURS_OF[kind])
    if kind is Kind.DISTANCE:
        return {"cmap": colours, "norm": BoundaryNorm(_DISTANCES, colours.N, extend="max")}
    values = np.concatenate([field[np.isfinite(field)] for field in fields])
    if kind is Kind.DIFFERENCE:
        top = float(np.quantile(np.abs(values), SHARE_SHOWN)) if len(values) else 0.0
        top = top or 1.0
        return {"cmap": colours, "norm": Normalize(-top, top)}
    return {"cmap": colours, "norm": Normalize(*ends_of(values))}


def make_sheet(
    rows: Sequence[Sequence[Panel]],
    grid: Grid,
    *,
    title: str,
    footer: str,
    look: Look = _USUAL,
    scales: dict[Kind, dict[str, Any]] | None = None,
) -> Sheet:
    """Draw panels.

    Parameters
    ----------
    rows : sequence of sequences of Panel
        Panels, row by row; all rows of one length.
    grid : Grid
        Their grid.
    title, footer : str
        What is shown, and where it comes from.
    look : Look
        The part of the grid that is shown, its colours and lines.
    scales : dict, optional
        Colours by the kind of values, as `scales_of` gives them; those that suit the panels by
        default.

    Raises
    ------
    InputError
        If the look does not suit the grid or the panels.
    """
    panels = [panel for row in rows for panel in row]
    scales = scales or scales_of(panels, look)
    frame = frame_of(grid, look.box)
    figure, axes = _axes(len(rows), len(rows[0]), frame.height)
    images, circles, rings = [], [], []
    for number, (place, panel) in enumerate(zip(axes.flat, panels, strict=True)):
        images.append(_draw_field(place, panel, grid, scales[panel.kind]))
        place.set(xlim=(frame.west, frame.east), ylim=(frame.south, frame.north))
        if panel.stations is not None:
            circles.append(_draw_circles(place, scales[panel.kind]))
            rings.append(_draw_rings(place))
            _show_stations(circles[-1], rings[-1], panel.stations)
            _draw_key(place, circles[-1], rings[-1], panel.stations)
        row, column = divmod(number, len(rows[0]))
        sides = "left " * (column == 0) + "bottom" * (row == len(rows) - 1)
        _draw_furniture(place, grid, look.borders, sides, scale_bar=number == 0)
        if len(panels) > 1:
            _write_heading(place, panel)
    _draw_bars(figure, axes, images, panels)
    heading = figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    figure.supxlabel(footer, x=0.99, ha="right", fontsize=7, color="0.35")
    if look.places is not None:
        # Names are in points: whether they cover each other is known once the maps have their size.
        figure.draw_without_rendering()
        for place in axes.flat:
            draw_places(place, grid.projection, look.places, _INK)
    return Sheet(figure, heading, images, circles, rings)


def _axes(rows: int, columns: int, height_over_width: float) -> tuple[Figure, NDArray[Any]]:
    width = _WIDTHS[columns]
    height = width * height_over_width + _BETWEEN
    below = rows == 1 and columns > 1
    size = columns * width + _LABELS + (not below) * _BAR, _TITLES + rows * height + below * _BAR
    figure = figure_class("a map")(figsize=size, layout="compressed")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _draw_field(axes: Axes, panel: Panel, grid: Grid, scale: dict[str, Any]) -> AxesImage:
    axes.set_facecolor(_NOTHING)
    return axes.imshow(
        np.ma.masked_invalid(panel.field),
        origin="lower",
        extent=frame_of(grid),
        interpolation="none",
        **scale,
    )


def _draw_circles(axes: Axes, scale: dict[str, Any]) -> PathCollection:
    size = _CIRCLE * axes.get_position().width
    # Visible on light ground and on dark.
    look: dict[str, Any] = {"edgecolors": "0.5", "linewidths": 0.4, "zorder": 3}
    return axes.scatter([], [], c=[], s=size, **look, **scale)


def _draw_rings(axes: Axes) -> PathCollection:
    size = _RING * axes.get_position().width
    return axes.scatter(
        [], [], s=size, facecolors="none", edgecolors="0.5", linewidths=0.7, zorder=3
    )


def _show_stations(circles: PathCollection, rings: PathCollection, stations: StationMeans) -> None:
    """Let the circles and rings stand for stations."""
    places = np.stack([stations.x, stations.y], axis=1)
    circles.set_offsets(places[stations.complete])
    circles.set_array(stations.values[stations.complete])
    rings.set_offsets(places[stations.partial])


def _draw_key(
    axes: Axes, circles: PathCollection, rings: PathCollection, stations: StationMeans
) -> None:
    """Say what rings are, where there are some."""
    if stations.partial.any():
        look: dict[str, Any] = {"fontsize": 7, "framealpha": 0.85, "handletextpad": 0.2}
        key = axes.legend([circles, rings], station_counts(stations), loc="lower right", **look)
        key.set_zorder(4)


def station_counts(stations: StationMeans) -> tuple[str, str]:
    """How many stations are circles, and how many are rings."""
    complete, partial = int(stations.complete.sum()), int(stations.partial.sum())
    return (
        f"{counted(complete, 'station')} with all days",
        f"{counted(partial, 'station')} without some days",
    )


def _draw_furniture(axes: Axes, grid: Grid, borders: bool, sides: str, *, scale_bar: bool) -> None:
    if borders:
        draw_borders(axes, grid.projection, _INK)
    draw_coast(axes, grid.projection, _INK)
    draw_graticule(axes, grid.projection, _INK, sides)
    if scale_bar:
        draw_scale_bar(axes, grid.projection, _INK)


def _draw_bars(
    figure: Figure, axes: NDArray[Any], images: Sequence[AxesImage], panels: Sequence[Panel]
) -> None:
    """A colour bar for each kind of values."""
    for kind in dict.fromkeys(panel.kind for panel in panels):
        chosen = [number for number, panel in enumerate(panels) if panel.kind is kind]
        places = [axes.flat[number] for number in chosen]
        below = axes.shape[0] == 1 and axes.shape[1] > 1
        bar = figure.colorbar(
            images[chosen[0]],
            ax=places,
            location="bottom" if below else "right",
            extend=_extend(images[chosen[0]]),
            shrink=0.8 if len(places) == 1 else 0.5,
            pad=0.02,
            aspect=30,
        )
        bar.set_label(panels[chosen[0]].label)
        if standard := panels[chosen[0]].standard:
            name_levels(bar, standard)


def _extend(image: AxesImage) -> str | None:
    """On which sides values may lie beyond the colours."""
    from matplotlib.colors import BoundaryNorm

    if isinstance(image.norm, BoundaryNorm):  # classes say so themselves
        return None
    return "max" if image.norm.vmin == 0 else "both"


def _write_heading(axes: Axes, panel: Panel) -> None:
    place: Any = axes.get_subplotspec()
    text = f"{panel.title}\n{panel.note}" if panel.note else panel.title
    axes.set_title(text, loc="left", fontsize=_HEADING_SIZE[place.get_gridspec().ncols])
