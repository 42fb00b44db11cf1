"""All pollutants beside fine particles, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.emissions import Emissions
from pointfuse_training.simulation.meteorology import sunshine
from pointfuse_training.simulation.parameters import (
    Parameters,
    Quantity,
    Uniform,
    drawn,
    fixed,
)
from pointfuse_training.simulation.pollutants.losses import Losses
from pointfuse_training.simulation.pollutants.photochemistry import (
    Photochemistry,
    PhotochemistryParameters,
)
from pointfuse_training.simulation.pollutants.sectors import Sectors
from pointfuse_training.simulation.pollutants.species import (
    CO,
    COARSE,
    NO2_PPB,
    NOX,
    O3_PPB,
    OX,
    SO2,
)
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.terrain import Terrain
from pointfuse_training.simulation.waves import Waves

_WARM_ALL_YEAR = 21.0  # degrees north: where winter begins to be one


@dataclass(frozen=True, kw_only=True)
class CleanAirParameters(Parameters):
    """What clean air holds."""

    coarse: Quantity = drawn(Uniform(8.0, 18.0), "ug m-3", "coarse particles")
    so2: Quantity = fixed(3.0, "ug m-3", "SO2")
    nox: Quantity = fixed(1.5, "ug m-3", "nitrogen oxides")
    co: Quantity = drawn(Uniform(250.0, 400.0), "ug m-3", "CO")
    ozone: Quantity = drawn(Uniform(78.0, 98.0), "ug m-3", "ozone at sea level")
    ozone_by_height: Quantity = fixed(9.0, "ug m-3 km-1", "what it gains with height")
    summer_ozone: Quantity = fixed(-0.25, "1", "what summer adds to it, of itself")
    light_lost_in_winter: Quantity = fixed(
        0.45, "1", "share of sunshine that northern winters lack"
    )
    light_lost_in_cloud: Quantity = fixed(0.55, "1", "share of sunshine that humid days lack")


class Carried:
    """Coarse particles, SO2, nitrogen oxides, CO and odd oxygen of a batch of scenarios.

    Parameters
    ----------
    static : StaticInputs
        Static layers.
    terrain : Terrain
        Basins.
    emissions : Emissions
        Of fine particles.
    random : RandomStream
        Random numbers of these pollutants.

    Attributes
    ----------
    clean : Tensor, shape (scenarios, 5, rows, columns)
        Clean air, ug/m3, in the order of `species`.
    """

    def __init__(
        self, static: StaticInputs, terrain: Terrain, emissions: Emissions, random: RandomStream
    ) -> None:
        self.sectors = Sectors(static, emissions, random)
        self.photochemistry = Photochemistry(PhotochemistryParameters.sample(random))
        self.losses = Losses(terrain.basin)
        p = self.clean_air = CleanAirParameters.sample(random)
        self._static = static
        waves = Waves(static.grid, static.device)
        regional = torch.exp(0.15 * waves.noise(random, 800e3, 2.5))
        ozone = p.ozone + p.ozone_by_height * static.height / 1000
        self.clean = torch.stack(
            [q * regional for q in (p.coarse, p.so2, p.nox, p.co)] + [ozone * regional], dim=1
        )
        self._winter = torch.sigmoid((static.from_equator - _WARM_ALL_YEAR) / 3)
        self._residual = self.clean[:, OX].clone()

    def start_day(self, cold: Tensor, humidity: Tensor) -> None:
        """Season and clouds of a day, after `Emissions.start_day`.

        Parameters
        ----------
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.
        humidity : Tensor, shape (scenarios, rows, columns)
            Relative humidity, %.
        """
        p = self.clean_air
        self.sectors.start_day(cold)
        winter = cold * self._winter
        cloud = torch.sigmoid((humidity - 78) / 7)
        self._brightness = (1 - p.light_lost_in_winter * winter) * (
            1 - p.light_lost_in_cloud * cloud
        )
        self._warmth = 1 - winter
        self._forest = (
            self._static.forest * self._warmth.square() * self.photochemistry.parameters.forest
        )
        self._above = self.clean.clone()
        self._above[:, OX] *= 1 + p.summer_ozone * (1 - cold)

    def step(
        self,
        carried: Tensor,
        hour: float,
        before: Tensor | None,
        height: Tensor,
        rain: Tensor,
        speed: Tensor,
        oxidation: Tensor,
        hours: float,
    ) -> None:
        """Let all but the wind work on what is carried, in place.

        Parameters
        ----------
        carried : Tensor, shape (scenarios, 5, rows, columns)
            ug/m3, in the order of `species`.
        hour : float
            Local hour of the day.
        before : Tensor or None
            Mixing height of the step before, m.
        height, rain, speed, oxidation : Tensor, shape (scenarios, rows, columns)
            Mixing height (m), strength of rain, wind speed (m/s), and the rate at which gases
            become particles (h-1).
        hours : float
            How long.
        """
        if before is not None:
            self.losses.dilute(carried, before, height, self._above, self._residual)
        source = self.sectors.fluxes(hour, speed).div_(height[:, None])
        self.losses.deposit(carried, source, height, rain, oxidation, self._above, hours)
        excess = (carried[:, CO] - self._above[:, CO]).clamp(min=0) / 1000
        light = sunshine(hour) * self._brightness
        self.photochemistry.react(
            carried[:, NOX], carried[:, OX], excess + self._forest, light, self._warmth, hours
        )
        if sunshine(hour) and hour > 12:
            # When the sun has set, this is the air above.
            self._residual = carried[:, OX].clone()

    def measured(self, carried: Tensor, particles: Tensor, hour: float) -> Tensor:
        """What stations would measure, shape (scenarios, 6, rows, columns).

        Parameters
        ----------
        carried : Tensor, shape (scenarios, 5, rows, columns)
            ug/m3, in the order of `species`.
        particles : Tensor, shape (scenarios, rows, columns)
            Fine particles, ug/m3.
        hour : float
            Local hour of the day.

        Returns
        -------
        Tensor
            In the order of `POLLUTANTS`, ug/m3; CO in mg/m3.
        """
        light = sunshine(hour) * self._brightness
        nox, ox = carried[:, NOX] * NO2_PPB, carried[:, OX] * O3_PPB
        dioxide = self.photochemistry.nitrogen_dioxide(nox, ox, light)
        return torch.stack(
            [
                particles,
                particles + carried[:, COARSE],
                carried[:, SO2],
                dioxide / NO2_PPB,
                carried[:, CO] / 1000,
                (ox - dioxide).clamp(min=0) / O3_PPB,
            ],
            dim=1,
        )
