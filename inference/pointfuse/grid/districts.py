"""Districts: provinces, cities, catchments - named areas of polygons on the Earth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError

Ring = NDArray[np.float64]
"""Degrees east and north of the corners of a closed line, shape (corner, 2)."""

_FEWEST_CORNERS = 3


@dataclass(frozen=True)
class District:
    """A named area.

    Parameters
    ----------
    name : str
        Its name.
    polygons : tuple of tuples of ndarray of float64, shape (corner, 2)
        Rings of each polygon in degrees east and north: the outer one, then its holes. Edges are
        straight in degrees.
    """

    name: str
    polygons: tuple[tuple[Ring, ...], ...]


def polygons_of(geometry: Mapping[str, Any]) -> tuple[tuple[Ring, ...], ...]:
    """Polygons of a geometry as GeoJSON has it.

    Parameters
    ----------
    geometry : mapping
        With ``type`` and ``coordinates`` (or ``geometries``), as JSON or the ``__geo_interface__``
        of a library gives it.

    Raises
    ------
    InputError
        If it is no area, or not in degrees.
    """
    match geometry:
        case {"type": "Polygon", "coordinates": rings}:
            return (_rings(rings),)
        case {"type": "MultiPolygon", "coordinates": polygons}:
            return tuple(_rings(rings) for rings in _listed(polygons))
        case {"type": "GeometryCollection", "geometries": parts}:
            areas = [polygons_of(part) for part in _listed(parts) if _is_area(part)]
            if areas:
                return tuple(polygon for polygons in areas for polygon in polygons)
    kind = geometry.get("type") if isinstance(geometry, Mapping) else geometry
    raise InputError(f"expected a Polygon or MultiPolygon, got {str(kind)[:40]}")


def _is_area(geometry: object) -> bool:
    return isinstance(geometry, Mapping) and str(geometry.get("type")).endswith("Polygon")


def _listed(parts: object) -> Sequence[Any]:
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise InputError(f"expected coordinates as lists of lists, got {str(parts)[:40]}")
    return parts


def _rings(rings: Iterable[object]) -> tuple[Ring, ...]:
    found = tuple(_ring(corners) for corners in _listed(rings))
    if not found:
        raise InputError("expected a polygon with at least one ring, got an empty one")
    return found


def _ring(corners: object) -> Ring:
    try:
        # A third number would be a height.
        ring = np.array([corner[:2] for corner in _listed(corners)], np.float64)
    except (TypeError, ValueError, IndexError) as error:
        raise InputError(f"expected pairs of numbers, got {str(corners)[:40]}") from error
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < _FEWEST_CORNERS:
        raise InputError(f"expected a ring of three or more corners, got {len(ring)}")
    longitude, latitude = ring.T
    wide = np.abs(np.diff(longitude, append=longitude[0]))
    # Comparisons with NaN are false.
    if not ((np.abs(latitude) <= 90).all() and (np.abs(longitude) <= 360).all()):
        raise InputError(
            f"expected longitudes and latitudes in degrees, got {ring[0, 0]:g}, {ring[0, 1]:g}; "
            "transform the regions to EPSG:4326, such as with "
            "'ogr2ogr -t_srs EPSG:4326 regions.geojson FILE'"
        )
    # Only what goes round the whole Earth has longer edges, of 360 degrees.
    long_way = np.flatnonzero((wide > 180) & (wide < 360))
    if len(long_way):
        begin, end = longitude[long_way[0]], longitude[(long_way[0] + 1) % len(ring)]
        raise InputError(
            f"an edge from {begin:g} to {end:g} degrees east goes the long way round the Earth; "
            "split the region at the date line, such as with 'ogr2ogr -wrapdateline'"
        )
    return ring
