"""Zarr stores: the same as the netCDF file, whole or not there, and read by others."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import xarray
from click.testing import CliRunner, Result

from pointfuse import FusedFields, InputError, MissingExtraError, OutputError, fuse, read_stations
from pointfuse.basics.rounding import rounded
from pointfuse.commands.main import main
from pointfuse.fields.zarr_store import ZarrStore, growing_zarr
from pointfuse.model.loading import Model

pytestmark = pytest.mark.slow

DAYS = ("2019-01-30", "2019-01-31", "2019-02-01")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """PM2.5 of two stations on three days, NO2 on the last alone; the second day has no PM2.5."""
    path = tmp_path / "days.csv"
    rows = [
        f"{code},{place},{day},{'' if day == DAYS[1] else fine},{40 if day == DAYS[2] else ''}\n"
        for day in DAYS
        for code, place, fine in (("A", "105,36", 10), ("北京", "108,36.5", 30))
    ]
    path.write_text("station,longitude,latitude,date,pm25,no2\n" + "".join(rows))
    return path


@pytest.fixture
def fields(table: Path, scale_model: Model) -> FusedFields:
    return fuse(read_stations(table), scale_model)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def failing_at_the_third(append: Callable[..., None]) -> Callable[..., None]:
    """A method that writes two times, and finds the disk full then."""
    calls = []

    def failing(self: ZarrStore, bundle: Sequence[FusedFields]) -> None:
        calls.append(bundle)
        if len(calls) == 3:
            raise OSError("planted")
        append(self, bundle)

    return failing


def assert_same(store: Path, file: Path) -> None:
    """Both groups are identical: values, dimensions, attributes, in plain calls of xarray."""
    for group in (None, "stations"):
        with (
            xarray.open_dataset(file, group=group) as expected,
            xarray.open_zarr(store, group=group) as found,
        ):
            for dataset in (expected, found):
                # It names the file.
                dataset.attrs.pop("history", None)
            xarray.testing.assert_identical(found.load(), expected.load())
            # Nothing has become a number that stands for what is missing.
            for name in expected.variables.keys() - {"station_id"}:
                assert found[name].dtype == expected[name].dtype, name


@pytest.mark.parametrize("hourly", [False, True], ids=["days", "hours"])
def test_it_is_what_the_netcdf_file_is(
    hourly: bool, ship: Callable[..., Path], table: Path, tmp_path: Path
) -> None:
    ship("pm25", "no2")
    if hourly:
        rows = [
            f"A,105,36,2019-01-06T{hour:02}:00:00Z,{hour + 5},{2 * hour}\n" for hour in (0, 1, 2, 4)
        ]
        table.write_text("station,longitude,latitude,time,pm25,no2\n" + "".join(rows))
    for name in ("f.zarr", "f.nc"):
        call = ("fuse", table, "-o", tmp_path / name, "--variable", "all")
        result = run(*call, *["--hourly"] * hourly)
        assert result.exit_code == 0, result.output
    assert_same(tmp_path / "f.zarr", tmp_path / "f.nc")
    with xarray.open_zarr(tmp_path / "f.zarr") as found:
        values = found["pm25"][:, 0, 0].values
        np.testing.assert_array_equal(values, [5, 6, 7, np.nan, 9] if hourly else [20, np.nan, 20])
    assert {path.name for path in tmp_path.iterdir()} == {"days.csv", "f.zarr", "f.nc"}


def test_all_metadata_are_in_one_place(fields: FusedFields, tmp_path: Path) -> None:
    """So a store is opened over a network with one request; the format is version 2."""
    path = fields.to_zarr(tmp_path / "pm25.zarr")
    metadata = json.loads((path / ".zmetadata").read_text())["metadata"]
    assert metadata[".zgroup"] == {"zarr_format": 2}
    assert metadata[".zattrs"]["model_sha256"] == fields.model_sha256
    assert metadata["pm25/.zattrs"]["_ARRAY_DIMENSIONS"] == ["time", "y", "x"]
    # 256 KB of single precision: of such small fields, and of stations, many times.
    assert metadata["pm25/.zarray"]["chunks"] == [2**18 // (4 * 12 * 16), 12, 16]
    assert metadata["stations/station_pm25/.zarray"]["chunks"] == [2**18 // (4 * 2), 2]
    fields.to_netcdf(tmp_path / "pm25.nc")
    assert_same(path, tmp_path / "pm25.nc")


def test_gdal_reads_it_with_its_projection(
    table: Path, uneven_model: Model, tmp_path: Path
) -> None:
    fields = fuse(read_stations(table), uneven_model)
    path = fields.to_zarr(tmp_path / "pm25.zarr")
    with rasterio.open(f'ZARR:"{path}":/pm25:0') as raster:
        values, crs = raster.read(1), raster.crs
        x, y = raster.xy([0, 11], [0, 15])
    np.testing.assert_array_equal(values, rounded(fields.values[0]))
    # Rows are as they are stored, from south to north.
    np.testing.assert_allclose(x, fields.x[[0, -1]])
    np.testing.assert_allclose(y, fields.y[[0, -1]])
    of_file = pyproj.CRS.from_cf(fields.to_xarray()["crs"].attrs)
    to_plane = [
        pyproj.Transformer.from_crs(each.geodetic_crs, each, always_xy=True).transform(110, 38)
        for each in (of_file, pyproj.CRS.from_wkt(crs.to_wkt()))
    ]
    # To a millimetre: both are the same sphere and cone.
    np.testing.assert_allclose(*to_plane, atol=1e-3)


def test_times_that_share_a_chunk_do_not_harm_each_other(
    scale_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five days, added one by one, two fields and 250 values of stations are in a file each."""
    monkeypatch.setattr("pointfuse.fields.zarr_store._CHUNK", 2000)
    days = [f"2019-01-{day:02}" for day in range(6, 11)]
    rows = [f"{code},105,36,{day},{place + 7}\n" for place, day in enumerate(days) for code in "AB"]
    (tmp_path / "days.csv").write_text("station,longitude,latitude,date,pm25\n" + "".join(rows))
    for name in ("f.zarr", "f.nc"):
        call = ("fuse", tmp_path / "days.csv", "-o", tmp_path / name)
        result = run(*call, "--model", scale_model_file)
        assert result.exit_code == 0, result.output
    chunks = {path.name for path in (tmp_path / "f.zarr" / "pm25").glob("[0-9]*")}
    assert chunks == {"0.0.0", "1.0.0", "2.0.0"}
    assert_same(tmp_path / "f.zarr", tmp_path / "f.nc")
    with xarray.open_zarr(tmp_path / "f.zarr") as found:
        np.testing.assert_array_equal(found["pm25"][:, 0, 0], [7, 8, 9, 10, 11])


