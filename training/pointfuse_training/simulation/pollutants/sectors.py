"""Emissions by sector: who emits what, and when."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pointfuse_training.simulation.emissions import Emissions, traffic
from pointfuse_training.simulation.parameters import (
    LogNormal,
    Parameters,
    Quantity,
    Uniform,
    drawn,
    fixed,
)
from pointfuse_training.simulation.pollutants.species import NO2_PPB, NOX, O3_PPB
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs
from pointfuse_training.simulation.waves import Waves

_PATCHES = 250e3  # m


@dataclass(frozen=True, kw_only=True)
class SectorParameters(Parameters):
    """Emissions of a cell with typical lights, or of one that is all sea or bare land."""

    traffic_coarse: Quantity = drawn(LogNormal(450.0, 0.3), "ug m-2 h-1", "dust of roads")
    farm_coarse: Quantity = drawn(LogNormal(300.0, 0.3), "ug m-2 h-1", "dust of fields")
    dust_coarse: Quantity = fixed(3.0, "1", "coarse dust over fine dust that wind raises")
    sea_coarse: Quantity = fixed(2.0, "ug m-2 h-1 (m s-1)-2", "sea salt per squared wind")
    power_so2: Quantity = drawn(LogNormal(480.0, 0.3), "ug m-2 h-1", "SO2 of power and industry")
    heating_so2: Quantity = drawn(LogNormal(60.0, 0.3), "ug m-2 h-1", "SO2 of winter heating")
    traffic_nox: Quantity = drawn(LogNormal(600.0, 0.25), "ug m-2 h-1", "NOx of traffic, as NO2")
    power_nox: Quantity = drawn(LogNormal(380.0, 0.25), "ug m-2 h-1", "NOx of power and industry")
    heating_nox: Quantity = drawn(LogNormal(90.0, 0.25), "ug m-2 h-1", "NOx of winter heating")
    soil_nox: Quantity = fixed(15.0, "ug m-2 h-1", "NOx of the soil of fields in summer")
    traffic_co: Quantity = drawn(LogNormal(2100.0, 0.25), "ug m-2 h-1", "CO of traffic")
    power_co: Quantity = drawn(LogNormal(1500.0, 0.25), "ug m-2 h-1", "CO of industry")
    heating_co: Quantity = drawn(LogNormal(1000.0, 0.25), "ug m-2 h-1", "CO of winter heating")
    fire_co: Quantity = fixed(2500.0, "ug m-2 h-1", "CO of forest fires")
    primary_no2: Quantity = drawn(Uniform(0.05, 0.15), "1", "share of NOx that is emitted as NO2")
    patches: Quantity = fixed(
        0.5, "1", "deviation of the logarithm, from region to region, of what a sector emits"
    )


class Sectors:
    """Emissions of a batch of scenarios, from what emits the particles.

    Parameters
    ----------
    static : StaticInputs
        Static layers.
    emissions : Emissions
        Of particles: where cities, industry, fields, fires and bare land are, and what people do
        on a day.
    random : RandomStream
        Random numbers of the sectors.
    """

    def __init__(self, static: StaticInputs, emissions: Emissions, random: RandomStream) -> None:
        self.parameters = SectorParameters.sample(random)
        self._ocean = static.ocean
        self._emissions = emissions
        waves = Waves(static.grid, static.device)

        def patches() -> Tensor:
            return torch.exp(self.parameters.patches * waves.noise(random, _PATCHES, 2.5))

        self._power = {name: patches() for name in ("so2", "nox", "co")}
        self._heating = {name: patches() for name in ("so2", "nox", "co")}
        self._coarse = patches()

    def start_day(self, cold: Tensor) -> None:
        """Take over what people do on the day that `Emissions.start_day` drew.

        Parameters
        ----------
        cold : Tensor, shape (scenarios, 1, 1)
            0 in summer, 1 in winter.
        """
        p, e = self.parameters, self._emissions
        driven = e.cities * e.activity
        works = (e.industry + e.hot_spots) * e.activity
        heated = e.cities * e.heated * cold * e.activity
        power, heating = self._power, self._heating
        self._by_day = torch.stack(
            [
                p.traffic_coarse * self._coarse * driven,
                torch.zeros_like(driven),
                p.traffic_nox * driven,
                p.traffic_co * driven,
            ],
            dim=1,
        )
        self._always = torch.stack(
            [
                p.farm_coarse * self._coarse * e.farms,
                p.power_so2 * power["so2"] * works + p.heating_so2 * heating["so2"] * heated,
                p.power_nox * power["nox"] * works
                + p.heating_nox * heating["nox"] * heated
                + p.soil_nox * e.farms * (1 - cold),
                p.power_co * power["co"] * works
                + p.heating_co * heating["co"] * heated
                + p.fire_co * e.fires,
            ],
            dim=1,
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
        Tensor, shape (scenarios, 5, rows, columns)
            Of all that is carried (`species`), ug m-2 h-1.
        """
        p = self.parameters
        found = torch.addcmul(
            self._always, self._by_day, torch.tensor(traffic(hour), device=speed.device)
        )
        raised = p.dust_coarse * self._emissions.raised_dust(speed)
        found[:, 0] += raised + p.sea_coarse * self._ocean * speed.square()
        oxygen = p.primary_no2 * found[:, NOX] * (NO2_PPB / O3_PPB)
        return torch.cat([found, oxygen[:, None]], dim=1)
