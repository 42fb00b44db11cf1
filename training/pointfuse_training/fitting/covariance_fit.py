"""The covariance of the interpolation, fitted to stations that are withheld and to whole fields.

A network learns how fields behave from simulations alone. How much a station has to itself, how
far and how high it speaks for others, is for stations to tell: a few dozen numbers, in which
there is no place and no day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pointfuse.errors import InputError
from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.fitting.withheld import withholdings
from pointfuse_training.network.fusion_network import transformed, transformed_back
from pointfuse_training.network.optimal_interpolation import OptimalInterpolation, held
from pointfuse_training.samples.training_days import Batch

Array = NDArray[np.float64]

STEPS = 40
"""Steps of the fit."""

LEARNING_RATE = 0.1
"""Of the first step; it falls to nothing in half a cosine."""

WEIGHTS = {"stations": 1.0, "cities": 1.0, "regions": 0.3, "simulated": 1.0}
"""Weights of the errors, each of which is 1 at the beginning."""

MOST_TARGETS = 3000
"""Cells of a whole field that are looked at."""

_SIMULATED = "simulated"

_PRIOR = 0.001
"""Weight of the squares of what is changed, for numbers that next to nothing depends on."""

_PATTERNS, _MEAN_PATTERN = "pattern_", "pattern_0"
_TERRAIN = ("height", "broad_height")


@dataclass(frozen=True)
class Withheld:
    """Values of a day, and others that are to be expected from them.

    Parameters
    ----------
    kind : str
        Way of withholding; errors of a kind are summed up.
    cell, value, number : Tensor, shape (1, cell)
        Cells with stations, their means (ug/m3), and of how many stations.
    target_cell, target : Tensor, shape (1, target)
        Cells, and what is true there (ug/m3).
    """

    kind: str
    cell: Tensor
    value: Tensor
    number: Tensor
    target_cell: Tensor
    target: Tensor


class Covariance(nn.Module):
    """The interpolation at cells instead of on a whole grid.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        Its numbers are those that are fitted.
    static_layers : Tensor, shape (layers, rows, columns)
        Static layers.
    """

    def __init__(self, interpolation: OptimalInterpolation, static_layers: Tensor) -> None:
        super().__init__()
        self.interpolation = interpolation
        self._layers = static_layers.flatten(1)
        self._columns = static_layers.shape[-1]

    def forward(self, day: Withheld) -> Tensor:
        """Expected values at the targets of a day, ug/m3, shape (1, target)."""
        values, number = transformed(day.value), day.number
        level = (values * number).sum(1, keepdim=True) / number.sum(1, keepdim=True)
        layers, there = self._layers[:, day.cell[0]][None], self._layers[:, day.target_cell[0]]
        weights, slopes, _ = self.interpolation.solved(
            values - level, number, layers, self._squared(day.cell, day.cell)
        )
        there = held(there[None], layers, number)
        trend = level + slopes[:, :1] + (slopes[:, None, 1:] @ there)[:, 0]
        near = self.interpolation.kernel(self._squared(day.target_cell, day.cell))
        amplitude = self.interpolation.amplitude_at(there)
        mean = trend + (amplitude * (weights @ near.transpose(1, 2))).sum(1)
        return transformed_back(mean, torch.zeros_like(mean))[0]

    def _squared(self, one: Tensor, other: Tensor) -> Tensor:
        """Squares of distances, cells, shape (1, one, other)."""
        rows = one[:, :, None] // self._columns - other[:, None] // self._columns
        columns = one[:, :, None] % self._columns - other[:, None] % self._columns
        return (rows**2 + columns**2).float()


def begin(interpolation: OptimalInterpolation, static_names: Sequence[str]) -> None:
    """Give an interpolation the numbers that the search begins with.

    Fields vary as the mean pattern of simulated days is high, the patterns and the height are
    believed, and other layers little.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        It is changed.
    static_names : sequence of str
        Names of its static layers.
    """
    of_patterns = torch.tensor([n.startswith(_PATTERNS) for n in static_names])
    of_terrain = torch.tensor([n in _TERRAIN for n in static_names])
    with torch.no_grad():
        land, patterns = interpolation.log_variances
        land.copy_(torch.where(of_patterns, -9.0, 0.0))
        patterns.copy_(torch.where(of_patterns | of_terrain, 0.0, -6.0))
        if _MEAN_PATTERN in static_names:
            interpolation.amplitude[1, 0] = 0.05
            interpolation.amplitude[1, 1 + list(static_names).index(_MEAN_PATTERN)] = 1


def fit_covariance(
    interpolation: OptimalInterpolation,
    static_layers: Tensor,
    days: Sequence[Withheld],
    on_step: Callable[[int], None] = lambda steps: None,
) -> dict[str, tuple[float, float]]:
    """Make the errors at what is withheld small, each kind as it counts in scores.

    Sums of squared errors at stations, and of absolute errors in whole fields, each relative to
    what it is at the beginning. An amplitude that does not depend on a layer goes on not to: with
    all of them it would know the stations one by one.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        Where the search begins; it is changed.
    static_layers : Tensor, shape (layers, rows, columns)
        Static layers.
    days : sequence of Withheld
        What is withheld.
    on_step : callable
        Told 1 after each of `STEPS` steps.

    Returns
    -------
    dict
        Of each kind the error before and after: root mean square (ug/m3), or of simulated days
        the share of the mean.
    """
    covariance = Covariance(interpolation, static_layers)
    parameters = list(interpolation.requires_grad_(True).parameters())
    first = [one.detach().clone() for one in parameters]
    of_amplitude = (interpolation.amplitude.detach() != 0).float()
    of_amplitude[:, 0] = 1
    optimiser = torch.optim.Adam(parameters, LEARNING_RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    before: dict[str, float] = {}
    for _ in range(STEPS):
        before = before or _errors(covariance, days)
        optimiser.zero_grad()
        for day in days:
            error = _error(covariance, day) * (WEIGHTS[day.kind] / before[day.kind])
            torch.autograd.backward(error)
        changed = torch.stack(
            [((a - b) ** 2).sum() for a, b in zip(parameters, first, strict=True)]
        )
        torch.autograd.backward(_PRIOR * changed.sum())
        optimiser.step()
        with torch.no_grad():
            interpolation.amplitude.mul_(of_amplitude)
        falling.step()
        on_step(1)
    interpolation.requires_grad_(False)
    after, sizes = _errors(covariance, days), {kind: _size(days, kind) for kind in before}
    return {
        kind: (_score(kind, total / sizes[kind]), _score(kind, after[kind] / sizes[kind]))
        for kind, total in before.items()
    }


def _error(covariance: Covariance, day: Withheld) -> Tensor:
    error: Tensor = covariance(day) - day.target
    return error.abs().sum() if day.kind == _SIMULATED else (error**2).sum()


@torch.no_grad()
def _errors(covariance: Covariance, days: Iterable[Withheld]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for day in days:
        sums[day.kind] = sums.get(day.kind, 0.0) + float(_error(covariance, day))
    return sums


def _size(days: Iterable[Withheld], kind: str) -> float:
    """What the sum of the errors of a kind is divided by for a score."""
    targets = [day.target for day in days if day.kind == kind]
    return sum(float(t.sum()) if kind == _SIMULATED else t.numel() for t in targets)


def _score(kind: str, mean: float) -> float:
    return mean if kind == _SIMULATED else mean**0.5


def withheld_stations(
    placed: PlacedObservations,
    verifying: NDArray[np.bool_],
    city: NDArray[np.str_],
    seed: int,
) -> Iterator[Withheld]:
    """Stations, whole cities, and all but a region, withheld from each day.

    Parameters
    ----------
    placed : PlacedObservations
        The days.
    verifying : ndarray of bool, shape (station,)
        Stations whose errors count; the others are given, or not looked at.
    city : ndarray of str, shape (station,)
        Their cities.
    seed : int
        Seed of what is withheld.
    """
    random = np.random.default_rng(seed)
    for day in range(len(placed.observations.times)):
        one = placed.on_days(slice(day, day + 1))
        values = one.observations.values[one.metadata.target.name][0]
        reports = np.isfinite(values)
        for kind, withheld in withholdings(one, city, random):
            given, looked_at = reports & ~withheld, reports & withheld & verifying
            if given.any() and looked_at.any():
                yield _withheld(kind, one.cell, values, given, looked_at)


def _withheld(
    kind: str,
    cell: NDArray[np.int64],
    values: Array,
    given: NDArray[np.bool_],
    looked_at: NDArray[np.bool_],
) -> Withheld:
    cells, of_cell, number = np.unique(cell[given], return_inverse=True, return_counts=True)
    means = np.bincount(of_cell, values[given]) / number
    return Withheld(
        kind,
        torch.from_numpy(cells)[None],
        torch.from_numpy(means).float()[None],
        torch.from_numpy(number).float()[None],
        torch.from_numpy(cell[looked_at])[None],
        torch.from_numpy(values[looked_at]).float()[None],
    )


def whole_field(batch: Batch, generator: torch.Generator) -> Withheld:
    """A simulated day as stations see it, and what is true in some of its cells.

    Parameters
    ----------
    batch : Batch
        The day on the whole grid; cells are drawn by their weights.
    generator : torch.Generator
        Source of random numbers.

    Raises
    ------
    InputError
        If the day has no station.
    """
    number = batch.observed[0, 0].flatten()
    cell = number.nonzero()[:, 0]
    if not len(cell):
        raise InputError("expected a simulated day with stations, got one without any")
    weights = batch.weights.flatten()
    most = min(MOST_TARGETS, int((weights > 0).sum()))
    target = torch.multinomial(weights, most, generator=generator)
    return Withheld(
        _SIMULATED,
        cell[None],
        batch.observations[0, 0].flatten()[cell][None],
        number[cell][None],
        target[None],
        batch.truth.flatten()[target][None],
    )


def described(errors: Mapping[str, tuple[float, float]]) -> str:
    """Errors before and after, for people."""
    return ", ".join(
        f"{kind} {before:.3g} to {after:.3g}" for kind, (before, after) in errors.items()
    )
