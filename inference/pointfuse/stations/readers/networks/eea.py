"""Read files of the European Environment Agency (EEA): hours or days of sampling points.

Layouts (https://www.eea.europa.eu, table definitions of AQ e-Reporting): CSV until 2024 has
``AirQualityStationEoICode,SamplingPoint,...,AirPollutant,AveragingTime,Concentration,
UnitOfMeasurement,DatetimeBegin,DatetimeEnd,Validity,Verification``; the Parquet files of the
download service ``Samplingpoint,Pollutant,Start,End,Value,Unit,AggType,Validity,Verification``,
with numbers for pollutants and times of UTC+1. A validity above zero is valid; -1 and -99 are not.
"""

from __future__ import annotations

import datetime
import re

from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    Condition,
    Measured,
    RowLayout,
    When,
    calendar_day,
    clock_time,
    read_rows,
)
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table

LAYOUT = "the columns of the EEA: DatetimeBegin,Concentration,Validity or Start,Value,Validity"
COLUMNS = (
    *("AirQualityStationEoICode", "AirPollutant", "AveragingTime", "Concentration"),
    *("UnitOfMeasurement", "DatetimeBegin", "Validity"),
)
SIGN = "it has the columns Validity and DatetimeBegin, or Validity, Start and AggType"

_IN_TEXT = {"pm25": "PM2.5", "pm10": "PM10", "no2": "NO2", "so2": "SO2", "co": "CO", "o3": "O3"}
# https://dd.eionet.europa.eu/vocabulary/aq/pollutant
_IN_PARQUET = {"pm25": "6001", "pm10": "5", "no2": "8", "so2": "1", "co": "10", "o3": "7"}
_UTC1 = datetime.timezone(datetime.timedelta(hours=1), "UTC+01:00")
_ZONE = re.compile(r"\s+(?=[+-]\d\d:\d\d$)")
_COUNTRY = re.compile(r"[A-Z]{2}/")
_written = clock_time(_UTC1)


def recognises(file: StationFile) -> bool:
    """Whether a file has the columns of either kind."""
    columns = {*file.header}
    return columns >= {"Validity", "DatetimeBegin", "Concentration", "AirPollutant"} or (
        columns >= {"Validity", "Start", "Value", "Samplingpoint", "Pollutant", "AggType"}
    )


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the valid values of a file of the EEA: its hours, or its days where it has no hours.

    The stations of text files are those of the EoI code; of Parquet, the sampling points, without
    the country that stands before them.

    Raises
    ------
    InputError
        If there is no station list: the files hold no coordinates.
    """
    text = "DatetimeBegin" in file.header
    kind = "AveragingTime" if text else "AggType"
    at = file.header.index(kind) if kind in file.header else None
    kinds = {row[at].strip() for _, row in file.table.rows()} if at is not None else {"hour"}
    daily = "hour" not in kinds and "day" in kinds
    wanted = "day" if daily else "hour"
    value, unit = ("Concentration", "UnitOfMeasurement") if text else ("Value", "Unit")
    conditions = [Condition("Validity", _is_valid, "marked as not valid")]
    if at is not None:
        conditions.insert(0, Condition(kind, lambda said: said == wanted, f"of no {wanted}"))
    layout = RowLayout(
        format="eea",
        code=("AirQualityStationEoICode",) if text else ("Samplingpoint",),
        spelt=lambda code: _COUNTRY.sub("", code, count=1),
        time=("DatetimeBegin",) if text else ("Start",),
        read_time=_day if daily else _instant,
        parameter="AirPollutant" if text else "Pollutant",
        instrument="SamplingPoint" if "SamplingPoint" in file.header else None,
        measured={
            name: Measured(value, "ug m-3", unit, said)
            for name, said in (_IN_TEXT if text else _IN_PARQUET).items()
        },
        conditions=tuple(conditions),
        clock="UTC+01:00, or as each time says",
        daily=daily,
    )
    return read_rows(file, request, layout)


def _is_valid(text: str) -> bool:
    try:
        return int(text) > 0
    except ValueError:
        return False


def _instant(table: Table, line: int, cells: list[str]) -> datetime.datetime:
    time = _written(table, line, [_ZONE.sub("", cells[0].strip())])
    assert isinstance(time, datetime.datetime)
    return time


_on_calendar = calendar_day()


def _day(table: Table, line: int, cells: list[str]) -> When:
    """The day that begins at a time, wherever it begins."""
    return _on_calendar(table, line, [cells[0].strip()[:10]])
