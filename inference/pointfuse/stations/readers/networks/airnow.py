"""Read the hourly files of AirNow: `HourlyData_*.dat` and `HourlyAQObs_*.dat`.

Layouts (https://docs.airnowapi.org, fact sheets of the two files): ``HourlyData`` has no header;
its columns, parted by bars, are valid date, valid time, AQSID, site name, GMT offset, parameter
name, reporting units, value and data source. ``HourlyAQObs`` is CSV with a header, a row per site
and hour, and a column with the unit of each pollutant. Both have dates as month, day and year, and
hours of GMT.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import Measured, RowLayout, clock_time, read_rows
from pointfuse.stations.tables.csv_table import CsvTable
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "lines such as '01/06/19|12:00|060010007|Oakland|-8|PM2.5|UG/M3|12.0|...', or HourlyAQObs"
COLUMNS = ("AQSID", "Latitude", "Longitude", "ValidDate", "ValidTime", "PM25", "PM25_Unit")
SIGN = "it has lines of HourlyData, or the header of HourlyAQObs"

_LINE = re.compile(r"\d\d/\d\d/\d\d\|\d\d:\d\d(\|[^|]*){3}\|[^|]+\|[^|]*\|[^|]*\|[^|]*", re.ASCII)
_NAMES = [
    *("valid date", "valid time", "AQSID", "site name", "GMT offset"),
    *("parameter name", "reporting units", "value", "data source"),
]
_PARAMETERS = {
    "pm25": ("PM2.5", "PM25", "ug m-3"),
    "pm10": ("PM10", "PM10", "ug m-3"),
    "no2": ("NO2", "NO2", "1e-9"),
    "so2": ("SO2", "SO2", "1e-9"),
    "co": ("CO", "CO", "ppm"),
    "o3": ("OZONE", "OZONE", "1e-9"),
    "relative_humidity": ("RHUM", "", "%"),
    "wind_speed": ("WS", "", "m s-1"),
}
"""Of each variable its name in either file, and its unit."""

_time = clock_time(datetime.UTC, "%m/%d/%y %H:%M", "%m/%d/%Y %H:%M")


def recognises(file: StationFile) -> bool:
    """Whether a file begins with a line of HourlyData, or has the header of HourlyAQObs."""
    return _is_data(file) or {"AQSID", "ValidDate", "ValidTime"} <= {*file.header}


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the hourly values of a file of AirNow.

    Raises
    ------
    InputError
        If a file without coordinates comes without station list.
    """
    return _read_data(file, request) if _is_data(file) else _read_observations(file, request)


def _is_data(file: StationFile) -> bool:
    table = file.table
    return isinstance(table, CsvTable) and bool(_LINE.fullmatch(table.text.partition("\n")[0]))


def _read_data(file: StationFile, request: ReadRequest) -> Observations:
    table = file.table
    assert isinstance(table, CsvTable)  # recognised by its text
    named = CsvTable(file.name, _NAMES, table.text, "|", 0, cells=file.cells)
    layout = RowLayout(
        format="airnow",
        code=("AQSID",),
        time=("valid date", "valid time"),
        read_time=_time,
        parameter="parameter name",
        measured={
            name: Measured("value", unit, "reporting units", said)
            for name, (said, _, unit) in _PARAMETERS.items()
        },
        clock="GMT",
    )
    return read_rows(replace(file, given=named), request, layout)


def _read_observations(file: StationFile, request: ReadRequest) -> Observations:
    layout = RowLayout(
        format="airnow",
        code=("AQSID",),
        place=("Longitude", "Latitude"),
        time=("ValidDate", "ValidTime"),
        read_time=_time,
        measured={
            name: Measured(title, unit, f"{title}_Unit" if f"{title}_Unit" in file.header else None)
            for name, (_, title, unit) in _PARAMETERS.items()
            if title in file.header
        },
        clock="GMT",
    )
    return read_rows(file, request, layout)
