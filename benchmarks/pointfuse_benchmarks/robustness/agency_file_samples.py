"""Sound station files as agencies and interfaces give them, besides those of `samples`."""

from __future__ import annotations

import io
import json
import zipfile

_EXPLORER = "location_id,location_name,parameter,value,unit,datetimeUtc,latitude,longitude\n"
_EPA = "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,Units,Percent Complete,"
_EEA = "AirQualityStationEoICode,SamplingPoint,AirPollutant,AveragingTime,Concentration,"


def agency_files() -> dict[str, tuple[str, bytes]]:
    """Name and content of a file of each format, by what it is."""
    hours = range(24)
    records = [
        {"TimePoint": f"2019-01-06T{hour:02}:00:00", "StationCode": code, "PM2_5": f"{40 + hour}"}
        | {"Latitude": "39.9", "Longitude": "116.4"}
        for hour in hours
        for code in ("1001A", "1002A")
    ]
    chinese = "监测点编码,监测点名称,监测时间,PM2.5浓度(μg/m³),CO,经度,纬度\n" + "".join(
        f"1001A,万寿西宫,2019-01-06 {hour}:00,{40 + hour},1.2,116.4,39.9\n" for hour in hours
    )
    uci = "No,year,month,day,hour,PM2.5,WSPM,station\n" + "".join(
        f"{hour + 1},2013,3,1,{hour},{4 + hour},4.4,Dingling\n" for hour in hours
    )
    stateair = (
        '"Notes, of a line",,,,,,,,,,\n'
        "Site,Parameter,Date (LST),Year,Month,Day,Hour,Value,Unit,Duration,QC Name\n"
    ) + "".join(
        f"Beijing,PM2.5,1/6/2019 {hour}:00,2019,1,6,{hour},{22 + hour},µg/m³,1 Hr,Valid\n"
        for hour in hours
    )
    explorer = _EXPLORER + "".join(
        f'8,"Bridge, 8",pm25,{hour}.5,µg/m³,2019-01-06T{hour:02}:00:00Z,39.9,116.3\n'
        for hour in hours
    )
    epa = f"{_EPA}Site Latitude,Site Longitude\n" + "".join(
        f"01/{day:02}/2019,AQS,60010007,3,{day}.5,ug/m3 LC,100.0,37.68,-121.78\n"
        for day in range(1, 9)
    )
    airnow = "".join(
        f"01/06/19|{hour:02}:00|0600100{at:02}|Livermore|-8|PM2.5|UG/M3|{hour}.5|California\n"
        for hour in hours
        for at in (7, 8)
    )
    cpcb = 'CENTRAL POLLUTION CONTROL BOARD,\n"Station","Dharwad, KSPCB"\n,\n'
    cpcb += "From Date,To Date,PM2.5,PM10\n" + "".join(
        f"06-01-2019 {hour:02}:00,06-01-2019 {hour:02}:15,{38 + hour},65\n" for hour in hours
    )
    eea = f"{_EEA}UnitOfMeasurement,DatetimeBegin,Validity\n" + "".join(
        f"DEBB021,SPO,PM2.5,hour,{hour}.5,µg/m3,2019-01-06 {hour:02}:00:00 +01:00,1\n"
        for hour in hours
    )
    sensors = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2\n" + "".join(
        f"88;SDS011;85;36.5;105.5;2019-01-06T{hour:02}:00:44;47.4;;;{hour}.5\n" for hour in hours
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(zipfile.ZipInfo("epa.csv"), epa)  # without the time of its making
    return {
        "cnemc-interface": ("hours.json", json.dumps(records).encode()),
        "chinese-table": ("table.csv", chinese.encode("gb18030")),
        "uci": ("Dingling.csv", uci.encode()),
        "stateair": ("Beijing.csv", stateair.encode("latin-1")),
        "openaq-explorer": ("openaq.csv", explorer.encode()),
        "epa-outdoor": ("epa.csv", epa.encode()),
        "epa-outdoor, zip": ("epa.zip", archive.getvalue()),
        "airnow": ("HourlyData.dat", airnow.encode()),
        "cpcb": ("export.csv", cpcb.encode()),
        "eea": ("eea.csv", eea.encode("utf-16")),
        "sensor-community": ("sensors.csv", sensors.encode()),
    }
