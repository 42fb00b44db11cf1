"""Days of many places that the network of any place is fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.domains.domain import read_domain
from pointfuse.domains.static_input import static_input
from pointfuse.errors import InputFileNotFoundError
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.archives.archive import Archive
from pointfuse_training.network.anywhere.world_network import LAYERS, PLACES
from pointfuse_training.network.concentration_scale import transformed, unit_of

FEWEST, MOST = 30, 240
"""Cells of a day that is learned from; the time grows with their third power."""

DAYS_OF_ARCHIVE = 2
"""Simulated days of each pollutant on each domain."""

UNITS: Mapping[str, float] = {
    **dict.fromkeys(PLACES, 1e6),
    "height": 2000.0,
    "broad_height": 2000.0,
    "broad_ruggedness": 2.0,
    "log_lights": 4.0,
    "broad_lights": 4.0,
    **{name: 1.0 for name in LAYERS if name.endswith("fraction")},
}
"""What a unit of each layer of the static input is."""

_EMISSIONS = 0.8
"""Standard deviation of the logarithm of emissions about what lights tell of them."""

_EMISSIONS_LENGTH = 0.15
"""Length over which they differ, 1,000 km."""

_WAVES = 64


class PlacedDay(NamedTuple):
    """A day at cells of some place.

    Attributes
    ----------
    there : Tensor of float64, shape (places and layers, cell)
        Static input of the cells.
    value, number : Tensor of float64, shape (cell,)
        Values on the scale of the network, and of how many stations each is the mean.
    """

    there: Tensor
    value: Tensor
    number: Tensor


def layers_of(grid: Grid) -> Tensor:
    """Static input of the network on a grid, float64, shape (places and layers, cell)."""
    return torch.from_numpy(static_input(grid, UNITS)).double()


def day_of(
    layers: Tensor, cell: NDArray[np.int64], value: NDArray[np.float64], target: str
) -> PlacedDay:
    """A day of stations in some cells, which may be the same."""
    cells, of_cell, number = np.unique(cell, return_inverse=True, return_counts=True)
    means = torch.from_numpy(np.bincount(of_cell, value) / number)
    scaled = transformed(means, unit_of(target))
    return PlacedDay(layers[:, cells], scaled, torch.from_numpy(number.astype(np.float64)))


def real_days(
    placed: PlacedObservations,
    chosen: NDArray[np.bool_],
    layers: Tensor,
    random: np.random.Generator,
) -> Iterator[PlacedDay]:
    """Days at some of the stations: all over, or within a region, few or many.

    Parameters
    ----------
    placed : PlacedObservations
        The days.
    chosen : ndarray of bool, shape (station,)
        Stations that may be learned from.
    layers : Tensor, shape (places and layers, cell)
        Static input on their grid.
    random : numpy.random.Generator
        Source of random numbers.
    """
    target = placed.metadata.target.name
    for values in placed.observations.values[target]:
        known = np.isfinite(values) & chosen
        if known.sum() > MOST:
            day = day_of(layers, placed.cell[known], values[known], target)
            some = torch.from_numpy(_drawn(day.there, random))
            yield PlacedDay(day.there[:, some], day.value[some], day.number[some])


def simulated_days(folder: Path, target: str, random: np.random.Generator) -> Iterator[PlacedDay]:
    """Days of a pollutant that were simulated on domains, at places where people live and others.

    Emissions that a transport model is given are not those that lights tell. So the network is
    told of lights, towns and fields that differ from those of the simulation, by a random factor
    of every region.

    Parameters
    ----------
    folder : Path
        Folder of domains (``NAME.toml``), and of archives on each (``NAME/POLLUTANT``).
    target : str
        The pollutant.
    random : numpy.random.Generator
        Source of random numbers.

    Raises
    ------
    InputFileNotFoundError
        If there is none.
    """
    archives = [path for path in sorted(folder.glob(f"*/{target}")) if path.is_dir()]
    if not archives:
        raise InputFileNotFoundError(
            f"there are no archives {folder}/*/{target}; make domains with 'pointfuse-train "
            "domains' and simulate days on each"
        )
    for path in archives:
        layers = layers_of(read_domain(path.parent.with_suffix(".toml")).grid)
        lights = np.expm1(4 * layers[len(PLACES) + LAYERS.index("log_lights")].numpy())
        archive = Archive(path)
        for day in random.permutation(len(archive))[:DAYS_OF_ARCHIVE]:
            number = _number(random)
            likely = lights + 0.05 if random.random() < 0.7 else np.ones_like(lights)
            cell = random.choice(len(likely), number, replace=False, p=likely / likely.sum())
            values = archive[int(day)][0].flatten().double().numpy()[cell]
            made = day_of(layers, cell, values, target)
            yield made._replace(there=_other_emissions(made.there, random))


def conditions_of(folder: Path) -> dict[str, list[float]]:
    """Which domains days were simulated on: cells, m, and latitudes of their middles.

    Parameters
    ----------
    folder : Path
        Folder of domains.
    """
    grids = [read_domain(path).grid for path in sorted(folder.glob("*.toml"))]
    middles = [float(grid.projection.inverse(grid.x.mean(), grid.y.mean())[1]) for grid in grids]
    sizes = [grid.cell_size for grid in grids]
    return {
        "cell_size": [min(sizes), max(sizes)],
        "latitude": [round(min(middles), 1), round(max(middles), 1)],
    }


def _drawn(there: Tensor, random: np.random.Generator) -> NDArray[np.intp]:
    """Some of the cells with stations."""
    number, count = _number(random), there.shape[1]
    order = random.permutation(count)
    if random.random() < 0.5:
        # Of the nearest to a station, as many again are left out.
        middle = there[:3, random.integers(count)][:, None]
        near = ((there[:3] - middle) ** 2).sum(0).numpy().argsort()
        order = random.permutation(near[: 2 * number])
    chosen: NDArray[np.intp] = order[:number]
    return chosen


def _number(random: np.random.Generator) -> int:
    return int(np.exp(random.uniform(np.log(FEWEST), np.log(MOST))))


def _other_emissions(there: Tensor, random: np.random.Generator) -> Tensor:
    """Layers that tell of emissions, changed by a factor that is smooth in space."""
    waves = random.standard_normal((_WAVES, 3)) / _EMISSIONS_LENGTH
    phase, size = random.uniform(0, 2 * np.pi, _WAVES), random.standard_normal(_WAVES)
    angles = waves @ there[:3].numpy() + phase[:, None]
    change = torch.from_numpy(_EMISSIONS * (2 / _WAVES) ** 0.5 * size @ np.cos(angles))
    changed = there.clone()
    for name in ("log_lights", "broad_lights"):
        layer = len(PLACES) + LAYERS.index(name)
        changed[layer] = (changed[layer] + change / UNITS[name]).clamp(min=0)
    for name in ("urban_fraction", "cropland_fraction"):
        layer = len(PLACES) + LAYERS.index(name)
        changed[layer] = (changed[layer] * change.exp()).clamp(max=1)
    return changed
