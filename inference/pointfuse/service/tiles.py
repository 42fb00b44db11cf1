"""Fields as map tiles: squares of the Web Mercator map, numbered x, y from its north-west.

Their addresses are those that Leaflet, MapLibre and QGIS ask for (XYZ), their description is
TileJSON 3.0.0 (https://github.com/mapbox/tilejson-spec). A pixel has the colour of the cell in
which its middle lies, so that a map shows the cells as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from pointfuse.fields.fused_fields import FusedFields
from pointfuse.grid.projections import Mercator
from pointfuse.grid.regular_grid import Grid
from pointfuse.pictures.map_look import ends_of
from pointfuse.pictures.palette_png import palette, palette_png

SIZE = 256
"""Pixels along the side of a tile."""

MOST_ZOOM = 22

_RADIUS = 6_378_137.0
"""Of the sphere of the Web Mercator map (EPSG:3857), m."""

_MAP = Mercator(0.0, 0.0, _RADIUS)

_EDGE = math.pi * _RADIUS
"""Where the map ends on each side, m."""

_NORTHMOST = math.degrees(math.atan(math.sinh(math.pi)))
"""Latitude at which it ends."""

_LEVELS = 255
"""Colours; one number is left for what is transparent."""

# Magma of matplotlib from its light end without the darkest, as maps have it.
_COLOURS = palette(
    (
        *("fcfdbf", "fde5a7", "fecc8f", "feb27a", "fd9869", "fa7d5e", "f2645c", "e44f64", "d0416f"),
        *("ba3878", "a3307e", "8c2981", "762181", "621980", "4c117a", "341069", "1e1149"),
    ),
    _LEVELS,
)

_PIXELS_PER_CELL = 8
"""At the closest zoom that a map should ask for; it enlarges those tiles from there on."""


def tile(
    fields: FusedFields, time: int, zoom: int, x: int, y: int, ends: tuple[float, float]
) -> bytes:
    """A tile as PNG, transparent outside the grid.

    Parameters
    ----------
    fields : FusedFields
        The fields.
    time : int
        Which of them.
    zoom, x, y : int
        Number of the tile.
    ends : tuple of two floats
        Values of the first and the last colour.

    Raises
    ------
    HTTPException
        404, if there is no such tile.
    """
    if not (0 <= zoom <= MOST_ZOOM and 0 <= x < 2**zoom and 0 <= y < 2**zoom):
        raise HTTPException(
            404,
            f"there is no tile {zoom}/{x}/{y}; expected a zoom from 0 to {MOST_ZOOM} and x and y "
            "from 0 to 2^zoom - 1",
        )
    cells = fields.model.grid.cells(*_middles(zoom, x, y))
    values = np.append(fields.values[time].ravel(), np.float32(np.nan))[cells]
    low, top = ends
    share = np.clip((values - low) / (top - low), 0, 1)
    known = np.isfinite(values)
    numbers = np.where(known, 1 + np.rint(np.nan_to_num(share) * (_LEVELS - 1)), 0)
    # Half as small as with the least effort, and a map asks for many.
    return palette_png(numbers.astype(np.uint8).reshape(SIZE, SIZE), _COLOURS, effort=6)


def colour_ends(fields: FusedFields, time: int, query: Mapping[str, str]) -> tuple[float, float]:
    """Values of the first and the last colour: those that are asked for, or suit the field.

    Raises
    ------
    HTTPException
        400, if these are no two numbers that rise.
    """
    text = query.get("range")
    if text is None:
        return ends_of(fields.values[time])
    try:
        low, top = map(float, text.split(":"))
    except ValueError:
        low = top = math.nan
    if not (math.isfinite(low) and math.isfinite(top) and low < top):
        raise HTTPException(400, f"expected range=LOW:HIGH, such as 0:150, got '{text}'")
    return low, top


def tilejson(
    fields: FusedFields, time: int, ends: tuple[float, float], address: str
) -> dict[str, object]:
    """Description of the tiles.

    Parameters
    ----------
    fields, time, ends
        As of `tile`.
    address : str
        Where they are, with {z}, {x} and {y} in place of numbers.
    """
    target, grid = fields.model.target, fields.model.grid
    return {
        "tilejson": "3.0.0",
        "name": f"{target.name} ({target.units}), {fields.times[time]}",
        "attribution": f"{fields.model.name} {fields.model.version}",
        "tiles": [address],
        "minzoom": 0,
        "maxzoom": _closest_zoom(grid),
        "bounds": _bounds(grid),
        "colours": {
            "low": ends[0],
            "high": ends[1],
            "units": target.units,
            "steps": [f"#{bytes(colour).hex()}" for colour in _COLOURS],
        },
    }


def _middles(zoom: int, x: int, y: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of the middles of pixels, the northern rows first."""
    pixel = 2 * _EDGE / 2**zoom / SIZE
    along = (np.arange(SIZE) + 0.5) * pixel
    east = -_EDGE + x * SIZE * pixel + along
    north = _EDGE - y * SIZE * pixel - along
    # One depends on the column alone, the other on the row.
    longitude, _ = _MAP.inverse(east, np.zeros(SIZE))
    _, latitude = _MAP.inverse(np.zeros(SIZE), north)
    every_longitude, every_latitude = np.meshgrid(longitude, latitude)
    return every_longitude.ravel(), every_latitude.ravel()


def _closest_zoom(grid: Grid) -> int:
    pixels = 2 * _EDGE / SIZE / (grid.cell_size / _PIXELS_PER_CELL)
    return min(MOST_ZOOM, max(0, math.ceil(math.log2(pixels))))


def _bounds(grid: Grid) -> list[float]:
    """West, south, east and north of the cells, as far as the map goes."""
    half = grid.cell_size / 2
    x, y = (np.append(centres - half, centres[-1] + half) for centres in (grid.x, grid.y))
    longitude, latitude = grid.projection.inverse(*np.meshgrid(x, y))
    # Across the date line, all around.
    crosses = bool((np.abs(np.diff(longitude, axis=1)) > 180).any())
    west, east = (-180.0, 180.0) if crosses else (longitude.min(), longitude.max())
    south, north = np.clip((latitude.min(), latitude.max()), -_NORTHMOST, _NORTHMOST)
    return [round(float(end), 4) for end in (west, south, east, north)]
