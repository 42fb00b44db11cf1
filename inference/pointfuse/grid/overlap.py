"""How much of each cell of a grid lies in a district: exactly, in the plane of the grid."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.counted import counted
from pointfuse.grid.districts import District, Ring
from pointfuse.grid.projections import LatitudeLongitude, Mercator
from pointfuse.grid.regular_grid import Grid

logger = logging.getLogger(__name__)

_SAG = 1e-6
"""How far an edge that is straight in degrees may bend away from its chords, in cells."""

_NOTHING = 1e-12
"""Share of a cell below which it is left out: what rounding leaves of cells beside an edge."""

_SLIVER = 1e-3
"""Share of a cell by which polygons of a district may overlap, as neighbours drawn apart do."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Overlap(ByValue):
    """Shares of cells in districts.

    Parameters
    ----------
    names : tuple of str
        Names of the districts.
    first : ndarray of int64, shape (district + 1,)
        Where the cells of each district begin, and the end of those of the last.
    cell : ndarray of int64, shape (n,)
        ``row * columns + column``; those of a district stand together.
    share : ndarray of float64, shape (n,)
        Part of the cell that lies in the district, in the plane of the grid.
    area : ndarray of float64, shape (n,)
        Area of that part on the sphere, m2.
    inside : ndarray of float64, shape (district,)
        Part of the area of each district that lies on the grid.
    """

    names: tuple[str, ...]
    first: NDArray[np.int64]
    cell: NDArray[np.int64]
    share: Floats
    area: Floats
    inside: Floats

    def sums(self, values: Floats) -> Floats:
        """Sums over the cells of each district.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Values by cell and district, in the order of `cell`.

        Returns
        -------
        ndarray of float64, shape (district,)
            0 for a district without cells.
        """
        district = np.repeat(np.arange(len(self.names)), np.diff(self.first))
        sums: Floats = np.bincount(district, values, len(self.names)).astype(np.float64)
        return sums

    def only(self, kept: NDArray[np.bool_]) -> Overlap:
        """Some of the districts."""
        count = np.diff(self.first)
        parts = np.repeat(kept, count)
        return Overlap(
            tuple(name for name, keep in zip(self.names, kept, strict=True) if keep),
            np.cumsum([0, *count[kept]]),
            self.cell[parts],
            self.share[parts],
            self.area[parts],
            self.inside[kept],
        )


def overlap(grid: Grid, districts: Sequence[District]) -> Overlap:
    """Shares of the cells of a grid in each district.

    Parameters
    ----------
    grid : Grid
        The grid.
    districts : sequence of District
        The districts; they may overlap each other. A warning counts those whose own polygons
        overlap or cross themselves, for they have no certain area.
    """
    area_of_cell, box = cell_areas(grid).ravel(), _Box.of(grid)
    cells, shares, inside = [], [], []
    crossing: list[str] = []
    for district in districts:
        total, area = np.zeros(grid.shape), 0.0
        for polygon in district.polygons:
            for number, ring in enumerate(polygon):
                # Holes are taken away, whichever way round they are written.
                sign = -1.0 if number else 1.0
                dense = _densified(ring, grid)
                area += sign * _area_on_sphere(dense, grid.projection.earth_radius)
                if box.touches(dense):
                    _add_ring(total, grid, dense, sign)
        if total.min() < -_SLIVER or total.max() > 1 + _SLIVER:
            crossing.append(district.name)
        covered = np.clip(total.ravel(), 0, 1)
        found = np.flatnonzero(covered > _NOTHING)
        cells.append(found)
        shares.append(covered[found])
        on_grid = float(covered @ area_of_cell)
        inside.append(min(on_grid / area, 1.0) if area > 0 else 0.0)
    if crossing:
        logger.warning(
            "the polygons of %s overlap or cross themselves, so some cells count too much or too "
            "little, first %s; repair them, such as with 'ogr2ogr -makevalid'",
            counted(len(crossing), "region"),
            crossing[0],
        )
    cell = np.concatenate([*cells, np.zeros(0, np.int64)])
    share = np.concatenate([*shares, np.zeros(0)])
    return Overlap(
        tuple(district.name for district in districts),
        np.cumsum([0, *map(len, cells)]),
        cell,
        share,
        share * area_of_cell[cell],
        np.array(inside, np.float64),
    )


