"""The covariances of the interpolation, from how likely days are under them.

A network learns how fields behave from simulations alone. How far a station speaks for others, how
much it has to itself, and what terrain and land tell is for stations to say; how smooth the fields
of models are, and what patterns tell of them, for simulated days. Some fifty numbers are fitted, in
which there is no place and no day: each covariance is the one under which its days are most likely.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.network.concentration_scale import transformed, unit_of
from pointfuse_training.network.optimal_interpolation import RELIEF, OptimalInterpolation
from pointfuse_training.samples.training_days import Batch

STEPS = 40
"""How often the days' likelihood is looked at, at most, for each covariance."""

RELIEF_LAYERS = ("height", "broad_ruggedness", "broad_lights")
"""Layers that are coordinates of a place, one each."""

_MEAN_PATTERN, _BROAD_PATTERN = "pattern_0", "broad_pattern"

TREND_LAYERS = (
    "height",
    "broad_height",
    "broad_ruggedness",
    "log_lights",
    "barren_fraction",
    "forest_fraction",
    _BROAD_PATTERN,
)
"""Layers that the trend of a real day is made of. What simulations tell of a city and its
surroundings is not among them: with it, real cities that are left out are predicted worse. That of
a simulated day is made of all layers but the broad pattern, which says nothing new of it."""
_FIRST_FAR = 0.3
"""How many lengths a unit of such a layer is as far as, at first."""

_UNBELIEVED = -12.0
"""Logarithm of the variance of a slope that is next to none."""


class StationDay(NamedTuple):
    """A day at the cells with stations.

    Attributes
    ----------
    cell : Tensor of int64, shape (cell,)
        Which they are, along the rows of the grid.
    value, number : Tensor of float64, shape (cell,)
        Their means on the scale of the network, and of how many stations.
    """

    cell: Tensor
    value: Tensor
    number: Tensor


class Fit(NamedTuple):
    """How likely days are: mean logarithm of the likelihood of a cell, before and after."""

    before: float
    after: float


def begin(interpolation: OptimalInterpolation, static_names: Sequence[str]) -> None:
    """Give an interpolation the numbers that the search begins with.

    Under the first covariance slopes of terrain and land are believed; under the second all, and
    fields vary as the mean pattern is high.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        It is changed.
    static_names : sequence of str
        Names of its static layers.
    """
    of_stations = [name in TREND_LAYERS for name in static_names]
    of_models = [name != _BROAD_PATTERN for name in static_names]
    with torch.no_grad():
        for variances, believed in zip(
            interpolation.log_variances, (of_stations, of_models), strict=True
        ):
            variances.copy_(torch.where(torch.tensor(believed), 0.0, _UNBELIEVED))
        for dimension, name in zip(range(RELIEF), RELIEF_LAYERS, strict=True):
            if name in static_names:
                interpolation.relief[dimension, static_names.index(name)] = _FIRST_FAR
        if _MEAN_PATTERN in static_names:
            interpolation.amplitude[1, 0] = 0.05
            interpolation.amplitude[1, 1 + static_names.index(_MEAN_PATTERN)] = 1


def fit_covariance(
    interpolation: OptimalInterpolation,
    static_layers: Tensor,
    real: Sequence[StationDay],
    simulated: Sequence[StationDay],
    on_step: Callable[[int], None] = lambda steps: None,
) -> tuple[Fit, Fit]:
    """Make real days most likely under the first covariance, and simulated ones under the second.

    The noise of the second stays what it is: simulated days are taken without any, as the fields of
    models are given, and less of it would cost digits. A number that is nothing at the beginning
    stays nothing: with all layers in the amplitude and in the relief, it would be the stations one
    by one that are learned.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        Where the search begins; it is changed, and in double precision afterwards.
    static_layers : Tensor, shape (layers, rows, columns)
        Static layers.
    real, simulated : sequence of StationDay
        Days.
    on_step : callable
        Told 1 after each of 2 x `STEPS` steps.

    Returns
    -------
    tuple of Fit
        Of real days under the first covariance, and of simulated ones under the second.
    """
    interpolation.double().requires_grad_(True)
    named = dict(interpolation.named_parameters())
    fits = []
    for voice, days, names in (
        (0, real, ("log_length", "relief", "log_noise", "log_variances")),
        (1, simulated, ("log_length", "log_variances", "amplitude")),
    ):
        likelihood = Likelihood(interpolation, static_layers, voice)
        fits.append(_most_likely(likelihood, days, {name: named[name] for name in names}, on_step))
    interpolation.requires_grad_(False)
    return fits[0], fits[1]


