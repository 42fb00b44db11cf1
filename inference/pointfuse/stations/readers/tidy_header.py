"""Headers of tidy tables: which column holds what, under whatever usual name."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from pointfuse.basics.printable import listed, quoted
from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import own_name, positions, split_unit
from pointfuse.stations.tables.table import Table, shortened

USUAL = frozenset({*POLLUTANTS, "relative_humidity", "wind_speed"})
"""What a table holds that is told to be tidy by other names than station, date and time."""


_ROLES = {"station": ("station",), "place": ("longitude", "latitude"), "time": ("date", "time")}


def is_tidy(header: list[str]) -> bool:
    """Whether a header is that of a tidy table."""
    if "station" in header and ("date" in header or "time" in header):
        return True
    # Tables of other kinds have a column SITE or Date too.
    names = {own_name(split_unit(name)[0]) for name in header}
    held = names | {name.casefold() for name in names}
    return "station" in names and not names.isdisjoint({"date", "time"}) and bool(held & USUAL)


@dataclass(frozen=True)
class ValueColumn:
    """A column that holds a variable: its header, place, unit, and factor to the model's units."""

    name: str
    variable: str
    position: int
    unit: str
    factor: float


def clock_of(table: Table, request: ReadRequest) -> datetime.tzinfo:
    """The zone of times that name none: UTC where the header says so.

    Raises
    ------
    InputError
        If days are in UTC, and others were asked for.
    """
    zone = request.timezone
    for title in table.header:
        name, unit = own_name(title), split_unit(title)[1]
        if name == "time" and unit is not None:
            return datetime.UTC
        if name == "date" and unit is not None and zone.utcoffset(None) != datetime.timedelta(0):
            raise InputError(
                f"{table.name}: the column {quoted(title)} has days in UTC, and days in "
                f"{zone_name(zone)} are asked for; ask for those in UTC (--timezone UTC)"
            )
    return zone


def own_header(table: Table, request: ReadRequest) -> list[str]:
    """The header with the names that this module knows in place of others for the same.

    Raises
    ------
    InputError
        If several columns may be meant, or one is missing, with the names of all such.
    """
    header = list(table.header)
    plain, units = zip(*map(split_unit, header), strict=True)
    # Beside a column of the very name another one that could stand for it is just another one.
    times = {"date", "time"} & set(header) or {"date", "time"} & {*map(own_name, header)}
    found = {
        name: positions(header, name)
        for name in ("station", "longitude", "latitude", *sorted(times))
    }
    for name in request.variables:
        # Of values both are refused: one may be of another instrument, or in another unit.
        found[name] = [
            place
            for place, title in enumerate(plain)
            if name in (title.casefold(), own_name(title))
        ]
    for name, places in found.items():
        if len(places) > 1:
            titles = listed(shortened([table.header[place]]) for place in places)
            raise InputError(
                f"{table.name}: the header names {name} twice, as {titles}; keep one of them"
            )
        for place in places:
            of_value = name in request.variables and units[place] is not None
            header[place] = f"{name} [{units[place]}]" if of_value else name
    if times == {"date", "time"}:
        raise InputError(
            f"{table.name} has both a column 'date' and a column 'time'; keep the 'date' of daily "
            "means, or put date and time of instants together in 'time'"
        )
    hour = [title for title in table.header if title.casefold() in ("hour", "hr")]
    if times == {"date"} and hour:
        raise InputError(
            f"{table.name} has both a column {quoted(table.header[found['date'][0]])} and a column "
            f"{quoted(hour[0])}; put them together in a column 'time', such as 2019-01-06T13:00, "
            "or remove the hour of daily means"
        )
    _refuse_if_lacking(table, {name for name, places in found.items() if places}, request)
    return header


def _refuse_if_lacking(table: Table, found: set[str], request: ReadRequest) -> None:
    """Make sure that a table has places, or a list gives them, and a variable."""
    lacks = [name for name in ("longitude", "latitude") if name not in found]
    hint = ""
    if len(lacks) == 2:
        hint = "; add the coordinates or give a station list (--stations)"
        if request.station_list is not None:
            lacks, hint = [], ""
    if found.isdisjoint(request.variables):
        lacks.append(" or ".join(request.variables))
    if lacks:
        raise UnreadableFileError(
            f"{table.name} lacks a column named {listed(lacks)}{hint}; the header is "
            f"{shortened(table.header)}"
        )


def value_columns(table: Table, request: ReadRequest) -> list[ValueColumn]:
    """The columns of variables that were asked for, with their units.

    Raises
    ------
    InputError
        If a unit is not known, or not that which was given with the call.
    """
    found = []
    for position, title in enumerate(table.header):
        variable, in_header = split_unit(title)
        if variable not in request.variables:
            continue
        wanted = request.variables[variable].units
        asked = request.units.get(variable)
        unit = in_header or asked or wanted
        factor = request.factor(variable, unit)
        if in_header and asked and request.factor(variable, asked) != factor:
            raise InputError(
                f"{table.name}: the header gives {variable} in '{in_header}', the call in "
                f"'{asked}'; remove the wrong one"
            )
        found.append(ValueColumn(title, variable, position, unit, factor))
    return found


def taken_from(given: list[str], own: list[str], columns: list[ValueColumn]) -> dict[str, str]:
    """What was taken from which column, as the file names it."""
    taken = {
        what: " and ".join(given[own.index(name)] for name in names if name in own)
        for what, names in _ROLES.items()
    }
    taken |= {column.variable: given[column.position] for column in columns}
    return {what: titles for what, titles in taken.items() if titles}
