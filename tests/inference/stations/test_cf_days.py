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
    step: str = "hours",
    stored_as: str = "f8",
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
        time = dataset.createVariable("time", stored_as, ("time",))
        time.standard_name, time.units = "time", f"{step} since {units}"
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


@pytest.mark.parametrize(
    ("hours", "units", "timezone", "expected", "remark"),
    [
        (THREE, "2019-01-06 00:00 +08:00", "UTC", (5, 6, 7), "; in UTC+08:00, the zone of their "
         "units, they are of 2019-01-06 to 2019-01-08, so give bounds if that is meant"),
        ((0.0,), "2019-01-06 00:00 +08:00", "UTC", (5,), "; in UTC+08:00, the zone of their "
         "units, they are of 2019-01-06, so give bounds if that is meant"),
        (THREE, "2019-01-06 00:00 +08:00", "Asia/Kolkata", (5, 6, 7), "; in UTC+08:00, the zone of "
         "their units, they are of 2019-01-06 to 2019-01-08, so give bounds if that is meant"),
        # In China it is half past two of the same day.
        (THREE, "2019-01-06 00:00 +05:30", CHINA, (6, 7, 8), ""),
    ],
)  # fmt: skip
def test_midnights_of_the_zone_of_the_units(
    tmp_path: Path,
    hours: tuple[float, ...],
    units: str,
    timezone: str,
    expected: tuple[int, ...],
    remark: str,
) -> None:
    found = read(tmp_path, hours, units, timezone)
    assert found.times.astype(str).tolist() == days(*expected)
    first, last = days(expected[0], expected[-1])
    span = first if first == last else f"{first} to {last}"
    assert found.files[0].remarks == (
        f"daily means were taken as days of {timezone}, {span}, in which their stamps lie{remark}",
    )


@pytest.mark.parametrize(
    ("numbers", "step", "units", "kind", "off"),
    [
        # 17901 and two thirds of a day are 16:00:00; the nearest float32 is 17901.666015625,
        # 15:59:03.75, which is 15:59:04 to the second.
        ((2 / 3, 1 + 2 / 3, 2 + 2 / 3), "days", 17901, "f4", 56),
        # The same where it is stored as float64 later on.
        ((0.666015625, 1.666015625, 2.666015625), "days", 17901, "f8", 56),
        ((16.0, 40.0, 64.0), "hours", 17901 * 24, "f4", 0),
        ((57600, 144001, 230399), "seconds", 17901 * 86400, "i4", 1),
        ((57597.0, 144003.0, 230400.0), "seconds", 17901 * 86400, "f8", 3),
    ],
)
def test_stamps_about_midnight(
    tmp_path: Path, numbers: tuple[float, ...], step: str, units: int, kind: str, off: int
) -> None:
    given = tuple(units + number for number in numbers)
    found = read(tmp_path, given, "1970-01-01", step=step, stored_as=kind)
    assert found.times.astype(str).tolist() == days(6, 7, 8)
    np.testing.assert_array_equal(found.values["pm25"].ravel(), [50, 100, 150])
    said = f"; their stamps are up to {off} s off midnight" if off else ""
    assert found.files[0].remarks == (
        "daily means were taken as days of Asia/Shanghai, 2019-01-06 to 2019-01-08, which begin at "
        f"their stamps; give bounds if they end there{said}",
    )


def test_a_second_before_every_midnight_is_of_the_day_that_ends(tmp_path: Path) -> None:
    found = read(tmp_path, (57599, 143999, 230399), "2019-01-06", step="seconds")
    assert found.times.astype(str).tolist() == days(6, 7, 8)


@pytest.mark.parametrize("minutes", [-1, -2, -4])
def test_minutes_before_midnight_are_no_midnight(tmp_path: Path, minutes: int) -> None:
    """Numbers of minutes since 1970 that are even are in float32 too, and so is midnight."""
    ends = tuple(1440.0 * (17902 + day) + 960 + minutes for day in range(3))
    found = read(tmp_path, ends, "1970-01-01", step="minutes")
    assert found.times.astype(str).tolist() == days(6, 7, 8)
    assert "in which their stamps lie" in found.files[0].remarks[0]


def test_stamps_that_jitter_about_noon_are_daily(tmp_path: Path) -> None:
    found = read(tmp_path, (43199, 129601, 216002), "2019-01-06 00:00 +8", step="seconds")
    assert found.times.astype(str).tolist() == days(6, 7, 8)
    np.testing.assert_array_equal(found.values["pm25"].ravel(), [50, 100, 150])


@pytest.mark.parametrize(
    ("step", "start", "kind", "units"),
    [
        ("days", 17902.0, "f4", "1970-01-01"),
        ("seconds", 0.0, "f8", "2019-01-06"),
    ],
)
def test_hours_are_of_the_hour_that_their_stamps_are_near(
    tmp_path: Path, step: str, start: float, kind: str, units: str
) -> None:
    """The nearest float32 to an hour, or a second before and after, are of that hour."""
    hours = np.arange(1.0, 7.0)
    numbers = start + hours / 24 if step == "days" else 3600 * hours + np.array([-1, 0, 1] * 2)
    found = read(tmp_path, tuple(numbers), units, step=step, stored_as=kind)
    assert found.hours is not None
    # 01:00 in Greenwich is 09:00 in China.
    assert found.hours.times.astype(str).tolist() == [f"2019-01-06T{9 + n:02}" for n in range(6)]
    np.testing.assert_array_equal(found.hours.values["pm25"].ravel(), [50, 100, 150, 200, 250, 300])


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
