"""The box of each country, for domains that are asked for by its name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse_training.static_layers.countries import arcs, joined

APART = 300.0
"""Parts of a country that are so far from the rest, km, are left out of its box: islands of the
other side of an ocean would make it one of the sea."""

ANTARCTICA = "010"

_KM_IN_DEGREE = 111.2


def country_boxes(topology: dict[str, Any]) -> list[dict[str, Any]]:
    """Boxes of countries around their largest part and what is near it.

    Parameters
    ----------
    topology : dict
        Content of the file `countries.COUNTRIES`.

    Returns
    -------
    list of dict
        For each its ``name``, its ``code`` of ISO 3166-1 (empty where it has none), and ``west``,
        ``south``, ``east`` and ``north``, degrees; east may be above 180.
    """
    lines = arcs(topology)
    boxes = []
    for shape in topology["objects"]["countries"]["geometries"]:
        # The land around a pole has no box that is worth the name.
        if shape.get("id") == ANTARCTICA:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        parts = [_unrolled(joined(rings[0], lines)) for rings in polygons]
        west, south, east, north = box_of(parts)
        boxes.append(
            {
                "name": shape["properties"]["name"],
                "code": str(shape.get("id") or ""),
                "west": round(west, 2),
                "south": round(south, 2),
                "east": round(east, 2),
                "north": round(north, 2),
            }
        )
    return sorted(boxes, key=lambda box: str(box["name"]))


def _unrolled(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring whose longitudes go on across the date line."""
    return np.stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]], axis=1)


def box_of(parts: list[NDArray[np.float64]]) -> tuple[float, float, float, float]:
    """Western, southern, eastern and northern end of the largest part and of those near it.

    Parameters
    ----------
    parts : list of ndarray of float64, shape (point, 2)
        Corners of each part, degrees east and north, going on across the date line.
    """
    boxes = [np.array([*part.min(0), *part.max(0)]) for part in parts]
    largest = max(boxes, key=_area)
    middle = (largest[0] + largest[2]) / 2
    for box in boxes:
        # On the side of the date line where the largest part is.
        box[[0, 2]] += 360 * np.rint((middle - (box[0] + box[2]) / 2) / 360)
    box, left = largest.copy(), [one for one in boxes if one is not largest]
    while near := [one for one in left if _gap(box, one) <= APART]:
        left = [one for one in left if _gap(box, one) > APART]
        for one in near:
            box = np.concatenate([np.minimum(box[:2], one[:2]), np.maximum(box[2:], one[2:])])
    west, south, east, north = map(float, box)
    turns = 360 * np.floor((west + 180) / 360)
    return west - turns, south, east - turns, north


def _area(box: NDArray[np.float64]) -> float:
    south, north = np.radians(box[[1, 3]])
    return float((box[2] - box[0]) * (np.sin(north) - np.sin(south)))


def _gap(box: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Distance between two boxes, km."""
    apart = np.maximum(0, np.maximum(box[:2] - other[2:], other[:2] - box[2:]))
    at = np.radians(np.clip((box[1] + box[3] + other[1] + other[3]) / 4, -89, 89))
    return float(_KM_IN_DEGREE * np.hypot(apart[0] * np.cos(at), apart[1]))
