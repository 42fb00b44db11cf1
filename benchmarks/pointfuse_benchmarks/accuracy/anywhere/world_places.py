"""Real data of several places, each with the domain that fields are made on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse import Model, Observations, Stations, load_model, read_stations
from pointfuse.domains.domain import Domain
from pointfuse.fusion.where import domain_of
from pointfuse_benchmarks.accuracy.pollutant_scores import INSTEAD
from pointfuse_benchmarks.measuring.machine import REAL_DATA

EVERY_CHINESE, EVERY_GERMAN = 8, 8
"""Days that are scored; those of China are the ones that all its tables are made of."""

_CNEMC, _EUROPE = REAL_DATA / "cnemc", REAL_DATA / "europe"
_US = REAL_DATA / "formats" / "cmaq_us_2016"
_CONTIGUOUS = (-126.0, 24.0, -66.0, 50.0)


@dataclass(frozen=True)
class Place:
    """Observations of a place.

    Parameters
    ----------
    name : str
        What it is.
    variable : str
        The pollutant.
    observations : Observations
        Its days, not checked.
    domain : Domain
        Where fields are made.
    folds, squares : int
        Folds of stations, and of squares.
    """

    name: str
    variable: str
    observations: Observations
    domain: Domain
    folds: int
    squares: int

    def model(self) -> Model:
        """The model of any place on the domain."""
        return load_model(variable=self.variable, domain=self.domain, threads=1)


def china() -> Place:
    """PM2.5 on every eighth day of 2019, on the grid of the models of China."""
    stations = _CNEMC / "station_list.csv"
    year = read_stations(
        _CNEMC / "pollutants_daily_2019_even_weeks.csv.gz", stations=stations, variables=["pm25"]
    )
    days = year.at_times(np.isin(year.times, [*year.times[::EVERY_CHINESE], INSTEAD]))
    grid = load_model().metadata.grid
    return Place("China", "pm25", days, Domain("China", grid), 5, 5)


def united_states() -> Place:
    """PM2.5 of the monitors of AQS in the contiguous states on one day."""
    (file,) = _US.glob("daily_88101*.csv")
    read = read_stations(file, variables=["pm25"])
    west, south, east, north = _CONTIGUOUS
    stations = read.stations
    inside = (stations.longitude > west) & (stations.longitude < east)
    inside &= (stations.latitude > south) & (stations.latitude < north)
    return _around("United States", "pm25", _of_stations(read, inside), 10, 10)


def germany() -> Place:
    """PM10 at rural stations, every eighth of the days of four years."""
    file = _EUROPE / "pm10_daily_germany_rural_even_weeks.csv.gz"
    read = read_stations(file, variables=["pm10"], timezone="Europe/Berlin")
    days = read.at_times(np.arange(0, len(read.times), EVERY_GERMAN))
    # Its stations are in seven squares.
    return _around("Germany", "pm10", days, 10, 7)


def europe() -> Place:
    """PM10 of western and central Europe on one day."""
    file = _EUROPE / "pm10_20100406.csv"
    read = read_stations(file, variables=["pm10"], timezone="Europe/Berlin")
    return _around("western and central Europe", "pm10", read, 10, 10)


PLACES: Mapping[str, Callable[[], Place]] = {
    "china": china,
    "united_states": united_states,
    "germany": germany,
    "europe": europe,
}
"""Places with stations that are withheld."""


def lotos_euros() -> tuple[Place, NDArray[np.float64], NDArray[np.float64]]:
    """A field of a transport model, at the cells next to stations and everywhere else.

    The file has values at the stations too, which are not those of the field there (they differ by
    10 ug m-3): what is given are the cells of the field nearest to the stations.

    Returns
    -------
    tuple
        The given cells as stations; longitudes and latitudes of the others, shape (2, cell); and
        the field there.
    """
    path = _EUROPE / "pm10_20100406_lotos_euros.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = np.array([[float(entry) for entry in row] for row in list(csv.reader(file))[1:]])
    stations = read_stations(_EUROPE / "pm10_20100406.csv", variables=["pm10"]).stations
    field_cells = rows[len(stations) :]
    near = nearest_cells(stations, field_cells)
    given, left = field_cells[near], np.delete(field_cells, near, axis=0)
    names = np.array([f"cell {number}" for number in near])
    cells = Stations(names, given[:, 0], given[:, 1])
    day = np.array(["2010-04-06"], "datetime64[D]")
    observations = Observations(cells, day, {"pm10": given[None, :, 2]})
    everywhere = Stations(
        np.array([f"cell {number}" for number in range(len(field_cells))]), *field_cells[:, :2].T
    )
    place = Place("LOTOS-EUROS", "pm10", observations, domain_of(everywhere), 1, 1)
    return place, left[:, :2].T, left[:, 2]


def nearest_cells(stations: Stations, cells: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of the cells that are nearest to any of the stations, each once."""
    longitude, latitude = np.radians(cells[:, 0]), np.radians(cells[:, 1])
    east, north = np.radians(stations.longitude), np.radians(stations.latitude)
    # The larger the cosine of the angle between, the nearer.
    cosine = np.sin(north)[:, None] * np.sin(latitude) + np.cos(north)[:, None] * np.cos(
        latitude
    ) * np.cos(east[:, None] - longitude)
    return np.unique(cosine.argmax(axis=1))


def _around(
    name: str, variable: str, observations: Observations, folds: int, squares: int
) -> Place:
    domain = domain_of(observations.stations)
    return Place(name, variable, observations, domain, folds, squares)


def _of_stations(observations: Observations, kept: NDArray[np.bool_]) -> Observations:
    """Observations of some of the stations."""
    stations = observations.stations
    return Observations(
        Stations(stations.code[kept], stations.longitude[kept], stations.latitude[kept]),
        observations.times,
        {name: table[:, kept] for name, table in observations.values.items()},
        timezone=observations.timezone,
        files=observations.files,
    )
