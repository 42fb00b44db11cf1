"""Features of GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pointfuse.errors import InputError, kind_of
from pointfuse.fields.districts.features import Feature

_DEGREES = ("CRS84", "4326", "4490", "4269", "4979")
"""Ends of the names of reference systems in degrees that differ by less than a metre or two."""


def geojson_features(content: bytes) -> list[Feature]:
    """Features of a GeoJSON file.

    Raises
    ------
    InputError
        If it is none, or its coordinates are not in degrees; the message has no name of a file.
    """
    try:
        return features_of(json.loads(content.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"it is no GeoJSON ({str(error)[:80]}); check the file") from error


def features_of(thing: object) -> list[Feature]:
    """Features of a GeoJSON object, such as the ``__geo_interface__`` of a library.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(thing, Mapping):
        raise InputError(f"expected a FeatureCollection of polygons, got {kind_of(thing)}")
    match thing:
        case {"type": "FeatureCollection", "features": features} if _is_list(features):
            _check_system(thing)
            return [_feature_of(feature) for feature in features]
        case {"type": "Feature" | "Polygon" | "MultiPolygon" | "GeometryCollection"}:
            return [_feature_of(thing)]
    found = str(thing.get("type"))[:40]
    raise InputError(f"expected a FeatureCollection of polygons, got {found}")


def _feature_of(thing: object) -> Feature:
    """A feature, or a geometry alone; whether it is an area is seen later, one by one."""
    if not (isinstance(thing, Mapping) and thing.get("type") == "Feature"):
        return Feature({}, thing)
    properties = thing.get("properties")
    named = dict(properties) if isinstance(properties, Mapping) else {}
    if "id" in thing:
        named.setdefault("id", thing["id"])
    return Feature(named, thing.get("geometry"))


def _is_list(features: Any) -> bool:
    return isinstance(features, Sequence) and not isinstance(features, str)


def _check_system(collection: Mapping[str, Any]) -> None:
    """Refuse another reference system, as files before 2016 could name one."""
    match collection:
        case {"crs": {"properties": {"name": str(name)}}} if not name.endswith(_DEGREES):
            raise InputError(
                f"expected longitudes and latitudes, got coordinates in {name[:60]}; transform it "
                "with 'ogr2ogr -t_srs EPSG:4326 regions.geojson FILE'"
            )
