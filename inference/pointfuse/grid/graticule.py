"""Meridians and parallels on maps, in any projection (extra `[plot]`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.grid.projections import Projection

_STEPS = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
_FEWEST_PARALLELS = 3
_ALONG, _WITHIN = 400, 100
"""Points along a line and along an edge of the map, and along each side within it."""


@dataclass(frozen=True)
class GraticuleLine:
    """A meridian or parallel on a map.

    Parameters
    ----------
    label : str
        Such as ``110°E``.
    x, y : ndarray of float64, shape (point,)
        Where it is, m; NaN where it leaves the projection.
    left, bottom : float or None
        Where it meets the left edge (y) and the bottom edge (x) of the map, m.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    left: float | None
    bottom: float | None


def graticule(
    projection: Projection, x: tuple[float, float], y: tuple[float, float]
) -> tuple[list[GraticuleLine], list[GraticuleLine]]:
    """Meridians and parallels of a map, round degrees apart.

    Parameters
    ----------
    projection : Projection
        Projection of the map.
    x, y : tuple of two floats
        Western and eastern, southern and northern edge, m.

    Returns
    -------
    meridians, parallels : list of GraticuleLine
    """
    middle = projection.inverse(np.mean(x), np.mean(y))[0]

    def degrees(
        across: NDArray[np.float64], up: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        longitude, latitude = projection.inverse(across, up)
        # Counted on from the middle of the map, so that nothing jumps at the date line.
        return middle + (longitude - middle + 180) % 360 - 180, latitude

    inside = degrees(*np.meshgrid(np.linspace(*x, _WITHIN), np.linspace(*y, _WITHIN)))
    (west, east), (south, north) = ((values.min(), values.max()) for values in inside)
    across, up = np.linspace(*x, _ALONG), np.linspace(*y, _ALONG)
    left, bottom = degrees(np.full(_ALONG, x[0]), up), degrees(across, np.full(_ALONG, y[0]))
    step = next(
        (step for step in _STEPS if len(_multiples(south, north, step)) >= _FEWEST_PARALLELS),
        _STEPS[-1],
    )
    along_latitude = np.linspace(max(south - 1, -89.9), min(north + 1, 89.9), _ALONG)
    along_longitude = np.linspace(west, east, _ALONG)
    meridians = [
        GraticuleLine(
            _label(meridian, "EW"),
            *_line(projection, np.full(_ALONG, meridian), along_latitude),
            _crossing(left[0], up, meridian),
            _crossing(bottom[0], across, meridian),
        )
        for meridian in _multiples(west, east, step)
    ]
    parallels = [
        GraticuleLine(
            _label(parallel, "NS"),
            *_line(projection, along_longitude, np.full(_ALONG, parallel)),
            _crossing(left[1], up, parallel),
            _crossing(bottom[1], across, parallel),
        )
        for parallel in _multiples(south, north, step)
    ]
    return meridians, parallels


def _line(
    projection: Projection, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = projection.forward(longitude, latitude)
    # Across the meridian where the projection is cut.
    cut = np.hypot(np.diff(x), np.diff(y)) > 0.25 * projection.earth_radius
    x[1:][cut] = np.nan
    return x, y


def _crossing(
    degrees: NDArray[np.float64], place: NDArray[np.float64], wanted: float
) -> float | None:
    """The first place along an edge where the degrees are those wanted."""
    before, after = degrees[:-1] - wanted, degrees[1:] - wanted
    # A jump of the longitude is no crossing.
    crossed = np.flatnonzero((before * after <= 0) & (np.abs(before - after) < 90))
    if not len(crossed):
        return None
    first = crossed[0]
    share = before[first] / ((before[first] - after[first]) or 1.0)
    return float(place[first] + share * (place[first + 1] - place[first]))


def _multiples(low: float, high: float, step: float) -> NDArray[np.float64]:
    return step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)


def _label(degrees: float, letters: str) -> str:
    """Degrees with the letter of the hemisphere."""
    whole = (degrees + 180) % 360 - 180 if letters == "EW" else degrees
    # The equator, the meridian of Greenwich and the date line belong to both sides.
    letter = "" if whole in (0, -180) else letters[int(whole < 0)]
    return f"{abs(round(whole, 6)):g}°{letter}"
