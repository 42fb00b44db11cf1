"""Polar stereographic, Mercator and geographic grids against PROJ, and in files and models."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.errors import InputError
from pointfuse.fields.cf.field_variables import place_variables
from pointfuse.grid.grid_mapping import GridAxes, grid_axes, grid_of_centres
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata

RADIUS = 6_370_000.0
NORTH = PolarStereographic(-98.0, 90.0, 45.0, RADIUS)
SOUTH = PolarStereographic(20.0, -90.0, -71.0, RADIUS)
MERCATOR = Mercator(110.0, -20.0, RADIUS)
DEGREES = LatitudeLongitude(10.0, RADIUS)
CONE = LambertConformal((30.0, 60.0), 15.0, 45.0, RADIUS)
ALL: list[Any] = [
    (CONE, {"proj": "lcc", "lat_1": 30, "lat_2": 60, "lat_0": 45, "lon_0": 15}),
    (NORTH, {"proj": "stere", "lat_0": 90, "lat_ts": 45, "lon_0": -98}),
    (SOUTH, {"proj": "stere", "lat_0": -90, "lat_ts": -71, "lon_0": 20}),
    (MERCATOR, {"proj": "merc", "lat_ts": -20, "lon_0": 110}),
    (DEGREES, {"proj": "eqc", "lat_ts": 0, "lon_0": 10}),
]
# Cells of 0.1 degrees, or about that.
GRIDS = [
    Grid(CONE, 12, 15, 10_000.0, -70_000.0, 5_000.0),
    Grid(NORTH, 12, 15, 108_000.0, -756_000.0, -1_500_000.0),
    Grid(SOUTH, 12, 15, 10_000.0, -70_000.0, 1_500_000.0),
    Grid(MERCATOR, 12, 15, 10_000.0, -70_000.0, -2_000_000.0),
    Grid(DEGREES, 12, 15, RADIUS * np.radians(0.1), RADIUS * np.radians(-2), 5_000_000.0),
]
NAMES = ["cone", "north", "south", "mercator", "degrees"]


@pytest.mark.parametrize(("projection", "parameters"), ALL, ids=NAMES)
def test_agrees_with_proj(
    projection: Projection, parameters: dict[str, Any], rng: np.random.Generator
) -> None:
    proj = pyproj.Proj(**parameters, R=RADIUS)
    sign = -1 if projection in (SOUTH, MERCATOR) else 1
    longitude = parameters["lon_0"] + rng.uniform(-170, 170, 1000)
    latitude = sign * rng.uniform(-5, 85, 1000)
    x, y = projection.forward(longitude, latitude)
    # A micrometre: both work in double precision, over distances of 10,000 km.
    np.testing.assert_allclose((x, y), proj(longitude, latitude), rtol=0, atol=2e-6)
    back_longitude, back_latitude = projection.inverse(x, y)
    np.testing.assert_allclose(back_latitude, latitude, rtol=0, atol=1e-9)
    off = (back_longitude - longitude + 180) % 360 - 180
    np.testing.assert_allclose(off, 0, rtol=0, atol=1e-9)
    assert ((back_longitude >= -180) & (back_longitude < 180)).all()


@given(
    longitude=st.floats(-180, 359.99),
    latitude=st.floats(-80, 80),
    meridian=st.floats(-180, 180),
    parallel=st.floats(-80, 80),
)
def test_inverse_undoes_forward(
    longitude: float, latitude: float, meridian: float, parallel: float
) -> None:
    # Opposite the meridian the plane is cut: both of its sides are the same place.
    if abs((longitude - meridian) % 360.0 - 180.0) < 1e-6:
        return
    for projection in (
        PolarStereographic(meridian, 90.0, parallel, RADIUS),
        PolarStereographic(meridian, -90.0, parallel, RADIUS),
        Mercator(meridian, parallel, RADIUS),
        LatitudeLongitude(meridian, RADIUS),
    ):
        back_longitude, back_latitude = projection.inverse(*projection.forward(longitude, latitude))
        assert abs((back_longitude - longitude + 180.0) % 360.0 - 180.0) < 1e-9
        assert abs(back_latitude - latitude) < 1e-9


@pytest.mark.parametrize(
    "make",
    [
        lambda: PolarStereographic(0.0, 80.0, 60.0, RADIUS),
        lambda: PolarStereographic(0.0, 90.0, -90.0, RADIUS),
        lambda: PolarStereographic(0.0, 90.0, 60.0, 0.0),
        lambda: Mercator(0.0, 90.0, RADIUS),
        lambda: LatitudeLongitude(0.0, -1.0),
    ],
)
def test_impossible_projections_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        make()


@pytest.mark.parametrize("grid", GRIDS, ids=NAMES)
def test_a_model_may_have_any_of_them(tiny_metadata: ModelMetadata, grid: Grid) -> None:
    metadata = dataclasses.replace(tiny_metadata, own_grid=grid)
    assert ModelMetadata.from_json(metadata.to_json()) == metadata
    longitude, latitude = grid.longitude_latitude()
    np.testing.assert_array_equal(grid.cells(longitude.ravel(), latitude.ravel()), range(180))


def written(path: Path, grid: Grid) -> netCDF4.Dataset:
    """A file with a field on the grid, as pointfuse writes it."""
    dataset = netCDF4.Dataset(path, "w")
    dataset.setncatts({"Conventions": "CF-1.8", "title": "a field", "history": "made"})
    dataset.setncatts(dict.fromkeys(("institution", "source", "references", "comment"), "a test"))
    dataset.createDimension("y", grid.rows)
    dataset.createDimension("x", grid.columns)
    for place in place_variables(grid):
        created = dataset.createVariable(place.name, place.values.dtype, place.dimensions)
        created.setncatts(place.attributes)
        created[...] = place.values
    field = dataset.createVariable("field", "f4", ("y", "x"))
    field.setncatts({"long_name": "a field", "units": "1", "grid_mapping": "crs"})
    field.coordinates = "lat lon"
    field[...] = 1
    return dataset


@pytest.mark.parametrize("grid", GRIDS, ids=NAMES)
def test_a_file_gives_its_grid_back(grid: Grid, tmp_path: Path, assert_cf_compliant: Any) -> None:
    with written(tmp_path / "grid.nc", grid) as dataset:
        found = grid_axes(dataset, "field")
    assert found.dimensions == ("y", "x")
    assert found.order == (slice(None), slice(None))
    assert found.grid.projection == grid.projection
    assert found.grid.shape == grid.shape
    # Rounding in double precision.
    np.testing.assert_allclose(found.grid.x, grid.x, rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(found.grid.y, grid.y, rtol=1e-12, atol=1e-6)
    assert found.grid.coincides(grid)
    # The checker takes the one attribute that it requires of a Mercator for a list of letters.
    if not isinstance(grid.projection, Mercator):
        assert_cf_compliant(tmp_path / "grid.nc")


@pytest.mark.parametrize("grid", GRIDS, ids=NAMES)
def test_cells_are_found_from_their_centres_in_any_order(grid: Grid) -> None:
    longitude, latitude = grid.longitude_latitude()
    for order in ((slice(None), slice(None)), (slice(None, None, -1), slice(None, None, -1))):
        found, back = grid_of_centres(grid.projection, longitude[order], latitude[order])
        assert found.coincides(grid)
        assert back == order


def test_grids_coincide_where_their_cells_do() -> None:
    grid = GRIDS[0]
    assert grid.coincides(dataclasses.replace(grid, first_x=grid.first_x + 50))
    assert not grid.coincides(dataclasses.replace(grid, first_x=grid.first_x + 500))
    assert not grid.coincides(dataclasses.replace(grid, rows=11))
    assert not grid.coincides(dataclasses.replace(grid, cell_size=9_900.0))
    # The same cells, counted from another origin.
    elsewhere = dataclasses.replace(CONE, latitude_of_projection_origin=40.0)
    shift = elsewhere.forward(15.0, 45.0)[1]
    assert grid.coincides(Grid(elsewhere, 12, 15, 10_000.0, -70_000.0, 5_000.0 + float(shift)))


def read_with(tmp_path: Path, grid: Grid = GRIDS[0], **changes: Any) -> GridAxes:
    """Grid of a file after changes to its variables: attributes, None for none, or values."""
    with written(tmp_path / "grid.nc", grid) as dataset:
        for name, change in changes.items():
            if isinstance(change, dict):
                for key, value in change.items():
                    if value is None:
                        dataset[name].delncattr(key)
                    else:
                        dataset[name].setncattr(key, value)
            else:
                dataset[name][...] = change
        return grid_axes(dataset, "field")


def test_mappings_of_other_writers_are_understood(tmp_path: Path) -> None:
    grid = GRIDS[0]
    shifted = read_with(tmp_path, crs={"false_easting": 7e4}, x=grid.x + 7e4).grid
    assert shifted.coincides(grid)
    with written(tmp_path / "km.nc", grid) as dataset:
        dataset["x"][:], dataset["x"].units = grid.x / 1000, "km"
        assert grid_axes(dataset, "field").grid.coincides(grid)
    with written(tmp_path / "km.nc", grid) as dataset:
        dataset["x"][:], dataset["x"].units = grid.x / 1000, "km"
        assert grid_axes(dataset, "field").grid.coincides(grid)
    with pytest.raises(InputError, match="in 'furlong'; expected m or km"):
        read_with(tmp_path, x={"units": "furlong"})
    extended = read_with(tmp_path, field={"grid_mapping": "crs: x y"}).grid
    assert extended.coincides(grid)
    without_radius = read_with(tmp_path, crs={"earth_radius": None}).grid
    assert without_radius.coincides(grid)
    mercator = {"standard_parallel": None, "scale_factor_at_projection_origin": 0.5}
    parallel = read_with(tmp_path, GRIDS[3], crs=mercator, **wrong_places(GRIDS[3], 60)).grid
    # arccos(0.5)
    assert parallel.projection.standard_parallel == pytest.approx(60)  # type: ignore[union-attr]


def wrong_places(grid: Grid, parallel: float) -> dict[str, Any]:
    """Latitudes and longitudes of the same cells in a Mercator plane of another true parallel."""
    plane = dataclasses.replace(grid.projection, standard_parallel=parallel)  # type: ignore[call-arg]
    longitude, latitude = dataclasses.replace(grid, projection=plane).longitude_latitude()
    return {"lon": longitude, "lat": latitude}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"field": {"grid_mapping": None}}, "field has no projection: expected a grid_mapping"),
        ({"field": {"grid_mapping": "map"}}, "the grid mapping 'map' of field is not in the file"),
        ({"crs": {"grid_mapping_name": "albers"}}, "the projection 'albers' is not known"),
        ({"crs": {"longitude_of_central_meridian": None}}, "has no longitude_of_central_meridian"),
        ({"crs": {"standard_parallel": 95.0}}, "cannot be used: the standard parallels"),
        ({"crs": {"inverse_flattening": 298.3}}, "got an ellipsoid; convert"),
        ({"crs": {"earth_radius": 6.4e6}}, "km away from the cells in its projection"),
        ({"x": GRIDS[0].x ** 2}, "not regular in their projection"),
        ({"x": GRIDS[0].x * 2}, "20000 m wide and 10000 m high; expected squares"),
    ],
)
def test_what_cannot_be_a_grid_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_with(tmp_path, **changes)


def test_a_world_that_begins_at_greenwich_is_one_grid(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "world.nc", "w") as dataset:
        for name, values in (("lat", np.arange(89.5, -90, -1)), ("lon", np.arange(0.5, 360))):
            dataset.createDimension(name, len(values))
            dataset.createVariable(name, "f4", (name,))[:] = values
        dataset["lat"].units, dataset["lon"].units = "degrees_north", "degrees_east"
        dataset.createVariable("field", "f4", ("lat", "lon"))
        found = grid_axes(dataset, "field")
    assert found.order == (slice(None, None, -1), slice(None))
    assert found.grid.shape == (180, 360)
    longitude, latitude = found.grid.longitude_latitude()
    np.testing.assert_allclose(latitude[:, 0], np.arange(-89.5, 90), atol=1e-9)
    np.testing.assert_allclose(longitude[0] % 360, np.arange(0.5, 360), atol=1e-9)
    np.testing.assert_array_equal(found.grid.cells([-0.5, 0.5], [-89.5, 89.5]), [359, 179 * 360])
