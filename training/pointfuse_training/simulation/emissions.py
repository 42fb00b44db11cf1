"""Emissions of primary particles and of the gases that particles form from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.meteorology import sunshine
from pointfuse_training.simulation.parameters import (
    LogNormal,
    Parameters,
    Quantity,
    Uniform,
    drawn,
    fixed,
)
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.terrain import box_mean
from pointfuse_training.simulation.waves import Waves

_HOT_SPOT_SHARE = 2e-3
_HIGHEST_INDUSTRY = 20.0
_INDUSTRY_SURROUNDINGS = 60e3  # m

REST_DAYS = (5, 6)
"""Days of the week on which people do less; 0 is Monday."""


@dataclass(frozen=True, kw_only=True)
class EmissionParameters(Parameters):
    """Parameters of the emissions; strengths are relative to a cell with typical lights."""

    strength: Quantity = drawn(
        LogNormal(150.0, 0.25), "ug m-2 h-1", "emission of a cell with typical lights"
    )
    cities: Quantity = drawn(Uniform(0.6, 1.6), "1", "strength of what people do")
    city_exponent: Quantity = drawn(Uniform(0.35, 0.7), "1", "power of the lights it goes with")
    industry: Quantity = drawn(Uniform(0.1, 0.5), "1", "strength of industry in bright cells")
    farms: Quantity = drawn(Uniform(0.3, 1.8), "1", "strength of cropland")
    fires: Quantity = drawn(Uniform(0.0, 1.5), "1", "strength of forest fires")
    hot_spots: Quantity = drawn(Uniform(0.0, 12.0), "1", "strength of unknown single sources")
    dust: Quantity = drawn(Uniform(0.0, 2.5), "1", "strength of wind-blown dust from bare land")
    dust_threshold: Quantity = fixed(5.5, "m s-1", "wind speed that raises dust")
    dust_flux: Quantity = fixed(22.0, "ug m-2 h-1 (m s-1)-2", "dust per squared wind above that")
    gases: Quantity = fixed(1.5, "1", "strength of gases that particles form from")
    heating: Quantity = drawn(Uniform(0.8, 1.8), "1", "what winter heating adds in the north")
    heating_latitude: Quantity = fixed(
        33.0, "degrees_north", "where heating begins, from the equator"
    )
    local_spread: Quantity = fixed(
        0.3, "1", "deviation of the logarithm from place to place, beyond what layers show"
    )
    day_spread: Quantity = fixed(0.25, "1", "deviation of the logarithm from day to day, overall")
    demand_spread: Quantity = fixed(0.45, "1", "the same, of regions")
    demand_memory: Quantity = fixed(0.5, "1", "correlation of regions from day to day")
    weekend_rest: Quantity = drawn(
        Uniform(0.0, 0.15), "1", "share of what people emit that rests on two days of seven"
    )
    first_weekday: Quantity = drawn(
        Uniform(0.0, 7.0), "day", "day of the week at the beginning, from 0 (Monday), rounded down"
    )


class Emissions:
    """Emissions of a batch of scenarios, day after day and hour after hour.

    Parameters
    ----------
    static : StaticInputs
        Static layers.
    random : RandomStream
        Random numbers of the emissions.

    Attributes
    ----------
    cities, industry, hot_spots, farms, fires : Tensor, shape (scenarios, rows, columns)
        Strength of each sector, relative to a cell with typical lights.
    heated : Tensor, shape (scenarios, rows, columns)
        What winter adds to what people emit.
    activity : Tensor, shape (scenarios, rows, columns)
        What people do on the day, of itself.
    """

    def __init__(self, static: StaticInputs, random: RandomStream) -> None:
        self.parameters = EmissionParameters.sample(random)
        self._random = random
        self._waves = Waves(static.grid, static.device)
        p = self.parameters
        land = 1 - static.ocean
        lights = _relative(static.night_lights * land)
        local = self._local_differences(static)
        lit = box_mean(lights, 2) ** p.city_exponent
        self.cities = lit * local * self._patches(250e3, 0.5) * p.cities
        self.industry = _industry(static) * self._patches(150e3, 0.6) * p.industry
        self.hot_spots = self._draw_hot_spots(static) * p.hot_spots
        self.farms = static.crop * local * self._patches(300e3, 0.7) * p.farms
        self._dust = static.barren * self._patches(200e3, 0.8) * p.dust
        burning = torch.relu(self._waves.noise(random, 120e3, 2.0) - 1.2)
        self.fires = static.forest * burning * p.fires
        self.heated = torch.sigmoid((static.from_equator - p.heating_latitude) / 1.5) * p.heating
        self._demand = self._waves.noise(random, 120e3, 2.5)

    def start_day(self, day: int, cold: Tensor) -> None:
        """Draw what people do the next day.

        Parameters
        ----------
        day : int
            Days since the scenario began; negative in the spin-up.
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.
        """
        p = self.parameters
        fresh = self._waves.noise(self._random, 120e3, 2.5)
        memory = p.demand_memory
        self._demand = memory * self._demand + (1 - memory**2) ** 0.5 * fresh
        of_day = torch.exp(p.day_spread * self._random.normal(1, 1))
        overall = p.strength * of_day
        working = 1 - p.weekend_rest * self._rests(day)
        demand = torch.exp(p.demand_spread * self._demand)
        self.activity = of_day * working * demand
        activity = overall * working * demand * (1 + cold * self.heated)
        self._activity = (self.cities + self.industry + self.hot_spots) * activity
        self._land = (0.25 * self.farms * (1 + cold) + self.fires) * overall
        self._gases = p.gases * (
            1.2 * self.cities * activity
            + (3 * self.industry + self.hot_spots + 0.3 * self.farms) * overall
        )

    def fluxes(self, hour: float, speed: Tensor) -> Tensor:
        """Emissions at an hour of the day.

        Parameters
        ----------
        hour : float
            Local hour of the day.
        speed : Tensor, shape (scenarios, rows, columns)
            Wind speed, m/s.

        Returns
        -------
        Tensor, shape (scenarios, 2, rows, columns)
            Primary particles and gases, ug m-2 h-1.
        """
        primary = traffic(hour) * self._activity + self._land + self.raised_dust(speed)
        return torch.stack([primary, self._gases], dim=1)

    def raised_dust(self, speed: Tensor) -> Tensor:
        """Fine dust that the wind raises, ug m-2 h-1, shape (scenarios, rows, columns)."""
        p = self.parameters
        return torch.relu(speed - p.dust_threshold).square() * (self._dust * p.dust_flux)

    def _rests(self, day: int) -> Tensor:
        """1 for scenarios in which it is a rest day, 0 for the others, shape (scenarios, 1, 1)."""
        weekday = (torch.as_tensor(self.parameters.first_weekday).floor() + day) % 7
        return torch.isin(weekday, weekday.new_tensor(REST_DAYS)).float()

    def _patches(self, length: float, spread: float) -> Tensor:
        """Regional differences that no layer shows: a log-normal field."""
        return torch.exp(spread * self._waves.noise(self._random, length, 2.5))

    def _local_differences(self, static: StaticInputs) -> Tensor:
        """Differences of counties: a log-normal field of patches of 3 x 3 cells."""
        # The mean of nine has a third of the deviation of one.
        noise = 3 * box_mean(self._random.normal(*static.grid.shape), 1)
        return torch.exp(self.parameters.local_spread * noise)

    def _draw_hot_spots(self, static: StaticInputs) -> Tensor:
        """Single sources on land that no layer shows, each spread over 3 x 3 cells."""
        shape = static.grid.shape
        found = self._random.uniform(*shape) < _HOT_SPOT_SHARE
        size = torch.exp(self._random.normal(*shape))
        return box_mean(found * size * (1 - static.ocean), 1)


def traffic(hour: float) -> float:
    """How much of the daily activity falls on an hour; about 0.9 on average."""
    return (0.55 + 0.9 * sunshine(hour) if sunshine(hour) else 0.5) + (
        0.5 if 17 < hour < 21 else 0.0
    )


def _industry(static: StaticInputs) -> Tensor:
    """Built-up cells that outshine their surroundings, relative to the mean of such cells."""
    radius = max(1, round(_INDUSTRY_SURROUNDINGS / static.grid.cell_size))
    excess = torch.relu(static.night_lights - box_mean(static.night_lights, radius))
    bright = _relative(box_mean(excess * static.urban, 1))
    return bright.clamp(max=_HIGHEST_INDUSTRY) ** 0.7


def _relative(layer: Tensor) -> Tensor:
    """A layer divided by its mean where there is any of it."""
    positive = layer[layer > 0]
    return layer / positive.mean() if len(positive) else layer
