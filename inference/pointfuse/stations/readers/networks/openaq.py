"""Read OpenAQ archive files: one row per sensor and time.

Layout (https://docs.openaq.org/aws/about):
``location_id,sensors_id,location,datetime,lat,lon,parameter,units,value``; older descriptions call
two of them ``sensor_id`` and ``unit``. A time stamp names its offset from UTC and is the end of
what was averaged: 03:00 stands for 02:00 to 02:59
(https://docs.openaq.org/using-the-api/dates-datetimes).
"""

from __future__ import annotations

import datetime

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.records import Records
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the header location_id,sensors_id,location,datetime,lat,lon,parameter,units,value"
COLUMNS = ("location_id", "datetime", "lat", "lon", "parameter", "value")
SIGN = "its header has location_id, parameter and value"

PARAMETERS = {
    "pm25": "pm25",
    "pm10": "pm10",
    "no2": "no2",
    "so2": "so2",
    "co": "co",
    "o3": "o3",
    "relativehumidity": "relative_humidity",
    "wind_speed": "wind_speed",
}
"""Name of a variable by the parameter in the file."""

MOMENT = datetime.timedelta(microseconds=1)
"""By which a value that ends with an hour belongs to it."""


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of the OpenAQ archive."""
    columns = set(file.header)
    return {"location_id", "parameter", "value"} <= columns and "datetimeUtc" not in columns


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the values of a file of the OpenAQ archive.

    A file of which no row is asked for is empty, with a remark: not every location measures all.

    Raises
    ------
    InputError
        If a column is missing.
    """
    table = file.table
    wanted = {key: name for key, name in PARAMETERS.items() if name in request.variables}
    code, time, north, east, parameter, value, sensor, unit = table.find(
        *("location_id", "datetime", "lat", "lon", "parameter", "value"),
        _spelling(table, "sensors_id", "sensor_id"),
        _spelling(table, "units", "unit"),
    )
    places = Coordinates(table, ("lon", "lat"), strict=request.strict)
    records = Records(table.name, "openaq", request, "h")
    rows = 0
    for line, row in table.rows():
        name = wanted.get(row[parameter].strip())
        if name is None:
            continue
        rows += 1
        with table.cells:
            factor = table.factor(request.factor, name, row[unit], line)
            location = table.code(row[code], line, "location_id")
            station = location, *places.place(line, location, row[east], row[north])
            end = table.instant(row[time], line, "datetime", request.timezone)
            number = table.value(row[value], line, "value")
            records.add(station, row[sensor].strip(), end - MOMENT, {name: factor * number})
    remarks = [] if rows else [f"it holds no rows of {' or '.join(wanted)}"]
    return records.observations(
        [*remarks, *places.remarks()],
        columns={"station": "location_id", "place": "lon and lat", "time": "datetime"}
        | {name: f"value, rows '{said}' of parameter" for said, name in wanted.items()},
        units=table.units,
        clock="as each time says",
    )


def _spelling(table: Table, *names: str) -> str:
    """The one of several spellings of a column that the header has; the first where it has none."""
    return next((name for name in names if name in table.header), names[0])
