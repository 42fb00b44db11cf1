"""Days and cities for a fit, with others left for scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.stations.readers.network_list import StationList


def unscored_days(times: NDArray[np.datetime64], every: int, apart: int) -> NDArray[np.bool_]:
    """Which days are far enough from those that scores are made of: every Nth, from the first.

    The air of a day resembles that of the days around it, which are no independent ones.

    Parameters
    ----------
    times : ndarray of datetime64[D], shape (day,)
        All days, in their order.
    every : int
        Scores are made of the days 0, `every`, twice `every`...
    apart : int
        Distance that a day has to have from a scored one, at least, in days.

    Returns
    -------
    ndarray of bool, shape (day,)
    """
    away = np.abs(times[:, None] - times[::every]) >= np.timedelta64(apart, "D")
    return np.asarray(away.all(axis=1))


def stations_in_half_of_cities(stations: StationList, seed: int) -> list[str]:
    """Codes of the stations in a random half of the cities.

    Parameters
    ----------
    stations : StationList
        Stations and their cities; those without a place take no part.
    seed : int
        Seed of the draw.

    Raises
    ------
    InputError
        If no city is known.
    """
    cities = sorted(stations.city_places)
    if not cities:
        raise InputError(
            "expected a city of each station to take half of them, got none; give a station list "
            "with a column of cities"
        )
    half = np.random.default_rng(seed).random(len(cities)) < 0.5
    drawn = {city for city, taken in zip(cities, half, strict=True) if taken}
    return [code for code, city in stations.cities.items() if city in drawn]
