"""Station lists: where the stations of a network stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from pointfuse.errors import InputError
from pointfuse.observations import SourceFile
from pointfuse.readers.csv_table import CsvTable, read_csv_table, shortened

_LAYOUTS = (
    ("监测点编码", "经度", "纬度", "城市"),  # the list of the Chinese network (CNEMC)
    ("station", "longitude", "latitude", "city"),
)


@dataclass(frozen=True)
class StationList:
    """Coordinates of stations by their code.

    Parameters
    ----------
    places : dict of str to tuple of two floats
        Longitude and latitude, degrees; NaN where the list gives none.
    cities : dict of str to str
        City of each station; empty where the list has no such column.
    file : SourceFile
        The file it came from.
    """

    places: dict[str, tuple[float, float]]
    cities: dict[str, str]
    file: SourceFile


def read_station_list(path: Path) -> StationList:
    """Read a station list with the header of CNEMC or ``station,longitude,latitude``.

    A column of cities is read too, further ones are ignored. Of a code that stands twice the first
    entry is kept.

    Raises
    ------
    InputFileNotFoundError, InputError
        If the file is missing, damaged, or not laid out so.
    """
    table = read_csv_table(path)
    for layout in _LAYOUTS:
        names, city_name = layout[:3], layout[3]
        if set(names) <= set(table.header):
            break
    else:
        raise InputError(
            f"{table.name} is no station list: expected the columns station,longitude,latitude or "
            f"those of CNEMC, the header is {shortened(table.header)}"
        )
    code, longitude, latitude = (table.column(name) for name in names)
    city = table.column(city_name) if city_name in table.header else None
    places: dict[str, tuple[float, float]] = {}
    cities: dict[str, str] = {}
    remarks = []
    for line, row in table.rows():
        name = row[code].strip()
        if name in places:
            remarks.append(f"{name} stands twice in {table.name}; the first entry was kept")
        else:
            places[name] = coordinates(table, line, row[longitude], row[latitude])
            if city is not None:
                cities[name] = row[city].strip()
    file = SourceFile(table.name, "station list", len(places), 0, tuple(remarks))
    return StationList(places, cities, file)


def coordinates(table: CsvTable, line: int, longitude: str, latitude: str) -> tuple[float, float]:
    """Longitude and latitude of a row, both NaN where one is missing.

    A place that is one only the other way round is let through: one station that was entered
    wrongly is for quality control to find, and no reason to fuse nothing.

    Raises
    ------
    InputError
        If one is no number, or they are no place on Earth either way.
    """
    east = table.number(longitude, line, "longitude")
    north = table.number(latitude, line, "latitude")
    if math.isnan(east) or math.isnan(north):
        return math.nan, math.nan
    if not (_is_place(east, north) or _is_place(north, east)):
        raise InputError(
            f"{table.name}, line {line}: expected a longitude from -180 to 360 and a latitude from "
            f"-90 to 90, got {east:g} and {north:g}; correct them or leave them empty"
        )
    return east, north


def _is_place(longitude: float, latitude: float) -> bool:
    return -180 <= longitude <= 360 and -90 <= latitude <= 90
