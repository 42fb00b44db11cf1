"""Read downloads of OpenAQ's explorer and answers of its interface, as CSV or JSON.

Layouts (https://docs.openaq.org): the explorer's CSV has ``location_id,location_name,parameter,
value,unit,datetimeUtc,datetimeLocal,timezone,latitude,longitude,...``, and its time stamp is the
end of what was averaged, as in the archive. Version 3 of the interface gives ``value``,
``parameter.name``, ``parameter.units`` and ``period.datetimeFrom.utc`` for one sensor, whose name
it does not repeat. Version 2, which is no more, gave ``locationId,location,...,utc,local,
parameter,value,unit,latitude,longitude``.
"""

from __future__ import annotations

import datetime

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.networks.openaq import MOMENT, PARAMETERS
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import Measured, RowLayout, clock_time, first_title, read_rows
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the columns location_id,parameter,value,unit,datetimeUtc,latitude,longitude"
COLUMNS = ("location_id", "parameter", "value", "unit", "datetimeUtc", "latitude", "longitude")
SIGN = "it has the columns parameter, value and a time in UTC as OpenAQ names it"

_BEGINS = ("perioddatetimefromutc",)
_ENDS = ("datetimeutc", "dateutc", "utc")
_PARAMETER = ("parametername", "parameter")
_written = clock_time(datetime.UTC)


def recognises(file: StationFile) -> bool:
    """Whether a file has the columns of the explorer or of the interface."""
    if "value" not in file.titles or not first_title(file, *_PARAMETER):
        return False
    located = "locationid" in file.titles and first_title(file, *_ENDS)
    return bool(located or first_title(file, *_BEGINS))


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the values of a download or an answer.

    An answer that names no location is of the station that the file is named for.

    Raises
    ------
    InputError
        If the file holds no coordinates and there is no station list.
    """
    begins = first_title(file, *_BEGINS)
    time = begins or first_title(file, *_ENDS)
    code = first_title(file, "locationid", "locationsid")
    east, north = (
        first_title(file, f"coordinates{name}", name) for name in ("longitude", "latitude")
    )
    unit, value = first_title(file, "parameterunits", "unit", "units"), file.titles["value"]
    assert time is not None  # recognised by it
    layout = RowLayout(
        format="openaq-explorer",
        code=(code,) if code else (),
        named=file.stem,
        place=(east, north) if east and north else None,
        time=(time,),
        read_time=_written if begins else _before_end,
        parameter=first_title(file, *_PARAMETER),
        measured={
            name: Measured(value, request.variables[name].units, unit, parameter)
            for parameter, name in PARAMETERS.items()
            if name in request.variables
        },
        clock="UTC",
    )
    return read_rows(file, request, layout)


def _before_end(table: Table, line: int, cells: list[str]) -> datetime.datetime:
    end = _written(table, line, cells)
    assert isinstance(end, datetime.datetime)
    return end - MOMENT
