"""Means over regions: from every kind of file, by area and people, in every period."""

from __future__ import annotations

import itertools
import json
import sqlite3
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import shapely
from field_tables import check_refused, read_csv, run

from pointfuse import FusedFields, InputError, Model, Observations, PointfuseError, Stations, fuse
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.districts.periods import period_names
from pointfuse.fields.districts.population import read_population
from pointfuse.fields.districts.region_files import read_districts
from pointfuse.grid.districts import District
from pointfuse.grid.overlap import cell_areas, overlap

DAYS = np.array(["2018-12-31", "2019-01-06", "2019-02-07", "2019-03-08"], "datetime64[D]")
WEST = [[100.0, 33.0], [104.0, 33.0], [104.0, 37.0], [100.0, 37.0], [100.0, 33.0]]
HOLE = [[101.0, 34.0], [101.0, 35.0], [102.0, 35.0], [102.0, 34.0], [101.0, 34.0]]
EAST = [[106.0, 34.0], [111.0, 33.5], [110.0, 38.0], [106.0, 34.0]]
FAR = [[0.0, 40.0], [5.0, 40.0], [5.0, 45.0], [0.0, 40.0]]
REGIONS = {
    "West": {"type": "Polygon", "coordinates": [WEST, HOLE]},
    "Ost-Zürich": {"type": "MultiPolygon", "coordinates": [[EAST], [FAR]]},
}


@pytest.fixture(scope="module")
def fields(uneven_model: Model) -> FusedFields:
    """Four days, the third without a field; the values differ from cell to cell."""
    stations = Stations(
        np.array(["A", "B", "C"]), np.array([103.0, 108.0, 110.0]), np.array([36.0, 36.5, 34.0])
    )
    values = np.array([[20.0, 60, 90], [30.0, 40, 80], [1, 2, 3], [5.0, 90, 120]])
    fused = fuse(Observations(stations, DAYS, {"pm25": values}), uneven_model)
    too_few = np.array([1, 1, np.nan, 1], np.float32)[:, None, None]
    status = np.array([0, 0, DayStatus.TOO_FEW_STATIONS, 0], np.int8)
    return replace(fused, values=fused.values * too_few, status=status)


