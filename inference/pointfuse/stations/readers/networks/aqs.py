"""Read EPA Air Quality System files: hourly samples and daily summaries.

Layouts (https://aqs.epa.gov/aqsweb/airdata/FileFormats.html), as in the pre-generated files
``daily_88101_2016.csv`` and ``hourly_88101_2016.csv``: one row a monitor (site, parameter and POC,
the number of the instrument), and time. A daily row is the mean over the calendar day in the local
standard time of its site; an hour is that which begins at its time stamp.
"""

from __future__ import annotations

import datetime
import enum
import math
import re
from typing import NamedTuple

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.errors import UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.records import Records, Station
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the header State Code,County Code,Site Num,Parameter Code,POC,... of AirData"
COLUMNS = (
    *("State Code", "County Code", "Site Num", "Parameter Code", "POC"),
    *("Latitude", "Longitude", "Units of Measure"),
)
SIGN = "its header has State Code, County Code and Site Num"

_PARAMETERS = {
    "88101": "pm25",
    "81102": "pm10",
    "42401": "so2",
    "42602": "no2",
    "42101": "co",
    "44201": "o3",
    "62201": "relative_humidity",
    "61103": "wind_speed",
}
"""Name of a variable by AQS parameter: PM2.5 by a reference or equivalent method at local
conditions, PM10 at 25 degrees, as its standard is; gases; relative humidity; resultant wind
speed."""

_MDA8 = "o3_mda8"
_OZONE, _LARGEST = "44201", "1st Max Value"
_RUNNING = re.compile(r"(8-HR RUN|3-HR BLK)\b.*")
"""Durations of means within a day: a daily row of them is no mean of the day, but holds the
largest."""

_DURATIONS = ("1 HOUR", "24 HOUR")
_EVENTS = re.compile(r"((concurred )?events )?(?P<kept>included|excluded)")


class _Events(enum.IntEnum):
    """What a daily mean does with exceptional events; smoke was in the air, so they are wanted."""

    INCLUDED = 0
    NONE = 1
    EXCLUDED = 2
    UNKNOWN = 3

    @classmethod
    def of(cls, text: str) -> _Events:
        """The kind of an Event Type, such as ``Concurred Events Excluded``."""
        plain = " ".join(text.lower().split())
        if plain in ("", "none", "no events"):
            return cls.NONE
        found = _EVENTS.fullmatch(plain)
        if found is None:
            return cls.UNKNOWN
        return cls.INCLUDED if found["kept"] == "included" else cls.EXCLUDED


class _Rank(NamedTuple):
    """Which of several averages of an instrument and day is taken: the least.

    The mean of 24 hours comes before the same cut to a tenth for comparison with a standard. The
    last three decide where nothing else does, so that the order of the rows never does.
    """

    missing: bool
    events: _Events
    duration: int
    event_type: str
    duration_text: str
    value: float


class _Monitor(NamedTuple):
    """What one daily mean is made of."""

    variable: str
    station: Station
    instrument: str
    day: np.datetime64


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of AQS."""
    return {"State Code", "County Code", "Site Num"} <= set(file.header)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a file of AQS.

    The instruments of a site are averaged. Daily means of less than the hours that were asked for
    are missing, with a remark.

    Raises
    ------
    InputError
        If a column is missing, or the file holds no parameter that was asked for.
    """
    rows = _Rows(file.table, request)
    return _hourly(rows) if "Sample Measurement" in file.header else _daily(rows)


class _Rows:
    """The rows of a file that hold a variable that was asked for."""

    def __init__(self, table: Table, request: ReadRequest) -> None:
        self.table, self.request = table, request
        *self._station, self._parameter, self._units, self._instrument = table.find(
            *("State Code", "County Code", "Site Num", "Longitude", "Latitude"),
            *("Parameter Code", "Units of Measure", "POC"),
        )
        self._known: dict[tuple[str, ...], Station] = {}
        self.places = Coordinates(table, ("Longitude", "Latitude"), strict=request.strict)
        self._wanted = {key: name for key, name in _PARAMETERS.items() if name in request.variables}

    def variable(self, row: list[str]) -> str | None:
        """Name of the variable of which a row holds hours or means, if it was asked for."""
        return self._wanted.get(row[self._parameter].strip())

    def eight_hour_maximum(self, row: list[str]) -> str | None:
        """Name of the variable of which a row of 8-hour means holds the largest."""
        ozone = row[self._parameter].strip() == _OZONE
        return _MDA8 if ozone and _MDA8 in self.request.variables else None

    def station(self, line: int, row: list[str]) -> Station:
        """Site of a row; its code is state, county and number with leading zeros."""
        *site, east, north = cells = tuple([row[position] for position in self._station])
        if cells not in self._known:
            filled = [part.strip().zfill(size) for part, size in zip(site, (2, 3, 4), strict=True)]
            code = self.table.code("-".join(filled), line, "Site Num")
            self._known[cells] = code, *self.places.place(line, code, east, north)
        return self._known[cells]

    def instrument(self, row: list[str]) -> str:
        """Number of the instrument at its site."""
        return row[self._instrument].strip()

    def value(self, name: str, line: int, row: list[str], position: int) -> float:
        """Value of a row in the units of its variable."""
        factor = self.table.factor(self.request.factor, name, row[self._units], line)
        return factor * self.table.value(row[position], line, self.table.header[position])

    def columns(self, time: str, value: str) -> dict[str, str]:
        """What is taken from which column, for people."""
        columns = {
            "station": "State Code, County Code and Site Num",
            "place": "Longitude and Latitude",
            "time": time,
        } | {name: f"{value}, rows '{key}' of Parameter Code" for key, name in self._wanted.items()}
        if _MDA8 in self.table.units:
            columns[_MDA8] = f"{_LARGEST}, rows '{_OZONE}' of Parameter Code and of 8 hours"
        return columns

    def refuse_if_none(self, count: int) -> None:
        """Make sure that the file held rows that were asked for."""
        if not count:
            codes = ", ".join(f"{key} ({name})" for key, name in self._wanted.items())
            raise UnreadableFileError(
                f"{self.table.name} holds no rows of the AQS parameters {codes or 'of the model'}; "
                "get the files of these parameters"
            )


