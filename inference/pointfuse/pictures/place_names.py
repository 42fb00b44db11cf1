"""Names of places on a map, without overlaps (extra `[plot]`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.fields.places.points import Places
from pointfuse.grid.projections import Projection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

logger = logging.getLogger(__name__)

_SIDES: tuple[tuple[tuple[int, int], dict[str, Any]], ...] = (
    ((4, 0), {"ha": "left", "va": "center"}),
    ((-4, 0), {"ha": "right", "va": "center"}),
    ((0, 4), {"ha": "center", "va": "bottom"}),
    ((0, -4), {"ha": "center", "va": "top"}),
)
"""Where a name may stand beside its dot, points; the first that is free is taken."""


def draw_places(axes: Axes, projection: Projection, places: Places, colour: str) -> list[str]:
    """Draw dots and names of places; one whose name would cover another is left out.

    Parameters
    ----------
    axes : Axes
        The map, with all else on it, in its final size.
    projection : Projection
        Its projection.
    places : Places
        The places, the most important first.
    colour : str
        Colour of dots and names.

    Returns
    -------
    list of str
        Names that were drawn.
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    map_box = axes.get_window_extent()
    taken = [text.get_window_extent() for text in axes.texts]
    if (key := axes.get_legend()) is not None:
        taken.append(key.get_window_extent())
    drawn = []
    known = np.isfinite(places.longitude) & np.isfinite(places.latitude)
    x, y = projection.forward(places.longitude[known], places.latitude[known])
    look: dict[str, Any] = {"fontsize": 7, "color": colour, "zorder": 5}
    halo = [withStroke(linewidth=2, foreground="white", alpha=0.8)]
    names = places.name[known].tolist()
    for name, place in zip(names, zip(x.tolist(), y.tolist(), strict=True), strict=True):
        dot = axes.transData.transform(place)
        if not (np.isfinite(dot).all() and map_box.contains(*dot)):
            continue
        for offset, sides in _SIDES:
            text = axes.annotate(
                name,
                place,
                xytext=offset,
                textcoords="offset points",
                path_effects=halo,
                **look,
                **sides,
            )
            text.set_in_layout(False)
            box = text.get_window_extent()
            if _is_within(box, map_box) and not any(box.overlaps(other) for other in taken):
                taken += [box, Bbox([dot - 3, dot + 3])]
                axes.plot(*place, ".", color=colour, markersize=4, zorder=5, path_effects=halo)
                drawn.append(name)
                break
            text.remove()
    if not drawn:
        logger.warning("none of %s is on the map", counted(len(places), "place"))
    return drawn


def _is_within(box: Bbox, other: Bbox) -> bool:
    return bool(np.all(box.min >= other.min) and np.all(box.max <= other.max))
