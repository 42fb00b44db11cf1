"""Files of the Air Quality System of the EPA: hourly samples and daily summaries.

Layouts (https://aqs.epa.gov/aqsweb/airdata/FileFormats.html), as in the pre-generated files
``daily_88101_2016.csv`` and ``hourly_88101_2016.csv``: one row a monitor (site, parameter and POC,
the number of the instrument), and time. A daily row is the mean over the calendar day in the local
standard time of its site; an hour is that which begins at its time stamp.
"""

from __future__ import annotations

import datetime
import math
from typing import NamedTuple

import numpy as np

from pointfuse.basics.units import conversion_factor
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.records import Records, Station
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_file import StationFile
from pointfuse.stations.readers.station_list import coordinates
from pointfuse.stations.readers.table import Table

LAYOUT = (
    "the header State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,...,Units of "
    "Measure,... with Date Local and Arithmetic Mean, or Date GMT, Time GMT and Sample Measurement"
)
COLUMNS = (
    *("State Code", "County Code", "Site Num", "Parameter Code", "POC"),
    *("Latitude", "Longitude", "Units of Measure"),
)
SIGN = "its header has State Code, County Code and Site Num"

# Name of a variable by AQS parameter: PM2.5 by a reference or equivalent method at local
# conditions; relative humidity; resultant wind speed.
_PARAMETERS = {"88101": "pm25", "62201": "relative_humidity", "61103": "wind_speed"}

# Of several averages of one instrument and day the first in this order is taken: those with
# exceptional events (smoke was there) before those without; the mean of 24 hours before the same
# cut to a tenth for comparison with a standard.
_WITHOUT_EVENTS = ("excluded", "events excluded")
_DURATIONS = ("1 HOUR", "24 HOUR")


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
        If a column is missing, a cell is no number or time, a unit is unknown, or the file holds
        no parameter that was asked for.
    """
    rows = _Rows(file.table, request)
    return _hourly(rows) if "Sample Measurement" in file.header else _daily(rows)


class _Rows:
    """The rows of a file that hold a variable that was asked for."""

    def __init__(self, table: Table, request: ReadRequest) -> None:
        self.table, self.request = table, request
        self._station = [
            table.column(name)
            for name in ("State Code", "County Code", "Site Num", "Longitude", "Latitude")
        ]
        self._known: dict[tuple[str, ...], Station] = {}
        self._parameter = table.column("Parameter Code")
        self._units = table.column("Units of Measure")
        self._instrument = table.column("POC")
        self._wanted = {key: name for key, name in _PARAMETERS.items() if name in request.variables}

    def variable(self, row: list[str]) -> str | None:
        """Name of the variable that a row holds, if it was asked for."""
        return self._wanted.get(row[self._parameter].strip())

    def station(self, line: int, row: list[str]) -> Station:
        """Site of a row; its code is state, county and number with leading zeros."""
        *site, east, north = cells = tuple([row[position] for position in self._station])
        if cells not in self._known:
            filled = [part.strip().zfill(size) for part, size in zip(site, (2, 3, 4), strict=True)]
            code = self.table.code("-".join(filled), line, "Site Num")
            self._known[cells] = code, *coordinates(self.table, line, east, north)
        return self._known[cells]

    def instrument(self, row: list[str]) -> str:
        """Number of the instrument at its site."""
        return row[self._instrument].strip()

    def value(self, name: str, line: int, row: list[str], column: str) -> float:
        """Value of a row in the units of its variable."""
        wanted = self.request.variables[name].units
        factor = conversion_factor(name, row[self._units], wanted)
        return factor * self.table.number(row[self.table.column(column)], line, column)

    def refuse_if_none(self, count: int) -> None:
        """Make sure that the file held rows that were asked for."""
        if not count:
            codes = ", ".join(f"{key} ({name})" for key, name in self._wanted.items())
            raise InputError(
                f"{self.table.name} holds no rows of the AQS parameters {codes or 'of the model'}; "
                "get the files of these parameters"
            )


def _hourly(rows: _Rows) -> Observations:
    table = rows.table
    date, clock = table.column("Date GMT"), table.column("Time GMT")
    records = Records(table.name, "aqs", rows.request, "h")
    count = 0
    for line, row in table.rows():
        name = rows.variable(row)
        if name is None:
            continue
        count += 1
        stamp = f"{row[date].strip()}T{row[clock].strip()}"
        time = table.instant(stamp, line, "Time GMT", datetime.UTC)
        value = rows.value(name, line, row, "Sample Measurement")
        records.add(rows.station(line, row), rows.instrument(row), time, {name: value})
    rows.refuse_if_none(count)
    return records.observations()


def _daily(rows: _Rows) -> Observations:
    table, request = rows.table, rows.request
    date, events = table.column("Date Local"), table.column("Event Type")
    duration, percent = table.column("Sample Duration"), table.column("Observation Percent")
    chosen: dict[_Monitor, tuple[tuple[bool, bool, int], float]] = {}
    count = incomplete = 0
    for line, row in table.rows():
        name = rows.variable(row)
        if name is None:
            continue
        count += 1
        value = rows.value(name, line, row, "Arithmetic Mean")
        hours = table.number(row[percent], line, "Observation Percent") * 24 / 100
        # A blank says nothing against the mean.
        if hours == hours and round(hours) < request.min_hours:
            incomplete += not math.isnan(value)
            value = math.nan
        kind = row[duration].strip()
        order = _DURATIONS.index(kind) if kind in _DURATIONS else len(_DURATIONS)
        # A missing value gives way to any other.
        rank = math.isnan(value), row[events].strip().lower() in _WITHOUT_EVENTS, order
        day = table.day(row[date], line, "Date Local")
        key = _Monitor(name, rows.station(line, row), rows.instrument(row), day)
        if key not in chosen or rank < chosen[key][0]:
            chosen[key] = rank, value
    rows.refuse_if_none(count)
    records = Records(table.name, "aqs", request, "D")
    for (name, station, instrument, day), (_, value) in chosen.items():
        records.add(station, instrument, day, {name: value})
    remarks = ["days are those of each site's local standard time"]
    if count > len(chosen):
        remarks.append(
            f"{count - len(chosen)} rows give the day of an instrument once more, in another "
            "average; one of each was kept"
        )
    if incomplete:
        remarks.append(
            f"{incomplete} daily means of less than {request.min_hours} hours were left out"
        )
    return records.observations(remarks)
