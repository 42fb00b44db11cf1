"""Days of a real network of stations, from which a network learns by predicting hidden ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.stations.gridding import PlacedObservations, grid_days
from pointfuse.stations.same_place import places
from pointfuse_training.samples.hidden_stations import Hiding, draw_hidden
from pointfuse_training.samples.training_days import (
    Batch,
    LearningDays,
    draw_patch,
    seeded_generator,
)

FEWEST_STATIONS = 20
"""Days with fewer stations of the fused variable are not learned from: nearly all of a day with so
few is hidden, or nothing."""


@dataclass(frozen=True)
class ObservedDays:
    """Days of observations, of which a part is hidden anew in every draw.

    What is hidden is the truth. A cell with several hidden stations has their mean, and weighs as
    much as they are many; a hidden station may share its cell with one that is given.

    Parameters
    ----------
    placed : PlacedObservations
        The days; each has at least two stations of the fused variable.
    hiding : Hiding
        How stations are hidden.
    without_weather : float
        Share of the draws that are given no humidity and wind speed.
    """

    placed: PlacedObservations
    hiding: Hiding
    without_weather: float

    def draw(self, crop: int, generator: torch.Generator) -> Batch:
        """One of the days, with hidden stations of its own.

        Weights have the mean 1 over the patch, so that the loss is the mean error at the hidden
        stations in it; they are 0 in a patch without any.
        """
        days = len(self.placed.observations.times)
        whole = self._day(int(torch.randint(days, (1,), generator=generator)), generator)
        rows, columns = draw_patch(whole.observed[0, 0], crop, generator)
        fields = (whole.observations, whole.observed, whole.truth, whole.weights)
        observations, observed, truth, weights = (
            field[..., rows, columns].contiguous() for field in fields
        )
        corner = torch.tensor([[rows.start, columns.start]])
        weights /= weights.mean().clamp(min=1e-12)
        return Batch(observations, observed, truth, truth, corner, weights)

    def each(self, seed: int) -> Iterator[Batch]:
        """Every day once; the cells of its hidden stations are scored."""
        for index in range(len(self.placed.observations.times)):
            yield self._day(index, seeded_generator(seed, index))

    def _day(self, index: int, generator: torch.Generator) -> Batch:
        """A day on the whole grid; the weight of a cell is the number of its hidden stations."""
        day = self.placed.on_days(slice(index, index + 1))
        hidden = self._hidden(day, generator)
        given, kept_back = grid_days(day.without(hidden)), grid_days(day.without(~hidden))
        observations, observed = map(torch.from_numpy, (given.observations, given.observed))
        observed[:, :1] = torch.from_numpy(given.station_count[:, None])
        if torch.rand(1, generator=generator) < self.without_weather:
            observations[:, 1:] = observed[:, 1:] = 0
        return Batch(
            observations,
            observed,
            torch.from_numpy(kept_back.observations[:, :1]),
            torch.from_numpy(kept_back.observations[:, :1]),
            torch.zeros(1, 2, dtype=torch.int64),
            torch.from_numpy(kept_back.station_count[None].astype(np.float32)),
        )

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        return places(self.placed.observations.stations)

    def _hidden(self, day: PlacedObservations, generator: torch.Generator) -> NDArray[np.bool_]:
        """Stations that are hidden, among those that report the fused variable on the day."""
        reporting = reports(day)[0]
        cell = torch.from_numpy(day.cell[reporting])
        place = self._place[reporting]
        _, first, of_place = np.unique(place, return_index=True, return_inverse=True)
        leader = torch.from_numpy(first[of_place])
        hidden = np.zeros(len(reporting), bool)
        shape = day.metadata.grid.shape
        hidden[reporting] = draw_hidden(cell, leader, shape, self.hiding, generator).numpy()
        return hidden


@dataclass(frozen=True)
class MixedDays:
    """Observed and simulated days: without the latter a network would forget whole fields.

    Parameters
    ----------
    observed, simulated : LearningDays
        The days.
    share : float
        Share of the draws that are simulated.
    """

    observed: LearningDays
    simulated: LearningDays
    share: float

    def draw(self, crop: int, generator: torch.Generator) -> Batch:
        """One of the days of either kind."""
        simulated = bool(torch.rand(1, generator=generator) < self.share)
        return (self.simulated if simulated else self.observed).draw(crop, generator)


def reports(placed: PlacedObservations) -> NDArray[np.bool_]:
    """Where there is an observation of the fused variable, shape (day, station)."""
    days, stations = len(placed.observations.times), len(placed.observations.stations)
    table = placed.observations.values.get(placed.metadata.target.name)
    return np.zeros((days, stations), bool) if table is None else np.isfinite(table)


def split_days(
    placed: PlacedObservations, held_out: float
) -> tuple[PlacedObservations, PlacedObservations]:
    """Days to learn from, and the last ones, which are held out; both with enough stations.

    Parameters
    ----------
    placed : PlacedObservations
        The observations.
    held_out : float
        Share of the days that is held out, at least one day.

    Raises
    ------
    InputError
        If there are too few such days.
    """
    stations = reports(placed).sum(axis=1)
    enough = np.flatnonzero(stations >= FEWEST_STATIONS)
    if len(enough) < 2:
        raise InputError(
            f"expected at least 2 days with {FEWEST_STATIONS} stations of "
            f"{placed.metadata.target.name} on the grid, got {len(enough)} (the best of "
            f"{len(stations)} days has {stations.max(initial=0)}); give more days, and check the "
            "station list, the units and what is left out"
        )
    last = min(max(1, round(held_out * len(enough))), len(enough) - 1)
    return placed.on_days(enough[:-last]), placed.on_days(enough[-last:])
