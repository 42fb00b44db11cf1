"""The projection that suits a part of the Earth."""

from __future__ import annotations

from pointfuse.grid.grid_mapping import EARTH_RADIUS
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)

WIDEST, WIDEST_FAR_NORTH = 150.0, 220.0
"""Degrees of longitude beyond which a part of the Earth is one of the globe; the second where its
middle is nearer to a pole than to the equator, as Russia's is."""

HIGHEST = 100.0
"""Degrees of latitude beyond which it is."""

TROPICS, POLAR = 20.0, 70.0
"""Degrees of latitude, of the middle of a part, below which Mercator's projection suits, and above
which the polar stereographic one does."""

_TO_THE_POLE = 88.0


def suitable_projection(west: float, south: float, east: float, north: float) -> Projection:
    """Projection in which a box of longitudes and latitudes is least distorted.

    Longitudes and latitudes for much of the globe; polar stereographic near a pole; Mercator near
    the equator and across it; else Lambert's conformal cone, with its parallels a sixth from the
    southern and northern end (Snyder, Map projections, 1987, p. 105).

    Parameters
    ----------
    west, south, east, north : float
        Degrees; east is larger than west.

    Returns
    -------
    Projection
        With the middle of the box as origin, on a sphere of 6,370 km.
    """
    middle, latitude = round((west + east) / 2, 2), (south + north) / 2
    meridian = (middle + 180) % 360 - 180
    pole = 90.0 if latitude > 0 else -90.0
    height = north - south
    near_pole = abs(latitude) > POLAR or max(abs(south), abs(north)) > _TO_THE_POLE
    if near_pole and height < 90:
        # True in the middle of the latitudes; a domain around the pole reaches down all around.
        return PolarStereographic(meridian, pole, round(latitude, 1), EARTH_RADIUS)
    widest = WIDEST if abs(latitude) < 45 else WIDEST_FAR_NORTH
    if east - west > widest or height > HIGHEST or near_pole:
        return LatitudeLongitude(meridian, EARTH_RADIUS)
    if abs(latitude) < TROPICS or south < 0 < north:
        return Mercator(meridian, round(latitude, 1), EARTH_RADIUS)
    parallels = round(south + height / 6, 1), round(north - height / 6, 1)
    return LambertConformal(parallels, meridian, round(latitude, 1), EARTH_RADIUS)
