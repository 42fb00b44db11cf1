"""Station lists: where the stations of a network stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.readers.station_file import open_station_file
from pointfuse.stations.readers.table import Table, shortened


class _Layout(NamedTuple):
    """Columns of a station list: of the code (put together), the place and the city."""

    code: tuple[str, ...]
    longitude: str
    latitude: str
    city: str | None


_LAYOUTS = (
    _Layout(("监测点编码",), "经度", "纬度", "城市"),  # the list of the Chinese network (CNEMC)
    _Layout(("station",), "longitude", "latitude", "city"),
    _Layout(("USAF", "WBAN"), "LON", "LAT", None),  # isd-history.csv
    _Layout(("城市",), "经度", "纬度", "城市"),
    _Layout(("city",), "longitude", "latitude", "city"),
)


_SAME_PLACE = 0.001
"""Degrees, some 100 m, by which two lists may differ on a station: they round."""


@dataclass(frozen=True)
class StationList:
    """Coordinates of stations by their code.

    Parameters
    ----------
    places : dict of str to tuple of two floats
        Longitude and latitude, degrees; NaN where the list gives none.
    cities : dict of str to str
        City of each station; empty where the list has no such column.
    files : tuple of SourceFile
        The files it came from.
    """

    places: dict[str, tuple[float, float]]
    cities: dict[str, str]
    files: tuple[SourceFile, ...]

    @cached_property
    def city_places(self) -> dict[str, tuple[float, float]]:
        """Longitude and latitude of each city: the medians over its stations."""
        stations: dict[str, list[tuple[float, float]]] = {}
        for code, city in self.cities.items():
            if city and not math.isnan(self.places[code][0]):
                stations.setdefault(city, []).append(self.places[code])
        # A station that was entered wrongly would carry a mean away.
        return {
            city: (median(east for east, _ in places), median(north for _, north in places))
            for city, places in stations.items()
        }


def read_station_list(path: Path) -> StationList:
    """Read a station list.

    Known are the header of CNEMC's list, ``station,longitude,latitude``, that of NCEI's
    ``isd-history.csv``, and ``city,longitude,latitude`` for files of city means. A column of cities
    is read too, further ones are ignored. Of a code that stands twice the first entry is kept.

    Raises
    ------
    InputFileNotFoundError, InputError
        If the file is missing, damaged, or not laid out so.
    """
    table = open_station_file(path).table
    for layout in _LAYOUTS:
        if {*layout.code, layout.longitude, layout.latitude} <= set(table.header):
            break
    else:
        raise InputError(
            f"{table.name} is no station list: expected the columns station,longitude,latitude or "
            "city,longitude,latitude or those of CNEMC or of isd-history.csv, the header is "
            f"{shortened(table.header)}"
        )
    code = [table.column(name) for name in layout.code]
    longitude, latitude = table.column(layout.longitude), table.column(layout.latitude)
    city = table.column(layout.city) if layout.city in table.header else None
    places: dict[str, tuple[float, float]] = {}
    cities: dict[str, str] = {}
    remarks = []
    for line, row in table.rows():
        name = printable("".join(row[position].strip() for position in code))
        if not name:
            remarks.append(f"line {line} of {table.name} has no code; it was left out")
            continue
        if name in places:
            remarks.append(f"{name} stands twice in {table.name}; the first entry was kept")
            continue
        place = coordinates(table, line, row[longitude], row[latitude])
        # Stations that ISD knows no place of stand off Africa.
        nowhere = len(code) > 1 and place == (0, 0)
        places[name] = (math.nan, math.nan) if nowhere else place
        if city is not None:
            cities[name] = printable(row[city].strip())
    file = SourceFile(table.name, "station list", len(places), 0, tuple(remarks))
    return StationList(places, cities, (file,))


def read_station_lists(paths: Sequence[Path]) -> StationList:
    """Read the station lists of several networks into one.

    A station may be in several of them. Its place is that of the first that gives one, and the
    others must agree; its city that of the first that names one.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `read_station_list`; and if two lists have a station at different places.
    """
    lists = [read_station_list(path) for path in paths]
    places: dict[str, tuple[float, float]] = {}
    cities: dict[str, str] = {}
    source: dict[str, str] = {}
    for each in lists:
        name = each.files[0].name
        for code, place in each.places.items():
            if math.isnan(place[0]):
                places.setdefault(code, place)
                continue
            known = places.get(code, place)
            if max(abs(a - b) for a, b in zip(known, place, strict=True)) > _SAME_PLACE:
                raise InputError(
                    f"{code} stands at {known[0]:g}, {known[1]:g} in {source[code]} and at "
                    f"{place[0]:g}, {place[1]:g} in {name}; correct or remove one of them, or run "
                    "the networks apart if these are two stations"
                )
            if code not in source:
                places[code], source[code] = place, name
        for code, city in each.cities.items():
            if not cities.get(code):
                cities[code] = city
    return StationList(places, cities, tuple(file for each in lists for file in each.files))


def coordinates(table: Table, line: int, longitude: str, latitude: str) -> tuple[float, float]:
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
