"""Global Surface Summary of the Day (GSOD) of NCEI as CSV: daily weather of a station and year.

Layout (https://www.ncei.noaa.gov/data/global-summary-of-the-day/doc/readme.txt): means over UTC
days of at least four reports; ``TEMP`` and ``DEWP`` in degrees Fahrenheit, missing as 9999.9;
``WDSP`` in knots, missing as 999.9.
"""

from __future__ import annotations

import datetime
import math

from pointfuse.basics.timezones import zone_name
from pointfuse.basics.units import conversion_factor
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.ncei.weather import WeatherReports
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header STATION,DATE,LATITUDE,LONGITUDE,ELEVATION,NAME,TEMP,...,DEWP,...,WDSP,..."
COLUMNS = ("STATION", "DATE", "LATITUDE", "LONGITUDE", "TEMP", "DEWP", "WDSP")
SIGN = "its header has STATION, DATE, TEMP and WDSP"

_MISSING = {"TEMP": 9999.9, "DEWP": 9999.9, "WDSP": 999.9}


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of GSOD."""
    return {"STATION", "DATE", "TEMP", "WDSP"} <= set(file.header)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read relative humidity and wind speed of a GSOD file.

    Humidity is that of the mean temperature and the mean dew point.

    Raises
    ------
    InputError
        If a column is missing.
    """
    table = file.table
    code, date, east, north, *positions = table.find(
        "STATION", "DATE", "LONGITUDE", "LATITUDE", *_MISSING
    )
    fields = dict(zip(_MISSING, positions, strict=True))
    places = Coordinates(table, ("LONGITUDE", "LATITUDE"), strict=request.strict)
    metres_a_second = conversion_factor("wind_speed", "knots", "m s-1")
    reports = WeatherReports(table.name, "gsod", request, "D")
    for line, row in table.rows():
        with table.cells:
            name = table.code(row[code], line, "STATION")
            day = table.day(row[date], line, "DATE")
            station = name, *places.place(line, name, row[east], row[north])
            values = {name: table.value(row[at], line, name) for name, at in fields.items()}
            for name, missing in _MISSING.items():
                if values[name] == missing:
                    values[name] = math.nan
            measured = (
                (values["TEMP"] - 32) / 1.8,
                (values["DEWP"] - 32) / 1.8,
                values["WDSP"] * metres_a_second,
            )
            reports.add(station, day, measured)
    remarks = places.remarks()
    if request.timezone != datetime.UTC:
        remarks.append(f"UTC days were taken as days of {zone_name(request.timezone)}")
    return reports.observations(
        {
            "station": "STATION",
            "place": "LONGITUDE and LATITUDE",
            "time": "DATE",
            "relative_humidity": "TEMP and DEWP",
            "wind_speed": "WDSP",
        },
        remarks,
    )
