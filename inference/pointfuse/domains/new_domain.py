"""A domain for a part of the Earth."""

from __future__ import annotations

import math

import numpy as np

from pointfuse.domains.domain import LARGEST_CELL, LEAST_CELL, Domain
from pointfuse.domains.extents import Extent
from pointfuse.domains.projection_choice import suitable_projection
from pointfuse.errors import InputError
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid

SIZES = (6_000.0, 8_000.0, 10_000.0, 12_000.0, 15_000.0, 18_000.0, 24_000.0, 30_000.0)
"""Sizes of cells, m, that are chosen from where none is wanted; 36 km are the last."""

MANY = 100_000
"""Cells up to which the smallest of these is chosen."""

MARGIN, MOST_MARGIN = 100.0, 2000.0
"""Around stations, and at most, km."""

_FEWEST = 8
"""Rows and columns of a domain, at least."""


def new_domain(
    extent: Extent, *, cell_size: float | None = None, margin: float = 0.0, name: str | None = None
) -> Domain:
    """A domain around a part of the Earth, in the projection that suits it.

    Parameters
    ----------
    extent : Extent
        The part.
    cell_size : float, optional
        Edge of a cell, m; chosen so that there are at most 100,000 without one.
    margin : float
        What to add on each side, km.
    name : str, optional
        Name of the domain; that of the part by default.

    Raises
    ------
    InputError
        If the cells cannot be so small or so large, or there would be too many.
    """
    if cell_size is not None and not LEAST_CELL <= cell_size <= LARGEST_CELL:
        raise InputError(
            f"expected cells of {LEAST_CELL / 1000:g} to {LARGEST_CELL / 1000:g} km, got "
            f"{cell_size / 1000:g} km; choose another size"
        )
    if not 0 <= margin <= MOST_MARGIN:
        raise InputError(f"expected a margin of 0 to {MOST_MARGIN:g} km, got {margin:g}")
    projection = suitable_projection(*extent.box)
    x, y = projection.forward(extent.longitude, extent.latitude)
    if isinstance(projection, LatitudeLongitude):
        # Of a box around the Earth both ends are one meridian, at the cut.
        degrees = np.array(extent.box[::2]) - (extent.box[0] + extent.box[2]) / 2
        x = np.radians(degrees) * projection.earth_radius
    west, east = x.min() - 1000 * margin, x.max() + 1000 * margin
    south, north = y.min() - 1000 * margin, y.max() + 1000 * margin

    def cells(size: float) -> tuple[int, int]:
        across, up = (math.ceil((b - a) / size - 1e-6) for a, b in ((west, east), (south, north)))
        return max(up, _FEWEST), max(across, _FEWEST)

    fitting = (size for size in SIZES if math.prod(cells(size)) <= MANY)
    size = cell_size or next(fitting, LARGEST_CELL)
    rows, columns = cells(size)
    first_x = (west + east) / 2 - (columns - 1) / 2 * size
    first_y = (south + north) / 2 - (rows - 1) / 2 * size
    # A grid of degrees ends at the poles.
    if isinstance(projection, LatitudeLongitude):
        half = projection.earth_radius * math.pi / 2
        rows = min(rows, math.ceil(2 * half / size))
        # The last cells may end a little beyond.
        reach = max(half - size / 2 - (rows - 1) / 2 * size, 0.0)
        middle = first_y + (rows - 1) / 2 * size
        first_y = min(max(middle, -reach), reach) - (rows - 1) / 2 * size
        columns = min(columns, math.ceil(4 * half / size))
    # Whole metres are read and kept exactly.
    grid = Grid(projection, rows, columns, size, float(round(first_x)), float(round(first_y)))
    return Domain(name or extent.name, grid)
