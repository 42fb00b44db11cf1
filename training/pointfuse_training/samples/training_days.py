"""Batches of observed days: each is a function of the seed and its number alone.

So it does not matter how many processes draw them, nor where an interrupted training goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pointfuse_training.samples.simulated_days import SimulatedDays


class Batch(NamedTuple):
    """Days to learn from, each in a patch of its own.

    Attributes
    ----------
    observations, observed : Tensor, shape (days, 3, rows, columns)
        What the network takes.
    truth : Tensor, shape (days, 1, rows, columns)
        The field of PM2.5, ug/m3, where it is known.
    reports : Tensor, shape (days, 1, rows, columns)
        What a station in each cell reports that the network is not given, ug/m3.
    corner : Tensor of int, shape (days, 2)
        Row and column of the grid where the patch begins.
    weights : Tensor, shape (days, 1, rows, columns)
        Weight of each cell in the loss; 0 where the truth is not known.
    """

    observations: Tensor
    observed: Tensor
    truth: Tensor
    reports: Tensor
    corner: Tensor
    weights: Tensor

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


class LearningDays(Protocol):
    """Days to learn from."""

    def draw(self, crop: int, generator: torch.Generator) -> Batch:
        """One of the days, drawn at random, in a patch of so many cells; 0 for the whole grid."""


class ValidationDays(Protocol):
    """Days to tell by how good a network is."""

    def each(self, seed: int) -> Iterator[Batch]:
        """Every day once, on the whole grid; what has a weight is scored."""


@dataclass(frozen=True)
class CompleteDays:
    """Simulated days, whose field is known in every cell.

    Parameters
    ----------
    simulated : SimulatedDays
        The days, and how they are observed.
    weights : Tensor, shape (rows, columns)
        Weight of each cell in the loss.
    """

    simulated: SimulatedDays
    weights: Tensor

    def draw(self, crop: int, generator: torch.Generator) -> Batch:
        """One of the days, seen by stations of its own."""
        days = self.simulated.days
        index = days[int(torch.randint(len(days), (1,), generator=generator))]
        day = self.simulated.observed(index, generator)
        rows, columns = draw_patch(day.observed[0, 0], crop, generator)
        observations, observed, truth, reports = (
            part[..., rows, columns].contiguous() for part in day
        )
        corner = torch.tensor([[rows.start, columns.start]])
        weights = self.weights[None, None, rows, columns]
        return Batch(observations, observed, truth, reports, corner, weights)

    def each(self, seed: int) -> Iterator[Batch]:
        """Every day once; cells on land without a station are scored."""
        for index in self.simulated.days:
            generator = seeded_generator(seed, index)
            day = self.simulated.observed(index, generator)
            scored = (self.simulated.land > 0.5) & (day.observed[:, :1] == 0)
            yield Batch(*day, torch.zeros(1, 2, dtype=torch.int64), scored.float())


@dataclass(frozen=True)
class AlternatingDays:
    """Days of several kinds, in turn: simulated ones, say, and samples of a process.

    Parameters
    ----------
    kinds : sequence of CompleteDays
        The kinds.
    shares : sequence of float, optional
        Shares of the draws that come from each; without them they are equal.
    """

    kinds: Sequence[CompleteDays]
    shares: Sequence[float] = ()

    def draw(self, crop: int, generator: torch.Generator) -> Batch:
        """One of the days of a kind that is drawn first."""
        shares = torch.tensor(self.shares or [1.0] * len(self.kinds))
        kind = int(torch.multinomial(shares, 1, generator=generator))
        return self.kinds[kind].draw(crop, generator)

    def each(self, seed: int) -> Iterator[Batch]:
        """Every day of all kinds once."""
        for kind in self.kinds:
            yield from kind.each(seed)


class DrawnBatches(Dataset[Batch]):
    """Batches by their number.

    Parameters
    ----------
    days : LearningDays
        Days to draw from.
    size : int
        Days of a batch.
    crop : int
        Edge of the patches, cells; 0 for the whole grid.
    seed : int
        Seed of all draws.
    """

    def __init__(self, days: LearningDays, size: int, crop: int, seed: int) -> None:
        self.days = days
        self.size = size
        self.crop = crop
        self.seed = seed

    def __getitem__(self, number: int) -> Batch:
        """The batch of a number."""
        first = number * self.size
        drawn = [
            self.days.draw(self.crop, seeded_generator(self.seed, first + i))
            for i in range(self.size)
        ]
        return Batch(*(torch.cat(parts) for parts in zip(*drawn, strict=True)))


def draw_patch(observed: Tensor, crop: int, generator: torch.Generator) -> tuple[slice, slice]:
    """A patch with a station in it: without any there is nothing to learn.

    Parameters
    ----------
    observed : Tensor, shape (rows, columns)
        Not 0 in cells with a station.
    crop : int
        Edge of the patch, cells; 0 for the whole grid.
    generator : torch.Generator
        Source of all random numbers.

    Returns
    -------
    tuple of two slices
        Its rows and columns.
    """
    shape = observed.shape
    if not crop:
        return slice(0, shape[0]), slice(0, shape[1])
    stations = observed.nonzero()
    if not len(stations):
        stations = torch.tensor([[size // 2 for size in shape]])
    station = stations[int(torch.randint(len(stations), (1,), generator=generator))].tolist()
    patch = []
    for place, size in zip(station, shape, strict=True):
        edge = min(crop, size)
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
        # A fork would inherit the threads and locks of every library that is loaded.
        multiprocessing_context="spawn" if workers else None,
        pin_memory=pinned,
    )