def _hourly(rows: _Rows) -> Observations:
    table = rows.table
    date, clock, sample = table.find("Date GMT", "Time GMT", "Sample Measurement")
    records = Records(table.name, "aqs", rows.request, "h")
    count = 0
    for line, row in table.rows():
        name = rows.variable(row)
        if name is None:
            continue
        count += 1
        with table.cells:
            stamp = f"{row[date].strip()}T{row[clock].strip()}"
            time = table.instant(stamp, line, "Time GMT", datetime.UTC)
            station = rows.station(line, row)
            value = rows.value(name, line, row, sample)
            records.add(station, rows.instrument(row), time, {name: value})
    rows.refuse_if_none(count)
    return records.observations(
        rows.places.remarks(),
        columns=rows.columns("Date GMT and Time GMT", "Sample Measurement"),
        units=rows.table.units,
        clock="GMT",
    )


def _daily(rows: _Rows) -> Observations:
    table, request = rows.table, rows.request
    date, event_type, duration, percent, mean = table.find(
        *("Date Local", "Event Type", "Sample Duration", "Observation Percent", "Arithmetic Mean")
    )
    (largest,) = table.find(_LARGEST) if _MDA8 in request.variables else (mean,)
    chosen: dict[_Monitor, _Rank] = {}
    event_types: set[str] = set()
    found = count = incomplete = within_days = 0
    for line, row in table.rows():
        kind = row[duration].strip()
        running = bool(_RUNNING.fullmatch(kind))
        name = rows.eight_hour_maximum(row) if running else rows.variable(row)
        if name is None:
            within_days += rows.variable(row) is not None
            continue
        found += 1
        with table.cells:
            day = table.day(row[date], line, "Date Local")
            key = _Monitor(name, rows.station(line, row), rows.instrument(row), day)
            observed = table.number(row[percent], line, "Observation Percent")
            hours = min(max(observed, 0.0), 100.0) * 24 / 100
            value = rows.value(name, line, row, largest if running else mean)
            # A blank says nothing against the mean.
            if hours == hours and round(hours) < request.min_hours:
                incomplete += not math.isnan(value)
                value = math.nan
            order = _DURATIONS.index(kind) if kind in _DURATIONS else len(_DURATIONS)
            # A missing value gives way to any other.
            rank = _Rank(
                missing=math.isnan(value),
                events=_Events.of(row[event_type]),
                duration=order,
                event_type=row[event_type].strip(),
                duration_text=kind,
                value=0.0 if math.isnan(value) else value,
            )
            event_types.add(rank.event_type)
            chosen[key] = min(rank, chosen.get(key, rank))
            count += 1
    if within_days and not found:
        raise UnreadableFileError(
            f"{table.name} holds days of running means alone, no daily means; get the files of "
            "hours, or ask for o3_mda8 if it is of ozone"
        )
    rows.refuse_if_none(found)
    records = Records(table.name, "aqs", request, "D")
    for (name, station, instrument, day), rank in chosen.items():
        records.add(station, instrument, day, {name: math.nan if rank.missing else rank.value})
    remarks = ["days are those of each site's local standard time"]
    if count > len(chosen):
        remarks.append(
            f"{counted(count - len(chosen), 'row')} with the day of an instrument once more, in "
            "another average; one of each was kept"
        )
    if within_days:
        remarks.append(
            f"{counted(within_days, 'row')} of running means left out, which are no daily means"
        )
    if incomplete:
        remarks.append(
            f"{counted(incomplete, 'daily mean')} of less than {request.min_hours} hours left out"
        )
    remarks += _remarks_on_events([*chosen.values()], event_types) + rows.places.remarks()
    return records.observations(
        remarks,
        columns=rows.columns("Date Local", "Arithmetic Mean"),
        units=rows.table.units,
        clock="local standard time of each site",
    )


def _remarks_on_events(chosen: list[_Rank], event_types: set[str]) -> list[str]:
    """On means that leave an event out, and on types of events that are not known."""
    taken = [rank for rank in chosen if not rank.missing]
    without = sum(rank.events is _Events.EXCLUDED for rank in taken)
    unknown = {rank.event_type for rank in taken if rank.events is _Events.UNKNOWN}
    passed_over = {text for text in event_types if _Events.of(text) is _Events.UNKNOWN} - unknown
    remarks = []
    if without:
        remarks.append(
            f"{counted(without, 'daily mean')} without exceptional events used, "
            "because there are no others"
        )
    if unknown:
        count = sum(rank.events is _Events.UNKNOWN for rank in taken)
        remarks.append(
            f"{counted(count, 'daily mean')} with an Event Type that is not known, "
            f"{_named(unknown)}, used for want of others"
        )
    if passed_over:
        remarks.append(
            f"daily means with an Event Type that is not known, {_named(passed_over)}, not used "
            "beside others"
        )
    return remarks


def _named(event_types: set[str]) -> str:
    """The first few of some types of events."""
    return ", ".join(repr(text[:40]) for text in sorted(event_types)[:3])
