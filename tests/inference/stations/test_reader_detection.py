"""Every format with cells of any kind: read or refused, and told apart from the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError
from pointfuse.stations.readers.formats import READERS
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HISTORY = "USAF,WBAN,LAT,LON\n545110,99999,40.08,116.585\n"
HEADERS = {
    "cnemc": "date,hour,type,1001A,1002A",
    "openaq": "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value",
    "aqs": "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,Sample Duration,"
    "Date Local,Units of Measure,Event Type,Observation Percent,Arithmetic Mean",
    "isd": "STATION,DATE,LATITUDE,LONGITUDE,WND,TMP,DEW",
    "gsod": "STATION,DATE,LATITUDE,LONGITUDE,TEMP,DEWP,WDSP",
    "tidy": "station,longitude,latitude,time,pm25",
    "cnemc-interface": "timepoint,stationcode,longitude,latitude,pm2_5,pm2_5_24h",
    "chinese-table": "时间,监测点编码,经度,纬度,PM2.5,PM10",
    "uci": "No,year,month,day,hour,PM2.5,WSPM,station",
    "stateair": "Site,Parameter,Date (LST),Year,Month,Day,Hour,Value,Unit,Duration,QC Name",
    "openaq-explorer": "location_id,parameter,value,unit,datetimeUtc,latitude,longitude",
    "epa-outdoor": "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,Units,Percent Complete,"
    "Site Latitude,Site Longitude",
    "airnow": "AQSID,Latitude,Longitude,ValidDate,ValidTime,PM25,PM25_Unit",
    "cpcb": "From Date,To Date,PM2.5,RH",
    "eea": "AirQualityStationEoICode,AirPollutant,AveragingTime,Concentration,UnitOfMeasurement,"
    "DatetimeBegin,Validity",
    "sensor-community": "sensor_id,sensor_type,lat,lon,timestamp,P1,P2",
    "purpleair": "time_stamp,sensor_index,latitude,longitude,pm2.5_atm",
}
LINE = "2019 01 06 00   100    50 10290   320    34     0 -9999 -9999"

# What belongs into a column, so that most rows go far.
USUAL = {
    "type": "PM2.5",
    "parameter": "pm25",
    "units": "µg/m³",
    "Parameter Code": "88101",
    "Units of Measure": "Micrograms/cubic meter (LC)",
    "Event Type": "None",
    "Sample Duration": "1 HOUR",
    "Observation Percent": "100",
    "WND": '"359,1,N,0034,1"',
    "TMP": '"+0100,1"',
    "DEW": '"+0050,1"',
    "datetime": "2019-01-06T01:00:00+08:00",
    "time": "2019-01-06T01:00:00+08:00",
    "hour": "3",
    "timepoint": "2019-01-06 13:00:00",
    "时间": "2019-01-06 13:00",
    **dict.fromkeys(("year", "Year"), "2019"),
    **dict.fromkeys(("month", "day", "Month", "Day", "Hour"), "6"),
    "Parameter": "PM2.5",
    "QC Name": "Valid",
    **dict.fromkeys(("unit", "Units", "PM25_Unit", "UnitOfMeasurement"), "ug/m3"),
    "datetimeUtc": "2019-01-06T01:00:00Z",
    "Date": "01/06/2019",
    "ValidDate": "01/06/2019",
    "ValidTime": "12:00",
    **dict.fromkeys(("From Date", "To Date"), "06-01-2019 13:00"),
    "AirPollutant": "PM2.5",
    "AveragingTime": "hour",
    "DatetimeBegin": "2019-01-06 00:00:00 +01:00",
    "Validity": "1",
    **dict.fromkeys(("timestamp", "time_stamp"), "2019-01-06T00:00:44"),
}
ODD = (
    *("", "-", "nan", "1e400", "1e308", "-9999", "-237.3", "0", "É", '"', "x", "1_0"),
    *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "9999-12-31", "20190106"),
    *('"+9999,9"', '"1,2,3"', '"999,9,9,9999,9"', "ppm", "365", "12"),
)
READS = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def usual(column: str) -> str:
    if column in USUAL:
        return USUAL[column]
    return "2019-01-06" if "date" in column.lower() else "40"


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    name = draw(st.sampled_from(sorted(HEADERS)))
    columns = HEADERS[name].split(",")
    lines = [HEADERS[name]]
    for _ in range(draw(st.integers(0, 4))):
        cells = [usual(column) for column in columns]
        for position in draw(st.lists(st.integers(0, len(cells) - 1), max_size=2)):
            cells[position] = draw(st.sampled_from(ODD))
        lines.append(",".join(cells))
    return name, "\n".join(lines)


@READS
@given(table=tables())
def test_any_cells_are_read_or_refused(write: Write, table: tuple[str, str]) -> None:
    name, text = table
    stations = write("isd-history.csv", HISTORY)
    try:
        observations = read_stations(
            write("any.csv", text), stations=stations, min_hours=1, low_cost=True
        )
    except InputError as error:
        assert "\n" not in str(error)
        assert f"(read as '{name}'" in str(error) or "expected times from 1900" in str(error)
    else:
        assert observations.files[0].format == name
        for values in observations.values.values():
            assert values.shape == (len(observations.times), len(observations.stations))
            assert not np.isinf(values).any()


@READS
@given(
    lines=st.lists(
        st.tuples(st.integers(0, len(LINE) - 1), st.sampled_from("0 -9xé\t")), max_size=6
    )
)
def test_any_isd_lite_is_read_or_refused(write: Write, lines: list[tuple[int, str]]) -> None:
    changed = [LINE[:position] + mark + LINE[position + 1 :] for position, mark in lines]
    path = write("545110-99999-2019", "\n".join([LINE, *changed]))
    try:
        observations = read_stations(path, stations=write("isd-history.csv", HISTORY), min_hours=1)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert observations.files[0].format == "isd-lite"


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_one_format_alone_recognises_each_header(write: Write, name: str) -> None:
    path = write("any.csv", HEADERS[name] + "\n")
    # Days of UCI's files are days of tidy ones too, to whoever says that they are tidy.
    for other in set(READERS) - {name} - ({"tidy"} if name == "uci" else set()):
        with pytest.raises(InputError, match=f"is not laid out as '{other}': expected"):
            read_stations(path, format=other)


KEYS = {"openaq": "location_id", "aqs": "Site Num", "isd": "TMP", "gsod": "WDSP"} | {
    "uci": "station",
    "epa-outdoor": "POC",
    "airnow": "AQSID",
    "eea": "Validity",
    "sensor-community": "P2",
    "stateair": "QC Name",
}


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_header_without_its_keys_is_guessed(write: Write, name: str) -> None:
    """Without the columns by which it is known, the others tell what was meant."""
    keys = KEYS
    header = ",".join(column for column in HEADERS[name].split(",") if column != keys[name])
    with pytest.raises(InputError, match=f"nearest is '{name}', but it lacks {keys[name]}; "):
        read_stations(write("any.csv", header + "\n"))
