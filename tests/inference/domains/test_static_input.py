"""What a model of any place is told of cells: coordinates beside pyproj, layers beside places."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from pointfuse.domains.extents import extent_around, extent_of_box
from pointfuse.domains.new_domain import new_domain
from pointfuse.domains.static_input import PLACES, static_input
from pointfuse.domains.world_layers import WorldLayer, world_layers
from pointfuse.errors import MissingExtraError, ModelFileError

RADIUS = 6_370_000.0


@pytest.mark.parametrize(("longitude", "latitude"), [(10, 51), (179.5, -17), (0, 89.9), (36, 0)])
def test_coordinates_are_those_of_a_topocentric_system(longitude: float, latitude: float) -> None:
    grid = new_domain(extent_around(longitude, latitude, 2000), cell_size=20_000).grid
    found = static_input(grid, dict.fromkeys(PLACES, 1.0)).astype(float)
    middle = grid.projection.inverse(grid.x[[0, -1]].mean(), grid.y[[0, -1]].mean())
    sphere = f"+a={RADIUS} +b={RADIUS}"
    east_north_up = Transformer.from_pipeline(
        f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart {sphere} "
        f"+step +proj=topocentric {sphere} +lon_0={middle[0]} +lat_0={middle[1]}"
    )
    degrees = (place.ravel() for place in grid.longitude_latitude())
    expected = east_north_up.transform(*degrees, np.zeros(grid.rows * grid.columns))
    # Single precision of 1,000 km is 0.06 m.
    np.testing.assert_allclose(found[:3], expected, atol=0.5)
    assert (found[3] == grid.cell_size).all()


def test_cells_of_degrees_are_narrow_near_the_poles() -> None:
    grid = new_domain(extent_of_box(-180, -80, 180, 80)).grid
    edge = static_input(grid, {"edge": 1.0})[0].reshape(grid.shape)
    latitude = np.degrees(grid.y / RADIUS)
    expected = grid.cell_size * np.sqrt(np.cos(np.radians(latitude)))
    np.testing.assert_allclose(edge[:, 0], expected, rtol=1e-6)


def test_layers_know_the_earth() -> None:
    """Places whose height, land and lights anyone can look up."""
    world = world_layers()
    places = {
        "Tibet": (90.0, 32.0),
        "Paris": (2.35, 48.85),
        "Sahara": (10.0, 23.0),
        "Amazon": (-65.0, -4.0),
        "Pacific": (-150.0, 10.0),
        "Iowa": (-93.6, 42.5),
    }
    at = {
        name: {layer: float(world[layer].at(*np.array(place)[:, None])[0]) for layer in world}
        for name, place in places.items()
    }
    assert 4300 < at["Tibet"]["height"] < 5500
    assert at["Paris"]["night_lights"] > 40 > 5 > at["Sahara"]["night_lights"]
    assert at["Sahara"]["barren_fraction"] > 0.95
    assert at["Amazon"]["forest_fraction"] > 0.9
    assert at["Pacific"]["water_fraction"] == 1
    assert abs(at["Pacific"]["height"]) < 5
    assert at["Iowa"]["cropland_fraction"] > 0.8
    assert at["Paris"]["urban_fraction"] > 0.8


def test_reading_is_bilinear_and_goes_around_the_earth() -> None:
    layer = WorldLayer(np.arange(4 * 8, dtype=np.int16).reshape(4, 8), 0.5)
    # Middles of pixels are 45 degrees apart, from 67.5 N and 157.5 W.
    middle = layer.at(np.array([-157.5, -135.0, 157.5]), np.array([67.5, 45.0, -67.5]))
    np.testing.assert_allclose(middle, [0, 0.5 * (0 + 1 + 8 + 9) / 4, 0.5 * 31])
    # Between the last column and the first.
    assert layer.at(np.array([180.0]), np.array([67.5]))[0] == pytest.approx(0.5 * 3.5)
    assert layer.at(np.array([-157.5]), np.array([90.0]))[0] == 0


def test_some_cells_are_those_of_all() -> None:
    grid = new_domain(extent_around(-71, -33, 600), cell_size=36_000).grid
    layers = {"east": 1e6, "height": 2000.0, "log_lights": 4.0, "forest_fraction": 1.0}
    everything = static_input(grid, layers)
    some = np.array([5, 0, 77])
    np.testing.assert_array_equal(static_input(grid, layers, some), everything[:, some])


def test_an_unknown_layer_is_named() -> None:
    grid = new_domain(extent_around(0, 50, 200)).grid
    with pytest.raises(ModelFileError, match="takes the static layer 'snow', this pointfuse knows"):
        static_input(grid, {"snow": 1.0})


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointfuse.domains.world_layers.PACKAGE", "no_such_package")
    world_layers.cache_clear()
    with pytest.raises(MissingExtraError, match="pip install pointfuse-world"):
        world_layers()
    world_layers.cache_clear()
