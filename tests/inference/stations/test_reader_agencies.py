"""Files of agencies elsewhere: OpenAQ's explorer, the EPA's page, AirNow, CPCB, the EEA.

Headers are those of the public descriptions that each reader names; the values are invented.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pointfuse.errors import InputError
from pointfuse.model.metadata import Variable
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import DEFAULT_VARIABLES, read_stations

Write = Callable[[str, str | bytes], Path]
PM10 = (*DEFAULT_VARIABLES, Variable("pm10", "ug m-3", "", "", (0.0, 3000.0)))


def hours(observations: Observations, name: str = "pm25") -> list[tuple[str, float]]:
    """Hours with a value, in the time zone of the observations."""
    found = observations.hours
    assert found is not None
    return [
        (str(time), float(value))
        for time, row in zip(found.times, found.values[name], strict=True)
        for value in row
        if np.isfinite(value)
    ]


EXPLORER = "location_id,location_name,parameter,value,unit,datetimeUtc,datetimeLocal,timezone,"
EXPLORER += "latitude,longitude,country_iso,isMobile,isMonitor,owner_name,provider\n"


def test_openaq_explorer(write: Write) -> None:
    """5:00 UTC is 13:00 in Beijing, the end of the hour from 12:00."""
    row = '8,"Bridge, north",pm25,61,µg/m³,2019-01-06T05:00:00Z,2019-01-06T13:00:00+08:00,'
    row += "Asia/Shanghai,39.9,116.3,,,,A,B\n"
    ozone = row.replace("pm25,61,µg/m³", "o3,0.01,ppm")
    observations = read_stations(write("openaq.csv", EXPLORER + row + ozone), min_hours=1)
    assert observations.files[0].format == "openaq-explorer"
    assert observations.stations.code.tolist() == ["8"]
    assert observations.stations.longitude.tolist() == [116.3]
    assert hours(observations) == [("2019-01-06T12", 61.0)]


def measurement(value: float, hour: int, **more: Any) -> dict[str, Any]:
    """A result of /v3/sensors/{id}/hours."""
    begin, end = (f"2019-01-06T{each:02}:00:00Z" for each in (hour, hour + 1))
    return {
        "value": value,
        "flagInfo": {"hasFlags": False},
        "parameter": {"id": 2, "name": "pm25", "units": "µg/m³", "displayName": None},
        "period": {
            "label": "1hour",
            "interval": "01:00:00",
            "datetimeFrom": {"utc": begin, "local": begin},
            "datetimeTo": {"utc": end, "local": end},
        },
        "coordinates": None,
        **more,
    }


def test_openaq_version_3(write: Write) -> None:
    """An answer names no location: it is the file's, whose place a list gives."""
    meta = {"name": "openaq-api", "page": 1, "limit": 100, "found": 2}
    answer = {"meta": meta, "results": [measurement(61.0, 4), measurement(62.5, 5)]}
    path = write("sensor-42.json", json.dumps(answer))
    with pytest.raises(InputError, match="'openaq-explorer', which holds no coordinates"):
        read_stations(path)
    stations = write("l.csv", "station,longitude,latitude\nsensor-42,116.3,39.9\n")
    observations = read_stations(path, stations=stations, min_hours=1)
    assert observations.files[0].written == "JSON"
    assert observations.stations.code.tolist() == ["sensor-42"]
    assert hours(observations) == [("2019-01-06T12", 61.0), ("2019-01-06T13", 62.5)]


def test_openaq_version_3_of_a_sensor_that_moves(write: Write) -> None:
    place = {"coordinates": {"latitude": 39.9, "longitude": 116.3}}
    path = write("s.json", json.dumps({"results": [measurement(61.0, 4, **place)]}))
    observations = read_stations(path, min_hours=1)
    assert observations.stations.latitude.tolist() == [39.9]


def test_openaq_version_2(write: Write) -> None:
    """Which is no more, but whose files are still around; its times end the hour too."""
    head = "locationId,location,city,country,utc,local,parameter,value,unit,latitude,longitude\n"
    row = "8,Bridge,,CN,2019-01-06T05:00:00+00:00,2019-01-06T13:00:00+08:00,pm25,61,µg/m³,39.9,"
    observations = read_stations(write("a.csv", f"{head}{row}116.3\n"), min_hours=1)
    assert hours(observations) == [("2019-01-06T12", 61.0)]


