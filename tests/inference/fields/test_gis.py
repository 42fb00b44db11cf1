"""What GDAL makes of output files, and GeoTIFF: cells where they are, values as they are."""

from __future__ import annotations

import dataclasses
import errno
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.warp
import xarray
from click.testing import CliRunner

from pointfuse import FusedFields, Observations, Stations
from pointfuse.commands.main import main
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.geotiff import write_geotiff
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
)
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import grid_days, place

RADIUS = 6_370_000.0
CONE = LambertConformal((25.0, 47.0), 105.0, 36.0, RADIUS)
GRIDS = {
    "cone": Grid(CONE, 12, 16, 100_000.0, -750_000.0, -550_000.0),
    "north": Grid(PolarStereographic(-98.0, 90.0, 45.0, RADIUS), 12, 16, 108e3, -756e3, -1.5e6),
    "south": Grid(PolarStereographic(20.0, -90.0, -71.0, RADIUS), 12, 16, 10e3, -70e3, 1.5e6),
    "mercator": Grid(Mercator(110.0, -20.0, RADIUS), 12, 16, 10e3, -70e3, -2e6),
    # Across the date line.
    "degrees": Grid(LatitudeLongitude(180.0, RADIUS), 12, 16, RADIUS * np.radians(0.1), -5e4, 5e6),
}
SHIPPED = Grid(CONE, 372, 426, 12_000.0, -2_550_000.0, -2_226_000.0)
DAYS = np.array(["2020-01-14", "2020-01-15", "2020-01-16"], "datetime64[D]")


def made_up(metadata: ModelMetadata, grid: Grid) -> FusedFields:
    """Three days of different values in every cell, the second of them missing."""
    metadata = dataclasses.replace(metadata, own_grid=grid)
    longitude, latitude = (table[[2, 5], [3, 6]] for table in grid.longitude_latitude())
    placed = place(
        Observations(
            Stations(np.array(["A", "B"]), longitude, latitude),
            DAYS,
            {"pm25": np.array([[10.0, 30.0], [np.nan, 5.0], [20.0, 40.0]])},
        ),
        metadata,
    )
    # Whole numbers that files hold as they are, though they keep 13 bits only.
    values = np.arange(3 * grid.rows * grid.columns, dtype=np.float32) % 8000
    values = values.reshape(3, *grid.shape)
    values[1] = np.nan
    return FusedFields(
        values=values,
        uncertainty=values / 4,
        station_count=grid_days(placed).station_count,
        station_distance=values * 1000,
        status=np.array([DayStatus.FUSED, DayStatus.TOO_FEW_STATIONS, DayStatus.FUSED], np.int8),
        stations=placed,
        model_sha256="0" * 64,
        device="cpu",
        provider="CPUExecutionProvider",
    )


@pytest.fixture(params=GRIDS.values(), ids=GRIDS)
def fields(tiny_metadata: ModelMetadata, request: pytest.FixtureRequest) -> FusedFields:
    return made_up(tiny_metadata, request.param)


@pytest.fixture
def file(fields: FusedFields, tmp_path: Path) -> Path:
    return fields.to_netcdf(tmp_path / "pm25.nc")


def opened(path: Path, variable: str = "pm25") -> Any:
    """The variable of a netCDF file, or a GeoTIFF, as GDAL sees it."""
    return rasterio.open(f"netcdf:{path}:{variable}" if path.suffix == ".nc" else path)


def assert_cells_are_in_place(raster: Any, fields: FusedFields) -> None:
    """PROJ, told by GDAL alone, finds the cell centres; row 0 is north."""
    transform = raster.transform
    assert transform.a > 0 > transform.e
    assert transform.b == transform.d == 0
    column, row = np.meshgrid(np.arange(raster.width) + 0.5, np.arange(raster.height) + 0.5)
    x, y = transform.c + transform.a * column, transform.f + transform.e * row
    crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
    assert (crs.ellipsoid.semi_major_metre, crs.ellipsoid.inverse_flattening) == (RADIUS, 0)
    to_sphere = pyproj.Transformer.from_crs(crs, crs.geodetic_crs or crs, always_xy=True)
    longitude, latitude = to_sphere.transform(x, y)
    off = (longitude[::-1] - fields.longitude + 180) % 360 - 180
    # GDAL makes its corner and its steps out of rounded coordinates: a tenth of a millimetre.
    np.testing.assert_allclose(off, 0, rtol=0, atol=1e-9)
    np.testing.assert_allclose(latitude[::-1], fields.latitude, rtol=0, atol=1e-9)


