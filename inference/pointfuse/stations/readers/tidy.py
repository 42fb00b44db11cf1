"""Tidy CSV files: one row a station and time, one column a variable.

Layout: ``station,longitude,latitude,date|time,<variables>`` in any order. A ``date`` is a day whose
mean the row gives; a ``time`` is an instant (ISO 8601), local unless it names an offset, and its
values are averaged over hours first. A variable may carry its unit: ``pm25 [mg/m3]``. Without the
two coordinate columns the places come from a station list. Other columns are ignored.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import conversion_factor
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations, SourceFile, Stations
from pointfuse.stations.readers.records import means_in_range
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_file import StationFile
from pointfuse.stations.readers.station_list import coordinates
from pointfuse.stations.readers.table import Table, shortened

LAYOUT = "the header station,longitude,latitude,date|time,<variables>"
COLUMNS = ("station", "longitude", "latitude", "date")
SIGN = "its header has station and date or time"

_WITH_UNIT = re.compile(r"(?P<name>[^\[(]+?)\s*[\[(](?P<unit>.*)[\])]")


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of a tidy table."""
    return is_tidy(file.header)


def is_tidy(header: list[str]) -> bool:
    """Whether a header is that of a tidy table."""
    return "station" in header and ("date" in header or "time" in header)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a tidy CSV file, as `read_table`."""
    return read_table(file.table, request, "tidy")


def read_table(table: Table, request: ReadRequest, format_name: str) -> Observations:
    """Read the daily or hourly values of a tidy table.

    Rows that stand twice are kept once.

    Raises
    ------
    InputError
        If a column is missing, a cell is no number, a unit is unknown, or two rows contradict
        each other.
    """
    columns = _value_columns(table, request)
    rows = _rows(table, columns, request)
    if not len(rows.line):
        raise InputError(f"{table.name} has a header and no rows; expected one a station and time")
    rows, repeated = _without_repetitions(table, rows, [column.name for column in columns])
    times, time = np.unique(rows.time, return_inverse=True)
    remarks = [f"{repeated} rows stand twice; each was kept once"] if repeated else []
    values = {}
    for column, given in zip(columns, rows.values.T, strict=True):
        values[column.variable] = means_in_range(
            time,
            rows.station,
            given * column.factor,
            (len(times), len(rows.stations)),
            request.variables[column.variable],
            remarks,
        )
    return Observations(
        rows.stations,
        times,
        values,
        request.timezone,
        (SourceFile(table.name, format_name, len(rows.stations), len(times), tuple(remarks)),),
    )


@dataclass(frozen=True)
class _ValueColumn:
    """A column that holds a variable: its header, place, and factor to the model's units."""

    name: str
    variable: str
    position: int
    factor: float


@dataclass(frozen=True)
class _Rows:
    """The rows of a file as arrays of one length, and the stations they refer to."""

    stations: Stations
    line: NDArray[np.int64]
    station: NDArray[np.int64]
    instant: NDArray[np.datetime64]
    time: NDArray[np.datetime64]
    values: NDArray[np.float64]

    def __getitem__(self, kept: NDArray[np.bool_]) -> _Rows:
        return _Rows(
            self.stations,
            self.line[kept],
            self.station[kept],
            self.instant[kept],
            self.time[kept],
            self.values[kept],
        )


def _value_columns(table: Table, request: ReadRequest) -> list[_ValueColumn]:
    found: dict[str, _ValueColumn] = {}
    for position, name in enumerate(table.header):
        match = _WITH_UNIT.fullmatch(name)
        variable, in_header = (match["name"], match["unit"]) if match else (name, None)
        if variable not in request.variables:
            continue
        if variable in found:
            raise InputError(f"{table.name}: the header names {variable} twice; keep one of them")
        wanted = request.variables[variable].units
        asked = request.units.get(variable)
        factor = conversion_factor(variable, in_header or asked or wanted, wanted)
        if in_header and asked and conversion_factor(variable, asked, wanted) != factor:
            raise InputError(
                f"{table.name}: the header gives {variable} in '{in_header}', the call in "
                f"'{asked}'; drop the one that is wrong"
            )
        found[variable] = _ValueColumn(name, variable, position, factor)
    if not found:
        raise InputError(
            f"{table.name}: expected a column named {' or '.join(request.variables)}, the header "
            f"is {shortened(table.header)}"
        )
    return list(found.values())


