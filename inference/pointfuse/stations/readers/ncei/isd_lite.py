"""Read ISD-Lite files: hourly weather in fixed columns, one station and year per file.

Layout (https://www.ncei.noaa.gov/pub/data/noaa/isd-lite/isd-lite-format.txt): year, month, day and
hour in UTC, then eight numbers of six characters: temperature and dew point (tenths of a degree
Celsius), pressure, wind direction, wind speed (tenths of m s-1), clouds and rain. A missing value
is -9999. There is no header: the file's name says whose it is, ``545110-99999-2019``, and the
coordinates come from ``isd-history.csv``.
"""

from __future__ import annotations

import datetime
import math
import re

from pointfuse.basics.printable import quoted
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.ncei.weather import WeatherReports, read_scaled
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.csv_table import CsvTable
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

_EXAMPLE = "2019 01 06 00   -25   -70 10290   320    30     0 -9999 -9999"
LAYOUT = f"lines such as '{_EXAMPLE}'"
COLUMNS = ()
SIGN = "its first line is a date, an hour and eight numbers in columns"

_LINE = re.compile(r"(\d{4}) (\d\d) (\d\d) (\d\d)((?:[ \d-]{5}\d){8})\s*", re.ASCII)
_NAME = re.compile(r"([0-9A-Z]\d{5})-(\d{5})-\d{4}(?!\d).*", re.ASCII)
_MISSING = -9999


def recognises(file: StationFile) -> bool:
    """Whether a file begins with a line of ISD-Lite."""
    return isinstance(file.table, CsvTable) and bool(
        _LINE.fullmatch(file.table.text.partition("\n")[0])
    )


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read relative humidity and wind speed of an ISD-Lite file.

    Raises
    ------
    InputError
        If a line is not laid out so, the file's name does not say whose it is, or there is no
        station list.
    """
    named = _NAME.fullmatch(file.name)
    if named is None:
        raise InputError(
            f"{file.name} is an ISD-Lite file, which holds no name of its station; expected a file "
            "name such as 545110-99999-2019 - give it back the name it had"
        )
    if request.station_list is None:
        raise InputError(
            f"{file.name} is an ISD-Lite file, which holds no coordinates; give isd-history.csv "
            "too (--stations)"
        )
    code = named[1] + named[2]
    place = request.station_list.places.get(code, (math.nan, math.nan))
    reports = WeatherReports(file.name, "isd-lite", request, "h")
    assert isinstance(file.table, CsvTable)  # recognised by its text
    for number, line, _ in file.table.lines(first=1):
        with file.cells:
            time, (temperature, dew_point, _, _, wind, *_) = _parse(file.table, number, line)
            reports.add((code, *place), time, (temperature, dew_point, wind))
    return reports.observations(
        {
            "station": f"one, named by the file: {code}",
            "time": "the first four numbers",
            "relative_humidity": "the fifth and sixth number",
            "wind_speed": "the ninth number",
        }
    )


def _parse(table: Table, number: int, line: str) -> tuple[datetime.datetime, list[float]]:
    """Instant and numbers, divided by ten, of a line."""
    try:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(line)
        year, month, day, hour = (int(part) for part in match.groups()[:4])
        time = datetime.datetime(year, month, day, hour, tzinfo=datetime.UTC)
        fields = [match[5][begin : begin + 6] for begin in range(0, 48, 6)]
        return time, [read_scaled(text, _MISSING) for text in fields]
    except ValueError as error:
        got = f"expected a line such as '{_EXAMPLE[:31]} ...', got {quoted(line, 62)}"
        if len(line.split()) != len(_EXAMPLE.split()):
            raise InputError(
                f"{table.at(number)}: {got}; the file may be cut off - get it again"
            ) from error
        raise table.cell_error(number, None, got) from error