def test_gdal_finds_the_cells_of_a_netcdf_file(file: Path, fields: FusedFields) -> None:
    for name in ("pm25", "pm25_uncertainty", "station_count", "station_distance"):
        with opened(file, name) as raster:
            assert_cells_are_in_place(raster, fields)


def test_gdal_reads_values_gaps_and_times_of_a_netcdf_file(file: Path, fields: FusedFields) -> None:
    with opened(file) as raster:
        assert (raster.scales, raster.offsets) == ((1.0,) * 3, (0.0,) * 3)
        assert raster.units == ("ug m-3",) * 3
        values = raster.read(masked=True)
        np.testing.assert_array_equal(values.filled(np.nan)[:, ::-1], fields.values)
        assert values.mask[1].all()
        tags = raster.tags()
        hours = [float(raster.tags(band)["NETCDF_DIM_time"]) for band in (1, 2, 3)]
    assert tags["time#units"] == "hours since 1970-01-01 00:00:00"
    # The middle of a day in Beijing is 4:00 UTC.
    noons = np.array(hours) * np.timedelta64(3600, "s") + np.datetime64("1970-01-01T00:00:00")
    np.testing.assert_array_equal(noons, DAYS + np.timedelta64(4, "h"))


def test_gdal_names_the_projection_with_its_parameters(
    tiny_metadata: ModelMetadata, tmp_path: Path
) -> None:
    path = made_up(tiny_metadata, SHIPPED).to_netcdf(tmp_path / "pm25.nc")
    tif = write_geotiff(path, tmp_path / "pm25.tif", last=DAYS[0])
    for written in (path, tif):
        with opened(written) as raster:
            found = raster.crs.to_dict()
            # The south-western corner of the south-western cell, and 372 rows of 12 km from it.
            assert tuple(raster.transform)[:6] == (12000, 0, -2_556_000, 0, -12000, 2_232_000)
            (x,), (y,) = rasterio.warp.transform("EPSG:4326", raster.crs, [116.4], [39.9])
            (sampled,) = raster.sample([(x, y)], indexes=1)
        expected = {"proj": "lcc", "lat_1": 25, "lat_2": 47, "lat_0": 36, "lon_0": 105}
        assert {key: found[key] for key in expected} == expected
        assert found["R"] == RADIUS
        # The check value of embedding.md: degrees of the ellipsoid are those of the sphere.
        assert (round(x), round(y)) == (954_172, 482_088)
        assert sampled == (226 * 426 + 292) % 8000


def test_a_geotiff_has_values_and_cells_of_the_file(
    file: Path, fields: FusedFields, tmp_path: Path
) -> None:
    expected = {
        "pm25": fields.values,
        "pm25_uncertainty": fields.uncertainty,
        "station_count": fields.station_count,
        "station_distance": fields.station_distance / 1000,
    }
    for name, values in expected.items():
        with opened(write_geotiff(file, tmp_path / f"{name}.tif", variable=name)) as raster:
            assert_cells_are_in_place(raster, fields)
            np.testing.assert_array_equal(raster.read()[:, ::-1], values)
            assert raster.dtypes == ("float32",) * 3
            assert np.isnan(raster.nodata)
            assert (raster.scales, raster.offsets) == ((1.0,) * 3, (0.0,) * 3)


@pytest.fixture
def large(tiny_metadata: ModelMetadata, tmp_path: Path) -> Path:
    """A file on the shipped grid, which is larger than a tile."""
    return made_up(tiny_metadata, SHIPPED).to_netcdf(tmp_path / "pm25.nc", history="fuse a.csv")


def test_a_geotiff_says_what_it_is(large: Path, tmp_path: Path) -> None:
    output = tmp_path / "pm25.tif"
    write_geotiff(large, output, history="convert pm25.nc -o pm25.tif")
    with opened(output) as raster, opened(large) as before:
        assert raster.descriptions == ("2020-01-14", "2020-01-15", "2020-01-16")
        assert raster.units == ("ug m-3",) * 3
        assert raster.tags(2) == {
            "day": "2020-01-15",
            # Days in Beijing.
            "begin": "2020-01-14T16:00:00Z",
            "end": "2020-01-15T16:00:00Z",
            "day_status": "too_few_stations",
        }
        tags, known = raster.tags(), before.tags()
        assert tags["TIFFTAG_IMAGEDESCRIPTION"] == "Daily mean PM2.5 (ug m-3)"
        # By the names that GDAL's own reader gives to them.
        added, *history = tags.pop("NC_GLOBAL#history").splitlines()
        assert added.endswith("convert pm25.nc -o pm25.tif")
        assert history == [known.pop("NC_GLOBAL#history")]
        from_netcdf = {key for key in known if key.startswith("NC_GLOBAL#")}
        from_netcdf |= {f"pm25#{key}" for key in ("standard_name", "long_name", "units")}
        assert {key: tags[key] for key in from_netcdf} == {key: known[key] for key in from_netcdf}
    assert {path.name for path in tmp_path.iterdir()} == {"pm25.nc", "pm25.tif"}