def cell_areas(grid: Grid) -> Floats:
    """Area of each cell on the sphere, m2, shape (row, column).

    By the derivatives of the projection at its centre: the error is of the square of the size of a
    cell over the radius of the Earth, 1e-6 for 12 km.
    """
    radius = grid.projection.earth_radius
    x, y = np.meshgrid(grid.x, grid.y)
    step = 1e-5 * radius
    east, west = grid.projection.inverse(x + step, y), grid.projection.inverse(x - step, y)
    north, south = grid.projection.inverse(x, y + step), grid.projection.inverse(x, y - step)
    turn_x, turn_y = (
        np.radians((after[0] - before[0] + 180) % 360 - 180) / (2 * step)
        for after, before in ((east, west), (north, south))
    )
    rise_x, rise_y = (
        np.radians(after[1] - before[1]) / (2 * step)
        for after, before in ((east, west), (north, south))
    )
    _, latitude = grid.projection.inverse(x, y)
    stretch = np.abs(turn_x * rise_y - turn_y * rise_x) * np.cos(np.radians(latitude))
    areas: Floats = stretch * (radius * grid.cell_size) ** 2
    return areas


@dataclass(frozen=True)
class _Box:
    """Meridians and parallels between which a grid lies, with a margin; in degrees.

    Far away from it a projection may tear rings apart.
    """

    middle: float
    west: float
    east: float
    south: float
    north: float

    @classmethod
    def of(cls, grid: Grid) -> _Box:
        longitude, latitude = grid.longitude_latitude()
        middle = float(longitude[grid.rows // 2, grid.columns // 2])
        turn = (longitude - middle + 180) % 360 - 180
        # Two cells; meridians are nearer to each other in the north and in the south.
        margin = float(np.degrees(2 * grid.cell_size / grid.projection.earth_radius))
        beside = margin / max(float(np.cos(np.radians(np.abs(latitude).max()))), 0.01)
        return cls(
            middle,
            float(turn.min()) - beside,
            float(turn.max()) + beside,
            float(latitude.min()) - margin,
            float(latitude.max()) + margin,
        )

    def touches(self, ring: Ring) -> bool:
        """Whether a ring may have something in common with the grid."""
        turn, latitude = np.unwrap(ring[:, 0] - self.middle, period=360), ring[:, 1]
        low, high = float(turn.min()), float(turn.max())
        along = any(
            low + around <= self.east and high + around >= self.west
            for around in (-720, -360, 0, 360, 720)
        )
        return bool(along and latitude.min() <= self.north and latitude.max() >= self.south)


def _area_on_sphere(ring: Ring, radius: float) -> float:
    """Area of a ring with short edges, m2."""
    longitude, sine = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    wide = np.roll(longitude, -1) - longitude
    return float(abs(np.sum(wide * (sine + np.roll(sine, -1)) / 2)) * radius**2)


def _add_ring(total: Floats, grid: Grid, ring: Ring, sign: float) -> None:
    """Add the shares of cells in a ring with short edges."""
    u, v = _in_cells(grid, ring)
    turns = [0.0]
    if isinstance(grid.projection, LatitudeLongitude | Mercator):
        # A ring may lie across the meridian where the plane ends.
        around = float(4 * grid.projection.forward(_middle(grid) + 90, 0)[0] / grid.cell_size)
        u = np.unwrap(u, period=around)
        turns = [-around, 0.0, around]
    for turn in turns:
        _add_shares(total, u + turn, v, sign)


def _middle(grid: Grid) -> float:
    plane = grid.projection
    if isinstance(plane, LatitudeLongitude):
        return plane.longitude_of_central_meridian
    assert isinstance(plane, Mercator)
    return plane.longitude_of_projection_origin


def _densified(ring: Ring, grid: Grid) -> Ring:
    """A closed ring with so many corners that its edges are straight in the plane too."""
    closed = np.vstack([ring, ring[:1]])
    longest = np.degrees(np.sqrt(8 * _SAG * grid.cell_size / grid.projection.earth_radius))
    steps = np.abs(np.diff(closed, axis=0)).max(axis=1)
    parts = np.maximum(np.ceil(steps / longest), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(ring)), parts)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (within / parts[edge])[:, np.newaxis]
    dense: Ring = closed[edge] * (1 - share) + closed[edge + 1] * share
    return dense


def _in_cells(grid: Grid, ring: Ring) -> tuple[Floats, Floats]:
    """Corners in units of cells: the cell in row 0 and column 0 is the square from 0 to 1."""
    x, y = grid.projection.forward(ring[:, 0], ring[:, 1])
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        # Poles have no finite image in some planes; what is so near to them is on no grid.
        x, y = grid.projection.forward(ring[:, 0], np.clip(ring[:, 1], -89.99, 89.99))
    return (
        (x - grid.first_x) / grid.cell_size + 0.5,
        (y - grid.first_y) / grid.cell_size + 0.5,
    )


def _signed_area(u: Floats, v: Floats) -> float:
    """Area of a ring by the shoelace formula, positive where it runs anticlockwise."""
    return float(np.sum(u * np.roll(v, -1) - v * np.roll(u, -1)) / 2)


def _add_shares(total: Floats, u: Floats, v: Floats, sign: float) -> None:
    """Add the part of each cell that lies in a ring.

    Each edge is cut where it crosses the lines between cells. A piece that climbs by ``dv`` adds,
    to its cell, the area between itself and the right side of the cell, and to all cells to the
    right of it ``dv``; around the ring these sum up to the area inside.
    """
    rows, columns = total.shape
    low_row, high_row = _range(v, rows)
    low_column, high_column = _range(u, columns)
    height, width = high_row - low_row, high_column - low_column
    if height <= 0 or width <= 0:
        return
    across, up = _pieces(u - low_column, v - low_row)
    climb = up[:, 1] - up[:, 0]
    middle = across.mean(axis=1)
    row = np.floor(up.mean(axis=1)).astype(np.int64)
    column = np.floor(middle).astype(np.int64)
    counts = (row >= 0) & (row < height) & (column < width)
    climb, row, column, middle = climb[counts], row[counts], column[counts], middle[counts]
    left_over = np.where(column < 0, 1.0, 1 - (middle - column))
    place = row * width + np.maximum(column, 0)
    size = height * width
    own = np.bincount(place, climb * left_over, size).reshape(height, width)
    passed = np.bincount(place, climb, size).reshape(height, width)
    shares = own + np.cumsum(passed, axis=1) - passed
    # Anticlockwise rings climb on their right side.
    turn = -np.sign(_signed_area(u, v))
    total[low_row:high_row, low_column:high_column] += sign * turn * shares


def _range(values: Floats, count: int) -> tuple[int, int]:
    """First cell along an axis, and the one behind the last, that a ring may touch."""
    low, high = float(values.min()), float(values.max())
    return int(max(np.floor(low), 0)), int(min(np.floor(high) + 1, count))


def _pieces(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Pieces of the edges of a ring, each in one cell: ends of shape (piece, 2) in u and in v."""
    start = np.stack([u, v], axis=1)
    end = np.roll(start, -1, axis=0)
    edges, cuts = [np.arange(len(u))], [np.zeros(len(u))]
    for axis in range(2):
        edge, cut = _crossings(start[:, axis], end[:, axis])
        edges.append(edge)
        cuts.append(cut)
    edge, cut = np.concatenate(edges), np.concatenate(cuts)
    order = np.lexsort((cut, edge))
    edge, cut = edge[order], cut[order]
    last = np.append(edge[1:] != edge[:-1], True)
    until = np.where(last, 1.0, np.append(cut[1:], 1.0))
    ends = np.stack([cut, until], axis=1)
    pieces = start[edge, :, np.newaxis] + (end - start)[edge, :, np.newaxis] * ends[:, np.newaxis]
    return pieces[:, 0], pieces[:, 1]


def _crossings(start: Floats, end: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Which edges cross whole numbers along an axis, and after which part of their way."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.floor(low) + 1
    count = np.maximum(np.ceil(high) - first, 0).astype(np.int64)
    edge = np.repeat(np.arange(len(start)), count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    line = first[edge] + number
    return edge, (line - start[edge]) / (end - start)[edge]