EPA = {
    "older": "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,UNITS,DAILY_AQI_VALUE,"
    "Site Name,DAILY_OBS_COUNT,PERCENT_COMPLETE,AQS_PARAMETER_CODE,AQS_PARAMETER_DESC,CBSA_CODE,"
    "CBSA_NAME,STATE_CODE,STATE,COUNTY_CODE,COUNTY,SITE_LATITUDE,SITE_LONGITUDE\n",
    "newer": "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,Units,Daily AQI Value,"
    "Local Site Name,Daily Obs Count,Percent Complete,AQS Parameter Code,AQS Parameter "
    "Description,CBSA Code,CBSA Name,State FIPS Code,State,County FIPS Code,County,"
    "Site Latitude,Site Longitude\n",
}


def epa_row(value: float, *, poc: int = 3, percent: float = 100.0) -> str:
    return (
        f"01/06/2019,AQS,60010007,{poc},{value},ug/m3 LC,52,Livermore,1,{percent},88101,PM2.5 - "
        "Local Conditions,41860,San Francisco,06,California,001,Alameda,37.687526,-121.784217\n"
    )


@pytest.mark.parametrize("age", EPA)
def test_the_download_page_of_the_epa(write: Write, age: str) -> None:
    """The code is that of AQS files, so that both are one station."""
    text = EPA[age] + epa_row(12.5) + epa_row(13.5, poc=4) + epa_row(99, poc=5, percent=50)
    observations = read_stations(write("ad_viz_plotval_data.csv", text))
    assert observations.files[0].format == "epa-outdoor"
    assert observations.stations.code.tolist() == ["06-001-0007"]
    assert observations.stations.longitude.tolist() == [-121.784217]
    assert observations.times.astype(str).tolist() == ["2019-01-06"]
    np.testing.assert_array_equal(observations.values["pm25"], [[13.0]])
    assert "1 row of fewer hours than asked left out" in observations.files[0].remarks


def test_a_date_of_the_epa_that_is_none(write: Write) -> None:
    text = EPA["newer"] + epa_row(12.5).replace("01/06/2019", "13/06/2019")
    with pytest.raises(InputError, match=r"expected a date .*\(read as 'epa-outdoor'"):
        read_stations(write("a.csv", text))


HOURLY_DATA = (
    "01/06/19|12:00|060010007|Livermore|-8|PM2.5|UG/M3|12.0|California Air Resources Board\n"
    "01/06/19|12:00|060010007|Livermore|-8|OZONE|PPB|30|California Air Resources Board\n"
    '01/06/19|12:00|000010102|ST. JOHN"S|-4|PM2.5|UG/M3|5.5|Newfoundland & Labrador DEC\n'
    "01/06/19|12:00|060010007|Livermore|-8|RHUM|PERCENT|80|California Air Resources Board\n"
    "01/06/19|12:00|060010007|Livermore|-8|WS|M/S|2.5|California Air Resources Board\n"
)
AIRNOW = (
    '"AQSID","SiteName","Status","EPARegion","Latitude","Longitude","Elevation","GMTOffset",'
    '"CountryCode","StateName","ValidDate","ValidTime","DataSource","ReportingArea_PipeDelimited",'
    '"OZONE_AQI","PM10_AQI","PM25_AQI","NO2_AQI","OZONE_Measured","PM10_Measured","PM25_Measured",'
    '"NO2_Measured","PM25","PM25_Unit","OZONE","OZONE_Unit","NO2","NO2_Unit","CO","CO_Unit","SO2",'
    '"SO2_Unit","PM10","PM10_Unit"\n'
)


def test_airnow_hourly_data(write: Write) -> None:
    """Without header; the places come from AirNow's list of sites."""
    list_text = "StationID|AQSID|FullAQSID|Latitude|Longitude\n"
    list_text += "060010007|060010007|840060010007|37.6875|-121.784\n"
    stations = write("Monitoring_Site_Locations_V2.dat", list_text)
    path = write("HourlyData_2019010612.dat", HOURLY_DATA)
    observations = read_stations(path, stations=stations, min_hours=1, timezone="UTC")
    assert observations.files[0].format == "airnow"
    assert observations.files[0].clock == "GMT"
    assert observations.stations.code.tolist() == ["060010007", "000010102"]
    assert observations.stations.longitude.tolist()[0] == -121.784
    assert hours(observations) == [("2019-01-06T12", 12.0), ("2019-01-06T12", 5.5)]
    assert hours(observations, "relative_humidity") == [("2019-01-06T12", 80.0)]
    assert hours(observations, "wind_speed") == [("2019-01-06T12", 2.5)]


