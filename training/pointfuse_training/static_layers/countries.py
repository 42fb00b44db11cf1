"""Countries as Natural Earth draws them, on a grid."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, MissingExtraError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.static_layers.packages import PackagedFile, fetched

COUNTRIES = PackagedFile(
    "npm",
    "world-atlas",
    "2.0.2",
    "package/countries-50m.json",
    "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394",
    "public domain; Natural Earth 4.1.0, 1:50 million",
)


def country_mask(grid: Grid, countries: Sequence[str], cache: Path) -> NDArray[np.bool_]:
    """Cells whose centre is inside one of some countries.

    Parameters
    ----------
    grid : Grid
        The grid.
    countries : sequence of str
        Each by its numeric code of ISO 3166-1 (``"156"``), or its name in Natural Earth.
    cache : Path
        Folder that keeps the file of the borders.

    Returns
    -------
    ndarray of bool, shape (rows, columns)

    Raises
    ------
    InputError
        If there is no such country, or the file cannot be fetched.
    MissingExtraError
        If shapely is not installed.
    """
    topology = json.loads(fetched(COUNTRIES, cache).read_text(encoding="utf-8"))
    return in_countries(topology, countries, *grid.longitude_latitude())


def in_countries(
    topology: dict[str, Any],
    countries: Sequence[str],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Points that are inside one of some countries, as `country_mask` has them.

    Parameters
    ----------
    topology : dict
        Content of the file `COUNTRIES`.
    countries : sequence of str
        Codes or names.
    longitude, latitude : ndarray of float64
        Degrees east and north, of one shape.

    Returns
    -------
    ndarray of bool, the shape of the points
    """
    lines = arcs(topology)
    mask = np.zeros(longitude.shape, bool)
    for country in countries:
        for shape in _shapes(topology, country):
            mask |= _inside(shape, lines, longitude, latitude)
    return mask


def arcs(topology: dict[str, Any]) -> list[NDArray[np.float64]]:
    """Lines that borders are made of, degrees, each of shape (point, 2).

    References
    ----------
    The TopoJSON format specification, sections 2.1.2 (transforms) and 2.1.3 (arcs).
    """
    transform = topology["transform"]
    return [
        np.cumsum(np.array(arc), axis=0) * transform["scale"] + transform["translate"]
        for arc in topology["arcs"]
    ]


def _shapes(topology: dict[str, Any], country: str) -> list[dict[str, Any]]:
    """Shapes of a country: dependencies may share its code."""
    shapes = topology["objects"]["countries"]["geometries"]
    wanted = country.casefold()
    found = [
        shape
        for shape in shapes
        if wanted in (shape.get("id"), shape["properties"]["name"].casefold())
    ]
    if not found:
        names = [shape["properties"]["name"] for shape in shapes]
        similar = difflib.get_close_matches(country, names, cutoff=0.0)
        raise InputError(
            f"there is no country '{country}'; expected a numeric code of ISO 3166-1 with three "
            f"digits, or a name of Natural Earth, perhaps {' or '.join(similar)}"
        )
    return found


def _inside(
    shape: dict[str, Any],
    lines: list[NDArray[np.float64]],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether points (degrees) are inside a shape."""
    try:
        import shapely
    except ImportError as error:
        raise MissingExtraError(
            "masks of countries need shapely; install it with pip install "
            "'pointfuse-training[static]'"
        ) from error
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    area = shapely.MultiPolygon(
        [
            shapely.Polygon(joined(rings[0], lines), [joined(ring, lines) for ring in rings[1:]])
            for rings in polygons
        ]
    )
    shapely.prepare(area)
    # Natural Earth cuts at the date line; a grid across it may count on.
    east = (longitude + 180) % 360 - 180
    inside: NDArray[np.bool_] = shapely.contains_xy(area, east, latitude)
    return inside


def joined(ring: list[int], lines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Points of a ring: arcs one after the other, ~i for arc i backwards."""
    parts = [lines[i] if i >= 0 else lines[~i][::-1] for i in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
