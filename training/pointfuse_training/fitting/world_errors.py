"""The size of the errors of the network of any place: what stations leave, and what they say of it.

What share of the variance of a field is left at a place is known exactly, but takes a system of
equations a cell: a small network learns it from what is summed up anyway. The factor of the whole
error comes from stations that were withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.stations.gridding import PlacedObservations
from pointfuse_training.fitting.calibration import WithheldErrors, weighed_errors
from pointfuse_training.fitting.withheld import withholdings
from pointfuse_training.fitting.world_days import PlacedDay, day_of
from pointfuse_training.network.anywhere.world_network import SMOOTH, WorldNetwork
from pointfuse_training.network.calibration import DEVIATION
from pointfuse_training.network.concentration_scale import transformed_back
from pointfuse_training.network.summed_covariances import NEAR

BLOCK = 300e3
"""Edge of squares that are withheld together, m."""

SPARSE = (20, 200)
"""Stations that are left of a day, at least and at most, where all others are withheld."""

_STEPS, _RATE, _AT_ONCE = 3000, 3e-3, 2048
_SHARES = (0.3, 0.9)


def fit_unknown(network: WorldNetwork, days: Sequence[PlacedDay], seed: int) -> float:
    """Teach the network what share of a field's variance stations leave.

    Of each day some of the cells are given, and the share at the others is computed under every
    covariance.

    Parameters
    ----------
    network : WorldNetwork
        With its covariances fitted, in double precision; its module `unknown` is changed.
    days : sequence of PlacedDay
        Days, of which only the places count.
    seed : int
        Seed of what is given.

    Returns
    -------
    float
        Root of the mean square of the error of the logarithm of the standard deviation.
    """
    random = np.random.default_rng(seed)
    with torch.no_grad():
        tables = [_known(network, day, random) for day in days]
    inputs, left, noise = (torch.cat(parts).float() for parts in zip(*tables, strict=True))
    torch.manual_seed(seed)
    unknown = network.unknown.float()
    optimiser = torch.optim.Adam(unknown.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _STEPS)
    for _ in range(_STEPS):
        some = torch.randint(len(inputs), (_AT_ONCE,))
        optimiser.zero_grad()
        loss = _apart(unknown, inputs[some], left[some], noise[some])
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        error = _apart(unknown, inputs, left, noise).sqrt().item() / 2
    network.double()
    return error


def _apart(unknown: torch.nn.Module, inputs: Tensor, left: Tensor, noise: Tensor) -> Tensor:
    given = torch.sigmoid(unknown(inputs))[:, 0]
    squares: Tensor = ((given + noise).log() - (left + noise).log()) ** 2
    return squares.mean()


def _known(
    network: WorldNetwork, day: PlacedDay, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """What the network sees at places of a day, and what is left there; and the noise."""
    count = len(day.value)
    given = torch.from_numpy(random.permutation(count) < count * random.uniform(*_SHARES))
    number, there = day.number[given][None], day.there[:, given][None]
    said = network.conditioned(torch.zeros_like(number), number, there)
    correlation = network.correlations(day.there[None])[0]
    with_stations = correlation[:, :, given]
    noise = network.log_noise.exp()[:, None]
    among = with_stations[:, given] + torch.diag_embed(noise / number)
    explained = (with_stations @ torch.linalg.inv(among) * with_stations).sum(-1)
    support = (with_stations @ said.support[0][..., None])[..., 0].clamp(-0.2, 1.2)
    near = (with_stations**NEAR @ number[0][:, None])[..., 0]
    inputs = network.features(torch.arange(len(SMOOTH))[None], support[None], near[None])[0]
    left = (1 - explained).clamp(1e-6, 1)
    return inputs.flatten(0, 1), left.flatten(), noise.expand_as(left).flatten()


def withheld_errors(
    network: WorldNetwork,
    layers: Tensor,
    placed: PlacedObservations,
    verifying: NDArray[np.bool_],
    city: NDArray[np.str_],
    *,
    seed: int,
    on_day: Callable[[int], None] = lambda days: None,
) -> WithheldErrors:
    """Withhold stations in many ways, and look how far the field is off.

    Stations, cities and all but a region, as of the network of one grid; squares of 300 km; and
    all but a few stations, as networks of other countries have.

    Parameters
    ----------
    network : WorldNetwork
        The network; its calibration has no part in this.
    layers : Tensor, shape (places and layers, cell)
        Static input on the grid of the days.
    placed : PlacedObservations
        Days to withhold stations from.
    verifying : ndarray of bool, shape (station,)
        Stations whose errors count.
    city : ndarray of str, shape (station,)
        Their cities.
    seed : int
        Seed of what is withheld.
    on_day : callable
        Told 1 after each day.

    Raises
    ------
    InputError
        If there are too few pairs.
    """
    random = np.random.default_rng(seed)
    parts: dict[str, list[tuple[NDArray[np.float64], ...]]] = {}
    values = placed.observations.values[placed.metadata.target.name]
    for day in range(len(values)):
        one = placed.on_days(slice(day, day + 1))
        known = np.isfinite(values[day])
        for kind, withheld in [*withholdings(one, city, random), *_others(one, known, random)]:
            given, looked_at = known & ~withheld, known & withheld & verifying
            if given.any() and looked_at.any():
                found = _errors(network, layers, placed, values[day], given, looked_at)
                parts.setdefault(kind, []).append(found)
        on_day(1)
    return weighed_errors(parts)


def _others(
    day: PlacedObservations, known: NDArray[np.bool_], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    where = day.observations.stations
    xy = np.stack(day.metadata.grid.projection.forward(where.longitude, where.latitude))
    _, square = np.unique(np.floor(xy / BLOCK), axis=1, return_inverse=True)
    yield "squares", (random.integers(0, 5, square.max() + 1) == 0)[square]
    few = int(np.exp(random.uniform(*np.log(SPARSE))))
    left = random.permutation(np.flatnonzero(known))[:few]
    yield "sparse", ~np.isin(np.arange(len(known)), left)


def _errors(
    network: WorldNetwork,
    layers: Tensor,
    placed: PlacedObservations,
    values: NDArray[np.float64],
    given: NDArray[np.bool_],
    looked_at: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], ...]:
    """Errors, biases, scales and terms at the stations that are looked at."""
    day = day_of(layers, placed.cell[given], values[given], placed.metadata.target.name)
    static = layers[:, placed.cell[looked_at]][:, None]
    with torch.no_grad():
        estimate = network.completed(
            day.value[None].float(),
            day.number[None].float(),
            day.there[None].float(),
            static.float(),
        )
        mean, deviation = transformed_back(estimate.mean, estimate.deviation, unit=network.unit)
        median, _ = transformed_back(estimate.mean, estimate.deviation, 0.0, unit=network.unit)
        terms = network.terms(estimate)
    at_median, bias, scale = (
        table.flatten().double().numpy() for table in (median, mean - median, deviation / DEVIATION)
    )
    at_terms = terms[0].flatten(1).T.double().numpy()
    return values[looked_at] - at_median, bias, scale, at_terms