def test_an_old_store_is_replaced_as_a_whole(
    fields: FusedFields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fields.to_zarr(tmp_path / "pm25.zarr", history="old")
    (path / "left").write_text("of the old one")

    def failing(*_: object) -> None:
        raise OSError("planted")

    with monkeypatch.context() as patch:
        patch.setattr("pointfuse.fields.zarr_store.ZarrStore.finish", failing)
        with pytest.raises(OutputError, match=r"pm25.zarr cannot be written: planted; check"):
            fields.to_zarr(path, history="new")
    assert (path / "left").exists()
    # A name that cannot be taken over leaves the old one too.
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if target == path and ".part" in self.name and (self / "left").exists() is False:
            raise OSError("planted")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refused)
        with pytest.raises(OutputError, match="planted"):
            fields.to_zarr(path, history="new")
    assert (path / "left").exists()
    assert list(tmp_path.glob(".*")) == []
    fields.to_zarr(path, history="new")
    assert not (path / "left").exists()
    assert xarray.open_zarr(path).attrs["history"].endswith(": new")
    assert list(tmp_path.glob(".*")) == []


def test_a_folder_that_is_no_store_is_kept(
    fields: FusedFields, table: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine.zarr"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="is a folder; expected the name of a file"):
        fields.to_zarr(folder)
    result = run("fuse", table, "-o", folder)
    assert result.exit_code == 1
    assert "is a folder; expected the name of a file" in result.stderr
    assert (folder / "letter.txt").read_text() == "dear"
    with (
        pytest.raises(InputError, match=r"there are no fields to write to none\.zarr"),
        growing_zarr(tmp_path / "none.zarr", history="x"),
    ):
        pass
    assert not (tmp_path / "none.zarr").exists()


def test_without_zarr_the_error_says_how_to_get_it(
    fields: FusedFields, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pointfuse\[zarr\]'"):
        fields.to_zarr(tmp_path / "pm25.zarr")
    result = run("fuse", table, "-o", tmp_path / "pm25.zarr", "--days", DAYS[0])
    assert result.exit_code == 1
    assert "pip install 'pointfuse[zarr]'" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["days.csv"]


def test_what_reads_netcdf_says_what_to_do(fields: FusedFields, tmp_path: Path) -> None:
    path = fields.to_zarr(tmp_path / "pm25.zarr")
    result = run("plot", path, "-o", tmp_path / "map.png")
    assert result.exit_code == 1
    assert "open_datatree('pm25.zarr', engine='zarr').to_netcdf('pm25.nc')" in result.stderr
    with xarray.open_datatree(path, engine="zarr") as tree:
        tree.to_netcdf(tmp_path / "pm25.nc")
    drawn = run("plot", tmp_path / "pm25.nc", "-o", tmp_path / "map.png", "--stations")
    assert drawn.exit_code == 0, drawn.output


@pytest.mark.parametrize("period", ["all", "month"])
def test_a_run_goes_on_to_the_same_store(
    period: str,
    ship: Callable[..., Path],
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bit for bit, whether it was interrupted or not, by months and by variables too."""
    ship("pm25", "no2")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1577836800")
    options = ("--variable", "all", "--period", period, *["--split"] * (period == "month"))
    names = {
        "all": {"f.zarr"},
        "month": {"f_no2_2019-02.zarr", "f_pm25_2019-01.zarr", "f_pm25_2019-02.zarr"},
    }[period]

    def stores(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    found = []
    for interrupted in (False, True):
        folder = tmp_path / str(interrupted)
        folder.mkdir()
        # The call is in the history.
        monkeypatch.chdir(folder)
        Path("days.csv").symlink_to(table)
        call = ("fuse", "days.csv", "-o", "f.zarr", *options)
        if interrupted:
            with monkeypatch.context() as patch:
                patch.setattr(ZarrStore, "append", failing_at_the_third(ZarrStore.append))
                assert run(*call).exit_code == 1
            assert (folder / ".f.zarr.work").is_dir()
            call += ("--resume",)
        result = run(*call)
        assert result.exit_code == 0, result.output
        Path("days.csv").unlink()
        assert {path.name for path in folder.iterdir()} == names
        found.append(stores(folder))
    assert found[0] == found[1]
