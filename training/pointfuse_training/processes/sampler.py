"""Days as the distribution has them, on the grid of the static layers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.processes.distribution import ProcessDistribution
from pointfuse_training.processes.random_fields import exponential_fields
from pointfuse_training.processes.terrain_process import TerrainProcess
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs

FLOOR = 0.3
"""Least value on the scale of the process: about 0.3 ug/m3, which the cleanest air has."""

HIGHEST = 3000.0
"""Highest concentration, in the unit of the pollutant; an archive holds little more."""


class Scenario(NamedTuple):
    """Some days under one process.

    Attributes
    ----------
    process : TerrainProcess
        The process.
    fields : Tensor, shape (day, rows, columns)
        Concentrations without what single stations have to themselves, in the unit of the
        pollutant, float32.
    station_noise : list of float
        Standard deviation of what a station has to itself on each day, on the scale of the process.
    """

    process: TerrainProcess
    fields: Tensor
    station_noise: list[float]


class ProcessSampler:
    """Draws scenarios: each has a process of its own.

    Parameters
    ----------
    static : StaticInputs
        Static layers of the grid.
    distribution : ProcessDistribution
        What is drawn from.
    """

    def __init__(self, static: StaticInputs, distribution: ProcessDistribution) -> None:
        self._shape, self._distribution = static.grid.shape, distribution
        x, y = np.meshgrid(static.grid.x, static.grid.y)
        self._xy = np.column_stack([x.ravel(), y.ravel()]) / 1000
        self._layers = {name: layer.ravel() for name, layer in covariate_layers(static).items()}
        terms = [layer.term(self._layers[name]) for name, layer in distribution.trend.items()]
        self._terms = np.column_stack([np.ones(len(self._xy)), *terms])

    def scenario(self, seed: int, number: int, days: int) -> Scenario:
        """Draw a scenario, which depends on these numbers alone.

        Parameters
        ----------
        seed : int
            Seed of the archive.
        number : int
            Number of the scenario in it.
        days : int
            Number of its days.
        """

        def random(what: str) -> RandomStream:
            return RandomStream(seed, [number], what, torch.device("cpu"))

        distribution = self._distribution
        normal = random("process parameters").normal(len(distribution.spread))[0]
        process = distribution.process_at(normal.double().numpy())
        normals = random("process days").normal(days, len(distribution.day_mean))[0]
        own = [distribution.day_at(normal) for normal in normals.double().numpy()]
        coordinates = process.coordinates(self._xy, self._layers).astype(np.float32)
        fields = exponential_fields(torch.from_numpy(coordinates), days, random("process fields"))
        for day, field in zip(own, fields, strict=True):
            mean = self._terms @ [day.level, *day.coefficients]
            field.mul_(day.sill**0.5).add_(torch.from_numpy(mean)).clamp_(min=FLOOR)
        return Scenario(
            process,
            # The inverse of 2 (sqrt(v + 1) - 1).
            ((fields / 2 + 1) ** 2 - 1).clamp_(max=HIGHEST).view(days, *self._shape),
            [(process.nugget * day.sill) ** 0.5 for day in own],
        )
