"""Domains: where they are, what they hold, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from pointfuse import InputError
from pointfuse.commands.main import main
from pointfuse.domains.domain import Domain, grid_of, read_domain, write_domain
from pointfuse.domains.extents import (
    extent_around,
    extent_of_box,
    extent_of_country,
    extent_of_stations,
)
from pointfuse.domains.new_domain import MANY, new_domain
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
)

SPHERE = Geod(a=6_370_000, b=6_370_000)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.mark.parametrize(
    ("box", "kind"),
    [
        ((14, 49, 24, 55), LambertConformal),
        ((-79, -56, -66, -18), LambertConformal),
        ((34, -5, 42, 6), Mercator),
        ((95, -9, 119, 6), Mercator),
        ((-20, 75, 60, 85), PolarStereographic),
        ((-180, 60, 180, 90), PolarStereographic),
        ((-180, -90, -10, -65), PolarStereographic),
        ((-180, -90, 180, 90), LatitudeLongitude),
        ((19, 41, 190, 82), LambertConformal),
    ],
)
def test_the_projection_suits_the_place(box: tuple[float, ...], kind: type) -> None:
    assert isinstance(new_domain(extent_of_box(*box)).grid.projection, kind)


@given(st.floats(-180, 179.9), st.floats(-89, 89), st.sampled_from([300.0, 900.0, 2500.0]))
@settings(max_examples=60, deadline=None)
def test_a_square_anywhere_holds_what_it_should(
    longitude: float, latitude: float, size: float
) -> None:
    """Its ends in the four directions are cells, wherever on Earth it is, and lengths are true."""
    domain = new_domain(extent_around(longitude, latitude, size))
    grid = domain.grid
    ends = [
        SPHERE.fwd(longitude, latitude, azimuth, 490 * size)[:2] for azimuth in (0, 90, 180, 270)
    ]
    assert (grid.cells(*np.array(ends).T) >= 0).all()
    assert grid.rows * grid.columns <= 1.3 * MANY
    if isinstance(grid.projection, LatitudeLongitude):
        return
    # A cell in the middle is as long on the sphere as it says, but for the map's scale.
    row, column = grid.rows // 2, grid.columns // 2
    x, y = grid.x[[column, column + 1, column]], grid.y[[row, row, row + 1]]
    east, north = grid.projection.inverse(x, y)
    for i in (1, 2):
        *_, length = SPHERE.inv(east[0], north[0], east[i], north[i])
        assert length == pytest.approx(grid.cell_size, rel=0.06)


def test_the_whole_earth_is_on_its_grid() -> None:
    for box in ((-180, -90, 180, 90), (0, -60, 360, 60)):
        grid = new_domain(extent_of_box(*box)).grid
        assert grid.columns * grid.cell_size > 2 * np.pi * 6_370_000
        north = 89.99 if box[3] == 90 else 59
        places = np.array([[179.99, -179.99, 0, -0.01, 0.01], [0, 0, north, -north, 10]])
        assert (grid.cells(*places) >= 0).all()


def test_a_station_at_a_pole_far_from_others() -> None:
    extent = extent_of_stations(np.array([0, -74, -77, 67.0]), np.array([-90, 4.6, 6.8, 2.8]))
    grid = new_domain(extent, margin=100).grid
    assert isinstance(grid.projection, LatitudeLongitude)
    assert (grid.cells([-74, -77, 67], [4.6, 6.8, 2.8]) >= 0).all()


def test_the_date_line_and_the_poles() -> None:
    fiji = new_domain(extent_of_country("Fiji")).grid
    assert (fiji.cells([177.4, -179.9], [-17.7, -18.0]) >= 0).all()
    arctic = new_domain(extent_around(0, 90, 3000)).grid
    assert (arctic.cells([0, 90, 180, -90], [80, 80, 80, 80]) >= 0).all()
    assert arctic.cells([0], [90])[0] >= 0


def test_stations_across_the_date_line_are_near_each_other() -> None:
    longitude, latitude = np.array([179.0, -179.0, 178.0, np.nan]), np.array([-17, -18, -19, 0.0])
    extent = extent_of_stations(longitude, latitude)
    assert extent.box == pytest.approx((178, -19, 181, -17))
    grid = new_domain(extent, margin=100).grid
    assert (grid.cells(longitude[:3], latitude[:3]) >= 0).all()
    assert grid.columns * grid.cell_size < 800_000


def test_countries_by_name_and_number() -> None:
    assert extent_of_country("poland").box == extent_of_country("616").box
    assert extent_of_country("usa").name == "United States of America"
    # Without what lies beyond an ocean.
    assert extent_of_country("France").box[0] > -6
    with pytest.raises(InputError, match="no country 'Polland'; perhaps Poland or"):
        extent_of_country("Polland")


def test_a_domain_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "kenya.toml"
    domain = new_domain(extent_of_country("Kenya"), name='Kenya "now"\\')
    write_domain(domain, path)
    assert read_domain(path) == domain
    assert grid_of(path) == grid_of(domain) == grid_of(domain.grid) == domain.grid


def test_grids_of_files(tmp_path: Path) -> None:
    domain = new_domain(extent_of_box(5, 45, 15, 55), cell_size=12_000)
    path = tmp_path / "field.nc"
    with netCDF4.Dataset(path, "w") as file:
        from pointfuse.grid.grid_mapping import axis_attributes, axis_values, mapping_attributes

        values, attributes = axis_values(domain.grid), axis_attributes(domain.grid)
        for name, axis, of_axis in zip("yx", values, attributes, strict=True):
            file.createDimension(name, len(axis))
            variable = file.createVariable(name, "f8", (name,))
            variable[:] = axis
            variable.setncatts(of_axis)
        file.createVariable("crs", "i4", ()).setncatts(mapping_attributes(domain.grid.projection))
        file.createVariable("pm25", "f4", ("y", "x")).grid_mapping = "crs"
    found = read_domain(path)
    assert found.grid.coincides(domain.grid)
    assert found.name == "field"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bbox", "10,50,20,40"], "its south below its north"),
        (["--bbox", "10,50,10,60"], "with two longitudes"),
        (["--bbox", "10,50,20"], "expected 4 numbers with commas between, got '10,50,20'"),
        (["--bbox", "a,b,c,d"], "expected 4 numbers"),
        (["--country", "Polland"], "perhaps Poland"),
        (["--country", ""], "expected the name of a country"),
        (["--country", "Poland", "--margin", "nan"], "expected a margin of 0 to 2000 km"),
        (["--country", "Poland", "--cell", "0"], "expected cells of 3 to 36 km, got 0 km"),
        (["--country", "Poland", "--cell", "50"], "expected cells of 3 to 36 km, got 50 km"),
        (["--centre", "10,50"], "--centre and --size belong together"),
        (["--centre", "10,95", "--size", "100"], "expected a centre LONGITUDE,LATITUDE"),
        (["--centre", "10,50", "--size", "0"], "expected a size of more than 0"),
        (["--centre", "nan,50", "--size", "5"], "expected 2 numbers"),
        ([], "expected one of --country"),
        (["--country", "Poland", "--bbox", "1,2,3,4"], "expected one of --country"),
        (["--grid", "none.nc"], "there is no file none.nc"),
        (["--bbox", "-180,-60,180,60", "--cell", "3"], "expected at most 20,000,000 cells"),
    ],
)
def test_what_is_no_domain_gets_a_sentence(options: list[str], said: str, tmp_path: Path) -> None:
    output = tmp_path / "d.toml"
    result = run("domain", *options, "-o", output)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert not output.exists()


def test_the_command_writes_and_says(tmp_path: Path) -> None:
    output, places = tmp_path / "d.toml", tmp_path / "s.csv"
    result = run("domain", "--centre", "8.5,47.4", "--size", 200, "--cell", 5, "-o", output)
    assert result.exit_code == 0, result.output
    assert "40 x 40 cells of 5 km" in result.output
    assert read_domain(output).grid.shape == (40, 40)
    places.write_text(
        "station,longitude,latitude,date,no2\nA,8,47,2020-01-01,3\nB,9,48,2020-01-01,4\n"
    )
    result = run("domain", "--stations", places, "--name", "Zurich", "-o", output)
    assert result.exit_code == 0, result.output
    found = read_domain(output)
    assert found.name == "Zurich"
    assert (found.grid.cells([8, 9, 7.5], [47, 48, 46.5]) >= 0).all()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    path.write_text('name = "x"\n[grid]\nrows = 3\n')
    with pytest.raises(InputError, match=r"d\.toml lacks the tables"):
        read_domain(path)


def test_boxes_of_countries_are_on_the_earth() -> None:
    import pointfuse_world

    path = Path(next(iter(pointfuse_world.__path__))) / "countries.json"
    boxes = json.loads(path.read_text(encoding="utf-8"))
    assert len(boxes) > 200
    for box in boxes:
        assert -180 <= box["west"] < box["east"] <= 540
        assert -90 <= box["south"] < box["north"] <= 90


def test_cells_of_a_domain_are_of_a_size_that_is_known() -> None:
    grid = new_domain(extent_of_box(5, 45, 15, 55)).grid
    from dataclasses import replace

    with pytest.raises(InputError, match="expected cells of 3 to 36 km, got 1 km"):
        Domain("small", replace(grid, cell_size=1000.0))
