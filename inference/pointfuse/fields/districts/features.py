"""Features - properties and geometries - of files and tables as districts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.errors import InputError
from pointfuse.grid.districts import District, Ring, polygons_of

logger = logging.getLogger(__name__)

_NAMES = ("name", "region", "id", "code")
"""Properties that name a district, whatever the case; the surest first."""


class Feature(NamedTuple):
    """A feature as GeoJSON has it."""

    properties: Mapping[str, Any]
    geometry: Any


def districts_of(
    features: Iterable[Feature], source: str, name_property: str | None = None
) -> list[District]:
    """Districts of features; those that are no areas are left out, with a warning that counts.

    Parameters
    ----------
    features : iterable of Feature
        Features. Several of one name are one district.
    source : str
        What they are of, for messages.
    name_property : str, optional
        Property with the name; by default one named name, region, id or code, or the first.

    Raises
    ------
    InputError
        If there is no district, or no such property.
    """
    listed = list(features)
    name = _name_of(listed, source, name_property)
    found: dict[str, District] = {}
    wrong: list[str] = []
    for number, feature in enumerate(listed, start=1):
        given = feature.properties.get(name) if name else None
        title = printable(str(given).strip()) if given not in (None, "") else ""
        title = title or (f"feature {number}" if name else str(number))
        try:
            polygons = polygons_of(feature.geometry)
        except InputError as error:
            wrong.append(f"{title}: {error}")
            continue
        before = found[title].polygons if title in found else ()
        found[title] = District(title, _distinct((*before, *polygons)))
    if not found:
        raise InputError(
            f"{source} has no regions"
            + (f"; the first feature is left out, {wrong[0]}" if wrong else "")
        )
    if wrong:
        logger.warning(
            "%s: %s left out, first %s", source, counted(len(wrong), "feature"), wrong[0]
        )
    return [*found.values()]


def _distinct(polygons: tuple[tuple[Ring, ...], ...]) -> tuple[tuple[Ring, ...], ...]:
    """Polygons without those that stand there once more, which would count twice."""
    by_corners = {tuple(ring.tobytes() for ring in polygon): polygon for polygon in polygons}
    return tuple(by_corners.values())


def _name_of(features: list[Feature], source: str, wanted: str | None) -> str | None:
    """The property that names the districts; None if there are no properties."""
    known = list(dict.fromkeys(title for each in features for title in each.properties))
    if wanted is not None:
        if features and wanted not in known:
            raise InputError(
                f"{source} has no property '{printable(wanted)}'; it has "
                f"{', '.join(map(printable, map(str, known))) or 'none'}"
            )
        return wanted
    for name in _NAMES:
        for title in known:
            if title.lower() == name:
                return title
    for name in _NAMES:  # such as NAME_1
        for title in known:
            if title.lower().startswith(name):
                return title
    return known[0] if known else None
