"""To which days the stamps of daily means belong."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pointfuse import InputError, Observations, read_stations

CHINA, NEW_YORK, PARIS, AUCKLAND = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Paris",
    "Pacific/Auckland",
)
THREE = (0.0, 24.0, 48.0)


def read(
    folder: Path,
    hours: tuple[float, ...],
    units: str,
    timezone: str = CHINA,
    bounds: list[list[float]] | None = None,
    bounds_units: str = "",
) -> Observations:
    path = folder / "series.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.featureType = "timeSeries"
        dataset.createDimension("time", len(hours))
        dataset.createDimension("edge", 2)
        for name, kind, value in (("lon", "longitude", 116.0), ("lat", "latitude", 40.0)):
            variable = dataset.createVariable(name, "f8", ())
            variable.standard_name = kind
            variable[...] = value
        time = dataset.createVariable("time", "f8", ("time",))
        time.standard_name, time.units = "time", f"hours since {units}"
        time[:] = hours
        if bounds is not None:
            time.bounds = "edges"
            edges = dataset.createVariable("edges", "f8", ("time", "edge"))
            if bounds_units:
                edges.units = f"hours since {bounds_units}"
            edges[:] = bounds
        pm25 = dataset.createVariable("pm25", "f8", ("time",))
        pm25.units = "ug m-3"
        pm25[:] = 50.0 * np.arange(1, 1 + len(hours))
    return read_stations(path, timezone=timezone, min_hours=24, quality_control=False)


def days(*dates: int) -> list[str]:
    return [f"2019-01-{date:02}" for date in dates]


@pytest.mark.parametrize(
    ("hours", "units", "timezone", "expected", "remark"),
    [
        (THREE, "2019-01-06 00:00:00 +08:00", CHINA, (6, 7, 8), "which begin at their stamps; "
         "give bounds if they end there"),
        (THREE, "2019-01-05 16:00:00", CHINA, (6, 7, 8), "which begin at their stamps; give bounds "
         "if they end there"),
        ((0.0,), "2019-01-06 00:00:00 +8", CHINA, (6,), "which begin at their stamps; give bounds "
         "if they end there"),
        (THREE, "2019-01-06", CHINA, (6, 7, 8), "the dates of their stamps at 00:00 UTC"),
        (THREE, "2019-01-06", "UTC", (6, 7, 8), "the dates of their stamps at 00:00 UTC"),
        (THREE, "2019-01-06", NEW_YORK, (6, 7, 8), "the dates of their stamps at 00:00 UTC; in "
         "America/New_York they are of 2019-01-05 to 2019-01-07, so give bounds if that is meant"),
        (THREE, "2019-01-06 05:00:00", NEW_YORK, (6, 7, 8), "which begin at their stamps; give "
         "bounds if they end there"),
        (THREE, "2019-01-06 12:00:00", CHINA, (6, 7, 8), "in which their stamps lie"),
        (THREE, "2019-01-06 12:00:00 +08:00", CHINA, (6, 7, 8), "in which their stamps lie"),
        (THREE, "2019-01-06 23:59:00 +08:00", CHINA, (6, 7, 8), "in which their stamps lie"),
        (THREE, "2019-01-06 12:00:00", AUCKLAND, (7, 8, 9), "in which their stamps lie; in UTC "
         "they are of 2019-01-06 to 2019-01-08, so give bounds if that is meant"),
    ],
)  # fmt: skip
def test_stamps_without_bounds(
    tmp_path: Path,
    hours: tuple[float, ...],
    units: str,
    timezone: str,
    expected: tuple[int, ...],
    remark: str,
) -> None:
    found = read(tmp_path, hours, units, timezone)
    assert found.times.astype(str).tolist() == days(*expected)
    values = (50.0 * np.arange(1, 1 + len(hours))).reshape(-1, 1)
    np.testing.assert_array_equal(found.values["pm25"], values)
    first, last = days(expected[0], expected[-1])
    span = first if first == last else f"{first} to {last}"
    assert found.files[0].remarks == (
        f"daily means were taken as days of {timezone}, {span}, {remark}",
    )


def test_midnights_where_clocks_are_changed(tmp_path: Path) -> None:
    """The day of 31 March 2019 has 23 hours in Paris, so its midnights have two times in UTC."""
    found = read(tmp_path, (-1.0, 23.0, 46.0, 70.0), "2019-03-30", PARIS)
    assert found.times.astype(str).tolist() == [
        "2019-03-30",
        "2019-03-31",
        "2019-04-01",
        "2019-04-02",
    ]
    np.testing.assert_array_equal(found.values["pm25"].ravel(), [50, 100, 150, 200])
    bounds = [[-1.0, 23.0], [23.0, 46.0], [46.0, 70.0]]
    found = read(tmp_path, (0.0, 1.0, 2.0), "2019-03-30", PARIS, bounds)
    assert found.times.astype(str).tolist() == ["2019-03-30", "2019-03-31", "2019-04-01"]
    assert found.files[0].remarks == ()


def test_days_that_end_at_their_stamps_say_so_in_bounds(tmp_path: Path) -> None:
    bounds = [[-24.0, 0.0], [0.0, 24.0], [24.0, 48.0]]
    found = read(tmp_path, THREE, "2019-01-06 00:00:00 +08:00", bounds=bounds)
    assert found.times.astype(str).tolist() == days(5, 6, 7)
    assert found.files[0].remarks == ()


def test_one_stamp_at_another_hour_is_an_hour(tmp_path: Path) -> None:
    found = read(tmp_path, (3.0,), "2019-01-06 00:00:00")
    assert found.hours is not None
    assert found.hours.times.astype(str).tolist() == ["2019-01-06T11"]


def test_bounds_in_units_of_their_own(tmp_path: Path) -> None:
    found = read(
        tmp_path, (0.0,), "2019-01-06", bounds=[[0.0, 24.0]], bounds_units="2019-01-06 00:00 +8"
    )
    assert found.times.astype(str).tolist() == days(6)


def test_bounds_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    read(tmp_path, THREE, "2019-01-06", bounds=[[0.0, 24.0]] * 3)
    path = tmp_path / "series.nc"
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["time"].bounds = "lon"
    with pytest.raises(InputError, match="expected a begin and an end of each time in lon"):
        read_stations(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["time"].bounds = "gone"
    remarks = read_stations(path).files[0].remarks
    assert "gone, the bounds of time, are not in the file" in remarks
