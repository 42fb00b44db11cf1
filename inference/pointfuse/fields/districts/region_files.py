"""Districts from a file, whatever its format, or from what libraries have in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pointfuse.basics.printable import printable
from pointfuse.errors import ArgumentError, InputError, InputFileNotFoundError, kind_of
from pointfuse.fields.districts.features import Feature, districts_of
from pointfuse.fields.districts.geojson import features_of, geojson_features
from pointfuse.fields.districts.geopackage import geopackage_features
from pointfuse.fields.districts.shapefile import shapefile_features
from pointfuse.grid.districts import District

EXPECTED = (
    "expected regions as the path of a GeoJSON file, GeoPackage or shapefile, a GeoDataFrame, "
    "GeoJSON in memory, or a dictionary from names to polygons"
)


def read_districts(path: Path, name_property: str | None = None) -> list[District]:
    """Districts of a GeoJSON file, a GeoPackage or a shapefile (also in a ZIP file).

    Parameters
    ----------
    path : Path
        The file, in longitudes and latitudes.
    name_property : str, optional
        Property with the names of the districts.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, or it holds no areas in degrees.
    MissingExtraError
        If it is a shapefile, and pyshp is not installed.
    """
    name = printable(path.name)
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        return districts_of(_features(path), name, name_property)
    except InputError as error:
        raise InputError(str(error) if name in str(error) else f"{name}: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _features(path: Path) -> list[Feature]:
    with path.open("rb") as file:
        begin = file.read(16)
    # A file with a damaged head is still what its name says, unless it begins as GeoJSON does.
    is_json = begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))
    suffix = "" if is_json else path.suffix.lower()
    if begin.startswith(b"SQLite format 3") or suffix == ".gpkg":
        return geopackage_features(path)
    if begin.startswith((b"\x00\x00\x27\x0a", b"PK")) or suffix in (".shp", ".zip"):
        return shapefile_features(path)
    return geojson_features(path.read_bytes())


def districts_from(regions: object) -> list[District]:
    """Districts from whatever stands for them.

    Parameters
    ----------
    regions : object
        The path of a file; GeoJSON as a dictionary; a GeoDataFrame, in any projection; a mapping
        from names to geometries, such as those of shapely; or a geometry.

    Raises
    ------
    ArgumentError, InputError
        If it stands for none.
    """
    if isinstance(regions, str | os.PathLike):
        return read_districts(Path(regions))
    system = getattr(regions, "crs", None)
    if hasattr(regions, "to_crs") and system is not None and not system.is_geographic:
        regions = regions.to_crs(4326)
    if isinstance(regions, Mapping) and "type" not in regions:
        features = [
            Feature({"name": str(name)}, _interface(geometry)) for name, geometry in regions.items()
        ]
        return districts_of(features, "the regions")
    return districts_of(features_of(_interface(regions)), "the regions")


def _interface(thing: object) -> Mapping[str, object]:
    """A thing as GeoJSON."""
    found = thing if isinstance(thing, Mapping) else getattr(thing, "__geo_interface__", None)
    if not isinstance(found, Mapping):
        raise ArgumentError(f"{EXPECTED}, got {kind_of(thing)}")
    return found
