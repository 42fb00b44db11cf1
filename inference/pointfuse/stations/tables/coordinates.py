"""Where the stations of a file stand: which pairs of numbers are places, and which are none."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from pointfuse.basics.counted import counted
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.tables.columns import LATITUDE, LONGITUDE
from pointfuse.stations.tables.table import Table, shortened

NO_PLACE = "no usable coordinates at"
"""How the remark on stations begins whose coordinates are none."""

PLACE = "a longitude from -180 to 360 and a latitude from -90 to 90"
"""What coordinates are to be, in a message."""

_FILL = re.compile(r"-?9{2,}(\.9+|\.0+)?|[+-]?\d(\.\d+)?e\+?\d{2,}", re.IGNORECASE)
_MANY = 0.1
"""Part of the stations of a file at which one impossible coordinate shows a wrong column."""

_NOTHING = {"", "-", "--", "—"}
"""How lists leave a coordinate out."""

_NOWHERE = math.nan, math.nan


class _Odd(NamedTuple):
    """Coordinates that are no place: where they stand, what they are, and of which kind."""

    line: int
    given: str
    zero: bool
    lone: bool


class Coordinates:
    """Coordinates of the stations of a file, and what is wrong with them.

    An empty coordinate is no fault. A pair that cannot be on Earth, such as -999 and -999,
    ``unknown`` or ``NA``, and 0 and 0, which stands for nothing in the lists of many networks,
    costs the station its place. A place that is one only the other way round is let through where
    most are not so: that is for quality control to find.

    Parameters
    ----------
    table : Table
        The file.
    columns : tuple of two str
        Names of the columns with longitudes and latitudes.
    strict : bool
        Whether coordinates that are none are errors.
    """

    def __init__(
        self,
        table: Table,
        columns: tuple[str, str] = (LONGITUDE, LATITUDE),
        *,
        strict: bool = False,
    ) -> None:
        self._table, self._columns, self._strict = table, columns, strict
        self._known: dict[tuple[str, str, str], tuple[float, float]] = {}
        self._placed: set[str] = set()
        self._odd: dict[str, _Odd] = {}
        self._swapped: dict[str, _Odd] = {}

    def place(self, line: int, code: str, longitude: str, latitude: str) -> tuple[float, float]:
        """Longitude and latitude of a row, both NaN where they are missing or no place.

        Parameters
        ----------
        line : int
            Number of the row.
        code : str
            The station that it is of.
        longitude, latitude : str
            Its cells.
        """
        key = code, longitude, latitude
        if key not in self._known:
            self._known[key] = self._read(line, code, longitude, latitude)
        return self._known[key]

    def remarks(self) -> list[str]:
        """What was found, once all rows are read: at most one sentence.

        Raises
        ------
        UnreadableFileError
            If coordinates are given, and none of them is a place, or most are one only the other
            way round.
        InputError
            If many stations have one impossible coordinate beside a possible one, which shows a
            wrong column; if there are any that are no place, and none were to be.
        """
        self._refuse_if_swapped()
        odd = {code: each for code, each in self._odd.items() if code not in self._placed}
        if not odd:
            return []
        lone = [code for code, each in odd.items() if each.lone]
        wrong = lone if shows_wrong_column(len(lone), len(odd.keys() | self._placed)) else []
        if self._strict and not wrong:
            wrong = [code for code, each in odd.items() if not each.zero]
        code = next(iter(wrong or odd))
        first = odd[code]
        code = code[:40]
        if wrong or not self._placed:
            error = InputError if wrong else UnreadableFileError
            others = len(wrong or odd) - 1
            more = f" (station {code}, and {others} more such)" if others else ""
            expected = PLACE
            if first.zero:
                expected = "a place (0 and 0 stand for none)"
            raise error(
                f"{self._table.at(first.line)}: expected {expected}, got {first.given}{more}; "
                "correct them or leave them empty"
            )
        where = f"{self._table.counted} {first.line}"
        return [
            f"{NO_PLACE} {counted(len(odd), 'station')}, first {code} on {where} ({first.given})"
        ]

    def _refuse_if_swapped(self) -> None:
        if 2 * len(self._swapped) <= len(self._placed):
            return
        code, first = next(iter(self._swapped.items()))
        raise UnreadableFileError(
            f"{self._table.at(first.line)}: longitude and latitude seem swapped at "
            f"{len(self._swapped)} of {counted(len(self._placed), 'station')}, first {code[:40]}: "
            f"the longitude is {first.given.replace(' and ', ', the latitude ')}; exchange the "
            "names of the two columns"
        )

    def _read(self, line: int, code: str, longitude: str, latitude: str) -> tuple[float, float]:
        texts = (text.strip()[:20] for text in (longitude, latitude))
        given = " and ".join(shortened([text]) or "nothing" for text in texts)
        try:
            east = self._table.number(longitude, line, self._columns[0])
            north = self._table.number(latitude, line, self._columns[1])
            unknown = math.isnan(east) or math.isnan(north)
        except InputError:  # a text such as unknown
            unknown = True
        if unknown:
            if not {longitude.strip(), latitude.strip()} <= _NOTHING:  # such as NA
                self._odd.setdefault(code, _Odd(line, given, zero=False, lone=False))
            return _NOWHERE
        if stands_somewhere(east, north):
            self._placed.add(code)
            if not _is_place(east, north):
                self._swapped.setdefault(code, _Odd(line, given, zero=False, lone=True))
            return east, north
        lone = one_is_impossible(east, north, longitude, latitude)
        self._odd.setdefault(code, _Odd(line, given, east == north == 0, lone))
        return _NOWHERE


def one_is_impossible(east: float, north: float, *given: str) -> bool:
    """Whether of two numbers that are no place one stands beside a possible one.

    Parameters
    ----------
    east, north : float
        The numbers.
    given : str
        How they are written: fill values such as -999 are not meant to be coordinates.
    """
    filled = any(_FILL.fullmatch(text.strip()) for text in given)
    possible = -180 <= east <= 360 or -90 <= north <= 90
    return possible and not (filled or east == north)


def shows_wrong_column(count: int, stations: int) -> bool:
    """Whether so many of the stations of a file with one impossible coordinate show a fault."""
    return count > max(1, _MANY * stations)


def stands_somewhere(east: float, north: float) -> bool:
    """Whether two numbers are a place, be it the other way round; 0 and 0 stand for none."""
    return not east == north == 0 and (_is_place(east, north) or _is_place(north, east))


def _is_place(longitude: float, latitude: float) -> bool:
    return -180 <= longitude <= 360 and -90 <= latitude <= 90
