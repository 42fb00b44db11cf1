"""Read hourly CNEMC files: one row per hour and quantity, one column per station.

Layout: ``date,hour,type,1001A,1002A,...`` with dates such as 20190106 and hours 0 to 23 in Beijing
time. The coordinates come from the network's station list. The network's means over cities come in
the same layout, with names of cities in place of codes; a city stands in the middle of its
stations.
"""

from __future__ import annotations

import datetime
import math

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import quoted
from pointfuse.basics.timezones import BEIJING
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.merging import table_of_means
from pointfuse.stations.observations import YEARS, Observations, SourceFile, Stations
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the header date,hour,type,<station>,<station>,..."
COLUMNS = ("date", "hour", "type")
SIGN = "its header begins with date,hour,type"

_CHINESE = (("日期", "小时", "类型"), ("日期", "时", "类型"), ("日期", "小时", "指标"))
"""The same columns in Chinese."""

_Row = tuple[np.datetime64, NDArray[np.float64]]

# Name of a variable: its rows in the file, and their unit.
_ROWS = {
    "pm25": ("PM2.5", "ug m-3"),
    "pm10": ("PM10", "ug m-3"),
    "so2": ("SO2", "ug m-3"),
    "no2": ("NO2", "ug m-3"),
    "o3": ("O3", "ug m-3"),
    "co": ("CO", "mg m-3"),
}


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of CNEMC's."""
    return tuple(file.header[:3]) in (COLUMNS, *_CHINESE) and any(file.header[3:])


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the hourly values of a CNEMC file.

    Values that are not above zero are missing: the network writes no others for air.

    Raises
    ------
    InputError
        If the file is damaged, holds no row that was asked for, or comes without station list.
    """
    table = file.table
    if request.station_list is None:
        raise InputError(
            f"{table.name} is a CNEMC file, which holds no coordinates; give the station list of "
            "the network too (--stations)"
        )
    wanted = {_ROWS[name][0]: name for name in request.variables if name in _ROWS}
    codes, columns, remarks = _station_columns(table)
    rows: dict[str, dict[tuple[str, str], _Row]] = {name: {} for name in wanted.values()}
    for line, row in table.rows(mentioning=tuple(wanted)):
        if row[2] not in wanted:
            continue
        name, label = wanted[row[2]], (row[0].strip(), row[1].strip())
        if label in rows[name]:
            remarks.append(f"{row[2]} of {row[0]} hour {row[1]} occurs twice; the first was kept")
            continue
        with table.cells:
            hour = _local_hour(table, line, *label, request)
            rows[name][label] = hour, table.values([row[i] for i in columns], line, codes)
    times = np.unique([time for of_one in rows.values() for time, _ in of_one.values()])
    if not len(times):
        raise UnreadableFileError(
            f"{table.name} holds no rows of {' or '.join(wanted) or 'a variable of the model'}; "
            "expected hourly rows with that name in the column 'type'"
        )
    tables = {}
    for name, of_one in rows.items():
        tables[name] = request.factor(name, _ROWS[name][1]) * _hourly_means(
            times, list(of_one.values()), len(codes)
        )
    longitude, latitude = np.array(_places(codes, request.station_list, remarks), np.float64).T
    return Observations(
        Stations(np.array(codes, np.str_), longitude, latitude),
        times,
        tables,
        request.timezone,
        (
            SourceFile(
                table.name,
                "cnemc",
                len(codes),
                len(times),
                tuple(remarks),
                {"station": "a column each", "time": "date and hour"}
                | {name: f"rows '{_ROWS[name][0]}' of type" for name in rows},
                {name: _ROWS[name][1] for name in rows},
                "Beijing time",
                hours_end=True,
            ),
        ),
    )


def _station_columns(table: Table) -> tuple[list[str], list[int], list[str]]:
    """Codes, their columns, and a remark on each column that stands twice."""
    columns: dict[str, int] = {}
    remarks = []
    for position, code in enumerate(table.header[3:], start=3):
        if code in columns:
            remarks.append(f"column {code} occurs twice; the first was kept")
        elif code:
            columns[code] = position
    return list(columns), list(columns.values()), remarks


def _places(
    codes: list[str], station_list: StationList, remarks: list[str]
) -> list[tuple[float, float]]:
    """Longitude and latitude of each station or city; a remark is added where there are cities."""
    cities = {code for code in codes if code not in station_list.places}
    cities &= station_list.city_places.keys()
    if cities:
        remarks.append(
            f"{counted(len(cities), 'column')} of cities; each was placed at the median of "
            "its stations"
        )
    known = station_list.city_places | station_list.places
    return [known.get(code, (math.nan, math.nan)) for code in codes]


def _hourly_means(
    times: NDArray[np.datetime64], rows: list[_Row], stations: int
) -> NDArray[np.float64]:
    """Table of (time, station). Two rows share a local hour where clocks are put back."""
    hour = np.searchsorted(times, np.array([time for time, _ in rows], times.dtype))
    values = np.array([values for _, values in rows]).reshape(len(rows), stations)
    values[values <= 0] = np.nan
    return table_of_means(
        np.repeat(hour, stations),
        np.tile(np.arange(stations), len(rows)),
        values.ravel(),
        (len(times), stations),
    )


def _local_hour(
    table: Table, line: int, date: str, hour: str, request: ReadRequest
) -> np.datetime64:
    try:
        if not hour.isdecimal():
            raise ValueError(hour)
        day = datetime.date.fromisoformat(date)
        if day.year not in YEARS:
            raise ValueError(date)
        instant = datetime.datetime.combine(day, datetime.time(int(hour)), BEIJING)
        return request.local_hour(instant)
    except ValueError as error:
        raise table.cell_error(
            line,
            None,
            "expected a date such as 20190106 and an hour from 0 to 23, got "
            f"{quoted(date, 20)} and {quoted(hour, 20)}",
        ) from error