def test_airnow_hourly_observations(write: Write) -> None:
    row = '"060010007","Livermore","Active","R9","37.6875","-121.784","0","-8","US","CA",'
    row += '"01/06/2019","12:00","California","Tri-Valley","30","","52","","1","0","1","0",'
    row += '"12.0","UG/M3","30.0","PPB","","","","","","","",""\n'
    observations = read_stations(
        write("HourlyAQObs_2019010612.dat", AIRNOW + row), min_hours=1, timezone="UTC"
    )
    assert observations.files[0].format == "airnow"
    assert observations.stations.latitude.tolist() == [37.6875]
    assert hours(observations) == [("2019-01-06T12", 12.0)]


CPCB_NOTES = """CENTRAL POLLUTION CONTROL BOARD,
CONTINUOUS AMBIENT AIR QUALITY,
Date: Tuesday May 19 2020,
State,Karnataka
City,Dharwad
"Station","Kalabhavan, Dharwad - KSPCB"
Parameter,"PM2.5,PM10,CO"
AvgPeriod,1 Hours
From,18-05-2020T00:00:00Z 00:00
To,19-05-2020T21:16:59Z 00:00
,
Prescribed Standards,,0-60,0-100,0-2
Exceeding Standards,,NA,NA,NA
Remarks,
"""
DHARWAD = 'station,longitude,latitude\n"Kalabhavan, Dharwad - KSPCB",75.0,15.45\nsite_5129,75,15\n'


def test_an_export_of_cpcb_below_its_notes(write: Write) -> None:
    """Midnight in India is 2:30 in Beijing; parts of an hour are averaged."""
    text = CPCB_NOTES + "From Date,To Date,PM2.5,PM10,CO\n"
    text += "18-05-2020 00:00,18-05-2020 00:15,38,65.4,0.5\n"
    text += "18-05-2020 00:15,18-05-2020 00:30,40,65.4,0.5\n"
    text += "18-05-2020 01:00,18-05-2020 01:15,None,65.4,0.5\n"
    observations = read_stations(
        write("export.csv", text),
        stations=write("l.csv", DHARWAD),
        min_hours=1,
        timezone="Asia/Kolkata",
    )
    assert observations.files[0].format == "cpcb"
    assert observations.stations.code.tolist() == ["Kalabhavan, Dharwad - KSPCB"]
    assert observations.stations.longitude.tolist() == [75.0]
    assert hours(observations) == [("2020-05-18T00", 39.0)]


def test_days_of_cpcb(write: Write) -> None:
    text = "From Date,To Date,PM2.5 (ug/m3),PM10 (ug/m3)\n"
    text += "18-05-2020 00:00,19-05-2020 00:00,38,65.4\n"
    stations = write("l.csv", "station,longitude,latitude\nsite_103,75,15.45\n")
    observations = read_stations(write("site_103.csv", text), stations=stations)
    assert observations.times.astype(str).tolist() == ["2020-05-18"]
    np.testing.assert_array_equal(observations.values["pm25"], [[38.0]])


def test_the_repository_of_cpcb(write: Write) -> None:
    text = (
        "Timestamp,PM2.5 (µg/m³),PM10 (µg/m³),RH (%),WS (m/s)\n2020-05-18 00:00:00,38,65,50,1.5\n"
    )
    observations = read_stations(
        write("Raw_data_1Hr_2020_site_5129_Kalabhavan.csv", text),
        stations=write("l.csv", DHARWAD),
        min_hours=1,
        timezone="Asia/Kolkata",
    )
    assert observations.stations.code.tolist() == ["site_5129"]
    assert hours(observations, "wind_speed") == [("2020-05-18T00", 1.5)]


@pytest.mark.parametrize(
    ("header", "time", "listed"),
    [
        ("StationId,Date", "2019-01-06", "station"),
        ("StationId,Datetime", "2019-01-06 13:00:00", "station"),
        ("City,Date", "2019-01-06", "city"),
    ],
)
def test_tables_of_all_stations_or_cities_of_india(
    write: Write, header: str, time: str, listed: str
) -> None:
    text = f"{header},PM2.5,PM10,NO,NO2,NOx,NH3,CO,SO2,O3,Benzene,Toluene,Xylene,AQI,AQI_Bucket\n"
    text += f"DL001,{time},120.5,200,1,2,3,4,1.5,6,7,8,9,10,300,Poor\n"
    observations = read_stations(
        write("day.csv", text),
        stations=write("l.csv", f"{listed},longitude,latitude\nDL001,77.2,28.6\n"),
        min_hours=1,
        timezone="Asia/Kolkata",
    )
    assert observations.files[0].format == "cpcb"
    assert observations.stations.longitude.tolist() == [77.2]
    np.testing.assert_array_equal(observations.values["pm25"], [[120.5]])


