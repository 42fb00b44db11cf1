"""Read tidy CSV files: one row per station and time, one column per variable.

Layout: ``station,longitude,latitude,date|time,<variables>`` in any order, in small or capital
letters, and under the other usual names that `columns` knows. A ``date`` is a day whose mean the
row gives; a ``time`` is an instant (ISO 8601), local unless it names an offset, and its values are
averaged over hours first. A variable may carry its unit: ``pm25 [mg/m3]``. Without the two
coordinate columns the places come from a station list. Other columns are ignored.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.counted import counted
from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations, SourceFile, Stations
from pointfuse.stations.readers.records import means_in_range
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.tidy_header import (
    ValueColumn,
    clock_of,
    is_tidy,
    own_header,
    taken_from,
    value_columns,
)
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the header station,longitude,latitude,date|time,<variables>"
COLUMNS = ("station", "longitude", "latitude", "date")
SIGN = "its header has station and date or time"


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of a tidy table."""
    return is_tidy(file.header)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a tidy CSV file, as `read_table`."""
    return read_table(file.table, request, "tidy")


def read_table(table: Table, request: ReadRequest, format_name: str) -> Observations:
    """Read the daily or hourly values of a tidy table.

    Rows that occur twice are kept once.

    Raises
    ------
    InputError
        If a column is missing, a unit is unknown, or two rows contradict each other.
    """
    clock, titles = clock_of(table, request), table.header
    table = replace(table.in_zone(request.timezone), header=own_header(table, request))
    columns = value_columns(table, request)
    places = _Places(table, request)
    rows = _rows(table, columns, places, request, clock)
    if not len(rows.line):
        left_out = "; ".join(table.cells.remarks())
        raise UnreadableFileError(
            f"{table.name}: {left_out}; no row is left"
            if left_out
            else f"{table.name} has a header and no rows; expected one for each station and time"
        )
    rows, repeated = _without_repetitions(table, rows, [column.name for column in columns])
    times, time = np.unique(rows.time, return_inverse=True)
    remarks = [f"{counted(repeated, 'row')} given twice; each was kept once"] if repeated else []
    remarks += places.remarks()
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
        (
            SourceFile(
                table.name,
                format_name,
                len(rows.stations),
                len(times),
                tuple(remarks),
                taken_from(titles, table.header, columns),
                {column.variable: column.unit for column in columns},
                _clock_text(clock, daily=times.dtype == np.dtype("datetime64[D]")),
            ),
        ),
    )


class _Time(NamedTuple):
    """A time cell: its instant (UTC; of a day, its date), and local day or hour.

    Where clocks are put back, `again` is the instant at which they show the same time again.
    """

    instant: np.datetime64
    again: np.datetime64
    label: np.datetime64


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


def _clock_text(clock: datetime.tzinfo, *, daily: bool) -> str:
    """The zone of times that name none, for people."""
    return f"days of {zone_name(clock)}" if daily else f"{zone_name(clock)}, unless a time says"


def _rows(
    table: Table,
    columns: list[ValueColumn],
    places: _Places,
    request: ReadRequest,
    clock: datetime.tzinfo,
) -> _Rows:
    time_name = "date" if "date" in table.header else "time"
    code_column, time_column = table.find("station", time_name)
    times: dict[str, _Time] = {}
    shown: set[tuple[int, np.datetime64]] = set()
    lines, stations, instants, hours, values = [], [], [], [], []
    for line, row in table.rows():
        text = row[time_column]
        with table.cells:
            if text not in times:
                times[text] = _parse_time(table, line, time_column, text, request, clock)
            time = times[text]
            stations.append(places.station(line, row[code_column], row))
            lines.append(line)
            instant = time.instant
            if time.again != instant:  # clocks were put back: the hour comes twice
                instant = time.again if (stations[-1], instant) in shown else instant
                shown.add((stations[-1], time.instant))
            instants.append(instant)
            hours.append(time.label)
            values.append([table.value(row[c.position], line, c.name) for c in columns])
    return _Rows(
        places.stations(),
        np.array(lines, np.int64),
        np.array(stations, np.int64),
        np.array(instants, "datetime64[s]"),
        np.array(hours, f"datetime64[{'D' if time_name == 'date' else 'h'}]"),
        np.array(values, np.float64).reshape(len(lines), len(columns)),
    )


class _Places:
    """Stations of a file in the order in which they appear, with one place each."""

    def __init__(self, table: Table, request: ReadRequest) -> None:
        self._table = table
        self._list = request.station_list
        self._index: dict[str, int] = {}
        self._places: list[tuple[float, float]] = []
        self._coordinates = Coordinates(table, strict=request.strict)
        # Coordinates beside the values win over a list: they are nearer to the measurement.
        self._columns = table.find("longitude", "latitude") if "longitude" in table.header else None

    def station(self, line: int, code: str, row: list[str]) -> int:
        """Number of the station that a row names."""
        code = self._table.code(code, line, "station")
        if self._columns:
            east, north = (row[column] for column in self._columns)
            place = self._coordinates.place(line, code, east, north)
        else:
            assert self._list is not None  # checked with the header
            place = self._list.places.get(code, (math.nan, math.nan))
        number = self._index.setdefault(code, len(self._places))
        if number == len(self._places):
            self._places.append(place)
        known = self._places[number]
        if math.isnan(known[0]):
            self._places[number] = place
        elif not math.isnan(place[0]) and known != place:
            raise InputError(
                f"{self._table.at(line)}: station {code[:40]} stands at {place} here and at "
                f"{known} above; give each station one place and one name"
            )
        return number

    def stations(self) -> Stations:
        """All stations so far."""
        places = np.array(self._places, np.float64).reshape(-1, 2)
        return Stations(np.array(list(self._index), np.str_), places[:, 0], places[:, 1])

    def remarks(self) -> list[str]:
        """What was found about the places."""
        return self._coordinates.remarks()


def _parse_time(
    table: Table,
    line: int,
    column: int,
    text: str,
    request: ReadRequest,
    clock: datetime.tzinfo,
) -> _Time:
    """What a time cell says."""
    if table.header[column] == "date":
        day = table.day(text, line, "date")
        return _Time(day, day, day)
    time, again = (table.instant(text, line, "time", clock, fold=fold) for fold in (0, 1))
    first, second = (np.datetime64(each.replace(tzinfo=None), "s") for each in (time, again))
    return _Time(first, second, request.local_hour(time))


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
        first, second = (f"{table.counted} {rows.line[order[at]]}" for at in (row, row + 1))
        code = rows.stations.code[station[row]][:40]
        raise InputError(
            f"{table.name}: station {code} occurs twice at the same time with different values of "
            f"{names[column]}, {values[row, column]:g} on {first} and {values[row + 1, column]:g} "
            f"on {second}; remove one of them"
        )
    kept = np.ones(len(order), bool)
    kept[order[again]] = False
    return rows[kept], int(again.sum())
