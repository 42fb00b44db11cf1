"""Read tables of India's network (CPCB): exports of a station, and tables of all stations.

An export (https://airquality.cpcb.gov.in/ccr) is of one station: lines of notes with ``Station,
<name>``, then ``From Date,To Date,PM2.5,...`` with day, month and year; the files of its data
repository have ``Timestamp,PM2.5 (µg/m³),...`` and the number of the site in their name. The
tables that were made of them ("Air Quality Data in India") are ``StationId,Date,PM2.5,...,
AQI_Bucket``, ``City,Date,...`` and the same with ``Datetime``. Times are those of India; CO is in
mg/m3, all else in ug/m3.
"""

from __future__ import annotations

import csv
import datetime
import re

from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    ReadTime,
    RowLayout,
    calendar_day,
    clock_time,
    columns_of,
    first_title,
    read_rows,
)
from pointfuse.stations.tables.csv_table import CsvTable
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header From Date,To Date,PM2.5,... or StationId|City,Date|Datetime,...,AQI_Bucket"
COLUMNS = ("From Date", "To Date", "PM2.5")
SIGN = "its header has From Date and To Date, a Timestamp of a named site, or AQI_Bucket"

_INDIA = datetime.timezone(datetime.timedelta(hours=5, minutes=30), "Asia/Kolkata")
_SPECIES = {
    "pm25": (("pm25",), "ug m-3"),
    "pm10": (("pm10",), "ug m-3"),
    "so2": (("so2",), "ug m-3"),
    "no2": (("no2",), "ug m-3"),
    "o3": (("ozone", "o3"), "ug m-3"),
    "co": (("co",), "mg m-3"),
    "relative_humidity": (("rh",), "%"),
    "wind_speed": (("ws",), "m s-1"),
}
_SITE = re.compile(r"site_\d+", re.IGNORECASE)
_WRITTEN = ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%b-%Y %H:%M")
_DAY = datetime.timedelta(days=1)
_instant: ReadTime = clock_time(_INDIA, *_WRITTEN)


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of an export, or of the tables made of them."""
    titles = file.titles
    if not titles.keys() & {"pm25", "pm10", "no2", "so2", "co", "ozone", "o3"}:
        return False
    table = "aqibucket" in titles and first_title(file, "stationid", "city")
    site = "timestamp" in titles and _SITE.search(file.name)
    return {"fromdate", "todate"} <= titles.keys() or bool(table or site)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a table of CPCB.

    Values of less than an hour are averaged over the hour. An export of days holds daily means.

    Raises
    ------
    InputError
        If there is no station list: the tables hold no coordinates.
    """
    code = first_title(file, "stationid", "city")
    day, begin = first_title(file, "date"), first_title(file, "fromdate", "timestamp", "datetime")
    daily = begin is None or _holds_days(file)
    time = begin or day
    assert time is not None  # recognised by it
    layout = RowLayout(
        format="cpcb",
        code=(code,) if code else (),
        named=_named(file),
        time=(time,),
        read_time=calendar_day(*_WRITTEN, "%d-%m-%Y") if daily else _instant,
        measured=columns_of(file, _SPECIES),
        clock="India (UTC+05:30)",
        daily=daily,
    )
    return read_rows(file, request, layout)


def _holds_days(file: StationFile) -> bool:
    """Whether the rows of an export are of whole days, which the first one tells."""
    if "fromdate" not in file.titles:
        return False
    table = file.table
    begin, end = table.find(file.titles["fromdate"], file.titles["todate"])
    for line, row in table.rows():
        try:
            first, last = (_instant(table, line, [row[at]]) for at in (begin, end))
        except InputError:
            continue
        assert isinstance(first, datetime.datetime)
        assert isinstance(last, datetime.datetime)
        return last - first >= _DAY - datetime.timedelta(minutes=1)
    return False


def _named(file: StationFile) -> str:
    """The station of an export: of its notes, of the name of the file, or that name."""
    notes = file.table.above_header if isinstance(file.table, CsvTable) else []
    for cells in csv.reader(notes):
        if len(cells) > 1 and cells[0].strip() == "Station" and cells[1].strip():
            return cells[1].strip()
    found = _SITE.search(file.name)
    return found[0] if found else file.stem
