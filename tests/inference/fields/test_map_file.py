"""Files of fields as maps read them: days by their own clock, odd attributes in plain words."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pointfuse import InputError
from pointfuse.fields.map_file import opened


def write(path: Path, units: str, **attributes: object) -> Path:
    """Two days of fields on a grid in degrees, packed to tenths."""
    with netCDF4.Dataset(path, "w") as dataset:
        for name, size in (("time", 2), ("lat", 3), ("lon", 4)):
            dataset.createDimension(name, size)
        time = dataset.createVariable("time", "f8", ("time",))
        time.units = units
        time[:] = [0, 24]
        for name, first, direction in (("lat", 30.0, "north"), ("lon", 110.0, "east")):
            axis = dataset.createVariable(name, "f8", (name,))
            axis.units = f"degrees_{direction}"
            axis[:] = first + 0.1 * np.arange(len(dataset.dimensions[name]))
        pm25 = dataset.createVariable("pm25", "i2", ("time", "lat", "lon"))
        pm25.set_auto_maskandscale(False)
        pm25[0], pm25[1] = 100, 300
        pm25.setncatts({"scale_factor": 0.1, **attributes})
    return path


@pytest.mark.parametrize(
    ("units", "first"),
    [
        ("hours since 2019-01-06", "2019-01-06"),
        ("hours since 2019-01-06 00:00:00 +8:00", "2019-01-06"),
        ("hours since 2019-01-06 00:00:00 UTC+8", "2019-01-06"),
        ("hours since 2019-01-06 20:00:00 -3", "2019-01-06"),
    ],
)
def test_days_are_those_of_the_clock_of_the_file(tmp_path: Path, units: str, first: str) -> None:
    with opened(write(tmp_path / "a.nc", units)) as found:
        expected = np.datetime64(first) + np.arange(2)
        np.testing.assert_array_equal(found.days, expected)


def test_zones_that_are_not_understood_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", "hours since 2019-01-06 00:00:00 CST")
    with (
        pytest.raises(InputError, match=r"a.nc: the time units 'hours since .* CST' are not"),
        opened(path),
    ):
        pass


@pytest.mark.filterwarnings("error")
def test_odd_attributes_are_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.nc", "hours since 2019-01-06", missing_value=1e20)
    with opened(path) as found:
        for _ in range(2):
            mean = found.mean("pm25", np.ones(2, bool), lambda _: None)
    np.testing.assert_allclose(mean, 20.0)
    assert caplog.messages == [
        "a.nc: missing_value 1e+20 does not fit the type of pm25 and was ignored"
    ]


def test_stations_of_the_page_are_read_too(tmp_path: Path) -> None:
    """Its files are classic netCDF, without groups: the stations are beside the fields."""
    path = write(tmp_path / "a.nc", "hours since 2019-01-06")
    with (
        netCDF4.Dataset(path) as dataset,
        netCDF4.Dataset(tmp_path / "classic.nc", "w", format="NETCDF3_CLASSIC") as classic,
    ):
        for name, variable in dataset.variables.items():
            for dimension, length in zip(variable.dimensions, variable.shape, strict=True):
                if dimension not in classic.dimensions:
                    classic.createDimension(dimension, length)
            copied = classic.createVariable(name, variable.dtype, variable.dimensions)
            copied.setncatts(variable.__dict__)
            copied[:] = variable[:]
        classic.createDimension("station", 2)
        classic.createVariable("station_lon", "f8", ("station",))[:] = [110.1, 110.2]
        classic.createVariable("station_lat", "f8", ("station",))[:] = [30.1, 30.2]
        measured = classic.createVariable("station_pm25", "f4", ("time", "station"))
        measured[:] = np.ma.masked_invalid([[10, 20], [30, np.nan]])
    with opened(tmp_path / "classic.nc") as found:
        means = found.station_means(np.array([True, True]))
        # They stand in the middle of cells.
        assert means.x == pytest.approx(found.grid.x[1:3])
        assert means.y == pytest.approx(found.grid.y[1:3])
    assert means.values.tolist() == [20, 20]
    assert means.complete.tolist() == [True, False]
