"""Files of China besides CNEMC's own hours: its interface, tables, UCI's Beijing, StateAir.

None of these has a machine-readable specification in public; the shapes are those of the field
names that the national platform answers with, of the data set's page at UCI (doi 10.24432/C5RK5G),
of StateAir's historical files, and of the terms of GB 3095-2012 and HJ 633-2012.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError
from pointfuse.model.metadata import Variable
from pointfuse.stations.observations import Observations
from pointfuse.stations.reading import DEFAULT_VARIABLES, read_stations

Write = Callable[[str, str | bytes], Path]

LIST = "监测点编码,监测点名称,城市,经度,纬度\n1001A,万寿西宫,北京,116.366,39.8673\n"
LIST += "1002A,定陵,北京,116.17,40.2865\n"
RECORD = {
    "TimePoint": "2019-01-06T13:00:00",
    "Area": "北京市",
    "PositionName": "万寿西宫",
    "StationCode": "1001A",
    "AQI": "83",
    "Quality": "良",
    "PrimaryPollutant": "颗粒物(PM2.5)",
    "PM2_5": "61",
    "PM2_5_24h": "55",
    "PM10": "80",
    "CO": "1.2",
    "NO2": "—",
    "Latitude": "39.8673",
    "Longitude": "116.366",
}
GASES = (*DEFAULT_VARIABLES, Variable("co", "ug m-3", "", "", (0.0, 1e5)))


def hour(observations: Observations, name: str = "pm25") -> list[tuple[str, float]]:
    """Hours with a value, in the time zone of the observations."""
    hours = observations.hours
    assert hours is not None
    return [
        (str(time), float(value))
        for time, row in zip(hours.times, hours.values[name], strict=True)
        for value in row
        if np.isfinite(value)
    ]


@pytest.mark.parametrize("kind", ["list", "answer", "lines", "csv", "passed on"])
def test_the_interface_in_the_shapes_that_people_keep(write: Write, kind: str) -> None:
    other = RECORD | {"StationCode": "1002A", "PM2_5": "—", "TimePoint": "2019-01-06T13:00:00"}
    records = [RECORD, other]
    if kind == "list":
        text = json.dumps(records, ensure_ascii=False)
    elif kind == "answer":
        text = json.dumps({"code": 200, "data": {"total": 2, "rows": records}})
    elif kind == "lines":
        text = "\n".join(map(json.dumps, records))
    elif kind == "csv":
        rows = [",".join(map(str.lower, RECORD)), *(",".join(each.values()) for each in records)]
        text = "\n".join(rows) + "\n"
    else:
        names = {"TimePoint": "time_point", "StationCode": "station_code", "PM2_5": "pm2_5"}
        text = json.dumps(
            [{names.get(k, k.lower()): v for k, v in each.items()} for each in records]
        )
    observations = read_stations(
        write("hour.json", text), min_hours=1, variables=GASES, quality_control=False
    )
    file = observations.files[0]
    assert file.format == "cnemc-interface"
    assert file.units == {"pm25": "ug m-3", "co": "mg m-3"}
    assert observations.stations.code.tolist() == ["1001A", "1002A"]
    assert observations.stations.longitude.tolist() == [116.366, 116.366]
    assert hour(observations) == [("2019-01-06T13", 61.0)]
    # 1.2 mg/m3 at both, as it is the same record otherwise.
    assert hour(observations, "co") == [("2019-01-06T13", 1200.0)] * 2


def test_the_interface_without_places_and_with_means_of_cities(write: Write) -> None:
    """Of a city its mean has no station; zeros are no values of this network."""
    head = "timepoint,stationcode,area,pm2_5\n"
    rows = "2019-01-06 13:00:00,1001A,北京市,61\n2019-01-06 13:00:00,,北京市,60\n"
    rows += "2019-01-06 14:00:00,1001A,北京市,0\n"
    path = write("hours.csv", head + rows)
    with pytest.raises(InputError, match=r"'cnemc-interface', which holds no coordinates; give"):
        read_stations(path)
    observations = read_stations(path, stations=write("list.csv", LIST), min_hours=1)
    assert observations.stations.latitude.tolist() == [39.8673]
    assert hour(observations) == [("2019-01-06T13", 61.0)]
    assert observations.files[0].remarks == ("1 row of whole cities left out",)


def test_an_instant_as_the_platform_serialises_it(write: Write) -> None:
    """1546750800 s after 1970 is 5:00 UTC, 13:00 in Beijing."""
    record = RECORD | {"TimePoint": "/Date(1546750800000+0800)/"}
    observations = read_stations(write("a.json", json.dumps([record])), min_hours=1)
    assert hour(observations) == [("2019-01-06T13", 61.0)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_wide_table_with_a_chinese_header(write: Write, encoding: str) -> None:
    text = "监测点编码,监测点名称,监测时间,PM2.5浓度(μg/m³),可吸入颗粒物,CO\n"
    text += "1001A,万寿西宫,2019-01-06 13:00,61,80,1.2\n1002A,定陵,2019/1/6 13:00,—,70,0\n"
    text += "1002A,定陵,2019年1月6日14时,19,,\n"
    observations = read_stations(
        write("t.csv", text.encode(encoding)),
        stations=write("list.csv", LIST),
        min_hours=1,
        variables=GASES,
        quality_control=False,
    )
    file = observations.files[0]
    assert file.format == "chinese-table"
    assert file.columns["pm25"] == "PM2.5浓度(μg/m³)"
    assert observations.stations.longitude.tolist() == [116.366, 116.17]
    assert hour(observations) == [("2019-01-06T13", 61.0), ("2019-01-06T14", 19.0)]
    assert hour(observations, "co") == [("2019-01-06T13", 1200.0)]


def test_days_of_cities(write: Write) -> None:
    """A city stands in the middle of its stations, as in CNEMC's files of cities."""
    text = "城市,日期,AQI,PM2.5,PM10\n北京,2019-01-06,80,58.5,90\n北京,2019-01-07,40,21,50\n"
    observations = read_stations(write("t.csv", text), stations=write("list.csv", LIST))
    assert observations.times.astype(str).tolist() == ["2019-01-06", "2019-01-07"]
    np.testing.assert_array_equal(observations.values["pm25"], [[58.5], [21.0]])
    # The medians of two values are their means.
    np.testing.assert_allclose(observations.stations.longitude, [116.268], rtol=1e-12)


