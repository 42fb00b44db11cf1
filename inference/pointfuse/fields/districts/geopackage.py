"""Features of a GeoPackage: a database of SQLite with geometries as well-known binary."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, MissingExtraError
from pointfuse.fields.districts.features import Feature

if TYPE_CHECKING:
    import sqlite3

_ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of the envelope in the header of a geometry, by its kind."""


def geopackage_features(path: Path) -> list[Feature]:
    """Features of the only layer of a GeoPackage.

    Raises
    ------
    InputError
        If it is damaged, has no layer or several, or its coordinates are not in degrees; the
        message has no name of the file.
    MissingExtraError
        If this Python was built without SQLite.
    """
    try:
        import sqlite3
    except ImportError as error:
        raise MissingExtraError(
            f"{path.name} needs SQLite, which this Python was built without; save it as GeoJSON"
        ) from error
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            base.row_factory = sqlite3.Row
            return list(_features(base))
    except (sqlite3.Error, struct.error, IndexError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"it is a damaged GeoPackage ({str(error)[:80]})") from error


def _features(base: sqlite3.Connection) -> Iterator[Feature]:
    layers = base.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    found = layers.fetchall()
    if len(found) != 1:
        names = ", ".join(printable(layer["table_name"]) for layer in found)
        raise InputError(
            f"expected one layer, it has {names or 'none'}; take one out with 'ogr2ogr "
            "regions.geojson FILE LAYER'"
        )
    table, column, system = found[0]
    _check_system(base, system)
    quoted = '"' + str(table).replace('"', '""') + '"'
    for row in base.execute(f"SELECT * FROM {quoted}"):
        # A row of SQLite goes over its values, not over its names.
        properties = {key: row[key] for key in row.keys() if key != column}  # noqa: SIM118
        yield Feature(properties, _geometry(row[column]))


def _check_system(base: sqlite3.Connection, system: int) -> None:
    query = "SELECT srs_name, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
    row = base.execute(query, (system,)).fetchone()
    if row is not None and str(row["definition"]).lstrip().upper().startswith("PROJ"):
        raise InputError(
            f"expected longitudes and latitudes, got coordinates in {printable(row['srs_name'])}; "
            "transform it with 'ogr2ogr -t_srs EPSG:4326 regions.geojson FILE'"
        )


def _geometry(blob: bytes | None) -> dict[str, Any] | None:
    """A geometry as GeoJSON has it; None for an empty one."""
    if not blob:
        return None
    if blob[:2] != b"GP":
        raise InputError("it has a geometry that is none of a GeoPackage")
    envelope = _ENVELOPES[(blob[3] >> 1) & 7]
    return _Binary(blob, 8 + envelope).geometry()


class _Binary:
    """Well-known binary, read from a place on.

    Parameters
    ----------
    content : bytes
        Where it stands.
    place : int
        Its first byte.
    """

    def __init__(self, content: bytes, place: int) -> None:
        self._content, self._place, self._order = content, place, "<"

    def geometry(self) -> dict[str, Any]:
        """A geometry; of another kind than areas only its type."""
        self._order = "<" if self._content[self._place] else ">"
        self._place += 1
        code = self._number()
        # ISO has the thousands, others the upper bits for a height and a measure.
        width = 2 + (code // 1000 % 4 in (1, 3)) + (code // 1000 % 4 in (2, 3))
        width += bool(code & 0x80000000) + bool(code & 0x40000000)
        if code & 0x20000000:
            self._place += 4
        match (code & 0xFFFFFF) % 1000:
            case 3:
                rings = [self._ring(width) for _ in range(self._number())]
                return {"type": "Polygon", "coordinates": rings}
            case 6:
                parts = [self.geometry()["coordinates"] for _ in range(self._number())]
                return {"type": "MultiPolygon", "coordinates": parts}
            case other:
                return {"type": f"geometry of kind {other}"}

    def _number(self) -> int:
        (number,) = struct.unpack_from(f"{self._order}I", self._content, self._place)
        self._place += 4
        return int(number)

    def _ring(self, width: int) -> list[list[float]]:
        count = self._number()
        kind = np.dtype(f"{self._order}f8")
        numbers = np.frombuffer(self._content, kind, count * width, self._place)
        self._place += numbers.nbytes
        corners: list[list[float]] = numbers.reshape(count, width)[:, :2].tolist()
        return corners
