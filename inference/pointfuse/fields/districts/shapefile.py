"""Features of a shapefile (extra `[shapefile]`)."""

from __future__ import annotations

from pathlib import Path

from pointfuse.errors import InputError, MissingExtraError
from pointfuse.fields.districts.features import Feature

_ENCODINGS = ("utf-8", "gb18030", "latin-1")
"""Of names, tried one after the other where the file names none: the last reads anything."""


def shapefile_features(path: Path) -> list[Feature]:
    """Features of a shapefile, or of a ZIP file with one.

    Raises
    ------
    MissingExtraError
        If pyshp is not installed.
    InputError
        If it is damaged, or its coordinates are not in degrees; the message has no name of the
        file.
    """
    try:
        import shapefile
    except ImportError as error:
        raise MissingExtraError(
            f"{path.name} needs pyshp; install it with pip install 'pointfuse[shapefile]'"
        ) from error
    _check_system(path)
    named = path.with_suffix(".cpg")
    encodings = (named.read_text("ascii").strip(),) if named.is_file() else _ENCODINGS
    for encoding in encodings:
        try:
            with shapefile.Reader(str(path), encoding=encoding) as reader:
                return [
                    Feature(each.record.as_dict(), each.shape.__geo_interface__)
                    for each in reader.iterShapeRecords()
                ]
        except (UnicodeDecodeError, LookupError):
            continue
        # The library says what is wrong with a file in errors of many kinds.
        except Exception as error:
            raise InputError(
                f"it is a damaged shapefile ({str(error)[:80]}); files of one name with the "
                "endings .shp, .shx and .dbf belong together"
            ) from error
    raise InputError(f"its names are not in {', '.join(encodings)}; check the file .cpg beside it")


def _check_system(path: Path) -> None:
    system = path.with_suffix(".prj")
    if system.is_file() and system.read_text("latin-1").lstrip().upper().startswith("PROJCS"):
        raise InputError(
            "expected longitudes and latitudes, got coordinates in a projection (its file .prj); "
            "transform it with 'ogr2ogr -t_srs EPSG:4326 regions.geojson FILE'"
        )
