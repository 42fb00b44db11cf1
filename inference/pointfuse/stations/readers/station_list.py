"""Read station lists: coordinates, names and cities of stations."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import listed, printable
from pointfuse.errors import InputError, UnreadableFileError, require_path
from pointfuse.stations.observations import SourceFile, Stations
from pointfuse.stations.readers.formats import recognised
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.unknown import has_other_separator
from pointfuse.stations.tables.columns import ListLayout, list_layout, parted_by, positions
from pointfuse.stations.tables.coordinates import Coordinates
from pointfuse.stations.tables.station_file import open_station_file, read_whole_lines
from pointfuse.stations.tables.table import Table, plain_code, shortened

logger = logging.getLogger(__name__)

_SAME_PLACE = 0.001
"""Degrees, some 100 m, by which two lists may differ on a station: they round."""

_NAMED = 3


def read_station_list(path: str | PathLike[str], *, strict: bool = False) -> StationList:
    """Read a station list.

    Known are the header of CNEMC's list, ``station,longitude,latitude`` (with the other names that
    tidy tables may have), those of NCEI's ``isd-history.csv``, of the EEA's metadata and of
    AirNow's sites, and ``city,longitude,latitude`` for files of city means. A column of cities is
    read too, further ones are ignored. Of a code that stands twice the first entry is kept;
    coordinates that are no place are missing.

    Parameters
    ----------
    path : path
        The file.
    strict : bool
        Whether a last line that is cut off and coordinates that are no place are errors.

    Raises
    ------
    InputFileNotFoundError, InputError
        If the file is missing, damaged, or not laid out so.
    """
    require_path(path, "a station list")
    file = open_station_file(Path(path))
    found_format = recognised(file)
    key = found_format[1] if found_format else None
    if key == "cf":
        raise UnreadableFileError(f"{file.name} is netCDF, not a station list; expected CSV")
    if key == "parquet":
        raise UnreadableFileError(
            f"{file.name} is Parquet; expected a station list as CSV, such as to_csv() writes it"
        )
    if key is not None:
        raise UnreadableFileError(
            f"{file.name} holds observations ({key}), not a station list; give it among the files"
        )
    layout = list_layout(file.header)
    if layout is None and (separator := parted_by(file.header)):
        raise UnreadableFileError(f"{file.name} {has_other_separator(separator)}")
    if layout is None:
        raise UnreadableFileError(
            f"{file.name} is not a station list: expected the columns station,longitude,latitude "
            "or city,longitude,latitude or those of CNEMC or of isd-history.csv, the header is "
            f"{shortened(file.header)}"
        )
    found, remarks = read_whole_lines(
        file, lambda whole: _read(whole.table, layout, strict), strict=strict
    )
    return replace(found, files=(found.files[0].with_remarks(remarks),))


def _one(table: Table, name: str) -> int:
    """Position of a column of a list; of several names for it the first."""
    return positions(table.header, name)[0]


def _read(table: Table, layout: ListLayout, strict: bool) -> StationList:
    """The places of a list of a layout."""
    code = [_one(table, name) for name in layout.code]
    longitude, latitude = _one(table, layout.longitude), _one(table, layout.latitude)
    named = positions(table.header, layout.city) if layout.city else []
    city = named[0] if named else None
    also = positions(table.header, layout.also) if layout.also else []
    coordinates = Coordinates(
        table, (table.header[longitude], table.header[latitude]), strict=strict
    )
    places: dict[str, tuple[float, float]] = {}
    cities: dict[str, str] = {}
    remarks = []
    nameless: list[int] = []
    for line, row in table.rows():
        name = plain_code("".join(row[position].strip() for position in code))
        if not name:
            nameless.append(line)
            continue
        place = coordinates.place(line, name, row[longitude], row[latitude])
        if name in places and not (math.isnan(places[name][0]) and place[0] == place[0]):
            remarks.append(f"{name} occurs twice in {table.name}; the first entry was kept")
            continue
        if name in places:
            remarks.append(f"{name} occurs twice in {table.name}; that with a place was kept")
        places[name] = place
        if also and (other := plain_code(row[also[0]])):
            places.setdefault(other, place)
        if city is not None:
            cities[name] = printable(row[city].strip())
    if not places:
        raise UnreadableFileError(f"{table.name} is a station list without stations")
    if nameless:
        remarks.append(
            f"{counted(len(nameless), 'line')} without a code left out, such as line {nameless[0]}"
        )
    remarks += coordinates.remarks()
    file = SourceFile(table.name, "station list", len(places), 0, tuple(remarks))
    column = " and ".join(table.header[position] for position in code)
    return StationList(places, cities, (file,), (column,))


def read_station_lists(paths: Sequence[Path], *, strict: bool = False) -> StationList:
    """Read the station lists of several networks into one.

    A station may be in several of them. Its place is that of the first that gives one, and the
    others must agree; its city that of the first that names one.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    strict : bool
        As for `read_station_list`.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `read_station_list`; and if two lists have a station at different places.
    """
    lists = [read_station_list(path, strict=strict) for path in paths]
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
    return StationList(
        places,
        cities,
        tuple(file for each in lists for file in each.files),
        tuple(column for each in lists for column in each.columns),
    )


def warn_of_foreign_list(stations: Stations, station_list: StationList) -> None:
    """Say how a list was read that names none of the stations, where some of them need it."""
    codes = stations.code.tolist()
    if not np.isnan(stations.longitude).any() or not station_list.knows_none_of(codes):
        return
    logger.warning(
        "none of the codes in %s (%s, column %s) is one of the data's (%s); check that it is the "
        "list of this network and which of its columns holds the codes",
        listed(file.name for file in station_list.files),
        _beginning(station_list.places),
        listed(f"'{column}'" for column in dict.fromkeys(station_list.columns)),
        _beginning(codes),
    )


def _beginning(codes: Collection[str]) -> str:
    """The first few codes."""
    return ", ".join([*codes][:_NAMED]) + (", ..." if len(codes) > _NAMED else "")
