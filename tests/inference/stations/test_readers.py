"""Readers on files written exactly to their layouts, and on files that are broken."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError, InputFileNotFoundError, MissingExtraError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

STATION_LIST = """监测点编码,监测点名称,城市,经度,纬度
1001A,万寿西宫,北京,116.366,39.8673
1002A,定陵,北京,116.17,40.2865
3019A,西沙,三沙,-,-
1001A,又,北京,1,2
"""
HEAD = "station,longitude,latitude,date,pm25\n"
TIDY = HEAD + "A,116.3,39.9,2019-01-06,61\nB,117.0,40.0,2019-01-06,\n"


def cnemc(date: str = "20190106", codes: str = "1001A,1002A,3019A", hours: int = 24) -> str:
    """A CNEMC file whose PM2.5 at the first station is the hour plus one."""
    lines = [f"date,hour,type,{codes}"]
    for hour in range(hours):
        lines.append(f"{date},{hour},AQI,50,50,50")
        lines.append(f"{date},{hour},PM2.5,{hour + 1},{'' if hour % 2 else 10},7")
    return "\n".join(lines) + "\n"


def test_cnemc(write: Write) -> None:
    observations = read_stations(
        write("day.csv", cnemc()),
        stations=write("list.csv", STATION_LIST),
        min_hours=12,
        quality_control=False,
    )
    assert observations.stations.code.tolist() == ["1001A", "1002A", "3019A"]
    np.testing.assert_array_equal(observations.stations.longitude, [116.366, 116.17, np.nan])
    np.testing.assert_array_equal(observations.stations.latitude, [39.8673, 40.2865, np.nan])
    np.testing.assert_array_equal(observations.times, np.array(["2019-01-06"], "datetime64[D]"))
    # The mean of 1 to 24, and of twelve hours of 10.
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5, 10.0, 7.0]])
    day, station_list = observations.files
    assert (day.format, day.stations, day.times) == ("cnemc", 3, 24)
    assert station_list.remarks == ("1001A occurs twice in list.csv; the first entry was kept",)


def test_cnemc_day_with_too_few_hours_is_missing(write: Write) -> None:
    observations = read_stations(
        write("day.csv", cnemc(hours=17)), stations=write("list.csv", STATION_LIST)
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[np.nan] * 3])


def test_cnemc_values_that_are_not_above_zero_are_missing(write: Write) -> None:
    text = "date,hour,type,1001A,1002A\n20190106,0,PM2.5,0,5\n20190106,1,PM2.5,-3,7\n"
    observations = read_stations(
        write("day.csv", text), stations=write("list.csv", STATION_LIST), min_hours=1
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[np.nan, 6.0]])


def test_cnemc_first_of_what_stands_twice_is_kept(write: Write) -> None:
    text = "date,hour,type,1001A,1001A\n20190106,0,PM2.5,5,50\n20190106,0,PM2.5,9,9\n"
    observations = read_stations(
        write("day.csv", text), stations=write("list.csv", STATION_LIST), min_hours=1
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[5.0]])
    assert observations.files[0].remarks == (
        "column 1001A occurs twice; the first was kept",
        "PM2.5 of 20190106 hour 0 occurs twice; the first was kept",
    )


def test_cnemc_hours_are_beijing_time(write: Write) -> None:
    """In UTC the first eight hours of a Beijing day belong to the day before."""
    stations = write("list.csv", STATION_LIST)
    files = [write("a.csv", cnemc("20190106")), write("b.csv", cnemc("20190107"))]
    observations = read_stations(files, stations=stations, timezone="UTC", min_hours=1)
    assert [str(day) for day in observations.times] == ["2019-01-05", "2019-01-06", "2019-01-07"]
    # Hours 0 to 7; then 8 to 23 and 0 to 7; then 8 to 23; each value is the hour plus one.
    expected = [np.mean(np.arange(1, 9)), 12.5, np.mean(np.arange(9, 25))]
    np.testing.assert_allclose(observations.values["pm25"][:, 0], expected, rtol=1e-12)


def test_gzip_and_gb18030(write: Write) -> None:
    observations = read_stations(
        write("day.csv.gz", gzip.compress(cnemc().encode())),
        stations=write("list.csv", STATION_LIST.encode("gb18030")),
    )
    assert observations.stations.longitude[0] == 116.366


def test_tidy_days(write: Write) -> None:
    text = (
        "date,pm25 [mg/m3],name,latitude,longitude,station,wind_speed (km/h)\n"
        '2019-01-07,0.01,"Temple, north",39.9,116.3,A,36\n'
        "2019-01-06,NA,Temple,39.9,116.3,A,0\n"
        "2019-01-06,0.03,Bridge,40.0,117.0,B,\n"
    )
    observations = read_stations(write("tidy.csv", text))
    assert observations.stations.code.tolist() == ["A", "B"]
    np.testing.assert_array_equal(observations.stations.longitude, [116.3, 117.0])
    np.testing.assert_allclose(observations.values["pm25"], [[np.nan, 30.0], [10.0, np.nan]])
    np.testing.assert_allclose(observations.values["wind_speed"], [[0.0, np.nan], [10.0, np.nan]])
    assert "relative_humidity" not in observations.values


def test_tidy_times_are_averaged_over_hours_then_days(write: Write) -> None:
    head = "station,longitude,latitude,time,pm25\n"
    rows = [
        "A,116,40,2019-01-06T00:00+08:00,10",
        "A,116,40,2019-01-06T00:30+08:00,30",
        # The same day: 17:00 UTC on the 5th is 1:00 in Beijing on the 6th.
        "A,116,40,2019-01-05T17:00Z,50",
        "A,116,40,2019-01-06 23:59,0",
    ]
    path = write("tidy.csv", head + "\n".join(rows))
    observations = read_stations(path, min_hours=3)
    assert [str(day) for day in observations.times] == ["2019-01-06"]
    # Hours of 20, 50 and 0.
    np.testing.assert_allclose(observations.values["pm25"], [[70 / 3]], rtol=1e-12)


def test_hourly_values_that_are_none_stay_out_of_the_mean(write: Write) -> None:
    rows = [f"A,116,40,2019-01-06T{hour:02}:00,50" for hour in range(22)]
    rows += ["A,116,40,2019-01-06T22:00,9999", "A,116,40,2019-01-06T23:00,-999"]
    path = write("tidy.csv", HEAD.replace("date", "time") + "\n".join([*rows, ""]))
    observations = read_stations(path)
    np.testing.assert_array_equal(observations.values["pm25"], [[50.0]])
    assert observations.files[0].remarks == (
        "2 hourly values of pm25 outside 0 to 1500 ug m-3 left out",
    )


def test_values_that_are_none_take_no_part_in_the_mean_of_an_hour(write: Write) -> None:
    rows = ["A,116,40,2019-01-06T00:00,50", "A,116,40,2019-01-06T00:30,-999"]
    path = write("tidy.csv", HEAD.replace("date", "time") + "\n".join([*rows, ""]))
    observations = read_stations(path, min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[50.0]])
    assert observations.files[0].remarks == (
        "1 value of pm25 outside 0 to 1500 ug m-3 left out of the means of others",
    )


def test_times_with_and_without_a_zone_are_the_same_clock(write: Write) -> None:
    """0 to 11 o'clock in Beijing without a zone, 12 to 23 as 4 to 15 UTC."""
    rows = [f"A,116,40,2019-01-06T{hour:02}:00,{hour}" for hour in range(12)]
    rows += [f"A,116,40,2019-01-06T{hour:02}:00Z,{hour + 8}" for hour in range(4, 16)]
    path = write("tidy.csv", HEAD.replace("date", "time") + "\n".join([*rows, ""]))
    observations = read_stations(path, min_hours=24)
    np.testing.assert_array_equal(observations.values["pm25"], [[11.5]])
    assert observations.files[0].remarks == ()


