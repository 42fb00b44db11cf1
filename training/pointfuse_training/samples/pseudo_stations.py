"""Pseudo-stations: cells of a simulated day whose values the network is given.

Every draw is another network of stations, so that a network trained on them expects none in
particular. Numbers are drawn on the CPU from a generator that the caller seeds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.samples.sampling import SAMPLING, Sampling

OUTLIER = 4.0
"""How much larger than that of others the noise of an outlier is."""


@dataclass(frozen=True)
class StationPlaces:
    """Where pseudo-stations may stand.

    Parameters
    ----------
    inhabited : Tensor, shape (rows, columns)
        Weight of each cell in the draws that follow people; not negative.
    network : Tensor, the same shape, optional
        Number of stations of a real network in each cell. Without one, stations follow people in
        its stead.
    sampling : Sampling
        How many there are, and what they report.
    noise : Tensor, the same shape, optional
        Standard deviation of the logarithm of what a station reports over the mean of its cell,
        as `report_noise` gives it; that of the sampling everywhere by default.
    unit : float
        Unit of the pollutant (`unit_of`).

    Raises
    ------
    InputError
        If the shapes differ, or no cell has a weight.
    """

    inhabited: Tensor
    network: Tensor | None = None
    sampling: Sampling = SAMPLING
    noise: Tensor | None = None
    unit: float = 1.0

    def __post_init__(self) -> None:
        if self.network is not None and self.network.shape != self.inhabited.shape:
            raise InputError(
                f"the network of stations has the grid {tuple(self.network.shape)}, the layers "
                f"{tuple(self.inhabited.shape)}; give both on one grid"
            )
        if not (bool((self.inhabited >= 0).all()) and 0 < float(self.inhabited.sum()) < math.inf):
            raise InputError(
                "expected weights of the cells that are finite, nowhere negative and somewhere "
                "positive; check the night lights and the land cover"
            )

    def draw(self, generator: torch.Generator) -> Tensor:
        """Number of stations of PM2.5 in each cell, shape (rows, columns).

        The real network, stations where people live, or stations anywhere; then squares lose their
        stations, or all but a region, a few, or one side. `Sampling` says how often and how many.
        """
        sampling = self.sampling
        kind = float(torch.rand(1, generator=generator))
        if kind < sampling.network and self.network is not None:
            stations = self._present(self.network, generator)
        elif kind < sampling.network + sampling.clustered:
            stations = self._several(self.inhabited, sampling.clustered_stations, generator)
        else:
            anywhere = torch.ones_like(self.inhabited)
            stations = self._several(anywhere, sampling.uniform_stations, generator)
        stations = stations * ~draw_holes(stations.shape, generator, sampling)
        return stations * draw_kept(stations > 0, generator, sampling)

    def _present(self, network: Tensor, generator: torch.Generator) -> Tensor:
        """The stations of the cells of a network that report."""
        least = self.sampling.network_present
        share = least + (1 - least) * torch.rand(1, generator=generator)
        return network * (torch.rand(network.shape, generator=generator) < share)

    def _several(
        self, weights: Tensor, limits: tuple[int, int], generator: torch.Generator
    ) -> Tensor:
        cells = draw_cells(weights, limits, generator)
        further = torch.full(cells.shape, self.sampling.several)
        return cells * (1 + torch.poisson(further, generator=generator))

    def reports(
        self,
        truth: Tensor,
        stations: Tensor | float,
        generator: torch.Generator,
        station_noise: float | None = None,
        share: float = 1.0,
    ) -> Tensor:
        """Mean of what the stations in each cell would report, ug/m3.

        Parameters
        ----------
        truth : Tensor, shape (..., rows, columns)
            Means of the cells, ug/m3.
        stations : Tensor or float
            Number of stations in each cell, whose noises are independent.
        generator : torch.Generator
            Source of all random numbers.
        station_noise : float, optional
            Standard deviation of a station's noise on the scale of the process,
            ``2 (sqrt(v / u + 1) - 1)`` with the `unit` u; without it the noise is that of the
            sampling, relative to the mean of the cell.
        share : float
            Share of the sampling's noise that the day has.
        """
        noise = torch.randn(truth.shape, generator=generator)
        outliers = torch.rand(truth.shape, generator=generator) < self.sampling.outliers
        noise = (
            noise * (1 + (OUTLIER - 1) * outliers) / torch.as_tensor(stations).clamp(min=1).sqrt()
        )
        if station_noise is None:
            usual = self.sampling.noise if self.noise is None else self.noise
            return truth * torch.exp(share * usual * noise)
        root = ((truth / self.unit + 1).sqrt() + station_noise * noise / 2).clamp(min=1)
        reported: Tensor = self.unit * (root**2 - 1)
        return reported


def report_noise(sampling: Sampling, lights: Tensor, ruggedness: Tensor) -> Tensor:
    """Standard deviation of the logarithm of a station's report over the mean of its cell.

    Variances of independent causes add up: s^2 = noise^2 + (lights_noise l)^2 +
    (ruggedness_noise r)^2, with l the square root of the lights and r the ruggedness, both
    relative to their largest value on the grid.

    Parameters
    ----------
    sampling : Sampling
        The noise of each cause.
    lights : Tensor, shape (rows, columns)
        Lights at night in any linear unit, not negative.
    ruggedness : Tensor, the same shape
        How uneven the ground is, not negative.
    """
    rugged = ruggedness / ruggedness.max().clamp(min=1e-12)
    variance = sampling.lights_noise**2 * brightness(lights) ** 2
    variance += (sampling.ruggedness_noise * rugged) ** 2
    return (sampling.noise**2 + variance).sqrt()


def inhabited_cells(night_lights: Tensor, urban: Tensor, land: Tensor) -> Tensor:
    """Weight of each cell as a place where people live and measure.

    Parameters
    ----------
    night_lights : Tensor, shape (rows, columns)
        Lights at night in any linear unit.
    urban, land : Tensor, the same shape
        Shares of the cell.
    """
    return brightness(night_lights) + 0.25 * urban + 0.03 * land


def brightness(night_lights: Tensor) -> Tensor:
    """Square root of the lights at night relative to those of the brightest cell, 0 to 1.

    Parameters
    ----------
    night_lights : Tensor, shape (rows, columns)
        Lights at night in any linear unit.
    """
    lights = night_lights.clamp(min=0)
    return (lights / lights.max().clamp(min=1e-12)).sqrt()


def draw_cells(weights: Tensor, limits: tuple[int, int], generator: torch.Generator) -> Tensor:
    """So many different cells as the limits say, or half of those with a weight on a small grid."""
    flat = weights.flatten().double()
    number = int(torch.randint(limits[0], limits[1] + 1, (1,), generator=generator))
    number = min(number, -(-int((flat > 0).sum()) // 2))
    stations = torch.zeros(flat.shape, dtype=torch.bool)
    if number:  # of which torch makes an error
        stations[torch.multinomial(flat, number, generator=generator)] = True
    return stations.view(weights.shape)


def draw_holes(
    shape: torch.Size, generator: torch.Generator, sampling: Sampling = SAMPLING
) -> Tensor:
    """Cells in the squares without stations, bool, shape (rows, columns)."""
    hole = sampling.hole
    share = sampling.most_holes * torch.rand(1, generator=generator)
    row, column = torch.randint(hole, (2,), generator=generator).tolist()
    # One square more each way than fits, so that the pattern can begin anywhere.
    squares = [-(-size // hole) + 1 for size in shape]
    empty = torch.rand(squares, generator=generator) < share
    cells = empty.repeat_interleave(hole, 0).repeat_interleave(hole, 1)
    return cells[row : row + shape[0], column : column + shape[1]]


def draw_kept(
    stations: Tensor, generator: torch.Generator, sampling: Sampling = SAMPLING
) -> Tensor:
    """Cells whose stations are left, bool: all, a region, a few, or one side of the grid.

    Parameters
    ----------
    stations : Tensor of bool, shape (rows, columns)
        Cells with a station.
    generator : torch.Generator
        Source of all random numbers.
    sampling : Sampling
        How often each happens.
    """
    kind, size = torch.rand(2, generator=generator).tolist()
    where = stations.nonzero()
    everything = torch.ones_like(stations)
    if not len(where) or kind >= sampling.regional + sampling.few + sampling.one_sided:
        return everything
    chosen = where[int(torch.randint(len(where), (1,), generator=generator))]
    row, column = (
        torch.arange(n)[axis] - int(centre)
        for n, axis, centre in zip(
            stations.shape, ((slice(None), None), (None, slice(None))), chosen, strict=True
        )
    )
    if kind < sampling.regional:
        least, most = sampling.region_radius
        region: Tensor = row**2 + column**2 <= (least + (most - least) * size) ** 2
        return region
    if kind < sampling.regional + sampling.few:
        # As often 1 to 3 as 30 to 100.
        number = min(round(sampling.most_of_few**size), len(where))
        left = where[torch.randperm(len(where), generator=generator)[:number]]
        few = torch.zeros_like(stations)
        few[left[:, 0], left[:, 1]] = True
        return few
    angle = 2 * math.pi * size
    return math.cos(angle) * row + math.sin(angle) * column >= 0


class PseudoDay(NamedTuple):
    """A simulated day as stations see it; the first axis has the length one.

    Attributes
    ----------
    observations, observed : Tensor, shape (1, 3, rows, columns)
        What the network takes: values with noise, and number of stations.
    truth : Tensor, shape (1, 1, rows, columns)
        The field of PM2.5 that they were taken from, ug/m3.
    reports : Tensor, shape (1, 1, rows, columns)
        What a further station in each cell would report, ug/m3.
    """

    observations: Tensor
    observed: Tensor
    truth: Tensor
    reports: Tensor


def draw_day(
    fields: Tensor,
    places: StationPlaces,
    generator: torch.Generator,
    station_noise: float | None = None,
) -> PseudoDay:
    """Observe a day with stations drawn for it.

    Parameters
    ----------
    fields : Tensor, shape (3, rows, columns)
        PM2.5 (ug/m3), relative humidity (%) and wind speed (m/s); NaN where there are none.
    places : StationPlaces
        Where stations may stand.
    generator : torch.Generator
        Source of all random numbers.
    station_noise : float, optional
        As `StationPlaces.reports` takes it; that of the archive's day.

    Raises
    ------
    InputError
        If the day is on another grid than the places.
    """
    if fields.shape[1:] != places.inhabited.shape:
        raise InputError(
            f"the simulated day has the grid {tuple(fields.shape[1:])}, the layers "
            f"{tuple(places.inhabited.shape)}; give both on one grid"
        )
    sampling = places.sampling
    factor = torch.exp(sampling.day_factor_spread * torch.randn(1, generator=generator))
    offset = places.unit * sampling.largest_offset * torch.rand(1, generator=generator)
    truth = fields[:1] * factor + offset
    if station_noise is not None:
        # The scale of the process goes with the square root of the concentration.
        station_noise *= float(factor.sqrt())
    weather = _draw_weather_stations(places.inhabited, generator, sampling)
    stations = places.draw(generator)
    observed = torch.cat([stations[None], weather]).float()
    share = sampling.quietest + (1 - sampling.quietest) * float(torch.rand(1, generator=generator))
    reported = places.reports(truth, stations, generator, station_noise, share)
    reported = torch.cat([reported, fields[1:]])
    # An archive without humidity or wind has no station of it.
    observed *= reported.isfinite()
    another = places.reports(truth, 1.0, generator, station_noise, share)
    return PseudoDay(
        (reported.nan_to_num() * (observed > 0))[None], observed[None], truth[None], another[None]
    )


def _draw_weather_stations(
    anywhere: Tensor, generator: torch.Generator, sampling: Sampling
) -> Tensor:
    """Cells with a humidity and with a wind speed, bool, shape (2, rows, columns)."""
    if torch.rand(1, generator=generator) < sampling.without_weather:
        return torch.zeros(2, *anywhere.shape, dtype=torch.bool)
    even = torch.ones_like(anywhere)
    return torch.stack([draw_cells(even, sampling.weather_stations, generator) for _ in range(2)])