@pytest.fixture(scope="module")
def file(fields: FusedFields, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fields.to_netcdf(tmp_path_factory.mktemp("fields") / "pm25.nc")


def geojson(regions: dict[str, object] = REGIONS) -> str:
    features = [
        {"type": "Feature", "properties": {"pop": 1, "NAME_1": name}, "geometry": geometry}
        for name, geometry in regions.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    path = tmp_path / "regions.geojson"
    path.write_text(geojson(), encoding="utf-8")
    return path


@pytest.fixture
def population(fields: FusedFields, tmp_path: Path) -> Path:
    """People on the grid of the fields, in random numbers."""
    path = tmp_path / "population.nc"
    fields.to_netcdf(path)
    people = np.random.default_rng(3).integers(0, 10**6, fields.model.grid.shape)
    with netCDF4.Dataset(path, "a") as dataset:
        variable = dataset.createVariable("population", "f8", ("y", "x"))
        variable.setncatts({"units": "1", "grid_mapping": "crs"})
        variable[:] = people
    return path


def by_hand(fields: FusedFields, name: str, field: np.ndarray, weights: np.ndarray) -> float:
    """Mean by shapely, in the plane of the grid."""
    grid = fields.model.grid

    def ring(corners: list[list[float]]) -> np.ndarray:
        ends = np.array(corners)
        parts = [np.linspace(begin, end, 2000)[:-1] for begin, end in itertools.pairwise(ends)]
        x, y = grid.projection.forward(*np.concatenate(parts).T)
        return np.stack([x, y], axis=1)

    geometry = REGIONS[name]
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    shape = shapely.union_all(
        [
            shapely.Polygon(ring(p[0]), [ring(hole) for hole in p[1:]])
            for p in polygons
            if p != [FAR]
        ]
    )
    half = grid.cell_size / 2
    total = weight = 0.0
    for row, y in enumerate(grid.y):
        for column, x in enumerate(grid.x):
            part = shapely.clip_by_rect(shape, x - half, y - half, x + half, y + half).area
            share = part / grid.cell_size**2 * weights[row, column]
            total, weight = total + share * field[row, column], weight + share
    return total / weight


def test_means_of_days_are_those_of_shapely(
    fields: FusedFields, file: Path, regions: Path, tmp_path: Path
) -> None:
    output = tmp_path / "means.csv"
    code, said = run("regions", file, regions, "-o", output)
    assert (code, said.splitlines()[-1]) == (0, f"wrote {output}: 2 regions in 4 days")
    found = read_csv(output)
    assert found["region"] == [*REGIONS] * 4
    assert found["period"] == [str(day) for day in DAYS for _ in REGIONS]
    assert found["days"] == ["1", "1", "1", "1", "0", "0", "1", "1"]
    assert found["pm25"][4:6] == ["", ""]
    with netCDF4.Dataset(file) as dataset:
        field = dataset["pm25"][3].filled(np.nan)
    areas = cell_areas(fields.model.grid)
    for name, value in zip(found["region"][6:], found["pm25"][6:], strict=True):
        # Single precision in the table.
        assert float(value) == pytest.approx(by_hand(fields, name, field, areas), rel=1e-6)


def test_people_and_thresholds(
    fields: FusedFields, file: Path, regions: Path, population: Path, tmp_path: Path
) -> None:
    output = tmp_path / "means.csv"
    words = ("--population", population, "--above", 50, "--days", "2018-12-31")
    assert run("regions", file, regions, "-o", output, *words)[0] == 0
    found = read_csv(output)
    assert list(found) == [
        *("region", "period", "days", "population", "pm25", "area_above"),
        *("pm25_by_population", "people_above"),
    ]
    with netCDF4.Dataset(file) as dataset, netCDF4.Dataset(population) as raster:
        field, people = dataset["pm25"][0].filled(np.nan), raster["population"][:].filled(np.nan)
    areas = cell_areas(fields.model.grid)
    for number, name in enumerate(REGIONS):
        for column, of, weights in (
            ("pm25_by_population", field, people),
            ("area_above", field > 50, areas),
            ("people_above", field > 50, people),
        ):
            expected = by_hand(fields, name, of, weights)
            assert float(found[column][number]) == pytest.approx(expected, rel=1e-6, abs=1e-7)
    west = District("West", ((np.array(WEST), np.array(HOLE)),))
    shares = overlap(fields.model.grid, [west])
    inside = (shares.share * people.ravel()[shares.cell]).sum()
    assert int(found["population"][0]) == round(inside)


def test_periods_are_means_of_their_days(file: Path, regions: Path, tmp_path: Path) -> None:
    tables = {}
    for step in ("day", "month", "season", "year"):
        output = tmp_path / f"{step}.csv"
        assert run("regions", file, regions, "-o", output, "--by", step)[0] == 0
        tables[step] = read_csv(output)
    names = {step: list(dict.fromkeys(table["period"])) for step, table in tables.items()}
    assert names["month"] == ["2018-12", "2019-01", "2019-02", "2019-03"]
    assert names["season"] == ["2019-DJF", "2019-MAM"]
    assert names["year"] == ["2018", "2019"]
    days = [float(text or "nan") for text in tables["day"]["pm25"][::2]]
    # The day without a field does not count.
    assert float(tables["season"]["pm25"][0]) == pytest.approx(np.mean(days[:2]), rel=1e-6)
    assert tables["season"]["days"][0] == "2"
    assert float(tables["year"]["pm25"][2]) == pytest.approx((days[1] + days[3]) / 2, rel=1e-6)


def test_seasons_begin_in_december() -> None:
    days = np.arange("2018-11-01", "2020-01-01", dtype="datetime64[D]")
    names = period_names(days, "season")
    for day, name in zip(days.tolist(), names.tolist(), strict=True):
        year = day.year + (day.month == 12)
        quarter = {12: "DJF", 1: "DJF", 2: "DJF", 3: "MAM", 4: "MAM", 5: "MAM"}.get(day.month)
        quarter = quarter or ("JJA" if day.month < 9 else "SON")
        assert name == f"{year}-{quarter}"


def test_fields_in_memory_give_the_same(
    fields: FusedFields, file: Path, regions: Path, population: Path, tmp_path: Path
) -> None:
    output = tmp_path / "means.csv"
    run("regions", file, regions, "-o", output, "--population", population)
    found = read_csv(output)
    in_file = np.array([text or "nan" for text in found["pm25"]], np.float64).reshape(4, 2)
    for given in (
        str(regions),
        json.loads(geojson()),
        REGIONS,
        {name: shapely.geometry.shape(geometry) for name, geometry in REGIONS.items()},
    ):
        means = fields.mean(given, population=population)
        assert means.regions == tuple(REGIONS)
        # Files are rounded to 1 in 8,192.
        np.testing.assert_allclose(means.values, in_file, rtol=1 / 8192)
    assert means.by_population is not None
    frame = means.to_dataframe()
    assert list(frame) == ["date", "region", "pm25", "pm25_by_population"]
    assert (
        repr(means) == "<DistrictMeans of pm25 (ug m-3) over 2 regions, 2018-12-31 to 2019-03-08>"
    )
    assert fields.mean(REGIONS["West"]).regions == ("1",)


def ring_bytes(corners: list[list[float]], order: str, height: bool) -> bytes:
    extra = [0.0] if height else []
    numbers = [number for corner in corners for number in (*corner, *extra)]
    return struct.pack(f"{order}I{len(numbers)}d", len(corners), *numbers)


def well_known(geometry: dict, order: str, height: bool) -> bytes:
    code = {"Polygon": 3, "MultiPolygon": 6}[geometry["type"]] + 1000 * height
    begin = struct.pack(f"{order}BII", order == "<", code, len(geometry["coordinates"]))
    if geometry["type"] == "Polygon":
        return begin + b"".join(ring_bytes(r, order, height) for r in geometry["coordinates"])
    parts = ({"type": "Polygon", "coordinates": rings} for rings in geometry["coordinates"])
    return begin + b"".join(well_known(part, order, height) for part in parts)


def geopackage(
    path: Path, order: str = "<", height: bool = False, definition: str = "GEOGCS"
) -> Path:
    """As its specification has it: https://www.geopackage.org/spec131."""
    with sqlite3.connect(path) as base:
        base.executescript(
            "CREATE TABLE gpkg_geometry_columns (table_name, column_name, srs_id);"
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name, srs_id, definition);"
            'CREATE TABLE "my regions" (fid INTEGER PRIMARY KEY, geom BLOB, Name TEXT);'
            "INSERT INTO gpkg_geometry_columns VALUES ('my regions', 'geom', 4326);"
            f"INSERT INTO gpkg_spatial_ref_sys VALUES ('some', 4326, '{definition}[...]');"
        )
        for name, geometry in REGIONS.items():
            envelope = struct.pack("<4d", 0, 0, 0, 0)
            header = b"GP" + struct.pack("<BBi", 0, 0b11, 4326) + envelope
            blob = header + well_known(geometry, order, height)
            base.execute('INSERT INTO "my regions" (geom, Name) VALUES (?, ?)', (blob, name))
    base.close()
    return path


def shapefile(path: Path) -> Path:
    library = pytest.importorskip("shapefile", reason="pip install '.[shapefile]'")
    with library.Writer(str(path)) as writer:
        writer.field("code", "N")
        writer.field("name", "C")
        for name, geometry in REGIONS.items():
            parts = geometry["coordinates"]
            parts = parts if geometry["type"] == "Polygon" else [r for p in parts for r in p]
            # Shapefiles have outer rings clockwise.
            writer.poly([part[::-1] for part in parts])
            writer.record(1, name)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: geopackage(folder / "regions.gpkg"),
        lambda folder: geopackage(folder / "regions.gpkg", ">", True),
        lambda folder: shapefile(folder / "regions.shp"),
    ],
    ids=["GeoPackage", "GeoPackage with heights", "shapefile"],
)
def test_every_format_gives_the_same_districts(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    found = read_districts(make(tmp_path))
    assert [district.name for district in found] == [*REGIONS]
    for district, geometry in zip(found, REGIONS.values(), strict=True):
        expected = shapely.geometry.shape(geometry)
        polygons = [shapely.Polygon(outer, holes) for outer, *holes in district.polygons]
        assert shapely.union_all(polygons).equals(expected)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("regions.shp", "shapefile"), ("R.ZIP", "shapefile"), ("r.gpkg", "GeoPackage")],
)
@pytest.mark.parametrize("content", [b"", b"\x00" * 200, b"no such file"])
def test_a_file_with_a_damaged_head_is_what_its_name_says(
    tmp_path: Path, name: str, kind: str, content: bytes
) -> None:
    if kind == "shapefile":
        pytest.importorskip("shapefile", reason="pip install '.[shapefile]'")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^{name}: it is a damaged {kind}"):
        read_districts(tmp_path / name)


