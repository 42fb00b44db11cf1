"""From observations to a CF file, with a model whose field is known."""

from __future__ import annotations

import datetime
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
import xarray

from pointfuse import (
    ArgumentError,
    FusedFields,
    InputError,
    MissingExtraError,
    Observations,
    OutputError,
    Stations,
    fuse,
)
from pointfuse.basics.rounding import SIGNIFICANT_BITS, rounded
from pointfuse.basics.timezones import BEIJING, parse_timezone
from pointfuse.fields.netcdf import write_netcdf
from pointfuse.model.loading import Model

ROUNDED = 2.0 ** -(SIGNIFICANT_BITS + 1)
"""Half a step of what files keep of a number."""


@pytest.fixture
def observations() -> Observations:
    """Three days: two stations, none, one; humidity at a third station on the first day."""
    nan = np.nan
    return Observations(
        Stations(
            np.array(["A", "B", "北京"]),
            np.array([105.0, 108.0, 110.0]),
            np.array([36.0, 36.5, 37.0]),
        ),
        np.array(["2019-01-06", "2019-01-07", "2019-01-08"], "datetime64[D]"),
        {
            "pm25": np.array([[10.0, 30.0, nan], [nan, nan, nan], [nan, 50.0, nan]]),
            "relative_humidity": np.array([[nan, nan, 55.0], [nan] * 3, [nan] * 3]),
        },
        BEIJING,
    )


@pytest.fixture
def fields(observations: Observations, tiny_model: Model) -> FusedFields:
    return fuse(observations, tiny_model)


