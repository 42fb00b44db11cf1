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

CLUSTERED = (500, 1300)
"""Fewest and most cells with a station where stations stand where people live."""

UNIFORM = (1500, 2500)
"""Fewest and most cells with a station where they stand anywhere (as published)."""

HOLE = 12
"""Edge of the squares that are left without stations, cells."""

MOST_HOLES = 1 / 3
"""Largest share of the grid without stations."""

NOISE = 0.12
"""Standard deviation of the logarithm of what a station reports over the mean of its cell."""

DAY_FACTOR_SPREAD = 0.4
"""Standard deviation of the logarithm of the factor of a day."""

LARGEST_OFFSET = 6.0
"""Largest background that is added to a day, ug/m3."""

MOST_WEATHER = 0.015
"""Largest share of cells with a humidity or a wind speed."""

WITHOUT_WEATHER = 0.5
"""Share of the days without any humidity and wind speed."""


@dataclass(frozen=True)
class StationPlaces:
    """Where pseudo-stations may stand.

    Parameters
    ----------
    inhabited : Tensor, shape (rows, columns)
        Weight of each cell in the draws that follow people; not negative.
    network : Tensor of bool, the same shape, optional
        Cells of a real network. Without one, stations follow people in its stead.

    Raises
    ------
    InputError
        If the shapes differ, or no cell has a weight.
    """

    inhabited: Tensor
    network: Tensor | None = None

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
        """Cells with a station of PM2.5, bool, shape (rows, columns).

        A third of the draws each: the real network, clustered where people live, and uniform;
        then squares of `HOLE` cells lose their stations, up to `MOST_HOLES` of the grid.
        """
        kind = int(torch.randint(3, (1,), generator=generator))
        if kind == 0 and self.network is not None:
            stations = self.network
        elif kind < 2:
            stations = _drawn(self.inhabited, CLUSTERED, generator)
        else:
            stations = _drawn(torch.ones_like(self.inhabited), UNIFORM, generator)
        return stations & ~draw_holes(stations.shape, generator)


def inhabited_cells(night_lights: Tensor, urban: Tensor, land: Tensor) -> Tensor:
    """Weight of each cell as a place where people live and measure.

    Parameters
    ----------
    night_lights : Tensor, shape (rows, columns)
        Lights at night in any linear unit.
    urban, land : Tensor, the same shape
        Shares of the cell.
    """
    lights = night_lights.clamp(min=0)
    return (lights / lights.max().clamp(min=1e-12)).sqrt() + 0.25 * urban + 0.03 * land


def _drawn(weights: Tensor, limits: tuple[int, int], generator: torch.Generator) -> Tensor:
    """So many different cells as the limits say, or half of those with a weight on a small grid."""
    flat = weights.flatten().double()
    number = int(torch.randint(limits[0], limits[1] + 1, (1,), generator=generator))
    number = min(number, -(-int((flat > 0).sum()) // 2))
    chosen = torch.multinomial(flat, number, replacement=False, generator=generator)
    stations = torch.zeros(flat.shape, dtype=torch.bool)
    stations[chosen] = True
    return stations.view(weights.shape)


def draw_holes(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Cells in the squares without stations, bool, shape (rows, columns)."""
    share = MOST_HOLES * torch.rand(1, generator=generator)
    row, column = torch.randint(HOLE, (2,), generator=generator).tolist()
    # One square more each way than fits, so that the pattern can begin anywhere.
    squares = [-(-size // HOLE) + 1 for size in shape]
    empty = torch.rand(squares, generator=generator) < share
    cells = empty.repeat_interleave(HOLE, 0).repeat_interleave(HOLE, 1)
    return cells[row : row + shape[0], column : column + shape[1]]


class PseudoDay(NamedTuple):
    """A simulated day as stations see it; the first axis has the length one.

    Attributes
    ----------
    observations, observed : Tensor, shape (1, 3, rows, columns)
        What the network takes: values with noise, and mask.
    truth : Tensor, shape (1, 1, rows, columns)
        The field of PM2.5 that they were taken from, ug/m3.
    """

    observations: Tensor
    observed: Tensor
    truth: Tensor


def draw_day(fields: Tensor, places: StationPlaces, generator: torch.Generator) -> PseudoDay:
    """Observe a simulated day with stations drawn for it.

    Parameters
    ----------
    fields : Tensor, shape (3, rows, columns)
        PM2.5 (ug/m3), relative humidity (%) and wind speed (m/s); NaN where there are none.
    places : StationPlaces
        Where stations may stand.
    generator : torch.Generator
        Source of all random numbers.

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
    factor = torch.exp(DAY_FACTOR_SPREAD * torch.randn(1, generator=generator))
    offset = LARGEST_OFFSET * torch.rand(1, generator=generator)
    truth = fields[:1] * factor + offset
    observed = torch.cat(
        [places.draw(generator)[None], _draw_weather_stations(fields.shape[1:], generator)]
    ).float()
    reported = torch.cat([reports(truth, generator), fields[1:]])
    # An archive without humidity or wind has no station of it.
    observed *= reported.isfinite()
    return PseudoDay((reported.nan_to_num() * observed)[None], observed[None], truth[None])


def reports(truth: Tensor, generator: torch.Generator) -> Tensor:
    """What a station in each cell would report, ug/m3: the cell's mean times its own noise."""
    return truth * torch.exp(NOISE * torch.randn(truth.shape, generator=generator))


def _draw_weather_stations(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Cells with a humidity and with a wind speed, bool, shape (2, rows, columns)."""
    share = MOST_WEATHER * torch.rand(2, 1, 1, generator=generator)
    if torch.rand(1, generator=generator) < WITHOUT_WEATHER:
        share = torch.zeros_like(share)
    return torch.rand(2, *shape, generator=generator) < share
