"""Read downloads of PurpleAir: histories of its interface, and files of its older download page.

Histories (https://api.purpleair.com) have ``time_stamp`` (seconds since 1970 or ISO 8601),
``sensor_index`` and fields such as ``pm2.5_atm``. Older files have ``created_at,...,
PM2.5_ATM_ug/m3``, and name and place of the sensor in the name of the file: ``Name (outside)
(37.77 -122.42) Primary Real Time 01_01_2019 01_02_2019.csv``. Times are UTC, concentrations ug/m3
without a correction for humidity.
"""

from __future__ import annotations

import datetime
import re

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    RowLayout,
    clock_time,
    columns_of,
    first_title,
    read_rows,
)
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the columns time_stamp,sensor_index,pm2.5_atm,... or created_at,...,PM2.5_ATM_ug/m3"
COLUMNS = ("time_stamp", "sensor_index", "pm2.5_atm")
SIGN = "it has the columns time_stamp or created_at, and pm2.5_atm"

# Outdoors the fields "atm" are meant.
_FIELDS = {
    "pm25": (("pm25atm", "pm25atmugm3", "pm25alt", "pm25cf1"), "ug m-3"),
    "pm10": (("pm100atm", "pm100atmugm3", "pm100cf1"), "ug m-3"),
}
_PLACED = re.compile(
    r"(?P<name>.+?) \([a-z]+\) \((?P<north>-?\d+\.\d+) (?P<east>-?\d+\.\d+)\) .*", re.ASCII
)
_TIMES = ("timestamp", "createdat", "lastseen")
_EPOCH = re.compile(r"\d{9,10}", re.ASCII)
_written = clock_time(datetime.UTC)


def recognises(file: StationFile) -> bool:
    """Whether a file has the columns of a history, or of an older download."""
    return bool(first_title(file, *_TIMES) and columns_of(file, _FIELDS))


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the readings of sensors; those of an hour are averaged.

    Raises
    ------
    InputError
        If neither the file, its name nor a station list holds coordinates.
    """
    code = first_title(file, "sensorindex")
    east, north = first_title(file, "longitude"), first_title(file, "latitude")
    named, time = _PLACED.fullmatch(file.name), first_title(file, *_TIMES)
    assert time is not None  # recognised by it
    if named and code is None:
        place = float(named["east"]), float(named["north"])
        request = request.with_list(StationList({named["name"]: place}, {}, ()))
    layout = RowLayout(
        format="purpleair",
        code=(code,) if code else (),
        named=named["name"] if named else file.stem,
        place=(east, north) if east and north else None,
        time=(time,),
        read_time=_instant,
        measured=columns_of(file, _FIELDS),
        clock="UTC",
    )
    return read_rows(file, request, layout)


def _instant(table: Table, line: int, cells: list[str]) -> datetime.datetime:
    text = cells[0].strip()
    if _EPOCH.fullmatch(text):
        text = datetime.datetime.fromtimestamp(int(text), datetime.UTC).isoformat()
    time = _written(table, line, [text])
    assert isinstance(time, datetime.datetime)
    return time
