"""Batches of observed days: each is a function of the seed and its number alone.

So it does not matter how many processes draw them, nor where an interrupted training goes on.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pointfuse_training.fusion_network import day_scale
from pointfuse_training.pseudo_stations import PseudoDay, draw_day
from pointfuse_training.scale_training import SimulatedDays


class Batch(NamedTuple):
    """Days to learn from, each in a patch of its own.

    Attributes
    ----------
    observations, observed : Tensor, shape (days, 3, rows, columns)
        What the network takes.
    truth : Tensor, shape (days, 1, rows, columns)
        The field of PM2.5, ug/m3.
    scale : Tensor, shape (days, 1, 1, 1)
        Mean of the observed PM2.5 of the whole day, ug/m3.
    corner : Tensor of int, shape (days, 2)
        Row and column of the grid where the patch begins.
    """

    observations: Tensor
    observed: Tensor
    truth: Tensor
    scale: Tensor
    corner: Tensor

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))

    def patches(self, layers: Tensor) -> Tensor:
        """Each day's patch of layers of the grid.

        Parameters
        ----------
        layers : Tensor, shape (layers, grid rows, grid columns)
            Layers of the whole grid.

        Returns
        -------
        Tensor, shape (days, layers, rows, columns)
            The patches.
        """
        rows, columns = self.truth.shape[-2:]
        if layers.shape[1:] == (rows, columns):
            return layers.expand(len(self.truth), -1, -1, -1)
        return torch.stack(
            [layers[:, r : r + rows, c : c + columns] for r, c in self.corner.tolist()]
        )


class DrawnBatches(Dataset[Batch]):
    """Batches by their number.

    Parameters
    ----------
    simulated : SimulatedDays
        Days, and how they are observed.
    size : int
        Days of a batch.
    crop : int
        Edge of the patches, cells; 0 for the whole grid.
    seed : int
        Seed of all draws.
    """

    def __init__(self, simulated: SimulatedDays, size: int, crop: int, seed: int) -> None:
        self.simulated = simulated
        self.size = size
        self.crop = crop
        self.seed = seed

    def __getitem__(self, number: int) -> Batch:
        """The batch of a number."""
        drawn = [self._day(number * self.size + i) for i in range(self.size)]
        return Batch(*(torch.cat(parts) for parts in zip(*drawn, strict=True)))

    def _day(self, number: int) -> Batch:
        generator = seeded_generator(self.seed, number)
        days = self.simulated.days
        index = days[int(torch.randint(len(days), (1,), generator=generator))]
        day = draw_day(self.simulated.archive[index], self.simulated.places, generator)
        scale = day_scale(day.observations, day.observed)
        rows, columns = self._patch(day, generator)
        corner = torch.tensor([[rows.start, columns.start]])
        observations, observed, truth = (part[..., rows, columns].contiguous() for part in day)
        return Batch(observations, observed, truth, scale, corner)

    def _patch(self, day: PseudoDay, generator: torch.Generator) -> tuple[slice, slice]:
        """A patch with a station in it: without any there is nothing to learn."""
        shape = day.truth.shape[-2:]
        if not self.crop:
            return slice(0, shape[0]), slice(0, shape[1])
        stations = day.observed[0, 0].nonzero()
        if not len(stations):
            stations = torch.tensor([[size // 2 for size in shape]])
        station = stations[int(torch.randint(len(stations), (1,), generator=generator))].tolist()
        patch = []
        for place, size in zip(station, shape, strict=True):
            edge = min(self.crop, size)
            before = int(torch.randint(edge, (1,), generator=generator))
            start = min(max(place - before, 0), size - edge)
            patch.append(slice(start, start + edge))
        return patch[0], patch[1]


def seeded_generator(seed: int, number: int) -> torch.Generator:
    """Source of random numbers of the draw with a number, unlike that of any other draw."""
    (state,) = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def load_batches(
    batches: DrawnBatches, first: int, step: int, *, workers: int, pinned: bool
) -> DataLoader[Batch]:
    """Batches number first, first + step and so on without end, drawn ahead of their use.

    Parameters
    ----------
    batches : DrawnBatches
        The batches.
    first, step : int
        Number of the first, and distance of the numbers.
    workers : int
        Processes that draw; with 0 they are drawn as they are asked for.
    pinned : bool
        Whether they lie in memory from where copies to a GPU are fast.
    """
    return DataLoader(
        batches,
        batch_size=None,
        sampler=itertools.count(first, step),
        num_workers=workers,
        pin_memory=pinned,
    )
