"""Files of air quality networks: OpenAQ, AQS of the EPA, and the cities of CNEMC."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

# The header that https://docs.openaq.org/aws/about shows.
OPENAQ = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n"

# https://aqs.epa.gov/aqsweb/airdata/FileFormats.html, and the real file of 15 January 2016.
AQS_DAILY = (
    '"State Code","County Code","Site Num","Parameter Code","POC","Latitude","Longitude","Datum",'
    '"Parameter Name","Sample Duration","Pollutant Standard","Date Local","Units of Measure",'
    '"Event Type","Observation Count","Observation Percent","Arithmetic Mean","1st Max Value",'
    '"1st Max Hour","AQI","Method Code","Method Name","Local Site Name","Address","State Name",'
    '"County Name","City Name","CBSA Name","Date of Last Change"\n'
)
AQS_HOURLY = (
    '"State Code","County Code","Site Num","Parameter Code","POC","Latitude","Longitude","Datum",'
    '"Parameter Name","Date Local","Time Local","Date GMT","Time GMT","Sample Measurement",'
    '"Units of Measure","MDL","Uncertainty","Qualifier","Method Type","Method Code","Method Name",'
    '"State Name","County Name","Date of Last Change"\n'
)


def sensor(
    hour: str, value: object, *, sensor: int = 7, unit: str = "µg/m³", more: str = ""
) -> str:
    return f'42,{sensor},"Bridge, north-42",{hour},39.9,116.3,{more or "pm25"},{unit},{value}\n'


def day_row(
    mean: object,
    *,
    poc: int = 3,
    duration: str = "1 HOUR",
    event: str = "None",
    percent: object = 100.0,
    parameter: int = 88101,
    unit: str = "Micrograms/cubic meter (LC)",
) -> str:
    return (
        f'"1","73","23","{parameter}",{poc},33.55,-86.81,"WGS84","PM2.5 - Local Conditions",'
        f'"{duration}","","2016-01-15","{unit}","{event}",24,{percent},{mean},20.8,11,,"183",'
        '"Beta","Bridge","NO. B\'HAM, 3009 ST.","Alabama","Jefferson","Birmingham",'
        '"Birmingham-Hoover, AL","2020-05-19"\n'
    )


def hour_row(hour: int, value: object, *, poc: int = 3) -> str:
    """An hour of 15 January in Birmingham, six hours behind Greenwich."""
    day, hour_gmt = divmod(hour + 6, 24)
    return (
        f'"01","073","0023","88101",{poc},33.55,-86.81,"WGS84","PM2.5 - Local Conditions",'
        f'"2016-01-15","{hour:02}:00","2016-01-{15 + day}","{hour_gmt:02}:00",{value},'
        '"Micrograms/cubic meter (LC)",5,"","","FEM","183","Beta","Alabama","Jefferson",'
        '"2020-05-19"\n'
    )


def test_openaq_hours_end_at_their_time_stamp(write: Write) -> None:
    """1:00 on the 22nd to 0:00 on the 23rd are the 24 hours of the 22nd."""
    rows = [sensor(f"2023-02-22T{hour:02}:00:00+08:00", hour) for hour in range(1, 24)]
    rows.append(sensor("2023-02-23T00:00:00+08:00", 24))
    path = write("location-42-20230222.csv.gz", gzip.compress((OPENAQ + "".join(rows)).encode()))
    observations = read_stations(path, min_hours=24)
    assert observations.files[0].format == "openaq"
    assert [str(day) for day in observations.times] == ["2023-02-22"]
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5]])
    assert observations.stations.code.tolist() == ["42"]
    assert observations.stations.longitude.tolist() == [116.3]
    assert observations.stations.latitude.tolist() == [39.9]


def test_openaq_offsets_are_honoured(write: Write) -> None:
    """17:00 UTC on the 21st is 1:00 in Beijing on the 22nd, the hour from midnight."""
    text = OPENAQ + sensor("2023-02-21T17:00:00Z", 10) + sensor("2023-02-21T16:00:00+00:00", 90)
    observations = read_stations(write("a.csv", text), min_hours=1)
    assert [str(day) for day in observations.times] == ["2023-02-21", "2023-02-22"]
    np.testing.assert_array_equal(observations.values["pm25"], [[90.0], [10.0]])


def test_openaq_sensors_of_a_location_are_averaged(write: Write) -> None:
    """A sensor that reports every quarter of an hour weighs no more than one that does once."""
    rows = [sensor(f"2023-02-22T00:{minute}:00+08:00", 10) for minute in (15, 30, 45)]
    rows.append(sensor("2023-02-22T01:00:00+08:00", 10))
    rows.append(sensor("2023-02-22T01:00:00+08:00", 40, sensor=8))
    # No value at all, and the same again.
    rows.append(sensor("2023-02-22T00:20:00+08:00", -999, sensor=8))
    rows.append(sensor("2023-02-22T01:00:00+08:00", 40, sensor=8))
    # Another quantity is not asked for.
    rows.append(sensor("2023-02-22T01:00:00+08:00", 0.04, unit="ppm", more="o3"))
    observations = read_stations(write("a.csv", OPENAQ + "".join(rows)), min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[25.0]])
    assert observations.files[0].remarks == (
        "1 value of pm25 given twice at one time; the first of each was kept",
        "1 value of pm25 outside 0 to 1500 ug m-3 left out of the means of others",
        "1 station with several instruments for pm25; the mean of them was taken",
    )


def test_openaq_weather_and_the_other_spelling_of_two_columns(write: Write) -> None:
    head = "location_id,sensor_id,location,datetime,lat,lon,parameter,unit,value\n"
    text = sensor("2023-02-22 01:00:00+08", 55, unit="%", more="relativehumidity") + sensor(
        "2023-02-22 01:00:00+08", 36, unit="km/h", more="wind_speed"
    )
    observations = read_stations(write("a.csv", head + text), min_hours=1)
    np.testing.assert_array_equal(observations.values["relative_humidity"], [[55.0]])
    np.testing.assert_allclose(observations.values["wind_speed"], [[10.0]], rtol=1e-12)


def test_openaq_location_without_pm25_does_not_stop_the_others(write: Write) -> None:
    ozone = write("a.csv", OPENAQ + sensor("2023-02-22T01:00:00Z", 1, unit="ppm", more="o3"))
    dust = write("b.csv", OPENAQ + sensor("2023-02-22T01:00:00Z", 10))
    observations = read_stations([ozone, dust], min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0]])
    assert observations.files[0].remarks == (
        "it holds no rows of pm25 or relativehumidity or wind_speed",
    )
    assert len(read_stations(ozone).times) == 0


def test_openaq_mobile_sensor_is_a_station_at_each_place(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    moved = sensor("2023-02-22T02:00:00+08:00", 30).replace("116.3", "117.3")
    text = OPENAQ + sensor("2023-02-22T01:00:00+08:00", 10) + moved
    observations = read_stations(write("a.csv", text), min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0, 30.0]])
    assert "stand at several places" in caplog.text


@pytest.mark.parametrize("unit", ["µg/m³", "μg/m³", "ug /m3", "UG/M3", "ug m-3"])
def test_openaq_units_in_any_spelling(write: Write, unit: str) -> None:
    text = OPENAQ + sensor("2023-02-22T01:00:00+08:00", 10, unit=unit)
    observations = read_stations(write("a.csv", text), min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0]])


def test_ppm_of_pm25_is_refused(write: Write) -> None:
    text = OPENAQ + sensor("2023-02-22T01:00:00+08:00", 10, unit="ppm")
    with pytest.raises(
        InputError, match=r"the unit 'ppm' of pm25 cannot be converted .*\(read as 'openaq'"
    ):
        read_stations(write("a.csv", text))


def test_aqs_daily_takes_one_average_of_each_instrument(write: Write) -> None:
    rows = [
        # The same measurement four times: cut to a tenth, without the smoke, and both.
        day_row(10.2, duration="24-HR BLK AVG", event="Included"),
        day_row(8.2875, event="Excluded"),
        day_row(10.2875, event="Included"),
        day_row(8.2, duration="24-HR BLK AVG", event="Excluded"),
        # A filter beside it, once for each standard.
        day_row(12.2875, poc=1, duration="24 HOUR"),
        day_row(12.2875, poc=1, duration="24 HOUR"),
        # Another instrument with 17 of 24 hours, and what is no PM2.5 by a reference method.
        day_row(99.0, poc=4, percent=71.0),
        day_row(99.0, poc=5, parameter=88502),
    ]
    observations = read_stations(write("daily_88101_2016.csv", AQS_DAILY + "".join(rows)))
    np.testing.assert_allclose(observations.values["pm25"], [[11.2875]], rtol=1e-12)
    assert [str(day) for day in observations.times] == ["2016-01-15"]
    assert observations.stations.code.tolist() == ["01-073-0023"]
    assert observations.stations.longitude.tolist() == [-86.81]
    assert observations.files[0].format == "aqs"
    assert observations.files[0].remarks == (
        "days are those of each site's local standard time",
        "4 rows with the day of an instrument once more, in another average; one of each was kept",
        "1 daily mean of less than 18 hours left out",
        "1 station with several instruments for pm25; the mean of them was taken",
    )


@pytest.mark.parametrize("hours", range(1, 25))
def test_aqs_percentages_are_whole_hours(write: Write, hours: int) -> None:
    """The file gives the share of 24 hours in whole per cent."""
    path = write("daily.csv", AQS_DAILY + day_row(5.0, percent=float(round(hours / 24 * 100))))
    assert np.isfinite(read_stations(path, min_hours=hours).values["pm25"]).all()
    if hours < 24:
        later = read_stations(path, min_hours=hours + 1)
        assert np.isnan(later.values["pm25"]).all()


def test_aqs_hourly(write: Write) -> None:
    rows = [hour_row(hour, hour) for hour in range(24)]
    path = write("hourly_88101_2016.csv", AQS_HOURLY + "".join(rows))
    observations = read_stations(path, timezone="-06:00", min_hours=24)
    assert [str(day) for day in observations.times] == ["2016-01-15"]
    np.testing.assert_array_equal(observations.values["pm25"], [[11.5]])
    # In Greenwich the day has hours 0 to 17 of the local one.
    in_greenwich = read_stations(path, timezone="UTC", min_hours=18)
    np.testing.assert_array_equal(in_greenwich.values["pm25"], [[8.5], [np.nan]])


def test_aqs_of_other_parameters_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match=r"no rows of the AQS parameters 88101 \(pm25\), 62201"):
        read_stations(write("daily.csv", AQS_DAILY + day_row(1, parameter=44201)))


def test_broken_aqs_rows_are_refused(write: Write) -> None:
    for row, message in [
        (day_row("x"), "column 'Arithmetic Mean': expected a number, got 'x'"),
        (day_row(1, unit="Parts per million"), "the unit 'Parts per million' of pm25 cannot"),
        (day_row(1).replace("2016-01-15", "15 Jan"), "'Date Local': expected a date such as"),
        (day_row(1)[:60], "unexpected end of data|fields where the header has"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            read_stations(write("daily.csv", AQS_DAILY + row))
        assert "read as 'aqs': its header has State Code" in str(caught.value)


CITIES = """监测点编码,监测点名称,城市,经度,纬度
1001A,万寿西宫,北京,116.3,39.8
1002A,定陵,北京,116.1,40.2
1003A,东四,北京,116.4,39.9
1011A,南京路,天津,117.2,39.1
1012A,又,三沙,-,-
"""


@pytest.mark.parametrize(
    ("station_list", "beijing"),
    [
        (CITIES, (116.3, 39.9)),
        ("city,latitude,longitude\n北京,39.9,116.4\n天津,39.1,117.2\n", (116.4, 39.9)),
    ],
)
def test_cnemc_cities(write: Write, station_list: str, beijing: tuple[float, float]) -> None:
    lines = ["date,hour,type,北京,天津,三沙"]
    lines += [f"20190106,{hour},PM2.5,{hour + 1},20,30" for hour in range(24)]
    observations = read_stations(
        write("china_cities_20190106.csv", "\n".join([*lines, ""])),
        stations=write("list.csv", station_list),
        quality_control=False,
    )
    np.testing.assert_array_equal(observations.values["pm25"], [[12.5, 20.0, 30.0]])
    np.testing.assert_array_equal(observations.stations.longitude, [beijing[0], 117.2, np.nan])
    np.testing.assert_array_equal(observations.stations.latitude, [beijing[1], 39.1, np.nan])
    assert observations.files[0].format == "cnemc"
    if "监测点编码" in station_list:
        assert observations.files[0].remarks == (
            "2 columns of cities; each was placed at the median of its stations",
        )


READS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@READS
@given(data=st.data())
def test_columns_in_any_order_give_the_same(write: Write, data: st.DataObject) -> None:
    import csv
    import io

    text = data.draw(
        st.sampled_from(
            [
                OPENAQ + sensor("2023-02-22T01:00:00+08:00", 10),
                AQS_DAILY + day_row(10.0),
                AQS_HOURLY + hour_row(12, 10.0),
            ]
        )
    )
    rows = list(csv.reader(io.StringIO(text)))
    order = data.draw(st.permutations(range(len(rows[0]))))
    out = io.StringIO()
    csv.writer(out).writerows([row[i] for i in order] for row in rows)
    observations = read_stations(write("any.csv", out.getvalue()), min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0]])
    assert observations.stations.latitude[0] in (39.9, 33.55)


@READS
@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from([7, 8]),
            st.integers(1, 3),
            st.sampled_from(["", "NA", "-999", "0", "5", "12.5"]),
        ),
        max_size=12,
    )
)
def test_every_openaq_row_is_accounted_for(write: Write, cells: list[tuple[int, int, str]]) -> None:
    """What is averaged, kept once or missing is all there is."""
    rows = [sensor(f"2023-02-22T{h:02}:30:00+08:00", value, sensor=s) for s, h, value in cells]
    observations = read_stations(
        write("any.csv", OPENAQ + "".join(rows)), min_hours=1, quality_control=False
    )
    first: dict[tuple[int, int], float] = {}
    repeated = 0
    for number, hour, cell in cells:
        if cell not in ("", "NA"):
            repeated += (number, hour) in first
            first.setdefault((number, hour), float(cell))
    hours: dict[int, list[float]] = {}
    for (_, hour), value in first.items():
        hours.setdefault(hour, []).append(value)
    valid = [[v for v in values if v >= 0] for values in hours.values()]
    means = [np.mean(values) for values in valid if values]
    if means:
        np.testing.assert_allclose(observations.values["pm25"], [[np.mean(means)]], rtol=1e-12)
    else:
        assert np.isnan(observations.values.get("pm25", np.array([np.nan]))).all()
    remarks = " ".join(observations.files[0].remarks)
    values = "1 value" if repeated == 1 else f"{repeated} values"
    assert (f"{values} of pm25 given twice" in remarks) == (repeated > 0)


@READS
@example(unit="MGM3")
@given(unit=st.text(max_size=12))
def test_any_unit_is_converted_or_refused(write: Write, unit: str) -> None:
    # So little that it is possible in any unit: 10 in grams would be out of range.
    text = OPENAQ + sensor("2023-02-22T01:00:00+08:00", 1e-6).replace(
        "µg/m³", '"' + unit.replace('"', "") + '"'
    )
    try:
        values = read_stations(write("any.csv", text), min_hours=1).values["pm25"]
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(values).all()
