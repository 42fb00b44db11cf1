"""The reduced chemical transport model: its processes put together, hour after hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.chemistry import PARTICLES, Chemistry
from pointfuse_training.simulation.deposition import Deposition
from pointfuse_training.simulation.emissions import Emissions
from pointfuse_training.simulation.meteorology import (
    DAYS_OF_YEAR,
    Meteorology,
    coldness,
    sunshine,
)
from pointfuse_training.simulation.parameters import Parameters, Quantity, Uniform, drawn
from pointfuse_training.simulation.pollutants.carried import Carried
from pointfuse_training.simulation.pollutants.species import POLLUTANTS
from pointfuse_training.simulation.pollutants.statistics import largest_of_eight_hours
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.terrain import Terrain
from pointfuse_training.simulation.transport import Transport
from pointfuse_training.simulation.waves import Waves
from pointfuse_training.simulation.wind import Wind

SPIN_UP_DAYS = 4
STEP_HOURS = 0.5
_STEPS_OF_WIND = 2  # eddies that live for days change little in an hour
_GOLDEN_RATIO = 0.6180339887498949

_OF_PM25, _OTHERS = slice(0, 2), slice(2, None)
"""What is carried: particles and the gases that they form from; and what `Carried` knows."""


@dataclass(frozen=True, kw_only=True)
class BackgroundParameters(Parameters):
    """Parameters of the air around and above."""

    background: Quantity = drawn(Uniform(10.0, 22.0), "ug m-3", "particles in clean air")


@dataclass(frozen=True)
class SimulatedDay:
    """One day of a batch of scenarios.

    Attributes
    ----------
    day_of_year : Tensor, shape (scenarios,)
        From 0 (1 January) to 364.
    fields : Tensor, shape (scenarios, 3, rows, columns)
        Daily means of PM2.5 (ug/m3), relative humidity (%) and wind speed (m/s).
    hours : Tensor, shape (scenarios, 6, 24, rows, columns), or None
        Hourly means of `POLLUTANTS`, where these were simulated.
    """

    day_of_year: Tensor
    fields: Tensor
    hours: Tensor | None = None

    def of(self, pollutant: str) -> Tensor:
        """Daily fields of a pollutant, humidity and wind, shape (scenarios, 3, rows, columns)."""
        if self.hours is None or pollutant == POLLUTANTS[0]:
            return self.fields
        hours = self.hours[:, POLLUTANTS.index(pollutant.removesuffix("_mda8"))]
        daily = hours.mean(1) if pollutant in POLLUTANTS else largest_of_eight_hours(hours)
        return torch.cat([daily[:, None], self.fields[:, 1:]], dim=1)


class Simulator:
    """A batch of scenarios: each has weather, emissions and parameters of its own.

    Parameters
    ----------
    static : StaticInputs
        Static layers; where they are is where the model runs.
    seed : int
        Seed of the archive.
    scenarios : sequence of int
        Numbers of the scenarios. What a number stands for depends on the seed alone.
    all_pollutants : bool
        Whether coarse particles, gases and ozone are carried too. PM2.5 does not depend on it.
    """

    def __init__(
        self,
        static: StaticInputs,
        seed: int,
        scenarios: Sequence[int],
        all_pollutants: bool = False,
    ) -> None:
        def random(process: str) -> RandomStream:
            return RandomStream(seed, scenarios, process, static.device)

        self._static = static
        terrain = Terrain(static)
        self.wind = Wind(static, terrain, random("wind"))
        self.meteorology = Meteorology(static, terrain, random("meteorology"))
        self.emissions = Emissions(static, random("emissions"))
        self.chemistry = Chemistry()
        self.deposition = Deposition(terrain.basin)
        self._background = self._draw_background(random("background"))
        inflow = torch.stack([self._background, torch.zeros_like(self._background)], dim=1)
        self.carried = None
        if all_pollutants:
            self.carried = Carried(static, terrain, self.emissions, random("pollutants"))
            inflow = torch.cat([inflow, self.carried.clean], dim=1)
        self.transport = Transport(static.grid.cell_size, inflow)
        self._concentration = inflow.clone()
        self._height: Tensor | None = None
        self.first_day = first_days(seed, scenarios).to(static.device)

    def parameters(self, index: int) -> dict[str, dict[str, float]]:
        """Values of all parameters of one scenario of the batch, by process and name."""
        tables = {
            "wind": self.wind.parameters,
            "meteorology": self.meteorology.parameters,
            "emissions": self.emissions.parameters,
            "transport": self.transport.parameters,
            "chemistry": self.chemistry.parameters,
            "deposition": self.deposition.parameters,
            "background": self.background_parameters,
        }
        if self.carried:
            tables |= {
                "sectors": self.carried.sectors.parameters,
                "losses": self.carried.losses.parameters,
                "photochemistry": self.carried.photochemistry.parameters,
                "clean air": self.carried.clean_air,
            }
        return {name: table.of_scenario(index) for name, table in tables.items()}

    @torch.inference_mode()
    def run(self, days: int) -> Iterator[SimulatedDay]:
        """Days after the spin-up, one after the other.

        Parameters
        ----------
        days : int
            Number of days.
        """
        for day in range(-SPIN_UP_DAYS, days):
            day_of_year = (self.first_day + day) % DAYS_OF_YEAR
            cold = coldness(day_of_year, southern=self._static.is_southern)
            found = self._simulate_day(day, cold[:, None, None].float())
            if day >= 0:
                yield SimulatedDay(day_of_year, *found)

    def _simulate_day(self, day: int, cold: Tensor) -> tuple[Tensor, Tensor | None]:
        self.meteorology.start_day(cold)
        self.emissions.start_day(day, cold)
        if self.carried:
            self.carried.start_day(cold, self.meteorology.humidity)
        steps = round(24 / STEP_HOURS)
        particles = torch.zeros_like(self._background)
        speeds = torch.zeros_like(self._background)
        hours: list[Tensor] = []
        for step in range(steps):
            hour = step * STEP_HOURS
            if step % _STEPS_OF_WIND == 0:
                self._next_wind(cold)
            self._step(hour, cold)
            particles += self._concentration[:, PARTICLES]
            speeds += self._speed
            if self.carried:
                measured = self.carried.measured(
                    self._concentration[:, _OTHERS], self._concentration[:, PARTICLES], hour
                )
                if hour == int(hour):
                    hours.append(torch.zeros_like(measured))
                hours[-1] += measured * STEP_HOURS
        means = [particles / steps, self.meteorology.humidity, speeds / steps]
        return torch.stack(means, dim=1), torch.stack(hours, dim=2) if hours else None

    def _next_wind(self, cold: Tensor) -> None:
        self.wind.advance(STEP_HOURS * _STEPS_OF_WIND * 3600)
        stream_function = self.wind.stream_function()
        self._faces = self.wind.obstructed(self.wind.free_flow(stream_function), cold)
        self._speed = self._faces.speed()
        self._high = self.wind.anticyclone(stream_function)
        self.transport.set_wind(self._faces, STEP_HOURS * 3600)

    def _step(self, hour: float, cold: Tensor) -> None:
        height = self.meteorology.mixing_height(hour, cold, self._speed, self._high)
        rain, humidity = self.meteorology.rain, self.meteorology.humidity
        p = self.transport.parameters
        diffusivity = p.day_diffusivity if sunshine(hour) else p.night_diffusivity
        self._concentration = self.transport.advance(self._concentration, float(diffusivity))
        c = self._concentration[:, _OF_PM25]
        if self._height is not None:
            self.deposition.dilute(c, self._height, height)
        source = self.emissions.fluxes(hour, self._speed).div_(height[:, None])
        self.deposition.deposit(c, source, height, rain, self._background, STEP_HOURS)
        self.chemistry.react(c, hour, humidity, STEP_HOURS)
        if self.carried:
            self.carried.step(
                self._concentration[:, _OTHERS],
                hour,
                self._height,
                height,
                rain,
                self._speed,
                self.chemistry.rate(hour, humidity),
                STEP_HOURS,
            )
        self._height = height

    def _draw_background(self, random: RandomStream) -> Tensor:
        self.background_parameters = BackgroundParameters.sample(random)
        waves = Waves(self._static.grid, self._static.device)
        regional = torch.exp(0.4 * waves.noise(random, 800e3, 2.5))
        return self.background_parameters.background * regional


def first_days(seed: int, scenarios: Sequence[int]) -> Tensor:
    """Days of the year on which scenarios begin, 0 to 364, shape (scenarios,).

    Successive scenarios advance by the golden section of a year: any number of them covers the
    seasons evenly.
    """
    numbers = torch.tensor(scenarios, dtype=torch.float64)
    start = RandomStream(seed, [0], "season", torch.device("cpu")).uniform(1).double()
    return ((start[0] + numbers * _GOLDEN_RATIO) % 1 * DAYS_OF_YEAR).floor().long()