def directories(content: bytes) -> list[dict[int, tuple[int, ...]]]:
    """Integer tags of each image of a TIFF file, read after its specification (TIFF 6.0)."""
    assert content[:4] == b"II*\0"
    (place,) = struct.unpack_from("<I", content, 4)
    found = []
    while place:
        (count,) = struct.unpack_from("<H", content, place)
        tags = {}
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length = struct.unpack_from("<HHI", content, entry)
            if kind in (3, 4):
                form = f"<{length}{'H' if kind == 3 else 'I'}"
                inside = struct.calcsize(form) <= 4
                at = entry + 8 if inside else struct.unpack_from("<I", content, entry + 8)[0]
                tags[tag] = struct.unpack_from(form, content, at)
        found.append(tags | {0: (place,)})
        (place,) = struct.unpack_from("<I", content, place + 2 + 12 * count)
    return found


@pytest.mark.parametrize("first", [None, DAYS[2]], ids=["all days", "a day"])
def test_a_geotiff_is_cloud_optimised(
    large: Path, tmp_path: Path, first: np.datetime64 | None
) -> None:
    """Directories first, then the values of the overview, then those of the image."""
    width, height, compression, sizes, offsets = 256, 257, 259, (322, 323), 324
    output = write_geotiff(large, tmp_path / "pm25.tif", first=first)
    image, overview = directories(output.read_bytes())
    assert (image[width], image[height]) == ((426,), (372,))
    assert (overview[width], overview[height]) == ((213,), (186,))
    for each in (image, overview):
        assert [each[size] for size in sizes] == [(256,), (256,)]
        assert each[compression] == (8,)
    # A tile of a day that is missing throughout need not be there.
    there = [[offset for offset in each[offsets] if offset] for each in (image, overview)]
    assert image[0][0] < overview[0][0] < min(there[1])
    assert max(there[1]) < min(there[0])
    assert output.stat().st_size < large.stat().st_size
    with opened(output) as raster:
        # Means of 2 x 2 cells.
        coarse = raster.read(1, out_shape=(186, 213))
        fine = raster.read(1)
    expected = fine.reshape(186, 2, 213, 2).mean(axis=(1, 3))
    # Of sums of four floats.
    np.testing.assert_allclose(coarse, expected, rtol=1e-6)


@pytest.fixture
def fused(write: Callable[[str, str], Path], tiny_model_file: Path, tmp_path: Path) -> Path:
    head = "station,longitude,latitude,date,pm25\n"
    text = head + "A,105,36,2019-01-06,10\nB,108,36.5,2019-01-06,30\nA,105,36,2019-01-07,50\n"
    output = tmp_path / "pm25.nc"
    arguments = ["fuse", write("t.csv", text), "-o", output, "--model", tiny_model_file]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    return output


def convert(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["convert", *map(str, arguments)])
    return result.exit_code, result.output


def test_command_line(fused: Path, tmp_path: Path) -> None:
    output = tmp_path / "map.tif"
    assert convert(fused, "-o", output) == (0, f"wrote {output}\n")
    with opened(output) as raster:
        # The mean of the stations, everywhere.
        assert [np.unique(band).tolist() for band in raster.read()] == [[20.0], [50.0]]
    assert convert(fused, "-o", output, "--days", "2019-01-07", "--quiet") == (0, "")
    with opened(output) as raster:
        assert raster.descriptions == ("2019-01-07",)
        assert np.unique(raster.read()).tolist() == [50.0]
        assert "convert pm25.nc -o map.tif --days 2019-01-07" in raster.tags()["NC_GLOBAL#history"]
    assert convert(fused, "-o", output, "--variable", "station_count")[0] == 0
    with opened(output) as raster:
        assert raster.read().sum(axis=(1, 2)).tolist() == [2, 1]


