"""Tidy tables as people have them: other names of columns, other ways to write a day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pointfuse.errors import InputError
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEAD = "station,longitude,latitude,date,pm25\n"
ROW = "A,116.5,39.5,2019-01-06,80\n"


@pytest.mark.parametrize(
    "header",
    [
        "site,lat,lon,date,PM2.5",
        "Station,Latitude,Longitude,Date,PM25",
        " STATION_ID , Lat , LNG , Day , pm2_5 ",
        "code,latitude,longitude,day,pm 2.5",
        "Station ID,LATITUDE,LONGITUDE,DATE,PM₂.₅",
        "site,lat,lon,date,PM2.5 [µg/m³]",
        "station,lat,lon,date,pm25 (ug/m3)",
        "SiteID,Lat,Long,Date,PM2_5_ug_m3",
        "Site Code,latitude,longitude,date,pm25_ugm3",
        "station_name,lat,lon,date,PM2p5",
    ],
)
def test_usual_names(write: Write, header: str) -> None:
    observations = read_stations(write("t.csv", f"{header}\nA,39.5,116.5,2019-01-06,80\n"))
    assert observations.files[0].format == "tidy"
    assert observations.stations.code.tolist() == ["A"]
    assert observations.stations.longitude.tolist() == [116.5]
    assert observations.stations.latitude.tolist() == [39.5]
    np.testing.assert_array_equal(observations.values["pm25"], [[80.0]])


def test_a_code_counts_before_a_name(write: Write) -> None:
    text = "Station Name,StationId,lat,lon,date,pm25\nPark,7,39.5,116.5,2019-01-06,80\n"
    assert read_stations(write("t.csv", text)).stations.code.tolist() == ["7"]


def test_names_of_humidity_wind_and_time(write: Write) -> None:
    text = "Site,Lon,Lat,DateTime,RH,WS [km/h]\nA,116,40,2019-01-06T03:00,50,36\n"
    observations = read_stations(write("t.csv", text), min_hours=1)
    assert observations.values["relative_humidity"].tolist() == [[50.0]]
    assert observations.values["wind_speed"].tolist() == [[10.0]]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("site,code,lon,lat,date,pm25", "names station twice, as site and code; keep one"),
        ("station,lon,lng,lat,date,pm25", "names longitude twice, as lon and lng"),
        ("station,lon,lat,Date,day,pm25", "names date twice, as Date and day"),
        ("station,lon,lat,date,pm25,PM2.5", "names pm25 twice, as pm25 and PM2.5"),
        ("station,lon,lat,Date,Time,pm25", "both a column 'date' and a column 'time'"),
    ],
)
def test_two_columns_that_may_be_meant_are_refused(write: Write, header: str, message: str) -> None:
    row = ",".join(["A"] * (header.count(",") + 1))
    with pytest.raises(InputError, match=message):
        read_stations(write("t.csv", f"{header}\n{row}\n"))


def test_beside_the_very_name_others_are_other_columns(write: Write) -> None:
    text = "station,code,longitude,lng,latitude,date,day,pm25\nA,7,116.5,x,39.5,2019-01-06,Sun,80\n"
    observations = read_stations(write("t.csv", text))
    assert observations.stations.code.tolist() == ["A"]
    assert observations.stations.longitude.tolist() == [116.5]
    assert [str(day) for day in observations.times] == ["2019-01-06"]


@pytest.mark.parametrize(
    "day",
    [
        *("2019-01-06", "20190106", "2019-1-6", "2019/1/6", "2019/01/06", "2019.01.06"),
        *("2019-01-06 00:00:00", "2019-01-06T00:00", "2019-1-6 0:00", "2019/1/6 0:00:00"),
        *("2019-01-06 00:00:00.000000", "2019-01-06T00:00:00+08:00", "2019-01-06T00:00Z"),
        *("6-Jan-2019", "06 January 2019", "06-JAN-2019 00:00"),
    ],
)
def test_ways_to_write_a_day(write: Write, day: str) -> None:
    observations = read_stations(write("t.csv", HEAD + ROW.replace("2019-01-06", day)))
    assert [str(day) for day in observations.times] == ["2019-01-06"]


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2019-01-06 13:00", "expected a date, got a time of the day, .* name the column 'time'"),
        ("2019-01-06T00:00:01", "expected a date, got a time of the day"),
        ("06/01/2019", "day and month may be either; write the year first"),
        ("1/13/2019", "day and month may be either"),
        ("6.1.2019 0:00", "day and month may be either"),
        ("06-01-19", "day and month may be either"),
        ("43471", "may be a day as Excel counts them; format its cells as dates, yyyy-mm-dd"),
        ("6-Jan-19", "expected a date such as"),
        ("6-Jam-2019", "expected a date such as"),
        ("2019-01-1", "expected a date such as 2019-01-06, got '2019-01-1'"),  # cut off
        ("2019-02-30", "expected a date such as"),
        ("2019-1/6", "expected a date such as"),
        ("yesterday", "expected a date such as 2019-01-06, got 'yesterday'"),
    ],
)
def test_what_is_no_day(write: Write, day: str, message: str) -> None:
    text = HEAD + ROW.replace("2019-01-06", day)
    with pytest.raises(InputError, match=message) as caught:
        read_stations(write("t.csv", text))
    assert f"got {day!r}" in str(caught.value) or f"{day!r}; name" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "utc_hour"),
    [
        ("2019-1-6 5:00", -3),
        ("2019/1/6 5:30:00", -3),
        ("2019-1-6T05", -3),
        ("2019-1-6 5:00Z", 5),
        ("2019-1-6 5:00 UTC", 5),
        ("2019-01-06 5:00 +8:00", -3),
        ("2019-1-6 5:00 +0530", -1),
        ("2019-1-6 5:00-03", 8),
    ],
)
def test_hours_without_padding(write: Write, written: str, utc_hour: int) -> None:
    """In UTC+8, which is the time zone where none is named."""
    text = HEAD.replace("date", "time") + ROW.replace("2019-01-06", written)
    hours = read_stations(write("t.csv", text), min_hours=1, timezone="+08:00").hours
    assert hours is not None
    expected = np.datetime64("2019-01-06T08") + utc_hour
    assert hours.times.tolist() == [expected.item()]


@pytest.mark.parametrize(
    "header",
    [
        "station,longitude (deg),latitude (deg),date,pm25",
        "station,longitude [degrees_east],latitude [degrees_north],date,pm25",
        "Station,Lon (°E),Lat (°N),Date,PM2.5 ug m-3",
        "station,lon,lat,date,pm25 µg/m3",
        "station,lon,lat,date,PM2.5 ug/m³",
    ],
)
def test_units_behind_the_names(write: Write, header: str) -> None:
    observations = read_stations(write("t.csv", f"{header}\nA,116.5,39.5,2019-01-06,80\n"))
    assert observations.stations.longitude.tolist() == [116.5]
    assert observations.stations.latitude.tolist() == [39.5]
    assert observations.values["pm25"].tolist() == [[80.0]]


def test_a_mass_in_another_unit_behind_the_name(write: Write) -> None:
    path = write("t.csv", "station,lon,lat,date,pm25 mg/m3\nA,116.5,39.5,2019-01-06,0.08\n")
    assert read_stations(path).values["pm25"].tolist() == [[80.0]]


def test_coordinates_in_metres_are_named_as_they_stand(write: Write) -> None:
    path = write("t.csv", "station,longitude (m),latitude (m),date,pm25\nA,1,2,2019-01-06,80\n")
    with pytest.raises(
        InputError, match=r"longitude and latitude;.*longitude \(m\),latitude \(m\)"
    ):
        read_stations(path)


@pytest.mark.parametrize(
    "name", ["Time (UTC)", "time [utc]", "DateTime (GMT)", "datetime_utc", "Timestamp UTC"]
)
def test_times_in_utc(write: Write, name: str) -> None:
    head = f"station,longitude,latitude,{name},pm25\n"
    rows = "".join(f"A,116,39,2019-01-05 {hour:02}:00,{hour}\n" for hour in range(16, 24))
    observations = read_stations(write("t.csv", head + rows), min_hours=8)
    assert [str(day) for day in observations.times] == ["2019-01-06"]  # in Asia/Shanghai
    assert observations.values["pm25"].tolist() == [[19.5]]


def test_days_in_utc_are_no_days_of_another_zone(write: Write) -> None:
    path = write("t.csv", "station,longitude,latitude,date (UTC),pm25\nA,116,39,2019-01-06,80\n")
    with pytest.raises(InputError, match=r"'date \(UTC\)' has days in UTC, and days in Asia/Shan"):
        read_stations(path)
    assert read_stations(path, timezone="UTC").values["pm25"].tolist() == [[80.0]]


def test_hours_beside_dates_are_named(write: Write) -> None:
    path = write("t.csv", "station,lon,lat,Date,Hour,pm25\nA,116,39,2019-01-06,1,80\n")
    with pytest.raises(InputError, match="both a column 'Date' and a column 'Hour'; put them tog"):
        read_stations(path)