def _rows(table: Table, columns: list[_ValueColumn], request: ReadRequest) -> _Rows:
    code_column = table.column("station")
    if "date" in table.header and "time" in table.header:
        raise InputError(
            f"{table.name} has both a column 'date' and a column 'time'; keep the 'date' of daily "
            "means, or put date and time of instants together in 'time'"
        )
    time_column = table.column("date" if "date" in table.header else "time")
    places = _Places(table, request)
    times: dict[str, tuple[np.datetime64, np.datetime64]] = {}
    lines, stations, instants, hours, values = [], [], [], [], []
    for line, row in table.rows():
        text = row[time_column]
        if text not in times:
            times[text] = _parse_time(table, line, time_column, text, request)
        lines.append(line)
        stations.append(places.station(line, row[code_column], row))
        instants.append(times[text][0])
        hours.append(times[text][1])
        values.append([table.number(row[c.position], line, c.name) for c in columns])
    return _Rows(
        places.stations(),
        np.array(lines, np.int64),
        np.array(stations, np.int64),
        np.array(instants, "datetime64[s]"),
        np.array(hours, "datetime64[D]" if "date" in table.header else "datetime64[h]"),
        np.array(values, np.float64).reshape(len(lines), len(columns)),
    )


class _Places:
    """Stations of a file in the order in which they appear, with one place each."""

    def __init__(self, table: Table, request: ReadRequest) -> None:
        self._table = table
        self._list = request.station_list
        self._index: dict[str, int] = {}
        self._places: list[tuple[float, float]] = []
        # Coordinates beside the values win over a list: they are nearer to the measurement.
        self._columns = None
        if {"longitude", "latitude"} & set(table.header):
            self._columns = table.column("longitude"), table.column("latitude")
        elif self._list is None:
            raise InputError(
                f"{table.name}: expected the columns longitude and latitude, the header is "
                f"{shortened(table.header)}; add them or give a station list (--stations)"
            )

    def station(self, line: int, code: str, row: list[str]) -> int:
        """Number of the station that a row names."""
        code = self._table.code(code, line, "station")
        if self._columns:
            east, north = (row[column] for column in self._columns)
            place = coordinates(self._table, line, east, north)
        else:
            assert self._list is not None  # checked on construction
            place = self._list.places.get(code, (math.nan, math.nan))
        number = self._index.setdefault(code, len(self._places))
        if number == len(self._places):
            self._places.append(place)
        elif str(self._places[number]) != str(place):  # as text, NaN equals itself
            raise InputError(
                f"{self._table.name}, line {line}: station {code} stands at {place} here and at "
                f"{self._places[number]} above; give each station one place and one name"
            )
        return number

    def stations(self) -> Stations:
        """All stations so far."""
        places = np.array(self._places, np.float64).reshape(-1, 2)
        return Stations(np.array(list(self._index), np.str_), places[:, 0], places[:, 1])


def _parse_time(
    table: Table, line: int, column: int, text: str, request: ReadRequest
) -> tuple[np.datetime64, np.datetime64]:
    """Instant (UTC; of a day, its date) and local day or hour of a time cell."""
    if table.header[column] == "date":
        day = table.day(text, line, "date")
        return day, day
    time = table.instant(text, line, "time", request.timezone)
    return np.datetime64(time.replace(tzinfo=None), "s"), request.local_hour(time)


def _without_repetitions(table: Table, rows: _Rows, names: list[str]) -> tuple[_Rows, int]:
    """Rows of which each station and instant stands once, and how many were left out."""
    order = np.lexsort((rows.line, rows.instant, rows.station))
    station, instant, values = rows.station[order], rows.instant[order], rows.values[order]
    again = np.zeros(len(order), bool)
    again[1:] = (station[1:] == station[:-1]) & (instant[1:] == instant[:-1])
    same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    contradiction = again[1:, None] & ~same
    if contradiction.any():
        row, column = np.argwhere(contradiction)[0]
        first, second = rows.line[order[row]], rows.line[order[row + 1]]
        raise InputError(
            f"{table.name}: station {rows.stations.code[station[row]]} stands twice at the same "
            f"time with different values of {names[column]}, {values[row, column]:g} on line "
            f"{first} and {values[row + 1, column]:g} on line {second}; remove one of them"
        )
    kept = np.ones(len(order), bool)
    kept[order[again]] = False
    return rows[kept], int(again.sum())