def test_what_cannot_be_converted(
    fused: Path, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    output = tmp_path / "map.tif"
    output.write_text("an older one")
    without_place = tmp_path / "selected.nc"
    with xarray.open_dataset(fused) as dataset:
        dataset[["pm25"]].drop_attrs().to_netcdf(without_place)
    cases = [
        ((tmp_path / "none.nc", "-o", output), "there is no file"),
        ((write("text.nc", "text"), "-o", output), "is not a netCDF file"),
        ((without_place, "-o", output), "pm25 has no projection: expected a grid_mapping"),
        (
            (fused, "-o", output, "--days", "2020-01-01"),
            "no day of 2020-01-01:2020-01-01; it holds 2019",
        ),
        ((fused, "-o", output, "--variable", "pm10"), "no fields of pm10; it holds pm25"),
        ((fused, "-o", tmp_path / "map.png"), "expected a GeoTIFF named *.tif or *.tiff"),
        ((fused, "-o", tmp_path / "no" / "map.tif"), "does not exist; make it first"),
    ]
    for arguments, message in cases:
        code, text = convert(*arguments)
        assert code == 1, message
        assert message in text
    assert output.read_text() == "an older one"
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_leaves_the_older_file(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "map.tif"
    output.write_text("an older one")

    def no_space(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", no_space)
    code, text = convert(fused, "-o", output)
    assert code == 1
    assert "map.tif cannot be written: [Errno 28] No space left on device" in text
    assert output.read_text() == "an older one"
    assert not list(tmp_path.glob(".*"))


def test_a_geotiff_without_rasterio_says_how_to_get_it(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    code, text = convert(fused, "-o", tmp_path / "map.tif")
    assert code == 1
    assert "install it with pip install 'pointfuse[geotiff]'" in text


def test_fields_of_others_are_converted_too(tmp_path: Path) -> None:
    """A file with rows from north to south, without bounds of its days and without attributes."""
    path, tif = tmp_path / "other.nc", tmp_path / "other.tif"
    values = np.arange(2 * 3 * 4, dtype=np.float64).reshape(2, 3, 4)
    with netCDF4.Dataset(path, "w") as dataset:
        for name, axis in {
            "time": [0.5, 1.5],
            "lat": [50.0, 49.0, 48.0],
            "lon": [5.0, 6.0, 7.0, 8.0],
        }.items():
            dataset.createDimension(name, len(axis))
            dataset.createVariable(name, "f8", (name,))[:] = axis
        dataset["time"].units = "days since 2016-08-01"
        dataset["lat"].units, dataset["lon"].units = "degrees_north", "degrees_east"
        dataset.createVariable("ozone", "f4", ("time", "lat", "lon"))[:] = values
    assert convert(path, "-o", tif)[0] == 0
    with opened(tif) as raster:
        np.testing.assert_array_equal(raster.read(), values)
        # The middle of the north-western cell is at 50 N 5 E.
        np.testing.assert_allclose(tuple(raster.transform)[:6], [1, 0, 4.5, 0, -1, 50.5])
        assert raster.descriptions == ("2016-08-01", "2016-08-02")
        assert raster.tags(1) == {"day": "2016-08-01"}


def test_days_of_a_file_are_those_of_its_time_zone(
    write: Callable[[str, str], Path], tiny_model_file: Path, tmp_path: Path
) -> None:
    """In Kiribati noon is 22:00 UTC of the day before."""
    nc, tif = tmp_path / "pm25.nc", tmp_path / "pm25.tif"
    text = write("t.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n")
    arguments = ["fuse", text, "-o", nc, "--model", tiny_model_file, "--timezone", "+14:00"]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    assert convert(nc, "-o", tif, "--days", "2019-01-06")[0] == 0
    with opened(tif) as raster, netCDF4.Dataset(nc) as dataset:
        assert dataset.day_timezone == "+14:00"
        assert raster.tags(1)["begin"] == "2019-01-05T10:00:00Z"


@pytest.mark.slow
def test_the_code_of_the_document_runs(large: Path, tmp_path: Path) -> None:
    document = Path(__file__).parents[3] / "docs" / "guide" / "notebook-and-gis.md"
    text = document.read_text(encoding="utf-8")
    _, code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (warp,) = re.findall(r"`rio (warp [^`]+)`", text)
    rio = "from rasterio.rio.main import main_group; main_group()"
    printed, _ = (
        subprocess.run(
            [sys.executable, "-c", *script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for script in ([code], [rio, *warp.split()])
    )
    cell = 226 * 426 + 292  # of Beijing
    first, last = cell % 8000, (cell + 2 * 372 * 426) % 8000
    assert printed.splitlines() == [
        f"2020-01-14 {first:.1f} ug m-3",
        "2020-01-15 nan ug m-3",
        f"2020-01-16 {last:.1f} ug m-3",
    ]
    with opened(tmp_path / "degrees.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        (warped,) = raster.sample([(116.4, 39.9)], indexes=1)
    # The nearest cell, or the one beside it.
    assert abs(warped - first) <= 1
