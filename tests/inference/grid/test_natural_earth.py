"""Lines of the maps against places that are known, and against pyproj."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyproj
import pytest

from pointfuse.grid.natural_earth import KINDS, lines_on_map, read_lines
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)

RADIUS = 6_370_000.0


def points(kind: str) -> np.ndarray:
    return read_lines(kind)[0]


def lines(kind: str) -> list[np.ndarray]:
    degrees, begins = read_lines(kind)
    return np.split(degrees, begins[1:])


def near(kind: str, longitude: float, latitude: float) -> float:
    """Distance to the nearest point of a kind, degrees of a meridian."""
    east, north = (points(kind) - (longitude, latitude)).T
    return float(np.hypot(east * np.cos(np.radians(latitude)), north).min())


@pytest.mark.parametrize(
    ("kind", "longitude", "latitude"),
    [
        # Cape Agulhas, Finisterre, Cape Comorin, Tarifa, the south of Hainan, East Cape.
        ("coast", 20.0, -34.83),
        ("coast", -9.27, 42.88),
        ("coast", 77.55, 8.08),
        ("coast", -5.61, 36.0),
        ("coast", 109.57, 18.2),
        ("coast", 177.99, -37.69),
        # Duluth on Lake Superior, the north of Lake Baikal, Xining's lake (Qinghai), Taihu.
        ("lakes", -92.05, 46.75),
        ("lakes", 109.8, 55.7),
        ("lakes", 99.7, 36.95),
        ("lakes", 120.2, 31.4),
        # Where three countries meet: Alps, Golden Triangle, Iguazu; Four Corners of four states.
        ("borders", 7.04, 45.92),
        ("borders", 100.11, 20.36),
        ("borders", -54.59, -25.59),
        ("provinces", -109.05, 37.0),
        ("provinces", -104.06, 45.0),
    ],
)
def test_known_places_lie_on_the_lines(kind: str, longitude: float, latitude: float) -> None:
    # 0.15 degrees or 17 km: the places are known to a few kilometres, and 1:50 million is coarse.
    assert near(kind, longitude, latitude) < 0.15


def test_the_border_along_the_49th_parallel_is_whole_and_straight() -> None:
    longitude, latitude = points("borders").T
    along = (longitude > -122.7) & (longitude < -95.3) & (np.abs(latitude - 49) < 0.3)
    # Hundredths of a degree are what is stored.
    assert np.abs(latitude[along] - 49).max() <= 0.02
    assert np.diff(np.sort(longitude[along])).max() < 1.2


def test_every_line_stays_on_earth_and_has_a_length() -> None:
    for kind in KINDS:
        for line in lines(kind):
            assert len(line) > 1
            assert (np.abs(line[:, 0]) <= 180).all()
            assert (np.abs(line[:, 1]) <= 90).all()
        # Longer ones would not bend with a parallel; those of the coast are Antarctica's.
        steps = np.abs(np.concatenate([np.diff(line, axis=0) for line in lines(kind)]))
        longest = 6.0 if kind == "coast" else 1.5
        assert (steps[:, 1] < longest).all()
        assert (np.minimum(steps[:, 0], 360 - steps[:, 0]) < longest).all()


MAPS: list[tuple[Projection, str, tuple[float, float], tuple[float, float]]] = [
    (
        LambertConformal((25.0, 47.0), 105.0, 36.0, RADIUS),
        f"+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +R={RADIUS}",
        (-2.5e6, 2.5e6),
        (-2.2e6, 2.2e6),
    ),
    (
        LambertConformal((-60.0, -30.0), 175.0, -42.0, RADIUS),
        f"+proj=lcc +lat_1=-60 +lat_2=-30 +lat_0=-42 +lon_0=175 +R={RADIUS}",
        (-1.5e6, 1.5e6),
        (-1.2e6, 1.2e6),
    ),
    (
        PolarStereographic(-150.0, 90.0, 60.0, RADIUS),
        f"+proj=stere +lat_0=90 +lat_ts=60 +lon_0=-150 +R={RADIUS}",
        (-1e6, 1.2e6),
        (-4e6, -2.5e6),
    ),
    (
        Mercator(180.0, 0.0, RADIUS),
        f"+proj=merc +lat_ts=0 +lon_0=180 +R={RADIUS}",
        (-4e6, 4e6),
        (-3e6, 3e6),
    ),
]


@pytest.mark.parametrize(("projection", "definition", "x", "y"), MAPS)
def test_lines_on_a_map_are_all_there_and_where_pyproj_has_them(
    projection: Projection, definition: str, x: tuple[float, float], y: tuple[float, float]
) -> None:
    """Every step that begins or ends on the map, and no other."""
    transform = pyproj.Transformer.from_crs(f"+proj=longlat +R={RADIUS}", definition)
    expected = set()
    for line in lines("coast"):
        projected = np.stack(transform.transform(*line.T), axis=1)
        inside = (
            (projected[:, 0] >= x[0])
            & (projected[:, 0] <= x[1])
            & (projected[:, 1] >= y[0])
            & (projected[:, 1] <= y[1])
        )
        for step in np.flatnonzero(inside[1:] | inside[:-1]):
            expected.add((*kilometres(projected[step]), *kilometres(projected[step + 1])))
    drawn = {
        (*kilometres(begin), *kilometres(end))
        for line in lines_on_map("coast", projection, x, y)
        for begin, end in pairwise(line)
    }
    assert len(expected) > 200
    # Those that cross the meridian where the projection is cut are the only ones that are missing.
    assert drawn <= expected
    assert all(np.hypot(step[0] - step[2], step[1] - step[3]) > 1500 for step in expected - drawn)


def kilometres(point: np.ndarray) -> tuple[float, float]:
    # To a hundred metres: rounding must not tell two programs' sums apart.
    return tuple(np.round(point / 1000 + 1e-4, 1).tolist())


def test_nothing_crosses_a_world_map() -> None:
    projection = LatitudeLongitude(0.0, RADIUS)
    half = np.pi * RADIUS
    for kind in KINDS:
        for line in lines_on_map(kind, projection, (-half, half), (-half / 2, half / 2)):
            assert np.hypot(*np.diff(line, axis=0).T).max() < 0.25 * RADIUS