def test_an_hour_that_comes_twice_is_averaged(write: Write) -> None:
    """Paris put its clocks back on 27 October 2019: 0:00 and 1:00 UTC are both 2 o'clock."""
    rows = ["date,hour,type,1001A", "20191027,8,PM2.5,10", "20191027,9,PM2.5,30"]
    observations = read_stations(
        write("day.csv", "\n".join([*rows, ""])),
        stations=write("list.csv", STATION_LIST),
        timezone="Europe/Paris",
        min_hours=1,
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[20.0]])
    assert observations.files[0].remarks == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_any_line_ends_and_quotes(write: Write, newline: str, quote: str) -> None:
    text = TIDY.replace("A,", f"{quote}A{quote},").replace("\n", newline)
    observations = read_stations(write("tidy.csv", "\ufeff" + text))
    assert observations.stations.code.tolist() == ["A", "B"]
    np.testing.assert_array_equal(observations.values["pm25"], [[61.0, np.nan]])


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xce.csv")
    path.write_text(TIDY)
    assert read_stations(path).files[0].name == r"\udcff\udcce.csv"


def test_tidy_places_from_a_station_list(write: Write) -> None:
    path = write("values.csv", "date,station,pm25\n2019-01-06,1001A,5\n2019-01-06,9999A,6\n")
    station_list = write("list.csv", STATION_LIST)
    for stations in (station_list, read_station_list(station_list)):
        observations = read_stations(path, stations=stations)
        np.testing.assert_array_equal(observations.stations.longitude, [116.366, np.nan])
        assert observations.files[1].name == "list.csv"


