"""Hourly files of the Integrated Surface Database (ISD, "global hourly") of NCEI as CSV.

Layout (https://www.ncei.noaa.gov/data/global-hourly/doc/isd-format-document.pdf): one row a report
at an instant in UTC, with fields that hold several numbers: ``TMP`` and ``DEW`` are a temperature
in tenths of a degree Celsius and its quality code, ``+0010,1``; ``WND`` is direction, its quality,
type, speed in tenths of m s-1 and its quality, ``359,1,N,0034,1``. A missing value is 9999.
"""

from __future__ import annotations

import datetime
import math

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import quoted
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.ncei.weather import WeatherReports, read_scaled
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the header STATION,DATE,...,LATITUDE,LONGITUDE,...,WND,...,TMP,DEW,..."
COLUMNS = ("STATION", "DATE", "LATITUDE", "LONGITUDE", "WND", "TMP", "DEW")
SIGN = "its header has STATION, DATE, WND and TMP"

_MISSING = 9999
# 2 and 6 are suspect, 3 and 7 erroneous; the others passed, or were accepted or corrected by hand.
_REJECTED = frozenset("2367")
# Field: how many parts it has, and which of them are the value and its quality code.
_FIELDS = {"TMP": (2, 0, 1), "DEW": (2, 0, 1), "WND": (5, 3, 4)}


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of ISD."""
    return {"STATION", "DATE", "WND", "TMP"} <= set(file.header)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read relative humidity and wind speed from the reports of an ISD file.

    Values whose quality code says suspect or erroneous are missing, with a remark.

    Raises
    ------
    InputError
        If a column is missing.
    """
    table = file.table
    code, time, east, north, *positions = table.find(
        "STATION", "DATE", "LONGITUDE", "LATITUDE", *_FIELDS
    )
    fields = dict(zip(_FIELDS, positions, strict=True))
    places = Coordinates(table, ("LONGITUDE", "LATITUDE"), strict=request.strict)
    reports = WeatherReports(table.name, "isd", request, "h")
    rejected = 0
    for line, row in table.rows():
        with table.cells:
            name = table.code(row[code], line, "STATION")
            instant = table.instant(row[time], line, "DATE", datetime.UTC)
            given = {name: _value(table, name, row[at], line) for name, at in fields.items()}
            station = name, *places.place(line, name, row[east], row[north])
            rejected += sum(not good and not math.isnan(value) for value, good in given.values())
            values = {name: value if good else math.nan for name, (value, good) in given.items()}
            reports.add(station, instant, (values["TMP"], values["DEW"], values["WND"]))
    remarks = places.remarks()
    if rejected:
        remarks.append(
            f"{counted(rejected, 'value')} with a quality code of suspect or erroneous left out"
        )
    return reports.observations(
        {
            "station": "STATION",
            "place": "LONGITUDE and LATITUDE",
            "time": "DATE",
            "relative_humidity": "TMP and DEW",
            "wind_speed": "WND",
        },
        remarks,
    )


def _value(table: Table, name: str, text: str, line: int) -> tuple[float, bool]:
    """Value of a field, and whether its quality code accepts it."""
    if not text.strip():
        return math.nan, True
    count, value, quality = _FIELDS[name]
    parts = text.split(",")
    try:
        if len(parts) != count:
            raise ValueError(text)
        return read_scaled(parts[value], _MISSING), parts[quality].strip() not in _REJECTED
    except ValueError as error:
        example = "359,1,N,0034,1" if name == "WND" else "+0010,1"
        raise table.cell_error(
            line,
            name,
            f"expected numbers and quality codes such as {example}, got {quoted(text)}",
        ) from error
