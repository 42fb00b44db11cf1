"""Make the coastline of the maps and the example's mask of mainland China from Natural Earth.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python inference/natural_earth.py package

The npm package world-atlas holds Natural Earth (public domain) at 1:50 million as TopoJSON. Writes
`inference/pointfuse/coastline.npz` and `examples/mainland_china.npz`. Needs shapely.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pointfuse import load_model

ROOT = Path(__file__).parents[1]
# Hundredths of a degree, about a kilometre, are finer than the source.
STEPS_PER_DEGREE = 100


def main(folder: Path) -> None:
    """Write both files."""
    land = json.loads((folder / "land-50m.json").read_text())
    write_coastline(topology_arcs(land), ROOT / "inference" / "pointfuse" / "coastline.npz")
    countries = json.loads((folder / "countries-50m.json").read_text())
    write_mask(country(countries, "China"), ROOT / "examples" / "mainland_china.npz")


def topology_arcs(topology: dict[str, Any]) -> list[NDArray[np.float64]]:
    """Lines of a TopoJSON topology, degrees, each of shape (point, 2)."""
    transform = topology["transform"]
    return [
        np.cumsum(np.array(arc), axis=0) * transform["scale"] + transform["translate"]
        for arc in topology["arcs"]
    ]


def country(topology: dict[str, Any], name: str) -> shapely.MultiPolygon:
    """Polygons of a country."""
    arcs = topology_arcs(topology)
    (shape,) = (
        shape
        for shape in topology["objects"]["countries"]["geometries"]
        if shape["properties"]["name"] == name
    )
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    return shapely.MultiPolygon(
        [
            shapely.Polygon(joined(rings[0], arcs), [joined(ring, arcs) for ring in rings[1:]])
            for rings in polygons
        ]
    )


def joined(ring: list[int], arcs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Points of a ring: arcs one after the other, ~i for arc i backwards."""
    lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([lines[0], *(line[1:] for line in lines[1:])])


def write_coastline(arcs: list[NDArray[np.float64]], path: Path) -> None:
    """Write all lines as whole numbers, and where each begins."""
    points = np.round(np.concatenate(arcs) * STEPS_PER_DEGREE).astype(np.int16)
    starts = np.cumsum([0, *(len(arc) for arc in arcs[:-1])]).astype(np.int32)
    np.savez_compressed(path, points=points, starts=starts, steps_per_degree=STEPS_PER_DEGREE)


def write_mask(area: shapely.MultiPolygon, path: Path) -> None:
    """Write which cells of the shipped model's grid have their centre in an area."""
    longitude, latitude = load_model().metadata.grid.longitude_latitude()
    shapely.prepare(area)
    np.savez_compressed(path, mask=shapely.contains_xy(area, longitude, latitude))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