def test_a_long_table_with_dates_and_hours(write: Write) -> None:
    text = "日期,小时,站点编码,经度,纬度,污染物,浓度,单位\n"
    text += "20190106,13,1001A,116.366,39.8673,PM2.5,61,μg/m3\n"
    text += "20190106,13,1001A,116.366,39.8673,PM10,80,μg/m3\n"
    text += "20190106,14,1001A,116.366,39.8673,PM2.5,0.062,mg/m3\n"
    observations = read_stations(write("t.csv", text), min_hours=1)
    assert observations.files[0].format == "chinese-table"
    assert hour(observations) == [("2019-01-06T13", 61.0), ("2019-01-06T14", 62.0)]


def test_cnemc_hours_with_a_chinese_header(write: Write) -> None:
    text = "日期,小时,类型,1001A,1002A\n20190106,13,PM2.5,61,\n20190106,13,AQI,83,\n"
    observations = read_stations(write("t.csv", text), stations=write("l.csv", LIST), min_hours=1)
    assert observations.files[0].format == "cnemc"
    assert hour(observations) == [("2019-01-06T13", 61.0)]


UCI = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station\n"
DINGLING = "station,longitude,latitude\nDingling,116.17,40.2865\n"


def test_uci_beijing(write: Write) -> None:
    """The columns and units of the data set's page; the list is one's own."""
    rows = "1,2013,3,1,0,4,4,4,7,300,77,-0.7,1023,-18.8,0,NNW,4.4,Dingling\n"
    rows += "2,2013,3,1,1,NA,4,4,7,300,77,-1.1,1023.2,-18.2,0,N,4.7,Dingling\n"
    path = write("PRSA_Data_Dingling_20130301-20170228.csv", UCI + rows)
    with pytest.raises(InputError, match="'uci', which holds no coordinates"):
        read_stations(path)
    observations = read_stations(path, stations=write("l.csv", DINGLING), min_hours=1)
    assert observations.files[0].format == "uci"
    assert observations.stations.code.tolist() == ["Dingling"]
    assert hour(observations) == [("2013-03-01T00", 4.0)]
    assert hour(observations, "wind_speed") == [("2013-03-01T00", 4.4), ("2013-03-01T01", 4.7)]


STATEAIR = "Site,Parameter,Date (LST),Year,Month,Day,Hour,Value,Unit,Duration,QC Name\n"


def test_stateair_below_its_notes(write: Write) -> None:
    """The historical files have notes above, signs of units in Latin-1, and -999 for nothing."""
    text = '"The data are not fully validated, and may change.",,,,,,,,,,\n\n' + STATEAIR
    text += "Beijing,PM2.5,1/6/2019 0:00,2019,1,6,0,22,µg/m³,1 Hr,Valid\n"
    text += "Beijing,PM2.5,1/6/2019 1:00,2019,1,6,1,-999,µg/m³,1 Hr,Missing\n"
    stations = write("l.csv", "city,longitude,latitude\nBeijing,116.47,39.95\n")
    path = write("Beijing_2019_HourlyPM25.csv", text.encode("latin-1"))
    observations = read_stations(path, stations=stations, min_hours=1)
    file = observations.files[0]
    assert (file.format, file.written) == ("stateair", "CSV with commas, Latin-1")
    assert file.remarks == ("1 row marked as not valid left out",)
    assert hour(observations) == [("2019-01-06T00", 22.0)]
    assert observations.stations.longitude.tolist() == [116.47]


def test_stateair_as_airnow_gives_it(write: Write) -> None:
    head = "Site,Parameter,Date (LT),Year,Month,Day,Hour,NowCast Conc.,AQI,AQI Category,Raw Conc.,"
    head += "Conc. Unit,Duration,QC Name\n"
    row = "Beijing,PM2.5 - Principal,2019-01-06 01:00 AM,2019,1,6,1,20.1,68,Moderate,22,UG/M3,1 Hr,"
    stations = write("l.csv", "station,longitude,latitude\nBeijing,116.47,39.95\n")
    observations = read_stations(
        write("b.csv", f"{head}{row}Valid\n"), stations=stations, min_hours=1
    )
    assert hour(observations) == [("2019-01-06T01", 22.0)]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from(sorted(RECORD)),
            st.one_of(
                st.text(max_size=8),
                st.floats(),
                st.none(),
                st.integers(),
                st.sampled_from(["/Date(1)/", "/Date(99999999999999999999)/", "—", "1e400"]),
            ),
        ),
        max_size=6,
    )
)
def test_any_records_are_read_or_refused(write: Write, cells: list[tuple[str, object]]) -> None:
    records = [RECORD, *(RECORD | {name: value} for name, value in cells)]
    try:
        observations = read_stations(write("a.json", json.dumps(records)), min_hours=1)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert observations.files[0].format == "cnemc-interface"
        assert not np.isinf(observations.values["pm25"]).any()