@pytest.mark.parametrize("name", ["regions.shp", "regions.zip", "regions.gpkg"])
def test_geojson_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(geojson(REGIONS))
    assert [district.name for district in read_districts(tmp_path / name)] == [*REGIONS]


def test_independent_software_writes_the_same(tmp_path: Path) -> None:
    """GDAL, by pyogrio, as a GIS would."""
    pyogrio = pytest.importorskip("pyogrio.raw", reason="pip install pyogrio")
    shapes = np.array([shapely.to_wkb(shapely.geometry.shape(g)) for g in REGIONS.values()])
    for name in ("regions.gpkg", "regions.shp", "regions.geojson"):
        if name.endswith("shp"):
            pytest.importorskip("shapefile")
        pyogrio.write(
            tmp_path / name,
            shapes,
            [np.array([*REGIONS], object)],
            ["name"],
            geometry_type="Unknown" if name.endswith("gpkg") else "MultiPolygon",
            crs="EPSG:4326",
        )
        found = read_districts(tmp_path / name)
        assert [district.name for district in found] == [*REGIONS], name
        areas = [
            sum(shapely.Polygon(outer, holes).area for outer, *holes in district.polygons)
            for district in found
        ]
        expected = [shapely.geometry.shape(geometry).area for geometry in REGIONS.values()]
        np.testing.assert_allclose(areas, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "regions.geojson: it is no GeoJSON"),
        ("name,lon,lat\n", "it is no GeoJSON"),
        ("[]", "expected a FeatureCollection of polygons, got list"),
        ('{"type": "FeatureCollection", "features": []}', "regions.geojson has no regions"),
        ('{"type": "Topology"}', "got Topology"),
        (geojson({"P": {"type": "Point", "coordinates": [1, 2]}}), "has no regions; the first"),
        (
            '{"type": "FeatureCollection", "features": [], '
            '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}}',
            "got coordinates in urn:ogc:def:crs:EPSG::3857",
        ),
        (
            geojson({"far": {"type": "Polygon", "coordinates": [FAR]}}),
            "none of the 1 region lies on",
        ),
    ],
)
def test_files_without_regions_are_refused_in_a_sentence(
    text: str, message: str, file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "regions.geojson"
    path.write_text(text)
    check_refused("regions", file, path, message)


def test_one_bad_feature_costs_itself_alone(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = {"line": {"type": "LineString", "coordinates": WEST}, "none": None}
    far = {"far": {"type": "Polygon", "coordinates": [FAR]}}
    path = tmp_path / "regions.geojson"
    path.write_text(geojson(odd | far | REGIONS), encoding="utf-8")
    assert run("regions", file, path, "-o", tmp_path / "means.csv")[0] == 0
    assert caplog.messages[:2] == [
        "regions.geojson: 2 features left out, first line: expected a Polygon or MultiPolygon, got "
        "LineString",
        "1 region outside the grid left out, first far",
    ]
    assert "1 region partly outside the grid" in caplog.messages[2]
    assert set(read_csv(tmp_path / "means.csv")["region"]) == set(REGIONS)


def test_the_names_are_those_of_a_property(file: Path, regions: Path, tmp_path: Path) -> None:
    output = tmp_path / "means.csv"
    assert run("regions", file, regions, "-o", output, "--name", "pop")[0] == 0
    # Features of one name are one region.
    assert set(read_csv(output)["region"]) == {"1"}
    code, said = run("regions", file, regions, "-o", output, "--name", "nom")
    assert code == 1
    assert "regions.geojson has no property 'nom'; it has pop, NAME_1" in said


def test_other_planes_are_refused(file: Path, tmp_path: Path) -> None:
    path = geopackage(tmp_path / "regions.gpkg", definition="PROJCS")
    code, said = run("regions", file, path, "-o", tmp_path / "means.csv")
    assert code == 1
    assert "regions.gpkg: expected longitudes and latitudes, got coordinates in some" in said
    (tmp_path / "damaged.gpkg").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(InputError, match=r"damaged.gpkg: it is a damaged GeoPackage"):
        read_districts(tmp_path / "damaged.gpkg")


def test_files_are_in_the_order_of_their_days(
    fields: FusedFields, uneven_model: Model, regions: Path, tmp_path: Path
) -> None:
    for number, day in ((1, 3), (2, 0)):
        part = fields.stations.observations.at_times(slice(day, day + 1))
        fuse(part, uneven_model).to_netcdf(tmp_path / f"pm25_{number}.nc")
    code, said = run("regions", tmp_path / "pm25_*.nc", regions, "-o", tmp_path / "means.csv")
    assert code == 1
    assert "pm25_2.nc has 2018-12-31, which is not after 2019-03-08 of pm25_1.nc" in said


@pytest.mark.parametrize("odd", [None, 3, b"x", [1, 2], {"a": 1}, "none.geojson", object()])
def test_whatever_is_given_for_regions_ends_in_a_sentence(odd: object, fields: FusedFields) -> None:
    with pytest.raises(PointfuseError):
        fields.mean(odd)


@pytest.mark.parametrize("pixels", [1, 2, 9])
def test_a_raster_in_degrees_keeps_its_people(
    pixels: int, fields: FusedFields, tmp_path: Path
) -> None:
    rasterio = pytest.importorskip("rasterio")
    grid = fields.model.grid
    people = np.random.default_rng(1).random((8 * pixels, 10 * pixels)) * 100
    # Wholly on the grid, so that all people are kept, whatever the size of the pixels.
    profile = {"driver": "GTiff", "width": people.shape[1], "height": people.shape[0], "count": 1}
    transform = rasterio.Affine(0.5 / pixels, 0, 102.0, 0, -0.5 / pixels, 38.0)
    path = tmp_path / "population.tif"
    with rasterio.open(
        path, "w", **profile, dtype="float64", crs="EPSG:4326", transform=transform, nodata=-1
    ) as raster:
        raster.write(np.where(people < 5, -1, people), 1)
    means = fields.mean(REGIONS["West"], population=path)
    assert means.by_population is not None
    found = read_population(path, grid)
    assert found.sum() == pytest.approx(people[people >= 5].sum())
    # The middle of the people, to a tenth of a cell.
    rows, columns = np.indices(people.shape)
    kept = np.where(people < 5, 0, people)
    x, y = grid.projection.forward(
        102 + (columns + 0.5) * 0.5 / pixels, 38 - (rows + 0.5) * 0.5 / pixels
    )
    assert (found * grid.x).sum() / found.sum() == pytest.approx(
        np.average(x, weights=kept), abs=1e4
    )
    middle = (found * grid.y[:, np.newaxis]).sum() / found.sum()
    assert middle == pytest.approx(np.average(y, weights=kept), abs=1e4)


@pytest.mark.parametrize(
    ("units", "message"), [("persons km-2", "expected counts of people"), ("1", "has no people")]
)
def test_rasters_of_something_else_are_refused(
    units: str, message: str, population: Path, fields: FusedFields
) -> None:
    with netCDF4.Dataset(population, "a") as dataset:
        dataset["population"].units = units
        dataset["population"][:] = 0
    with pytest.raises(InputError, match=message):
        fields.mean(REGIONS["West"], population=population)


def test_what_is_no_feature_costs_only_itself(
    tmp_path: Path, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = json.loads(geojson())
    content["features"] = [None, {"type": "Thing"}, {"type": "Topology"}, *content["features"]]
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [each.name for each in read_districts(path)] == list(REGIONS)
    assert "3 features left out" in caplog.text


def test_a_first_feature_without_properties_takes_no_name_from_the_others(tmp_path: Path) -> None:
    content = json.loads(geojson())
    nameless = {"type": "Feature", "properties": None, "geometry": REGIONS["West"]}
    called_1 = {"type": "Feature", "properties": {"NAME_1": "1"}, "geometry": REGIONS["West"]}
    content["features"] = [nameless, called_1, *content["features"]]
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [each.name for each in read_districts(path)] == ["feature 1", "1", *REGIONS]


def test_a_polygon_that_stands_twice_counts_once(tmp_path: Path) -> None:
    content = json.loads(geojson())
    path = tmp_path / "regions.geojson"
    path.write_text(geojson(), encoding="utf-8")
    once = read_districts(path)
    content["features"] *= 2
    path.write_text(json.dumps(content), encoding="utf-8")
    twice = read_districts(path)
    assert [len(each.polygons) for each in twice] == [len(each.polygons) for each in once] == [1, 2]


@pytest.mark.parametrize("above", ["nan", "inf"])
def test_a_threshold_is_a_number(tmp_path: Path, file: Path, regions: Path, above: str) -> None:
    output = tmp_path / "means.csv"
    code, said = run("regions", file, regions, "-o", output, "--above", above)
    assert code == 1
    assert "expected a number that values can be above" in said
    assert not output.exists()


def test_a_day_counts_once(tmp_path: Path, file: Path, regions: Path) -> None:
    for name in ("pm25_1.nc", "pm25_2.nc"):
        (tmp_path / name).write_bytes(file.read_bytes())
    output = tmp_path / "means.csv"
    code, said = run("regions", tmp_path / "pm25_?.nc", regions, "-o", output, "--days", DAYS[1])
    assert code == 1
    assert "pm25_2.nc has 2019-01-06, which is not after 2019-01-06 of pm25_1.nc" in said
