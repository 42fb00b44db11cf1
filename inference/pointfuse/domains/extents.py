"""Parts of the Earth that a domain is made for: of a country, a box, a circle, of stations."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.world_layers import countries
from pointfuse.errors import InputError

EVERYDAY_NAMES = {
    "usa": "United States of America",
    "us": "United States of America",
    "united states": "United States of America",
    "uk": "United Kingdom",
    "great britain": "United Kingdom",
    "uae": "United Arab Emirates",
    "czech republic": "Czechia",
    "korea": "South Korea",
    "ivory coast": "Côte d'Ivoire",
    "holland": "Netherlands",
    "burma": "Myanmar",
}
"""Of countries that Natural Earth calls otherwise."""

_KM_IN_DEGREE = 111.2
_ALONG_AN_EDGE = 41
"""Points that stand for an edge of a box."""


@dataclass(frozen=True)
class Extent:
    """A part of the Earth.

    Parameters
    ----------
    name : str
        What it is, for people.
    longitude, latitude : ndarray of float64, shape (point,)
        Places that the domain is to hold; degrees.
    box : tuple of four floats
        West, south, east and north of them; east may be above 180.
    """

    name: str
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    box: tuple[float, float, float, float]


def extent_of_box(
    west: float, south: float, east: float, north: float, name: str | None = None
) -> Extent:
    """A box of longitudes and latitudes.

    Parameters
    ----------
    west, south, east, north : float
        Degrees; a box whose east is below its west crosses the date line.
    name : str, optional
        What it is.

    Raises
    ------
    InputError
        If it is empty, or no box on the Earth.
    """
    told = f"{west:g},{south:g},{east:g},{north:g}"
    if not (-90 <= south < north <= 90):
        raise InputError(
            f"expected a box WEST,SOUTH,EAST,NORTH with its south below its north, -90 to 90, got "
            f"{told}; correct it"
        )
    if not (-180 <= west <= 360 and -180 <= east <= 540) or east == west or east - west > 360:
        raise InputError(
            f"expected a box WEST,SOUTH,EAST,NORTH with two longitudes, -180 to 360, got {told}; "
            "correct it"
        )
    east += 360 if east < west else 0
    across, up = np.linspace(west, east, _ALONG_AN_EDGE), np.linspace(south, north, _ALONG_AN_EDGE)
    longitude, latitude = (place.ravel() for place in np.meshgrid(across, up))
    return Extent(name or f"box {told}", longitude, latitude, (west, south, east, north))


def extent_of_country(country: str) -> Extent:
    """The box of a country: of its largest part and of what is within 300 km.

    Parameters
    ----------
    country : str
        Its name in Natural Earth, or its numeric code of ISO 3166-1.

    Raises
    ------
    InputError
        If there is no such country; the nearest names are told.
    MissingExtraError
        If pointfuse-world is not installed.
    """
    wanted = country.strip().casefold()
    if not wanted:
        raise InputError("expected the name of a country, such as Poland, got an empty text")
    wanted = EVERYDAY_NAMES.get(wanted, wanted).casefold()
    for one in countries():
        if wanted in (one.name.casefold(), one.code):
            return extent_of_box(one.west, one.south, one.east, one.north, one.name)
    names = {one.name.casefold(): one.name for one in countries()}
    near = [name for name in names if wanted and wanted in name]
    near += difflib.get_close_matches(wanted, names, n=3, cutoff=0.0)
    offered = " or ".join(dict.fromkeys(names[name] for name in near[:3]))
    raise InputError(f"there is no country '{country}'; perhaps {offered}")


def extent_around(longitude: float, latitude: float, size: float) -> Extent:
    """A square around a place.

    Parameters
    ----------
    longitude, latitude : float
        Its middle, degrees.
    size : float
        Its edge, km.

    Raises
    ------
    InputError
        If there is no such place or square.
    """
    if not (-180 <= longitude <= 360 and -90 <= latitude <= 90):
        raise InputError(
            f"expected a centre LONGITUDE,LATITUDE in degrees, got {longitude:g},{latitude:g}; "
            "correct it"
        )
    if not 0 < size <= 20_000:
        raise InputError(f"expected a size of more than 0 and at most 20,000 km, got {size:g}")
    half = size / 2 / _KM_IN_DEGREE
    # Points of the square on the sphere, in the directions of its edges.
    steps = np.linspace(-half, half, _ALONG_AN_EDGE)
    x, y = (np.radians(each.ravel()) for each in np.meshgrid(steps, steps))
    at, arc = math.radians(latitude), np.hypot(x, y)
    share = np.where(arc > 0, np.sin(arc) / np.where(arc > 0, arc, 1), 1)
    sine = np.cos(arc) * math.sin(at) + y * share * math.cos(at)
    east = np.arctan2(x * share, math.cos(at) * np.cos(arc) - y * share * math.sin(at))
    name = f"{size:g} km around {latitude:g} N, {longitude:g} E"
    return _around(name, longitude + np.degrees(east), np.degrees(np.arcsin(sine.clip(-1, 1))))


def extent_of_stations(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> Extent:
    """What stations stand in.

    Parameters
    ----------
    longitude, latitude : ndarray of float64, shape (station,)
        Degrees; NaN where unknown.

    Raises
    ------
    InputError
        If no station has coordinates.
    """
    known = np.isfinite(longitude) & np.isfinite(latitude)
    if not known.any():
        raise InputError("no station has coordinates to make a domain of; give a station list")
    return _around("stations", longitude[known], latitude[known])


def _around(name: str, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> Extent:
    """Places, whose box begins after the widest gap of their longitudes."""
    sorted_ = np.sort(longitude % 360)
    gaps = np.diff(sorted_, append=sorted_[0] + 360)
    west = float(sorted_[(int(gaps.argmax()) + 1) % len(sorted_)])
    unrolled = west + (longitude - west) % 360
    turns = 360 * math.floor((west + 180) / 360)
    box = (west, float(latitude.min()), float(unrolled.max()), float(latitude.max()))
    return Extent(name, longitude, latitude, (box[0] - turns, box[1], box[2] - turns, box[3]))
