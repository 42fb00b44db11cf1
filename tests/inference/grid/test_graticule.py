"""Meridians and parallels on maps against pyproj."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest

from pointfuse.grid.graticule import graticule
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    PolarStereographic,
    Projection,
)

RADIUS = 6_370_000.0
CHINA = (
    LambertConformal((25.0, 47.0), 105.0, 36.0, RADIUS),
    f"+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +R={RADIUS}",
    (-2.556e6, 2.556e6),
    (-2.232e6, 2.232e6),
)
FIJI = (
    LambertConformal((-30.0, -10.0), 178.0, -18.0, RADIUS),
    f"+proj=lcc +lat_1=-30 +lat_2=-10 +lat_0=-18 +lon_0=178 +R={RADIUS}",
    (-8e5, 8e5),
    (-6e5, 6e5),
)
ALASKA = (
    PolarStereographic(-150.0, 90.0, 60.0, RADIUS),
    f"+proj=stere +lat_0=90 +lat_ts=60 +lon_0=-150 +R={RADIUS}",
    (-2.5e6, 2.5e6),
    (-4.5e6, -1e6),
)


def degrees_of(label: str) -> float:
    number, letter = label.split("°")
    return float(number) * (-1 if letter in {"W", "S"} else 1)


@pytest.mark.parametrize("case", [CHINA, FIJI, ALASKA])
def test_labels_stand_where_their_degrees_are(
    case: tuple[Projection, str, tuple[float, float], tuple[float, float]],
) -> None:
    projection, definition, x, y = case
    to_degrees = pyproj.Transformer.from_crs(definition, f"+proj=longlat +R={RADIUS}").transform
    meridians, parallels = graticule(projection, x, y)
    labels = 0
    for line in meridians:
        if line.bottom is not None:
            longitude, _ = to_degrees(line.bottom, y[0])
            apart = (longitude - degrees_of(line.label) + 180) % 360 - 180
            # Edges are sampled at 400 points and interpolated between.
            assert abs(apart) < 0.01
            labels += 1
    for line in parallels:
        if line.left is not None:
            _, latitude = to_degrees(x[0], line.left)
            assert latitude == pytest.approx(degrees_of(line.label), abs=0.01)
            labels += 1
    assert labels >= 4


@pytest.mark.parametrize("case", [CHINA, FIJI, ALASKA])
def test_lines_run_along_their_degrees(
    case: tuple[Projection, str, tuple[float, float], tuple[float, float]],
) -> None:
    projection, definition, x, y = case
    to_degrees = pyproj.Transformer.from_crs(definition, f"+proj=longlat +R={RADIUS}").transform
    meridians, parallels = graticule(projection, x, y)
    for line in meridians:
        longitude, _ = to_degrees(line.x, line.y)
        np.testing.assert_allclose(
            (longitude - degrees_of(line.label) + 180) % 360 - 180, 0, atol=1e-6
        )
    for line in parallels:
        there = np.isfinite(line.x)
        _, latitude = to_degrees(line.x[there], line.y[there])
        np.testing.assert_allclose(latitude, degrees_of(line.label), atol=1e-6)


def test_labels_of_the_map_of_china() -> None:
    meridians, parallels = graticule(CHINA[0], *CHINA[2:])
    assert [line.label for line in parallels] == ["20°N", "30°N", "40°N", "50°N"]
    assert {"90°E", "100°E", "110°E", "120°E"} <= {line.label for line in meridians}


def test_labels_across_the_date_line_and_the_equator() -> None:
    meridians, _ = graticule(FIJI[0], *FIJI[2:])
    assert {"176°E", "178°E", "180°", "178°W"} <= {line.label for line in meridians}
    east, north = np.pi * RADIUS, np.pi * RADIUS / 2
    meridians, parallels = graticule(
        LatitudeLongitude(0.0, RADIUS), (-0.99 * east, 0.99 * east), (-0.99 * north, 0.99 * north)
    )
    assert "0°" in {line.label for line in meridians}
    assert [line.label for line in parallels] == ["60°S", "30°S", "0°", "30°N", "60°N"]


def test_a_small_map_has_lines_too() -> None:
    meridians, parallels = graticule(CHINA[0], (1.3e6, 1.36e6), (-4e5, -3.4e5))
    assert len(meridians) >= 3
    assert len(parallels) >= 3
    assert all("." in line.label for line in parallels[:1])
