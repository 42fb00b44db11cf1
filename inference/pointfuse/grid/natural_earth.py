"""Coasts, lakes, borders and provinces from Natural Earth (public domain).

`training/natural_earth.py` makes the file from packages of PyPI and npm.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.array_archives import read_arrays
from pointfuse.grid.projections import Projection

COAST, LAKES, BORDERS, PROVINCES = KINDS = ("coast", "lakes", "borders", "provinces")
"""Kinds of lines; provinces are those of nine large countries."""

# In earth radii. Longer are only the steps across the meridian where a projection is cut.
_LONGEST_STEP = 0.25


@cache
def read_lines(kind: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All lines of a kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.

    Returns
    -------
    points : ndarray of float64, shape (point, 2)
        Degrees east and north, of one line after the other.
    begins : ndarray of int64, shape (line,)
        Where each line begins.
    """
    stored = read_arrays(Path(__file__).with_name("natural_earth.npz"))
    # In whole numbers of 16 bits, as they were subtracted.
    whole = np.cumsum(stored[f"{kind}_steps"], axis=1, dtype=np.int16)
    lengths = stored[f"{kind}_lengths"].astype(np.int64)
    return whole.T / float(stored["steps_per_degree"]), np.cumsum(lengths) - lengths


# Panels of a sheet have the same lines.
@lru_cache(maxsize=8)
def lines_on_map(
    kind: str, projection: Projection, x: tuple[float, float], y: tuple[float, float]
) -> list[NDArray[np.float64]]:
    """Lines of a kind where they are on a map.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    projection : Projection
        Projection of the map.
    x, y : tuple of two floats
        Western and eastern, southern and northern edge, m.

    Returns
    -------
    list of ndarray of float64, shape (point, 2)
        Coordinates in the plane, m. Lines begin and end up to a point outside the map, and do not
        cross it where the projection is cut.
    """
    degrees, begins = read_lines(kind)
    points = np.stack(projection.forward(*degrees.T), axis=1)
    inside = np.all((points >= (x[0], y[0])) & (points <= (x[1], y[1])), axis=1)
    joined = inside[1:] | inside[:-1]
    joined[begins[1:] - 1] = False
    # A pole may have no finite place.
    with np.errstate(invalid="ignore"):
        step = np.hypot(*np.diff(points, axis=0).T)
    joined &= step < _LONGEST_STEP * projection.earth_radius
    # Runs of points that are joined.
    edges = np.flatnonzero(np.diff(np.concatenate([[0], joined, [0]]).astype(np.int8)))
    return [points[first : last + 1] for first, last in edges.reshape(-1, 2)]