EEA = (
    "Countrycode,Namespace,AirQualityNetwork,AirQualityStation,AirQualityStationEoICode,"
    "SamplingPoint,SamplingProcess,Sample,AirPollutant,AirPollutantCode,AveragingTime,"
    "Concentration,UnitOfMeasurement,DatetimeBegin,DatetimeEnd,Validity,Verification\n"
)
EEA_LIST = (
    "Countrycode\tAirQualityStationEoICode\tSamplingPoint\tLongitude\tLatitude\n"
    "DE\tDEBB021\tSPO.DE_DEBB021_PM2\t13.06\t52.4\n"
)


def eea_row(hour: int, value: object, validity: int, *, average: str = "hour") -> str:
    begin, end = (f"2019-01-06 {each:02}:00:00 +01:00" for each in (hour, hour + 1))
    return (
        "DE,DE.BB,NET,STA.DE_DEBB021,DEBB021,SPO.DE_DEBB021_PM2,SPP,SAM,PM2.5,"
        f"http://dd.eionet.europa.eu/vocabulary/aq/pollutant/6001,{average},{value},µg/m3,{begin},"
        f"{end},{validity},1\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_of_the_eea_with_its_validity(write: Write, encoding: str) -> None:
    """1, 2 and 3 are valid, -1 and -99 are not; 0:00 UTC+1 is 7:00 in Beijing."""
    values = [(10, 1), (11, 2), (12, 3), (900, -1), (901, -99)]
    text = EEA + "".join(eea_row(hour, *each) for hour, each in enumerate(values))
    text += eea_row(23, 500, 1, average="day")
    observations = read_stations(
        write("DE_6001_2019_timeseries.csv", text.encode(encoding)),
        stations=write("metadata.csv", EEA_LIST),
        min_hours=1,
        quality_control=False,
    )
    assert observations.files[0].format == "eea"
    assert observations.stations.code.tolist() == ["DEBB021"]
    assert observations.stations.longitude.tolist() == [13.06]
    assert hours(observations) == [(f"2019-01-06T{7 + at:02}", 10.0 + at) for at in range(3)]
    assert observations.files[0].remarks == (
        "1 row of no hour left out",
        "2 rows marked as not valid left out",
    )


def test_parquet_of_the_eea(tmp_path: Path, write: Write) -> None:
    """Numbers of pollutants, times of UTC+1, and decimals, as the download service gives them."""
    pyarrow = pytest.importorskip("pyarrow", reason="pip install '.[parquet]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    begin = [datetime.datetime(2019, 1, 6, hour) for hour in range(3)]
    columns = {
        "Samplingpoint": ["DE/SPO.DE_DEBB021_PM2"] * 3,
        "Pollutant": [6001, 6001, 5],
        "Start": begin,
        "End": [each + datetime.timedelta(hours=1) for each in begin],
        "Value": pyarrow.array([10.5, 99.0, 20.0]).cast(pyarrow.decimal128(18, 6)),
        "Unit": ["ug.m-3"] * 3,
        "AggType": ["hour"] * 3,
        "Validity": [1, -1, 1],
        "Verification": [1, 1, 1],
    }
    path = tmp_path / "SPO.DE_DEBB021_PM2.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    observations = read_stations(
        path, stations=write("metadata.csv", EEA_LIST), min_hours=1, variables=PM10
    )
    assert (observations.files[0].format, observations.files[0].written) == ("eea", "Parquet")
    assert observations.stations.longitude.tolist() == [13.06]
    assert hours(observations) == [("2019-01-06T07", 10.5)]
    assert hours(observations, "pm10") == [("2019-01-06T09", 20.0)]


def test_days_of_the_eea(write: Write) -> None:
    """A day is that of the station, whatever day it is elsewhere when it begins."""
    text = EEA + eea_row(0, 10, 1, average="day")
    observations = read_stations(write("a.csv", text), stations=write("l.csv", EEA_LIST))
    assert observations.times.astype(str).tolist() == ["2019-01-06"]
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0]])


def test_a_list_of_the_eea_knows_both_codes(write: Write) -> None:
    places = read_station_list(write("metadata.csv", EEA_LIST)).places
    assert places == {"DEBB021": (13.06, 52.4), "SPO.DE_DEBB021_PM2": (13.06, 52.4)}
