"""Read tables with a row per station and time, once it is known which column holds what."""

from __future__ import annotations

import contextlib
import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.records import Records
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import split_unit
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

When = np.datetime64 | datetime.datetime
"""A day, or an instant with its zone."""

ReadTime = Callable[[Table, int, list[str]], When]
"""Makes a time of the number of a row and the cells that hold it."""


class Measured(NamedTuple):
    """Where rows hold a variable.

    Parameters
    ----------
    column : str
        Column of the values.
    unit : str
        Their unit, where no column gives it.
    unit_column : str, optional
        Column of their units.
    parameter : str, optional
        What the column of parameters says in these rows.
    """

    column: str
    unit: str
    unit_column: str | None = None
    parameter: str | None = None


class Condition(NamedTuple):
    """Which rows are taken.

    Parameters
    ----------
    column : str
        A column.
    holds : callable
        Whether a row is taken, from its cell.
    otherwise : str
        What the others are, behind their number: "of whole cities".
    """

    column: str
    holds: Callable[[str], bool]
    otherwise: str


@dataclass(frozen=True)
class RowLayout:
    """Which column of a table holds what; columns by their names in the header.

    Parameters
    ----------
    format : str
        Key of the format.
    time : tuple of str
        Columns of the time.
    read_time : callable
        Makes a time of them.
    measured : mapping of str to Measured
        Variables that the table may hold.
    clock : str
        The time zone of its times, for people.
    code : tuple of str
        Columns of the station's code, put together with hyphens; none in a file of one station.
    spelt : callable
        Makes the code of a station of what these hold.
    named : str
        Code of the station of such a file.
    place : tuple of two str, optional
        Columns of longitude and latitude; from a station list where None.
    parameter : str, optional
        Column that says which variable a row holds.
    instrument : str, optional
        Column of the instrument at its station.
    conditions : tuple of Condition
        Which rows are taken.
    daily : bool
        Whether rows are days.
    positive : bool
        Whether values that are not above zero are missing.
    """

    format: str
    time: tuple[str, ...]
    read_time: ReadTime
    measured: Mapping[str, Measured]
    clock: str
    code: tuple[str, ...] = ()
    spelt: Callable[[str], str] = str
    named: str = ""
    place: tuple[str, str] | None = None
    parameter: str | None = None
    instrument: str | None = None
    conditions: tuple[Condition, ...] = ()
    daily: bool = False
    positive: bool = False


def read_rows(file: StationFile, request: ReadRequest, layout: RowLayout) -> Observations:
    """Read the values of a table.

    Values of an instrument in one hour are averaged, then those of the instruments of a station.

    Parameters
    ----------
    file : StationFile
        The file.
    request : ReadRequest
        What was asked for.
    layout : RowLayout
        Which column holds what.

    Raises
    ------
    InputError
        If a column is missing, a unit is unknown, or the places are not known; an
        `UnreadableFileError` if no variable is one that was asked for.
    """
    wanted = {name: each for name, each in layout.measured.items() if name in request.variables}
    if not wanted:
        raise UnreadableFileError(
            f"{file.name} holds {', '.join(layout.measured) or 'no variable that is known'}, and "
            f"the model takes {', '.join(request.variables)}; leave the file out"
        )
    return _Reading(file, request, layout, wanted).observations()


