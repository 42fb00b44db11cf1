"""The projection against PROJ, and the grid's cells against its own centres."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import interpolate

from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid

CHINA = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
CHINA_GRID = Grid(CHINA, 372, 426, 12_000.0, -2_550_000.0, -2_226_000.0)
# Two-parallel, tangent, and southern cones.
CONES = [
    CHINA,
    LambertConformal((40.0, 40.0), -97.0, 40.0, 6_370_000.0),
    LambertConformal((-20.0, -40.0), 135.0, -30.0, 6_371_229.0),
]


def proj(cone: LambertConformal) -> pyproj.Proj:
    first, second = cone.standard_parallel
    return pyproj.Proj(
        proj="lcc",
        lat_1=first,
        lat_2=second,
        lat_0=cone.latitude_of_projection_origin,
        lon_0=cone.longitude_of_central_meridian,
        R=cone.earth_radius,
    )


@pytest.mark.parametrize("cone", CONES, ids=["two parallels", "tangent", "south"])
def test_agrees_with_proj(cone: LambertConformal, rng: np.random.Generator) -> None:
    longitude = cone.longitude_of_central_meridian + rng.uniform(-60, 60, 1000)
    latitude = np.sign(cone.latitude_of_projection_origin) * rng.uniform(5, 75, 1000)
    x, y = cone.forward(longitude, latitude)
    # A micrometre: both work in double precision, over distances of 10,000 km.
    np.testing.assert_allclose((x, y), proj(cone)(longitude, latitude), rtol=0, atol=1e-6)
    back = np.array(cone.inverse(x, y))
    expected = np.array(proj(cone)(x, y, inverse=True))
    np.testing.assert_allclose(back, expected, rtol=0, atol=1e-9)


@given(longitude=st.floats(-180, 359.99), latitude=st.floats(-60, 89))
def test_inverse_undoes_forward(longitude: float, latitude: float) -> None:
    # The antimeridian of the cone is where it was cut: both of its sides are the same place.
    if abs((longitude - 105.0) % 360.0 - 180.0) < 1e-6:
        return
    back_longitude, back_latitude = CHINA.inverse(*CHINA.forward(longitude, latitude))
    # 1e-9 degrees is a tenth of a millimetre.
    assert abs((back_longitude - longitude + 180.0) % 360.0 - 180.0) < 1e-9
    assert abs(back_latitude - latitude) < 1e-9


@pytest.mark.parametrize(
    ("parallels", "origin", "radius"),
    [
        ((30.0, -30.0), 0.0, 6.37e6),
        ((91.0, 30.0), 0.0, 6.37e6),
        ((25.0, 47.0), 90.0, 6.37e6),
        ((25.0, 47.0), 36.0, 0.0),
    ],
)
def test_refuses_impossible_cones(
    parallels: tuple[float, float], origin: float, radius: float
) -> None:
    with pytest.raises(ValueError, match="must"):
        LambertConformal(parallels, 105.0, origin, radius)


def test_every_centre_lies_in_its_own_cell() -> None:
    longitude, latitude = CHINA_GRID.longitude_latitude()
    cells = CHINA_GRID.cells(longitude.ravel(), latitude.ravel())
    np.testing.assert_array_equal(cells, np.arange(372 * 426))


def test_cell_is_the_one_with_the_nearest_centre(rng: np.random.Generator) -> None:
    x = rng.uniform(-2_556_000, 2_556_000, 500)
    y = rng.uniform(-2_232_000, 2_232_000, 500)
    cells = CHINA_GRID.cells(*CHINA.inverse(x, y))
    nearest_column = np.abs(CHINA_GRID.x - x[:, None]).argmin(axis=1)
    nearest_row = np.abs(CHINA_GRID.y - y[:, None]).argmin(axis=1)
    np.testing.assert_array_equal(cells, nearest_row * 426 + nearest_column)


def test_points_outside_or_without_coordinates_have_no_cell() -> None:
    # Kuala Lumpur, New York, the cone's far pole, unknown.
    longitude = [101.7, -74.0, 105.0, np.nan]
    latitude = [3.1, 40.7, -90.0, np.nan]
    np.testing.assert_array_equal(CHINA_GRID.cells(longitude, latitude), [-1, -1, -1, -1])


def test_edge_of_the_grid_is_half_a_cell_beyond_the_last_centre() -> None:
    edge_x, edge_y = 212.5 * 12_000 + 6_000, 185.5 * 12_000 + 6_000
    inside = CHINA_GRID.cells(*CHINA.inverse([edge_x - 1, -edge_x + 1], [edge_y - 1, -edge_y + 1]))
    outside = CHINA_GRID.cells(*CHINA.inverse([edge_x + 1, 0.0], [0.0, -edge_y - 1]))
    np.testing.assert_array_equal(inside, [372 * 426 - 1, 0])
    np.testing.assert_array_equal(outside, [-1, -1])


def test_fields_are_read_bilinearly(rng: np.random.Generator) -> None:
    field = rng.random(CHINA_GRID.shape)
    x = rng.uniform(CHINA_GRID.x[0], CHINA_GRID.x[-1], 500)
    y = rng.uniform(CHINA_GRID.y[0], CHINA_GRID.y[-1], 500)
    points = CHINA_GRID.interpolation(*CHINA.inverse(x, y))
    expected = interpolate.interpn((CHINA_GRID.y, CHINA_GRID.x), field, (y, x))
    # Coordinates to 1e-9 degrees are shares of a cell to 1e-8.
    np.testing.assert_allclose(points.read(field.ravel()), expected, rtol=0, atol=1e-7)
    some = rng.random(500) < 0.3
    np.testing.assert_array_equal(
        points[some].read(field.ravel()), points.read(field.ravel())[some]
    )
    # Several fields at once.
    pair = np.stack([field.ravel(), -field.ravel()], axis=-1)
    np.testing.assert_allclose(points.read(pair)[:, 1], -expected, rtol=0, atol=1e-7)


@given(x=st.floats(-0.5, 2.499), y=st.floats(-0.5, 0.499))
def test_beyond_the_outermost_centres_the_nearest_place_is_read(x: float, y: float) -> None:
    """On a grid of three cells in a row, whose values are their numbers."""
    line = Grid(CHINA, 1, 3, 12_000.0, 0.0, 0.0)
    points = line.interpolation(*CHINA.inverse(np.array([x * 12e3]), np.array([y * 12e3])))
    np.testing.assert_allclose(points.weights.sum(axis=1), 1)
    assert (points.weights >= 0).all()
    expected = min(max(x, 0.0), 2.0)
    assert abs(points.read(np.arange(3.0))[0] - expected) < 1e-7