def test_networks_in_files_of_their_own(write: Write) -> None:
    weather = "station,longitude,latitude,date,relative_humidity\nW,100,30,2019-01-06,55\n"
    observations = read_stations([write("air.csv", TIDY), write("weather.csv", weather)])
    assert observations.stations.code.tolist() == ["A", "B", "W"]
    np.testing.assert_array_equal(observations.values["pm25"], [[61.0, np.nan, np.nan]])
    np.testing.assert_array_equal(
        observations.values["relative_humidity"], [[np.nan, np.nan, 55.0]]
    )


def test_units_from_the_call(write: Write) -> None:
    observations = read_stations(write("tidy.csv", TIDY), units={"pm25": "mg/m3"})
    np.testing.assert_array_equal(observations.values["pm25"], [[61_000.0, np.nan]])


def test_repeated_rows_are_kept_once(write: Write) -> None:
    observations = read_stations(write("tidy.csv", TIDY + "A,116.3,39.9,2019-01-06,61\n"))
    assert observations.values["pm25"][0, 0] == 61.0
    assert observations.files[0].remarks == ("1 row given twice; each was kept once",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", "", r"empty\.csv is empty"),
        ("blank.csv", "\n\n", "is empty or has no header"),
        ("header.csv", HEAD, "a header and no rows"),
        (
            "binary.csv",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00",
            "is no text file; expected CSV, JSON, netCDF",
        ),
        (
            "strange.csv",
            "a,b\n1,2\n",
            r"known format: the header is a,b, parted by commas, in which no .* format; see docs",
        ),
        (
            "near.csv",
            "location_id,datetime,lat,lon,pollutant\n",
            "nearest is 'openaq', but it lacks parameter and value; then 'openaq-explorer', which",
        ),
        (
            "case.csv",
            "Station,Longitude,Latitude,PM2.5\n",
            "is a station list, or lacks date or time; give it with --stations",
        ),
        ("why.csv", HEAD, r"\(read as 'tidy': its header has station and date or time\)$"),
        (
            "missing.csv",
            "station,longitude,date,pm25\nA,1,2019-01-06,1\n",
            "lacks a column named latitude; the",
        ),
        ("missing.csv", "station,longitude,latitude,date,no2\n", "a column named pm25 or"),
        ("place.csv", "station,date,pm25\nA,2019-01-06,1\n", "give a station list"),
        ("twice.csv", "station,longitude,latitude,date,pm25,pm25\n", "names pm25 twice"),
        ("twice.csv", "station,station,longitude,latitude,date,pm25\n" + "A," * 5 + "1", "twice"),
        ("unit.csv", HEAD.replace("pm25", "pm25 [ppm]"), "the unit 'ppm' of pm25 cannot be"),
        ("cell.csv", HEAD + "A,116,40,2019-01-06,12x\n", r"line 2, column 'pm25': .* got '12x'"),
        ("cell.csv", HEAD + "A,116,40,2019-01-06,inf\n", "expected a number, got 'inf'"),
        (
            "cell.csv",
            HEAD + "A,east,40,2019-01-06,1\n",
            "line 2: expected a longitude .*, got east and 40; correct them",
        ),
        ("none.csv", HEAD + "A,400,116,2019-01-06,1\n", "got 400 and 116; correct them or leave"),
        ("date.csv", HEAD + "A,116,40,6.1.2019,1\n", "expected a date such as 2019-01-06, got"),
        (
            "name.csv",
            HEAD + ",116,40,2019-01-06,1\n",
            "line 2, column 'station': expected a code, got ''",
        ),
        (
            "short.csv",
            HEAD + "A,116,40,2019-01-06,1\nB,117,4\nC,118,41,2019-01-06,3\n",
            "line 3: 3 fields where .* may be cut off",
        ),
        ("cut.csv", HEAD + "B,117,4", "line 2: 3 fields where .* may be cut off"),
        ("quote.csv", HEAD + 'A,116,40,2019-01-06,"1\n', r"quote\.csv, line 2: unexpected end"),
        (
            "station.csv",
            HEAD + "A,116,40,2019-01-06,1\nA,117,40,2019-01-07,1\n",
            r"station A stands at \(117\.0, 40\.0\) here and at \(116\.0, 40\.0\) above",
        ),
        (
            "values.csv",
            HEAD + "A,116,40,2019-01-06,1\nA,116,40,2019-01-06,2\n",
            "different values of pm25, 1 on line 2 and 2 on line 3; remove one",
        ),
        ("both.csv", "station,longitude,latitude,date,time,pm25\n", "both a column 'date' and"),
        ("cell.csv", HEAD + "A,116,40,2019-01-06,1_0\n", "expected a number, got '1_0'"),
        ("day.csv", "date,hour,type,\n20190106,0,PM2.5,\n", "in no known format"),
        ("day.csv", "date,hour,type,1001A\n20190106,2_3,PM2.5,5\n", "an hour from 0 to 23, got"),
        ("day.csv", "date,hour,type,1001A\n20190106,0,PM2.5,1_0\n", "column '1001A': .* '1_0'"),
        ("day.csv", "date,hour,type,1001A\n20190106,0,AQI,5\n", "no rows of PM2.5"),
        ("day.csv", "date,hour,type,1001A\n20190106,24,PM2.5,5\n", "an hour from 0 to 23, got"),
        ("day.csv", "date,hour,type,1001A\n20190230,0,PM2.5,5\n", "a date such as 20190106"),
        ("day.csv", "date,hour,type,1001A\n20190106,0,PM2.5,x\n", "column '1001A': .* got 'x'"),
        ("day.csv", cnemc().replace(",10,", ",", 1), "line 3: 5 fields .* the file may be cut off"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(
    write: Write, name: str, content: str | bytes, message: str
) -> None:
    stations = None if name == "place.csv" else write("list.csv", STATION_LIST)
    with pytest.raises(InputError, match=message) as caught:
        read_stations(write(name, content), stations=stations)
    assert "\n" not in str(caught.value)


def test_cut_off_gzip(write: Write) -> None:
    whole = gzip.compress(TIDY.encode())
    with pytest.raises(InputError, match="damaged or cut-off gzip file"):
        read_stations(write("tidy.csv.gz", whole[:-10]))
    with pytest.raises(InputError, match="damaged or cut-off gzip file"):
        read_stations(write("tidy.csv.gz", whole[:12] + b"\xff\xff\xff" + whole[15:]))


def test_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        read_stations(tmp_path / "none.csv")
    assert issubclass(InputFileNotFoundError, FileNotFoundError)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_stations(tmp_path)


def test_cnemc_needs_a_station_list(write: Write) -> None:
    with pytest.raises(InputError, match="holds no coordinates; give the station list"):
        read_stations(write("day.csv", cnemc()))


def test_other_file_as_station_list(write: Write) -> None:
    with pytest.raises(InputError, match=r"day\.csv holds observations \(cnemc\), not a s"):
        read_stations(write("tidy.csv", TIDY), stations=write("day.csv", cnemc()))


def test_named_format_must_fit(write: Write) -> None:
    path = write("tidy.csv", TIDY)
    with pytest.raises(InputError, match="not laid out as 'cnemc': expected the header date,hour"):
        read_stations(path, format="cnemc")
    with pytest.raises(
        InputError, match="format 'excel' is not known; expected auto, cf, isd-lite"
    ):
        read_stations(path, format="excel")


def test_contradicting_or_idle_units_are_refused(write: Write) -> None:
    path = write("tidy.csv", TIDY.replace("pm25", "pm25 [ug/m3]"))
    assert read_stations(path, units={"pm25": "µg/m³"}).values["pm25"][0, 0] == 61.0
    with pytest.raises(InputError, match="gives pm25 in 'ug/m3', the call in 'mg/m3'"):
        read_stations(path, units={"pm25": "mg/m3"})
    with pytest.raises(InputError, match="units were given for pm10; the variables are pm25"):
        read_stations(path, units={"pm10": "ug/m3"})


def test_no_files() -> None:
    with pytest.raises(InputError, match="no station files"):
        read_stations([])


READS = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refuse(write: Write, content: bytes) -> Observations | None:
    stations = write("list.csv", STATION_LIST)
    try:
        return read_stations(write("any.csv", content), stations=stations)
    except (InputError, MissingExtraError) as error:  # PAR1 is the beginning of a Parquet file
        assert "\n" not in str(error)
        return None


@pytest.mark.slow
@READS
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_read_or_refused(write: Write, content: bytes) -> None:
    read_or_refuse(write, content)


# What a cell of any kind might hold, and what it might not.
CELLS = (
    *("A", "1001A", "116", "40", "-", "", "nan", "1e400", "0", "-5", "12", '"', "é"),
    *("2019-01-06", "20190106", "PM2.5", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"),
)


@READS
@given(
    header=st.sampled_from([HEAD, "date,hour,type,1001A,1002A\n", HEAD.replace("date", "time")]),
    lines=st.lists(
        st.lists(
            st.sampled_from(CELLS),
            min_size=4,
            max_size=6,
        ).map(",".join),
        max_size=6,
    ),
)
def test_any_table_is_read_or_refused(write: Write, header: str, lines: list[str]) -> None:
    observations = read_or_refuse(write, (header + "\n".join(lines)).encode())
    if observations is not None:
        for table in observations.values.values():
            assert table.shape == (len(observations.times), len(observations.stations))
            assert not np.isinf(table).any()


@given(
    values=st.lists(st.floats(0, 1000) | st.just(float("nan")), min_size=1, max_size=30),
)
@READS
def test_tidy_values_come_back(write: Write, values: list[float]) -> None:
    rows = [f"S{i},110,{20 + i / 10},2019-01-06,{value!r}" for i, value in enumerate(values)]
    observations = read_stations(write("tidy.csv", HEAD + "\n".join(rows)))
    np.testing.assert_array_equal(observations.values["pm25"], [values])
