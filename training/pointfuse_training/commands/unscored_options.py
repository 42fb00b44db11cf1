"""Options of commands that learn something from real stations: what stays for scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.commands.shared.reading import ReadingOptions, read_observations, station_list
from pointfuse.commands.shared.running import gathered
from pointfuse.model.loading import Model
from pointfuse.model.model_file import read_model_file
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.pollutants import POLLUTANTS, as_variables
from pointfuse.stations.quality.day_checks import check_days
from pointfuse_training.processes.unscored import stations_in_half_of_cities, unscored_days

FEWEST_STATIONS = 100
"""Of a day that is learned from."""

_OPTIONS = (
    click.option(
        "--variable",
        type=click.Choice([*POLLUTANTS]),
        help="Pollutant to learn from in place of the model's.",
    ),
    click.option(
        "--exclude-every",
        type=click.IntRange(2),
        help="Leave out every Nth of the days read, from the first, for scores.",
    ),
    click.option(
        "--apart",
        default=3,
        show_default=True,
        type=click.IntRange(1),
        help="Leave out what is nearer to such a day than so many days, too.",
    ),
    click.option(
        "--every",
        default=1,
        show_default=True,
        type=click.IntRange(1),
        help="Use every Nth of the days left.",
    ),
    click.option(
        "--half-of-cities",
        type=click.IntRange(0),
        metavar="SEED",
        help="Learn from the stations of a random half of the cities alone.",
    ),
)


@dataclass(frozen=True)
class Unscored:
    """Which pollutant, days and cities are learned from; the others are left for scores.

    Parameters
    ----------
    variable : str or None
        Pollutant; that of the model without one.
    exclude_every : int or None
        Every so many of the days, from the first, are left for scores.
    apart : int
        Distance from such a day that another must have, days.
    every : int
        Of the others every so many are used.
    half_of_cities : int or None
        Seed of the half of the cities that are used.
    """

    variable: str | None
    exclude_every: int | None
    apart: int
    every: int
    half_of_cities: int | None


unscored_options = gathered("unscored", Unscored, _OPTIONS)
"""Give a command the argument ``unscored``: `Unscored`."""


@dataclass(frozen=True)
class UnscoredDays:
    """Days of stations that may be learned from.

    Parameters
    ----------
    placed : PlacedObservations
        Daily means of all stations on these days, after quality control.
    chosen : ndarray of bool, shape (station,)
        Stations that may be learned from.
    city : ndarray of str, shape (station,)
        Cities of the stations; empty where none is known.
    """

    placed: PlacedObservations
    chosen: NDArray[np.bool_]
    city: NDArray[np.str_]

    def alone(self) -> UnscoredDays:
        """The same days without the stations that are left for scores."""
        placed = self.placed.without(~self.chosen)
        return replace(
            self, placed=placed, chosen=self.chosen[self.chosen], city=self.city[self.chosen]
        )


def read_unscored(reading: ReadingOptions, unscored: Unscored) -> UnscoredDays:
    """Read the files of a command, and choose days and cities.

    Raises
    ------
    click.UsageError
        If half of the cities are wanted, and no station list tells the cities.
    """
    stations = station_list(reading)
    half = unscored.half_of_cities
    if half is not None and stations is None:
        raise click.UsageError("--half-of-cities takes the cities of --stations; give both")
    content, metadata, sha256 = read_model_file(reading.model)
    checked = metadata
    if unscored.variable not in (None, metadata.target.name):
        # Checks of one pollutant look at others: PM10 is not below PM2.5.
        (wanted,) = as_variables([unscored.variable])
        checked = replace(metadata, variables=(*metadata.variables, wanted))
        metadata = replace(metadata, variables=(wanted, *metadata.variables[1:]))
    model = Model(content, checked, sha256, threads=1)
    observations = read_observations(reading, model, stations=stations)
    placed = place(check_days(observations, model), metadata)
    placed = placed.on_days(_chosen_days(placed, unscored))
    code = placed.observations.stations.code
    chosen = np.ones(len(code), bool)
    cities = stations.cities if stations else {}
    if stations is not None and half is not None:
        chosen = np.isin(code, stations_in_half_of_cities(stations, half))
    return UnscoredDays(placed, chosen, np.array([cities.get(one, "") for one in code]))


def _chosen_days(placed: PlacedObservations, unscored: Unscored) -> NDArray[np.intp]:
    """Positions of the days that are learned from."""
    chosen = np.ones(len(placed.observations.times), bool)
    if unscored.exclude_every is not None:
        chosen = unscored_days(placed.observations.times, unscored.exclude_every, unscored.apart)
    chosen &= placed.target_stations >= FEWEST_STATIONS
    return np.flatnonzero(chosen)[:: unscored.every]
