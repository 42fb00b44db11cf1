"""Read the hourly files of the embassy and consulates of the United States (StateAir).

Layout (the historical files of stateair.net, later of AirNow's Department of State page), below
some lines of notes: ``Site,Parameter,Date (LST),Year,Month,Day,Hour,Value,Unit,Duration,QC Name``;
the later files have ``Date (LT)``, ``Raw Conc.`` and ``Conc. Unit``. Times are local ones of the
site; PM2.5 in ug/m3, however the files spell it; -999 is missing, and ``QC Name`` says so.
"""

from __future__ import annotations

from pointfuse.basics.timezones import zone_name
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    Condition,
    Measured,
    RowLayout,
    clock_time,
    first_title,
    read_rows,
)
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header Site,Parameter,Date (LST),Year,Month,Day,Hour,Value,Unit,Duration,QC Name"
COLUMNS = ("Site", "Parameter", "Year", "Month", "Day", "Hour", "Value", "QC Name")
SIGN = "its header has Site, Parameter, Hour and QC Name"

_PARTICLES = ("PM2.5", "PM2.5 - Principal")


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of StateAir."""
    return {"Site", "Parameter", "Year", "Month", "Day", "Hour", "QC Name"} <= {*file.header}


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the valid hours of PM2.5.

    Raises
    ------
    InputError
        If there is no station list: the file names the city alone.
    """
    value = first_title(file, "rawconc", "value") or "Value"
    at = file.header.index("Parameter")
    spelt = {row[at].strip() for _, row in file.table.rows()} & {*_PARTICLES}
    layout = RowLayout(
        format="stateair",
        code=("Site",),
        time=("Year", "Month", "Day", "Hour"),
        read_time=clock_time(request.timezone, "%Y %m %d %H"),
        parameter="Parameter",
        measured={"pm25": Measured(value, "ug m-3", parameter=min(spelt, default="PM2.5"))},
        conditions=(Condition("QC Name", lambda text: text == "Valid", "marked as not valid"),),
        clock=f"local time of the site, taken as {zone_name(request.timezone)}",
    )
    return read_rows(file, request, layout)
