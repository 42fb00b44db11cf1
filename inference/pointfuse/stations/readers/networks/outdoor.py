"""Read the daily files of the EPA's page "Download Daily Data" (`ad_viz_plotval_data.csv`).

Layout (https://www.epa.gov/outdoor-air-quality-data/download-daily-data): ``Date,Source,Site ID,
POC,Daily Mean PM2.5 Concentration,Units,Daily AQI Value,...,Site Latitude,Site Longitude``; until
2024 with ``UNITS``, ``SITE_LATITUDE`` and the like. Dates are month, day and year of the site's
local standard time. What is given of gases is the highest hour or eight hours of a day, no mean.
"""

from __future__ import annotations

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    Condition,
    Measured,
    RowLayout,
    calendar_day,
    columns_of,
    read_rows,
)
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the header Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,...,Site Longitude"
COLUMNS = ("Date", "Source", "Site ID", "POC", "Site Latitude", "Site Longitude")
SIGN = "its header has Site ID, POC and Site Latitude"

_MEANS = {
    "pm25": (("dailymeanpm25concentration",), "ug m-3"),
    "pm10": (("dailymeanpm10concentration",), "ug m-3"),
    "o3_mda8": (("dailymax8hourozoneconcentration",), "ppm"),
}
_NEEDED = {"date", "siteid", "poc", "sitelatitude", "sitelongitude"}


def recognises(file: StationFile) -> bool:
    """Whether a file has the header of the download page."""
    return file.titles.keys() >= _NEEDED


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read daily means of PM2.5 or PM10, or the largest 8-hour means of ozone.

    A site has the code that it has in AQS files. Means of less than the hours that were asked for
    are left out.

    Raises
    ------
    InputError
        If a column is missing.
    """
    titles = file.titles
    units, percent = titles.get("units"), titles.get("percentcomplete")
    complete = Condition(
        percent or "", lambda text: _hours(text) >= request.min_hours, "of fewer hours than asked"
    )
    layout = RowLayout(
        format="epa-outdoor",
        code=(titles["siteid"],),
        spelt=_aqs_code,
        place=(titles["sitelongitude"], titles["sitelatitude"]),
        time=(titles["date"],),
        read_time=calendar_day("%m/%d/%Y"),
        instrument=titles["poc"],
        measured={
            name: Measured(each.column, each.unit, units)
            for name, each in columns_of(file, _MEANS).items()
        },
        conditions=(complete,) if percent else (),
        clock="local standard time of each site",
        daily=True,
    )
    return read_rows(file, request, layout)


def _aqs_code(site: str) -> str:
    """A site such as 60010007, which lost its leading zero, as 06-001-0007."""
    digits = site.zfill(9)
    return f"{digits[:2]}-{digits[2:5]}-{digits[5:]}" if digits.isdecimal() else site


def _hours(percent: str) -> int:
    """Hours of a day that a percentage stands for; all where there is none."""
    try:
        return round(min(max(float(percent), 0.0), 100.0) * 24 / 100)
    except ValueError:
        return 24
