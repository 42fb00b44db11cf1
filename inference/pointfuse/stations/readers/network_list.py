"""Coordinates and cities of stations by code."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from pointfuse.stations.observations import SourceFile


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
    columns : tuple of str
        The columns of these files that were taken for the codes.
    """

    places: dict[str, tuple[float, float]]
    cities: dict[str, str]
    files: tuple[SourceFile, ...]
    columns: tuple[str, ...] = ()

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

    def place(self, code: str) -> tuple[float, float]:
        """Longitude and latitude of a station or city; NaN where the list has none."""
        nowhere = math.nan, math.nan
        return self.places.get(code) or self.city_places.get(code, nowhere)

    def knows_none_of(self, codes: Iterable[str]) -> bool:
        """Whether there are such stations, and none of them is in the list."""
        wanted = set(codes)
        return bool(wanted) and wanted.isdisjoint(self.places.keys() | self.city_places.keys())
