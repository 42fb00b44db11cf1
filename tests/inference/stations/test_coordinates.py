"""Coordinates that are no place cost their station the place, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEAD = "station,longitude,latitude,date,pm25\n"
GOOD = "".join(f"G{at},{110 + at},{30 + at},2019-01-06,{at + 1}\n" for at in range(4))
NO_PLACES = [
    *("-999,-999", "-9999,-9999", "999,999", "9999,9999", "-99.9,-99.9", "-999.0,-999.0"),
    *("0,0", "0.0,0.000", "unknown,unknown", "?,?", "1e20,1e20", "inf,inf", "116.4,-999"),
    *("-9999,39.9", "unknown,39.9", "11640000,3990000", "400,116"),
]


@pytest.mark.parametrize("pair", NO_PLACES)
def test_of_a_tidy_file(write: Write, pair: str) -> None:
    path = write("tidy.csv", f"{HEAD}{GOOD}X,{pair},2019-01-06,50\n")
    observations = read_stations(path)
    assert observations.stations.code.tolist() == ["G0", "G1", "G2", "G3", "X"]
    np.testing.assert_array_equal(observations.stations.longitude, [110, 111, 112, 113, np.nan])
    np.testing.assert_array_equal(observations.stations.latitude, [30, 31, 32, 33, np.nan])
    np.testing.assert_array_equal(observations.values["pm25"], [[1, 2, 3, 4, 50]])
    shown = pair.replace(",", " and ")
    assert observations.files[0].remarks == (
        f"no usable coordinates at 1 station, first X on line 6 ({shown})",
    )


@pytest.mark.parametrize("pair", NO_PLACES)
def test_of_a_station_list(write: Write, pair: str) -> None:
    rows = "".join(f"G{at},{110 + at},{30 + at}\n" for at in range(3))
    path = write("list.csv", f"station,longitude,latitude\nX,{pair}\n{rows}Y,{pair}\n")
    found = read_station_list(path)
    assert np.isnan(found.places["X"]).all()
    assert found.places["G2"] == (112, 32)
    assert (
        found.files[0]
        .remarks[0]
        .startswith("no usable coordinates at 2 stations, first X on line 2 (")
    )


@pytest.mark.parametrize("pair", NO_PLACES)
def test_where_all_are_none_the_file_is_refused(write: Write, pair: str) -> None:
    path = write("tidy.csv", f"{HEAD}X,{pair},2019-01-06,50\nY,{pair},2019-01-06,51\n")
    with pytest.raises(
        UnreadableFileError,
        match=r"line 2: expected a (place \(0 and 0|longitude from -180 to 360)",
    ):
        read_stations(path)


@pytest.mark.parametrize("pair", ["-,-", ",", "--,"])
def test_missing_ones_are_no_fault(write: Write, pair: str) -> None:
    observations = read_stations(write("tidy.csv", f"{HEAD}X,{pair},2019-01-06,50\n"))
    assert np.isnan(observations.stations.longitude).all()
    assert observations.files[0].remarks == ()


def test_one_impossible_coordinate_in_many_rows_is_a_wrong_column(write: Write) -> None:
    rows = "".join(f"X{at},{4400 + at},{30 + at},2019-01-06,5\n" for at in range(4))
    with pytest.raises(InputError, match=r"got 4400 and 30 \(station X0, and 3 more") as caught:
        read_stations(write("tidy.csv", HEAD + GOOD + rows))
    assert not isinstance(caught.value, UnreadableFileError)
    observations = read_stations(write("tidy.csv", HEAD + GOOD + rows.partition("\n")[0] + "\n"))
    assert np.isnan(observations.stations.longitude).tolist() == [False] * 4 + [True]


def test_strict_makes_them_errors(write: Write) -> None:
    path = write("tidy.csv", f"{HEAD}{GOOD}X,-999,-999,2019-01-06,50\n")
    with pytest.raises(InputError, match=r"line 6: expected a longitude .* got -999 and -999"):
        read_stations(path, strict=True)


def test_a_station_with_a_place_on_one_row_stands_there(write: Write) -> None:
    rows = "X,-999,-999,2019-01-06,50\nX,115,35,2019-01-07,60\nX,,,2019-01-08,70\n"
    observations = read_stations(write("tidy.csv", HEAD + rows))
    np.testing.assert_array_equal(observations.stations.longitude, [115])
    np.testing.assert_array_equal(observations.values["pm25"], [[50], [60], [70]])
    assert observations.files[0].remarks == ()


def test_exchanged_ones_among_others_are_for_quality_control(write: Write) -> None:
    observations = read_stations(write("tidy.csv", f"{HEAD}{GOOD}X,39.9,116.4,2019-01-06,50\n"))
    assert observations.stations.longitude.tolist() == [110, 111, 112, 113, 39.9]
    assert observations.stations.latitude.tolist() == [30, 31, 32, 33, 116.4]


def test_columns_that_are_exchanged(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    rows = "".join(f"X{at},{39 - at},{116 + at},2019-01-06,5\n" for at in range(4))
    swapped = write("swapped.csv", HEAD + rows + "Y,75,39,2019-01-06,6\n")
    message = (
        "swapped.csv, line 2: longitude and latitude seem swapped at 4 of 5 stations, first X0: "
        "the longitude is 39, the latitude 116; exchange the names of the two columns"
    )
    with pytest.raises(UnreadableFileError, match=message):
        read_stations(swapped)
    observations = read_stations([write("good.csv", HEAD + GOOD), swapped])
    assert observations.stations.code.tolist() == ["G0", "G1", "G2", "G3"]
    assert "1 of 2 files was left out: " + message in caplog.text


def test_a_station_list_with_columns_that_are_exchanged(write: Write) -> None:
    path = write("list.csv", "station,lon,lat\nA,39,116\nB,38,117\n")
    with pytest.raises(UnreadableFileError, match="seem swapped at 2 of 2 stations, first A"):
        read_station_list(path)


def test_a_row_without_a_place_moves_no_station(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    row = "42,7,B,2019-01-06T0{hour}:00:00+08:00,{place},pm25,ug/m3,5\n"
    header = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n"
    places = ["-999,-999", "40,116"]
    rows = [row.format(hour=hour, place=place) for hour, place in enumerate(places, start=1)]
    observations = read_stations(write("location.csv", header + "".join(rows)), min_hours=1)
    assert 116 in observations.stations.longitude
    assert caplog.messages == []


@pytest.mark.parametrize("pair", [(-999.0, -999.0), (0.0, 0.0), (9999.0, 39.0), (116.0, -9999.0)])
def test_of_a_time_series_in_netcdf(tmp_path: Path, pair: tuple[float, float]) -> None:
    path = tmp_path / "series.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.featureType = "timeSeries"
        dataset.createDimension("station", 2)
        dataset.createDimension("time", 1)
        places = zip([116.0, 39.0], pair, strict=True)
        for name, values in zip(("longitude", "latitude"), places, strict=True):
            variable = dataset.createVariable(name, "f8", ("station",))
            variable.standard_name, variable[:] = name, values
        time = dataset.createVariable("time", "f8", ("time",))
        time.setncatts({"standard_name": "time", "units": "hours since 2019-01-06 00:00 +08:00"})
        pm25 = dataset.createVariable("pm25", "f8", ("station", "time"))
        pm25.units, time[:], pm25[:] = "ug m-3", 0, [[5.0], [7.0]]
    observations = read_stations(path, min_hours=1)
    np.testing.assert_array_equal(observations.stations.longitude, [116, np.nan])
    np.testing.assert_array_equal(observations.stations.latitude, [39, np.nan])
    np.testing.assert_array_equal(observations.values["pm25"], [[5.0, 7.0]])
    assert any(
        "no usable coordinates at 1 station, first 1 (" in each
        for each in observations.files[0].remarks
    )
    with pytest.raises(InputError, match=r"series\.nc: expected a longitude .* for station 1"):
        read_stations(path, min_hours=1, strict=True)
