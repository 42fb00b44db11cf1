"""Read hours of the Chinese network as its interface gives them: a row per station and hour.

The national publishing platform (CNEMC) answers with records of ``TimePoint``, ``StationCode``,
``PM2_5``, ``PM2_5_24h``, ..., and some with ``Latitude`` and ``Longitude``; the interfaces that
pass them on write ``time_point`` and ``station_code``. People keep them as JSON or as CSV with the
same names, in any case. Times are those of Beijing; a dash is a missing value; gases are at
reference conditions, CO in mg/m3, all else in ug/m3 (HJ 633-2012).
"""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

from pointfuse.basics.timezones import BEIJING
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    Condition,
    RowLayout,
    clock_time,
    columns_of,
    first_title,
    read_rows,
)
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table, plain_code

LAYOUT = "the columns timepoint,stationcode,pm2_5,... as CSV or JSON"
COLUMNS = ("timepoint", "stationcode", "pm2_5")
SIGN = "it has the columns timepoint and stationcode"

HOURLY = {
    "pm25": (("pm25",), "ug m-3"),
    "pm10": (("pm10",), "ug m-3"),
    "so2": (("so2",), "ug m-3"),
    "no2": (("no2",), "ug m-3"),
    "o3": (("o3",), "ug m-3"),
    "co": (("co",), "mg m-3"),
}
"""Plain names of the columns of hourly values, and their units."""

_SERIALISED = re.compile(r"/Date\((?P<milliseconds>\d+)([+-]\d{4})?\)/", re.ASCII)
"""An instant as the platform's own JSON writes it."""

_written = clock_time(BEIJING)


def recognises(file: StationFile) -> bool:
    """Whether a file has the columns of the interface."""
    return {"timepoint", "stationcode"} <= file.titles.keys()


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the hourly values of the interface.

    Values that are not above zero are missing, as in the network's files. Rows without a station
    are means of whole cities, which their stations give already.

    Raises
    ------
    InputError
        If the file holds no coordinates and there is no station list.
    """
    code = file.titles["stationcode"]
    east, north = (first_title(file, name) for name in ("longitude", "latitude"))
    layout = RowLayout(
        format="cnemc-interface",
        code=(code,),
        place=(east, north) if east and north else None,
        time=(file.titles["timepoint"],),
        read_time=_instant,
        measured=columns_of(file, HOURLY),
        conditions=(Condition(code, lambda text: bool(plain_code(text)), "of whole cities"),),
        clock="Beijing time",
        positive=True,
    )
    found = read_rows(file, request, layout)
    return replace(found, files=tuple(replace(each, hours_end=True) for each in found.files))


def _instant(table: Table, line: int, cells: list[str]) -> datetime.datetime:
    found = _SERIALISED.fullmatch(cells[0].strip())
    if found is None:
        time = _written(table, line, cells)
        assert isinstance(time, datetime.datetime)
        return time
    stamp = datetime.datetime.fromtimestamp(0, datetime.UTC)
    try:
        stamp += datetime.timedelta(milliseconds=int(found["milliseconds"]))
    except OverflowError:
        stamp = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return table.instant(stamp.isoformat(), line, "time", BEIJING)
