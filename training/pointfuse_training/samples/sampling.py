"""How simulated days are observed: how many stations, where, and with what noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pointfuse.errors import InputError


@dataclass(frozen=True)
class Sampling:
    """How simulated days are observed.

    Parameters
    ----------
    network, clustered : float
        Shares of the days that are seen by a real network, and by stations that stand where people
        live. The others have stations anywhere (uniform).
    network_present : float
        Least share of the real network's cells that report; the share is drawn between it and 1.
    clustered_stations, uniform_stations : tuple of two ints
        Fewest and most cells with a station where they are clustered, and where they are uniform
        (1,500 to 2,500 as published).
    several : float
        Mean number of further stations in a cell with one, where they are drawn.
    regional, few, one_sided : float
        Shares of the days on which only the stations of one region, only a few, or only those of
        one side of the grid are left.
    region_radius : tuple of two ints
        Least and largest radius of such a region, cells.
    most_of_few : int
        How many cells with a station a few are at most.
    hole : int
        Edge of the squares that are left without stations, cells.
    most_holes : float
        Largest share of the grid without stations.
    noise : float
        Standard deviation of the logarithm of what a station reports over the mean of its cell,
        on days whose archive does not give the noise of a station.
    quietest : float
        Least share of this noise that a day has; the share is drawn between it and 1. Where
        stations agree, a network learns to believe them.
    lights_noise, ruggedness_noise : float
        The same of what is added to it in the brightest and in the most rugged cells: a single
        station represents those less well.
    outliers : float
        Share of the reports whose noise is several times as large.
    day_factor_spread : float
        Standard deviation of the logarithm of the factor that a day is multiplied by.
    largest_offset : float
        Largest background that is added to a day, in the units of the target.
    weather_stations : tuple of two ints
        Fewest and most cells with a humidity, and likewise with a wind speed, each at places of
        their own.
    without_weather : float
        Share of the days without any humidity and wind speed.

    Raises
    ------
    InputError
        If a share is not between 0 and 1, or a number is negative or out of order.
    """

    network: float = 1 / 3
    clustered: float = 1 / 3
    network_present: float = 1.0
    clustered_stations: tuple[int, int] = (500, 1300)
    uniform_stations: tuple[int, int] = (1500, 2500)
    several: float = 0.8
    regional: float = 0.1
    few: float = 0.1
    one_sided: float = 0.05
    region_radius: tuple[int, int] = (10, 60)
    most_of_few: int = 100
    hole: int = 12
    most_holes: float = 1 / 3
    noise: float = 0.16
    quietest: float = 0.0
    lights_noise: float = 0.0
    ruggedness_noise: float = 0.0
    outliers: float = 0.01
    day_factor_spread: float = 0.4
    largest_offset: float = 6.0
    weather_stations: tuple[int, int] = (0, 2400)
    without_weather: float = 0.5

    def __post_init__(self) -> None:
        shares = ("network", "clustered", "network_present", "most_holes", "quietest")
        for name in (*shares, "without_weather", "regional", "few", "one_sided", "outliers"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"'{name}' should be a share, 0 to 1, got {getattr(self, name)}")
        if self.network + self.clustered > 1:
            raise InputError(
                "the shares 'network' and 'clustered' should sum to at most 1, got "
                f"{self.network + self.clustered:g}"
            )
        if self.regional + self.few + self.one_sided > 1:
            raise InputError("the shares 'regional', 'few' and 'one_sided' sum to more than 1")
        pairs = ("clustered_stations", "uniform_stations", "weather_stations", "region_radius")
        for name in pairs:
            fewest, most = getattr(self, name)
            if not 0 <= fewest <= most:
                raise InputError(
                    f"'{name}' should be the fewest and the most, got {fewest}, {most}"
                )
        spreads = ("noise", "lights_noise", "ruggedness_noise", "day_factor_spread", "several")
        for name in (*spreads, "largest_offset"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"'{name}' should not be negative, got {getattr(self, name)}")
        for name in ("hole", "most_of_few"):
            if getattr(self, name) < 1:
                raise InputError(f"'{name}' should be at least 1, got {getattr(self, name)}")


SAMPLING = Sampling()
"""How days are observed unless a recipe says otherwise."""
