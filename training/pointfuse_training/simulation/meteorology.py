"""Weather other than wind: season, humidity, rain and the height of the mixing layer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.parameters import Parameters, Quantity, fixed
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.terrain import Terrain
from pointfuse_training.simulation.waves import Waves

DAYS_OF_YEAR = 365
_COLDEST_DAY = 20
_SUNRISE, _SUNSET = 7.0, 18.0


@dataclass(frozen=True, kw_only=True)
class MeteorologyParameters(Parameters):
    """Parameters of humidity, rain and mixing."""

    humidity_spread: Quantity = fixed(13.0, "%", "deviation of daily relative humidity")
    humidity_memory: Quantity = fixed(0.6, "1", "correlation of humidity from day to day")
    rain_memory: Quantity = fixed(0.5, "1", "correlation of rain from day to day")
    rain_threshold: Quantity = fixed(1.0, "1", "deviation above which it rains at 70 % humidity")
    night_height: Quantity = fixed(180.0, "m", "mixing height in calm nights")
    wind_height: Quantity = fixed(60.0, "s", "mixing height that each m/s of wind adds")
    day_height: Quantity = fixed(450.0, "m", "mixing height that the sun adds at noon in winter")
    summer_height: Quantity = fixed(950.0, "m", "what it adds more in summer")
    anticyclone_height: Quantity = fixed(
        0.2, "1", "share of the night height that a high of one deviation takes"
    )
    basin_height: Quantity = fixed(0.25, "1", "share of the mixing height that a deep basin takes")
    lowest_height: Quantity = fixed(80.0, "m", "lowest mixing height")
    highest_height: Quantity = fixed(2500.0, "m", "highest mixing height")


def coldness(day_of_year: Tensor, *, southern: bool = False) -> Tensor:
    """From 0 in midsummer to 1 in midwinter, shape of `day_of_year`."""
    day_of_year = day_of_year + DAYS_OF_YEAR / 2 * southern
    return 0.5 + 0.5 * torch.cos((day_of_year - _COLDEST_DAY) / DAYS_OF_YEAR * 2 * math.pi)


def sunshine(hour: float) -> float:
    """From 0 at night to 1 at noon."""
    if not _SUNRISE < hour < _SUNSET:
        return 0.0
    return math.sin(math.pi * (hour - _SUNRISE) / (_SUNSET - _SUNRISE))


class Meteorology:
    """Humidity, rain and mixing height of a batch of scenarios, day after day.

    Parameters
    ----------
    static : StaticInputs
        Static layers.
    terrain : Terrain
        Basins.
    random : RandomStream
        Random numbers of the weather.
    """

    def __init__(self, static: StaticInputs, terrain: Terrain, random: RandomStream) -> None:
        self.parameters = MeteorologyParameters.sample(random)
        self._random = random
        self._static = static
        self._basin = terrain.basin
        self._waves = Waves(static.grid, static.device)
        self._climate = (
            75
            - 22 * torch.sigmoid((static.from_equator - 36) / 4)
            - 12 * torch.sigmoid((static.height - 1500) / 600)
            + 8 * static.ocean
            - 10 * static.barren
        )
        self._monsoon = 6 * torch.sigmoid((34 - static.from_equator) / 3)
        self._moist = self._humidity_noise()
        self._wet = self._rain_noise()

    def start_day(self, cold: Tensor) -> None:
        """Draw the humidity and rain of the next day.

        Parameters
        ----------
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.

        Notes
        -----
        Sets `humidity` (%) and `rain` (strength, 0 where dry), shape (scenarios, rows, columns).
        """
        p = self.parameters
        self._moist = _remember(self._moist, self._humidity_noise(), p.humidity_memory)
        self._wet = _remember(self._wet, self._rain_noise(), p.rain_memory)
        mean = self._climate + self._monsoon * (1 - cold)
        self.humidity = (mean + p.humidity_spread * self._moist).clamp(8, 99)
        self.rain = torch.relu(self._wet + 0.03 * (self.humidity - 70) - p.rain_threshold)

    def mixing_height(self, hour: float, cold: Tensor, speed: Tensor, high: Tensor) -> Tensor:
        """Height of the layer that emissions mix into, m, shape (scenarios, rows, columns).

        Parameters
        ----------
        hour : float
            Local hour of the day.
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.
        speed : Tensor, shape (scenarios, rows, columns)
            Wind speed, m/s.
        high : Tensor, shape (scenarios, rows, columns)
            How far the cell is in an anticyclone, deviations.
        """
        p = self.parameters
        subsidence = 1 - p.anticyclone_height * high.clamp(-1.0, 1.5)
        height = (p.night_height + p.wind_height * speed) * subsidence
        if sun := sunshine(hour):
            dryness = (1 - 0.003 * (self.humidity - 50)).clamp(0.3, 1.3)
            warmed = p.day_height + p.summer_height * (1 - cold)
            height = height + sun * warmed * (1 - 0.5 * self._static.ocean) * dryness
        return height.clamp(float(p.lowest_height), float(p.highest_height)) * (
            1 - p.basin_height * self._basin
        )

    def _humidity_noise(self) -> Tensor:
        return self._waves.noise(self._random, 500e3, 3.0)

    def _rain_noise(self) -> Tensor:
        return self._waves.noise(self._random, 300e3, 3.0)


def _remember(before: Tensor, fresh: Tensor, memory: Quantity) -> Tensor:
    """Next day of a process that stays at unit variance."""
    return memory * before + (1 - memory**2) ** 0.5 * fresh