class Likelihood:
    """Mean logarithm of the likelihood of a cell with stations, under one of the covariances.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        In double precision.
    static_layers : Tensor, shape (layers, rows, columns)
        Static layers.
    voice : int
        Which covariance.
    """

    def __init__(
        self, interpolation: OptimalInterpolation, static_layers: Tensor, voice: int
    ) -> None:
        self._interpolation, self._voice = interpolation, voice
        self._layers = static_layers.double().flatten(1)
        self._shape = static_layers.shape[1:]

    def __call__(self, day: StationDay) -> Tensor:
        """The sum over the cells of a day."""
        values, number = day.value[None], day.number[None]
        level = (values * number).sum() / number.sum()
        layers = self._layers[:, day.cell][None]
        row, column = day.cell // self._shape[1], day.cell % self._shape[1]
        places = self._interpolation.coordinates(
            row[None].double(), column[None].double(), layers, self._shape
        )
        said = self._interpolation.conditioned(values - level, number, layers, places)
        return said.evidence[0, self._voice] + number.log().sum() / 2


def _most_likely(
    likelihood: Likelihood,
    days: Sequence[StationDay],
    parameters: Mapping[str, Tensor],
    on_step: Callable[[int], None],
) -> Fit:
    """Go to the likeliest parameters; those that are nothing stay it."""
    free = {
        name: (one > _UNBELIEVED if name == "log_variances" else one != 0)
        for name, one in ((name, p.detach()) for name, p in parameters.items())
    }
    cells = sum(len(day.cell) for day in days)
    likely: list[float] = []
    optimiser = torch.optim.LBFGS(
        parameters.values(), max_iter=STEPS, max_eval=STEPS - 1, line_search_fn="strong_wolfe"
    )

    def unlikely() -> float:
        optimiser.zero_grad()
        total = 0.0
        for day in days:
            loss = -likelihood(day) / cells
            torch.autograd.backward(loss)
            total += loss.item()
        for name, parameter in parameters.items():
            if parameter.grad is not None:
                parameter.grad.mul_(free[name])
        likely.append(-total)
        if len(likely) <= STEPS:
            on_step(1)
        return total

    step: Callable[[Callable[[], float]], object] = optimiser.step
    step(unlikely)
    on_step(max(STEPS - len(likely), 0))
    return Fit(likely[0], max(likely))


def real_days(placed: PlacedObservations) -> Iterator[StationDay]:
    """Days at stations, those without any left out.

    Parameters
    ----------
    placed : PlacedObservations
        The days.
    """
    target = placed.metadata.target.name
    values = placed.observations.values[target]
    for reports in values:
        known = np.isfinite(reports)
        if known.any():
            yield _of_stations(placed.cell[known], reports[known], unit_of(target))


def _of_stations(cell: NDArray[np.int64], value: NDArray[np.float64], unit: float) -> StationDay:
    cells, of_cell, number = np.unique(cell, return_inverse=True, return_counts=True)
    means = np.bincount(of_cell, value) / number
    return StationDay(
        torch.from_numpy(cells),
        transformed(torch.from_numpy(means), unit),
        torch.from_numpy(number.astype(np.float64)),
    )


def simulated_days_of(batches: Iterable[Batch], unit: float = 1.0) -> Iterator[StationDay]:
    """Simulated days at stations, without their errors; those without any station left out.

    Parameters
    ----------
    batches : iterable of Batch
        Days on the whole grid.
    unit : float
        Unit of the target on the scale of the network.
    """
    for batch in batches:
        number = batch.observed[0, 0].flatten().double()
        cell = number.nonzero()[:, 0]
        if len(cell):
            value = batch.truth[0, 0].flatten().double()
            yield StationDay(cell, transformed(value[cell], unit), number[cell])


def described(interpolation: OptimalInterpolation, cell_size: float) -> str:
    """Its lengths and noise, for people.

    Parameters
    ----------
    interpolation : OptimalInterpolation
        The interpolation.
    cell_size : float
        Edge of a cell, m.
    """
    of_stations, of_models = (interpolation.log_length.exp() * cell_size / 1000).tolist()
    noise = math.exp(interpolation.log_noise[0].item())
    return (
        f"of stations length {of_stations:.0f} km and noise {noise:.3f}, of models length "
        f"{of_models:.0f} km"
    )
