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
    """

    day_of_year: Tensor
    fields: Tensor


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
    """

    def __init__(self, static: StaticInputs, seed: int, scenarios: Sequence[int]) -> None:
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
            fields = self._simulate_day(day, coldness(day_of_year)[:, None, None].float())
            if day >= 0:
                yield SimulatedDay(day_of_year, fields)

    def _simulate_day(self, day: int, cold: Tensor) -> Tensor:
        self.meteorology.start_day(cold)
        self.emissions.start_day(day, cold)
        steps = round(24 / STEP_HOURS)
        particles = torch.zeros_like(self._background)
        speeds = torch.zeros_like(self._background)
        for step in range(steps):
            hour = step * STEP_HOURS
            if step % _STEPS_OF_WIND == 0:
                self._next_wind(cold)
            self._step(hour, cold)
            particles += self._concentration[:, PARTICLES]
            speeds += self._speed
        means = [particles / steps, self.meteorology.humidity, speeds / steps]
        return torch.stack(means, dim=1)

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
        c = self.transport.advance(self._concentration, float(diffusivity))
        if self._height is not None:
            self.deposition.dilute(c, self._height, height)
        source = self.emissions.fluxes(hour, self._speed).div_(height[:, None])
        self.deposition.deposit(c, source, height, rain, self._background, STEP_HOURS)
        self.chemistry.react(c, hour, humidity, STEP_HOURS)
        self._concentration, self._height = c, height

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
