"""Places by their coordinates, however people give them: files, tables, pairs of numbers."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.errors import ArgumentError, InputError, kind_of
from pointfuse.stations.tables.columns import LATITUDE, LONGITUDE, STATION, positions
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.memory_table import Frame, memory_table, point_columns
from pointfuse.stations.tables.station_file import open_station_file, read_whole_lines
from pointfuse.stations.tables.table import Table, plain_code, shortened

logger = logging.getLogger(__name__)

_NAMES = ("place", "name", "id", STATION)
"""Columns that name a place, the surest first; STATION stands for the other names it has too."""

_CHINESE = {LONGITUDE: "经度", LATITUDE: "纬度"}

EXPECTED = (
    "expected places as pairs of longitude and latitude, such as [(116.4, 39.9)], as a table with "
    "these columns, or as the path of a CSV file"
)


@dataclass(frozen=True, eq=False)
class Places(ByValue):
    """Places on Earth.

    Parameters
    ----------
    name : ndarray of str, shape (place,)
        Their names; several may have the same.
    longitude, latitude : ndarray of float64, shape (place,)
        Degrees east and north; NaN where they are not known.
    """

    name: NDArray[np.str_]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.name)


def read_places(path: Path) -> Places:
    """Read places from a CSV file.

    Parameters
    ----------
    path : Path
        File with a header and the columns longitude and latitude, under any of the names that
        tidy tables may have. A place has the name in the column place, name, id or station, or in
        the first other column; without one it is the number of its row, from 1.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, or it has no places.
    """
    file = open_station_file(path)
    places, remarks = read_whole_lines(file, lambda whole: _read(whole.table), strict=False)
    _say(file.name, remarks)
    return places


def places_of(points: object) -> Places:
    """Places from whatever stands for them.

    Parameters
    ----------
    points : object
        `Places`; pairs of longitude and latitude (a sequence, an array of shape (place, 2), or a
        mapping from names); a table of pandas, polars or pyarrow with these columns; a
        GeoDataFrame of points; or the path of a CSV file.

    Raises
    ------
    ArgumentError, InputError
        If it stands for none.
    """
    if isinstance(points, Places):
        return points
    if isinstance(points, str | os.PathLike):
        return read_places(Path(points))
    geometry = getattr(points, "geometry", None)
    if geometry is not None and hasattr(points, "to_crs"):
        return _of_geometry(points)
    if isinstance(points, Frame) and not isinstance(points, type):
        return _read(memory_table(points))
    if isinstance(points, Mapping):
        return _of_pairs(points.values(), [str(name) for name in points])
    if isinstance(points, Iterable) and not isinstance(points, bytes | bytearray):
        return _of_pairs(points, None)
    raise ArgumentError(f"{EXPECTED}, got {kind_of(points)}")


def _of_pairs(pairs: Iterable[object], names: list[str] | None) -> Places:
    listed = list(pairs)
    try:
        table = np.array(listed, np.float64)
    except (TypeError, ValueError) as error:
        first = kind_of(listed[0]) if listed else "nothing"
        raise ArgumentError(f"{EXPECTED}, got a sequence of {first}") from error
    table = table[np.newaxis] if table.shape == (2,) else table  # a single pair
    if not len(table):
        raise InputError("there are no places; give at least one pair of longitude and latitude")
    if table.ndim != 2 or table.shape[1] != 2:
        raise ArgumentError(f"{EXPECTED}, got numbers of shape {table.shape}")
    _check_degrees(*table.T)
    return Places(_numbered(len(table)) if names is None else np.array(names), *table.T)


def _of_geometry(frame: Any) -> Places:
    """The points of a GeoDataFrame, in degrees."""
    x, y = (np.asarray(column, np.float64) for _, column in point_columns(frame))
    _check_degrees(x, y)
    named = next((name for name in _NAMES if name in frame.columns), None)
    names = _numbered(len(x)) if named is None else np.array([str(cell) for cell in frame[named]])
    return Places(names, x, y)


def _check_degrees(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> None:
    """Make sure that numbers are degrees, in this order."""
    wrong = (np.abs(latitude) > 90) | (longitude < -180) | (longitude > 360)
    if wrong.any():
        number = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"place {number + 1} is {longitude[number]:g}, {latitude[number]:g}; expected a "
            "longitude from -180 to 360, then a latitude from -90 to 90"
        )


def _numbered(count: int) -> NDArray[np.str_]:
    return np.array([str(number) for number in range(1, count + 1)], np.str_)


def _read(table: Table) -> Places:
    """The places of a table."""
    longitude, latitude = (_coordinate(table, name) for name in (LONGITUDE, LATITUDE))
    named = _name_column(table, {longitude, latitude})
    columns = table.header[longitude], table.header[latitude]
    coordinates = Coordinates(table, columns)
    names, degrees = [], []
    for number, (line, row) in enumerate(table.rows(), start=1):
        name = "" if named is None else plain_code(row[named])
        names.append(name or str(number))
        # By its row, since places of one name may lie apart.
        degrees.append(coordinates.place(line, names[-1], row[longitude], row[latitude]))
    if not names:
        raise InputError(f"{table.name} has a header and no places; add a row for each")
    _say(table.name, [*coordinates.remarks(), *table.cells.remarks()])
    return Places(np.array(names, np.str_), *np.array(degrees, np.float64).T)


def _coordinate(table: Table, name: str) -> int:
    found = positions(table.header, name) or positions(table.header, _CHINESE[name])
    if len(found) != 1:
        raise InputError(
            f"{table.name}: expected one column named {name}, got {len(found)}; the header is "
            f"{shortened(table.header)}"
        )
    return found[0]


def _name_column(table: Table, taken: set[int]) -> int | None:
    """The column with the names of the places; None if there is none."""
    known = (place for name in _NAMES for place in positions(table.header, name))
    others = (place for place, title in enumerate(table.header) if title and place not in taken)
    return next(known, next(others, None))


def _say(name: str, remarks: Iterable[str]) -> None:
    for remark in remarks:
        logger.warning("%s: %s", name, remark)
