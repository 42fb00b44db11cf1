"""How a map looks: the part of the grid that it shows, its colours and its lines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.fields.places.points import Places
from pointfuse.grid.regular_grid import Grid

SHARE_SHOWN = 0.998
"""Share of the cells within the colours: a few extremes would leave the rest in one of them."""

_POINTS = 50
"""Along each side of a box of longitudes and latitudes, which is bent in the plane."""


class Box(NamedTuple):
    """A part of the Earth between meridians and parallels, degrees.

    From west to east it may cross the date line: 170 to -170 is 20 degrees wide.
    """

    west: float
    south: float
    east: float
    north: float


class Frame(NamedTuple):
    """Edges of a map in the plane of its projection, m."""

    west: float
    east: float
    south: float
    north: float

    @property
    def height(self) -> float:
        """Its height over its width."""
        return (self.north - self.south) / (self.east - self.west)


@dataclass(frozen=True)
class Look:
    """What is not told by the values of a map.

    Parameters
    ----------
    borders : bool
        Whether to draw borders of countries and provinces.
    ends : tuple of two floats, optional
        Values at the ends of the colours; those that suit the values by default.
    levels : tuple of float
        Bounds of classes of values, rising, that have a colour each; none for even colours.
    box : Box, optional
        Part of the Earth to show; the whole grid by default.
    places : Places, optional
        Places to name, the most important first.

    Raises
    ------
    InputError
        If levels or ends do not rise, or both are given.
    """

    borders: bool = True
    ends: tuple[float, float] | None = None
    levels: tuple[float, ...] = ()
    box: Box | None = None
    places: Places | None = None

    def __post_init__(self) -> None:
        if self.ends and self.levels:
            raise InputError("expected a range of values or levels for the colours, got both")
        for what, values in (("range", self.ends), ("levels", self.levels)):
            if values and not all(low < high for low, high in pairwise(values)):
                raise InputError(f"expected a {what} that rises, got {_listed(values)}")
        if len(self.levels) == 1:
            raise InputError(f"expected two levels or more, got {_listed(self.levels)}")

    @property
    def own_colours(self) -> bool:
        """Whether the colours do not follow the values."""
        return bool(self.ends or self.levels)


def ends_of(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Values at the ends of the colours of a field: nearly all of its cells lie between them.

    Parameters
    ----------
    values : ndarray of any shape
        The field; what is not finite does not count.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, top = (float(np.quantile(known, share)) for share in (1 - SHARE_SHOWN, SHARE_SHOWN))
    # From zero, but for values that are far from it, such as pressures.
    bottom = 0.0 if 0 <= low < 0.5 * top else low
    return bottom, top if top > bottom else bottom + 1


def frame_of(grid: Grid, box: Box | None = None) -> Frame:
    """The part of a grid that a map shows.

    Parameters
    ----------
    grid : Grid
        The grid.
    box : Box, optional
        What is to be seen; where it reaches beyond the grid, the map ends with that.

    Raises
    ------
    InputError
        If the box is none, or has no cell of the grid.
    """
    half = grid.cell_size / 2
    whole = Frame(grid.x[0] - half, grid.x[-1] + half, grid.y[0] - half, grid.y[-1] + half)
    if box is None:
        return whole
    if not (-90 <= box.south < box.north <= 90 and box.west != box.east):
        raise InputError(
            "expected an extent of west, south, east and north in degrees, such as "
            f"110,30,125,42, got {_listed(box)}"
        )
    x, y = grid.projection.forward(*_outline(box))
    seen = Frame(
        max(whole.west, float(np.min(x))),
        min(whole.east, float(np.max(x))),
        max(whole.south, float(np.min(y))),
        min(whole.north, float(np.max(y))),
    )
    if not (seen.east - seen.west >= grid.cell_size and seen.north - seen.south >= grid.cell_size):
        longitude, latitude = grid.longitude_latitude()
        raise InputError(
            f"the extent {_listed(box)} shows no cell of the grid, whose cells are at longitudes "
            f"from {longitude.min():.1f} to {longitude.max():.1f} and latitudes from "
            f"{latitude.min():.1f} to {latitude.max():.1f}"
        )
    return seen


def _outline(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes along the sides of a box."""
    along = np.linspace(0, 1, _POINTS)
    width = (box.east - box.west) % 360 or 360.0
    easts = box.west + width * along
    norths = box.south + (box.north - box.south) * along
    ends = np.ones(_POINTS)
    longitude = np.concatenate([easts, easts, box.west * ends, (box.west + width) * ends])
    latitude = np.concatenate([box.south * ends, box.north * ends, norths, norths])
    return (longitude + 180) % 360 - 180, latitude


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