class _Reading:
    """The reading of one table."""

    def __init__(
        self,
        file: StationFile,
        request: ReadRequest,
        layout: RowLayout,
        wanted: Mapping[str, Measured],
    ) -> None:
        self._request, self._layout, self._wanted = request, layout, wanted
        self._table = file.table.in_zone(request.timezone)
        self._at = {title: self._table.find(title)[0] for title in self._titles()}
        self._coordinates = Coordinates(
            self._table, layout.place or ("longitude", "latitude"), strict=request.strict
        )
        if layout.place is None and request.station_list is None:
            raise InputError(
                f"{file.name} is a file of '{layout.format}', which holds no coordinates; give the "
                "station list of the network too (--stations)"
            )
        self._times: dict[tuple[str, ...], When] = {}
        self._left_out = dict.fromkeys(layout.conditions, 0)

    def _titles(self) -> set[str]:
        """Names of all columns that are read."""
        layout = self._layout
        alone = (layout.parameter, layout.instrument)
        titles = {*layout.time, *layout.code, *(layout.place or ())}
        titles |= {each.column for each in layout.conditions} | {each for each in alone if each}
        for each in self._wanted.values():
            titles |= {each.column} | ({each.unit_column} if each.unit_column else set())
        return titles

    def observations(self) -> Observations:
        """All that was read."""
        layout, table = self._layout, self._table
        records = Records(table.name, layout.format, self._request, "D" if layout.daily else "h")
        rows = 0
        for line, row in table.rows(mentioning=self._parameters()):
            variables = self._variables(row)
            if not variables or not self._is_taken(row):
                continue
            rows += 1
            with table.cells:
                values = {name: self._value(name, line, row) for name in variables}
                station = self._station(line, row)
                instrument = row[self._at[layout.instrument]].strip() if layout.instrument else ""
                records.add(station, instrument, self._time(line, row), values)
        remarks = [] if rows else [f"it holds no rows of {' or '.join(self._wanted)}"]
        remarks += [
            f"{counted(number, 'row')} {condition.otherwise} left out"
            for condition, number in self._left_out.items()
            if number
        ]
        return records.observations(
            [*remarks, *self._coordinates.remarks()],
            columns=self._columns(),
            units=table.units,
            clock=layout.clock,
        )

    def _parameters(self) -> tuple[str, ...]:
        """What a line mentions that holds a variable, where a column says so."""
        parameter = self._layout.parameter
        # The first and the last cell of a line have a separator on one side alone.
        if parameter is None or self._at[parameter] in (0, len(self._table.header) - 1):
            return ("",)
        return tuple(each.parameter or "" for each in self._wanted.values())

    def _variables(self, row: list[str]) -> list[str]:
        """Variables that a row holds."""
        if self._layout.parameter is None:
            return [*self._wanted]
        said = row[self._at[self._layout.parameter]].strip()
        return [name for name, each in self._wanted.items() if each.parameter == said]

    def _is_taken(self, row: list[str]) -> bool:
        for condition in self._layout.conditions:
            if not condition.holds(row[self._at[condition.column]].strip()):
                self._left_out[condition] += 1
                return False
        return True

    def _station(self, line: int, row: list[str]) -> tuple[str, float, float]:
        layout = self._layout
        if layout.code:
            parts = [row[self._at[title]].strip() for title in layout.code]
            code = layout.spelt(self._table.code("-".join(parts), line, layout.code[0]))
        else:
            code = layout.named
        if layout.place:
            east, north = (row[self._at[title]] for title in layout.place)
            return code, *self._coordinates.place(line, code, east, north)
        assert self._request.station_list is not None  # checked with the header
        return code, *self._request.station_list.place(code)

    def _time(self, line: int, row: list[str]) -> When:
        cells = tuple([row[self._at[title]] for title in self._layout.time])
        if cells not in self._times:
            self._times[cells] = self._layout.read_time(self._table, line, [*cells])
        return self._times[cells]

    def _unit(self, name: str) -> str:
        """The unit of a variable in all rows; empty where each row gives its own."""
        measured = self._wanted[name]
        if measured.unit_column is not None:
            return ""
        return self._request.units.get(name, measured.unit)

    def _value(self, name: str, line: int, row: list[str]) -> float:
        """Value of a row in the units of the model; NaN where it is missing."""
        measured, table = self._wanted[name], self._table
        text = row[self._at[measured.column]]
        value = table.value(text, line, measured.column)
        if math.isnan(value) or (self._layout.positive and value <= 0):
            return math.nan
        unit = row[self._at[measured.unit_column]] if measured.unit_column else self._unit(name)
        return table.factor(self._request.factor, name, unit, line) * value

    def _columns(self) -> dict[str, str]:
        """What was taken from which column, for people."""
        layout = self._layout
        station = " and ".join(layout.code) or f"one, named by the file: {layout.named}"
        columns = {"station": station, "time": " and ".join(layout.time)}
        if layout.place:
            columns["place"] = " and ".join(layout.place)
        for name, each in self._wanted.items():
            rows = f", rows '{each.parameter}' of {layout.parameter}" if layout.parameter else ""
            columns[name] = f"{each.column}{rows}"
        return columns


def first_title(file: StationFile, *plain: str) -> str | None:
    """The column of a file that has one of some plain names (`plain_name`), if there is one."""
    return next((file.titles[name] for name in plain if name in file.titles), None)


def columns_of(
    file: StationFile, species: Mapping[str, tuple[Sequence[str], str]]
) -> dict[str, Measured]:
    """Columns that hold variables, by their plain names.

    Parameters
    ----------
    file : StationFile
        The file.
    species : mapping of str to (sequence of str, str)
        Plain names of the column of each variable, and its unit where the header names none.
    """
    found = {}
    for name, (plain, unit) in species.items():
        title = first_title(file, *plain)
        if title is not None:
            found[name] = Measured(title, split_unit(title)[1] or unit)
    return found


def clock_time(zone: datetime.tzinfo, *formats: str) -> ReadTime:
    """What reads times as `datetime.strptime`, in a time zone.

    Parameters
    ----------
    zone : datetime.tzinfo
        The zone.
    *formats : str
        How they are written, of cells with a blank between them; ISO 8601 where none fits.
    """

    def read(table: Table, line: int, cells: list[str]) -> datetime.datetime:
        text, written = _read_as(formats, cells)
        return table.instant(written.isoformat() if written else text, line, "time", zone)

    return read


def calendar_day(*formats: str) -> ReadTime:
    """What reads days as `datetime.strptime`; ISO 8601 where no format fits."""

    def read(table: Table, line: int, cells: list[str]) -> np.datetime64:
        text, written = _read_as(formats, cells)
        return np.datetime64(written.date(), "D") if written else table.day(text, line, "date")

    return read


def _read_as(formats: Sequence[str], cells: Sequence[str]) -> tuple[str, datetime.datetime | None]:
    """The text of some cells, and what it is in the first format that fits."""
    text = " ".join(cell.strip() for cell in cells)
    for form in formats:
        with contextlib.suppress(ValueError):
            return text, datetime.datetime.strptime(text, form)
    return text, None