def test_days_without_observations_are_left_out_aloud(
    observations: Observations, tiny_model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        fields = fuse(observations, tiny_model)
    assert [str(day) for day in fields.days] == ["2019-01-06", "2019-01-08"]
    assert caplog.messages == ["no valid daily mean of pm25, so no field, on 2019-01-07"]
    np.testing.assert_array_equal(fields.values[:, 3, 4], [20.0, 50.0])
    assert fields.station_count.sum(axis=(1, 2)).tolist() == [2, 1]


def test_batches_do_not_change_the_result(observations: Observations, tiny_model: Model) -> None:
    one, all_at_once = (fuse(observations, tiny_model, days_per_batch=n) for n in (1, 5))
    np.testing.assert_array_equal(one.values, all_at_once.values)
    np.testing.assert_array_equal(one.station_distance, all_at_once.station_distance)
    np.testing.assert_array_equal(one.days, all_at_once.days)
    with pytest.raises(InputError, match="at least one day, got 0"):
        fuse(observations, tiny_model, days_per_batch=0)


def test_nothing_to_fuse_is_an_error_that_counts(
    observations: Observations, tiny_model: Model
) -> None:
    humidity_alone = {"relative_humidity": observations.values["relative_humidity"]}
    only = Observations(observations.stations, observations.times, humidity_alone, BEIJING)
    with pytest.raises(InputError, match=r"no valid daily mean of pm25 .*3 days, 3 stations read"):
        fuse(only, tiny_model)


def test_the_file_holds_the_fields(fields: FusedFields, tmp_path: Path) -> None:
    path = fields.to_netcdf(tmp_path / "pm25.nc", history="fuse a.csv")
    with netCDF4.Dataset(path) as dataset:
        np.testing.assert_array_equal(dataset["pm25"][:], fields.values)  # 20 and 50
        np.testing.assert_array_equal(dataset["station_count"][:], fields.station_count)
        np.testing.assert_allclose(
            dataset["station_distance"][:] * 1000, fields.station_distance, rtol=ROUNDED
        )
        np.testing.assert_array_equal(dataset["x"][:], fields.x)
        np.testing.assert_array_equal(dataset["y"][:], fields.y)
        # Single precision of degrees around 100 is 4e-6: half a metre.
        np.testing.assert_allclose(dataset["lat"][:], fields.latitude, atol=1e-5)
        np.testing.assert_allclose(dataset["lon"][:], fields.longitude, atol=1e-5)
        assert dataset["stations/station_id"][:].tolist() == ["A", "B", "北京"]
        stations = dataset["stations/station_pm25"][:].filled(np.nan)
        np.testing.assert_array_equal(stations, [[10, 30, np.nan], [np.nan, 50, np.nan]])
        assert (dataset.device, dataset.execution_provider) == ("cpu", "CPUExecutionProvider")
        assert dataset.model_sha256 == fields.model_sha256
        assert dataset.history.endswith(": fuse a.csv")
        assert "tiny 0.1.0" in dataset.source


def test_a_day_is_a_local_day(fields: FusedFields, tmp_path: Path) -> None:
    path = fields.to_netcdf(tmp_path / "pm25.nc")
    with netCDF4.Dataset(path) as dataset:
        bounds = netCDF4.num2date(dataset["time_bnds"][0], dataset["time"].units)
        middle = netCDF4.num2date(dataset["time"][0], dataset["time"].units)
    # A day in Beijing begins at 16:00 UTC the day before.
    assert [str(bound) for bound in bounds] == ["2019-01-05 16:00:00", "2019-01-06 16:00:00"]
    assert str(middle) == "2019-01-06 04:00:00"


def test_a_day_may_have_23_hours(observations: Observations, tiny_model: Model) -> None:
    spring = Observations(
        observations.stations,
        np.array(["2019-03-31", "2019-04-01", "2019-04-02"], "datetime64[D]"),
        observations.values,
        parse_timezone("Europe/Paris"),
    )
    dataset = fuse(spring, tiny_model).to_xarray()
    lengths = np.diff(dataset.time_bnds.values, axis=1)[:, 0] / np.timedelta64(1, "h")
    assert lengths.tolist() == [23.0, 24.0]


def test_the_projection_in_the_file_is_that_of_the_grid(
    fields: FusedFields, tmp_path: Path
) -> None:
    """PROJ, told by the file alone, puts the cells where lat and lon say."""
    with netCDF4.Dataset(fields.to_netcdf(tmp_path / "pm25.nc")) as dataset:
        crs = dataset["crs"]
        proj = pyproj.CRS.from_cf({name: crs.getncattr(name) for name in crs.ncattrs()})
        to_sphere = pyproj.Transformer.from_crs(proj, proj.geodetic_crs, always_xy=True)
        longitude, latitude = to_sphere.transform(*np.meshgrid(dataset["x"][:], dataset["y"][:]))
        np.testing.assert_allclose(dataset["lon"][:], longitude, atol=1e-5)
        np.testing.assert_allclose(dataset["lat"][:], latitude, atol=1e-5)


def test_an_independent_checker_finds_nothing(
    fields: FusedFields, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    assert_cf_compliant(fields.to_netcdf(tmp_path / "pm25.nc"))


@pytest.fixture
def many(scale_model: Model, rng: np.random.Generator) -> Observations:
    """Two days: stations in 40 cells of their own, and in 20 of them."""
    longitude, latitude = scale_model.metadata.grid.longitude_latitude()
    cells = rng.choice(longitude.size, 40, replace=False)
    pm25 = rng.uniform(10, 200, (2, 40))
    pm25[1, 20:] = np.nan
    return Observations(
        Stations(
            np.array([f"S{i}" for i in range(40)]),
            longitude.ravel()[cells],
            latitude.ravel()[cells],
        ),
        np.array(["2019-01-06", "2019-01-07"], "datetime64[D]"),
        {"pm25": pm25},
        BEIJING,
    )


def test_the_file_says_how_uncertain_each_cell_is(
    many: Observations,
    scale_model: Model,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
) -> None:
    fields = fuse(many, scale_model, quality_control=False)
    path = fields.to_netcdf(tmp_path / "pm25.nc")
    assert_cf_compliant(path)
    with netCDF4.Dataset(path) as dataset:
        assert dataset["pm25"].ancillary_variables == (
            "day_status day_hours day_provisional station_count station_distance pm25_uncertainty"
        )
        uncertainty = dataset["pm25_uncertainty"]
        np.testing.assert_allclose(uncertainty[:], fields.uncertainty, rtol=ROUNDED)
        assert uncertainty.standard_name == f"{dataset['pm25'].standard_name} standard_error"
        assert uncertainty.units == "ug m-3"
        assert np.isfinite(dataset["pm25"][:].filled(np.nan)).all()


def test_xarray_has_the_uncertainty_too(many: Observations, scale_model: Model) -> None:
    fields = fuse(many, scale_model, quality_control=False)
    dataset = fields.to_xarray()
    np.testing.assert_allclose(dataset.pm25_uncertainty, fields.uncertainty, rtol=ROUNDED)


def test_without_a_scale_there_is_no_uncertainty(
    many: Observations, tiny_model: Model, tmp_path: Path
) -> None:
    fields = fuse(many, tiny_model, quality_control=False)
    assert np.isnan(fields.uncertainty).all()
    with netCDF4.Dataset(fields.to_netcdf(tmp_path / "pm25.nc")) as dataset:
        assert "pm25_uncertainty" not in dataset.variables
        assert (
            dataset["pm25"].ancillary_variables
            == "day_status day_hours day_provisional station_count station_distance"
        )


@pytest.mark.parametrize("name", ["pm25", "stations/station_pm25"])
def test_the_independent_checker_would_find_a_fault(
    name: str, fields: FusedFields, tmp_path: Path, assert_cf_compliant: Callable[[Path], None]
) -> None:
    path = fields.to_netcdf(tmp_path / "pm25.nc")
    with netCDF4.Dataset(path, "a") as dataset:
        dataset[name].units = "kg"
    with pytest.raises(AssertionError, match="units"):
        assert_cf_compliant(path)


def test_xarray_and_the_file_are_the_same(fields: FusedFields, tmp_path: Path) -> None:
    dataset = fields.to_xarray(history="fuse")
    path = fields.to_netcdf(tmp_path / "pm25.nc", history="fuse")
    with xarray.open_dataset(path, decode_coords="all") as opened:
        xarray.testing.assert_equal(dataset, opened.load())
        assert dataset.pm25.attrs == opened.pm25.attrs
        assert set(dataset.attrs) == set(opened.attrs)
    assert dataset.pm25.sel(time="2019-01-06").item(0) == 20.0


def test_xarray_and_the_stations_of_the_file_are_the_same(
    fields: FusedFields, tmp_path: Path
) -> None:
    dataset = fields.to_xarray(group="stations")
    path = fields.to_netcdf(tmp_path / "pm25.nc")
    with xarray.open_dataset(path, group="stations", decode_coords="all") as opened:
        xarray.testing.assert_identical(dataset, opened.load())
        assert set(dataset.coords) == {
            *("time", "time_bnds"),
            *("station_id", "station_lat", "station_lon"),
        }
    used = dataset.station_pm25.sel(time="2019-01-06").values
    np.testing.assert_array_equal(used, [[10, 30, np.nan]])
    with xarray.open_datatree(path) as tree:
        assert tree["stations"].to_dataset().station_pm25.time.size == fields.days.size
    with pytest.raises(
        ArgumentError, match="expected the group 'stations', or none, got 'station'"
    ):
        fields.to_xarray(group="station")


def test_without_xarray_the_error_says_how_to_get_it(
    fields: FusedFields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pointfuse\[xarray\]'"):
        fields.to_xarray()


def test_written_in_batches_or_at_once_the_file_is_the_same(
    fields: FusedFields, observations: Observations, tiny_model: Model, tmp_path: Path
) -> None:
    from pointfuse.fusion.fuse import days_to_fuse, fuse_in_batches
    from pointfuse.stations.gridding import place
    from pointfuse.stations.quality.day_checks import check_days

    checked = check_days(observations, tiny_model)
    placed = days_to_fuse(place(checked, tiny_model.metadata))
    streamed = write_netcdf(tmp_path / "a.nc", fuse_in_batches(placed, tiny_model), history="x")
    whole = fields.to_netcdf(tmp_path / "b.nc", history="x")
    with xarray.open_dataset(streamed) as a, xarray.open_dataset(whole) as b:
        xarray.testing.assert_equal(a, b)


def test_a_failure_leaves_the_old_file_and_nothing_else(
    fields: FusedFields, tmp_path: Path
) -> None:
    def failing() -> object:
        yield fields
        raise InputError("planted")

    path = tmp_path / "pm25.nc"
    path.write_text("old")
    with pytest.raises(InputError, match="planted"):
        write_netcdf(path, failing(), history="x")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="no fields to write"):
        write_netcdf(path, [], history="x")
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(fields: FusedFields, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder; expected the name of a file"):
        fields.to_netcdf(tmp_path)
    with pytest.raises(OutputError, match="does not exist; make it first"):
        fields.to_netcdf(tmp_path / "none" / "pm25.nc")


def test_the_file_is_readable_by_others(fields: FusedFields, tmp_path: Path) -> None:
    """As any new file: what the umask allows, not what a temporary file allows."""
    path = fields.to_netcdf(tmp_path / "pm25.nc")
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_history_names_the_time(fields: FusedFields, tmp_path: Path) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    with netCDF4.Dataset(fields.to_netcdf(tmp_path / "pm25.nc")) as dataset:
        written = datetime.datetime.fromisoformat(dataset.history.split()[0])
    assert before <= written <= datetime.datetime.now(datetime.UTC)


def test_a_round_trip_through_xarray_loses_nothing(
    many: Observations, scale_model: Model, tmp_path: Path
) -> None:
    """Values, attributes and coordinates survive to_xarray, its to_netcdf, and opening."""
    dataset = fuse(many, scale_model, quality_control=False).to_xarray()
    dataset.to_netcdf(tmp_path / "round.nc")
    with xarray.open_dataset(tmp_path / "round.nc", decode_coords="all") as opened:
        xarray.testing.assert_equal(dataset, opened.load())
        assert set(dataset.coords) == set(opened.coords)
        assert {"lat", "lon", "crs", "time_bnds"} <= set(opened.coords)
        assert dataset.attrs == opened.attrs
        for name, variable in dataset.variables.items():
            assert set(variable.attrs) == set(opened[name].attrs), name
            for attribute, value in variable.attrs.items():
                np.testing.assert_array_equal(opened[name].attrs[attribute], value)
        assert opened.time.encoding["units"].startswith("hours since 1970-01-01")
    direct = pyproj.CRS.from_cf(dataset.crs.attrs)
    assert direct == pyproj.CRS.from_cf(opened.crs.attrs)


def test_numbers_are_rounded_to_the_nearest(rng: np.random.Generator) -> None:
    """To 12 bits after the first: numpy's rounding of the scaled mantissa, half to even."""
    values = (rng.standard_normal(1000) * 10.0 ** rng.integers(-30, 30, 1000)).astype(np.float32)
    mantissa, exponent = np.frexp(values.astype(np.float64))
    expected = np.ldexp(np.rint(mantissa * 2**13) / 2**13, exponent)
    np.testing.assert_array_equal(rounded(values), expected.astype(np.float32))
    special = np.array([0, 20, np.nan, np.inf, -np.inf], np.float32)
    np.testing.assert_array_equal(rounded(special), special)
