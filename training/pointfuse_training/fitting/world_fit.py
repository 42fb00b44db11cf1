"""The covariances of the network of any place, from how likely days of many places are under them.

Days are real ones at stations, of all pollutants, and simulated ones on domains all over the Earth.
Each is a draw of one of the covariances, nobody knows which: what is made as large as can be is the
probability of all days under their mixture. A hundred numbers are fitted, in which there is no
place and no day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.domains.static_input import static_input
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import StaticLayer
from pointfuse_training.network.concentration_scale import transformed, unit_of
from pointfuse_training.network.world_network import LAYERS, PLACES, SMOOTH, WorldNetwork

FEWEST, MOST = 30, 240
"""Cells of a day that is learned from; the time grows with their third power."""

ROUNDS = 60
"""How often all days are looked at."""

_RATE = 0.03
_AT_ONCE = 16
_PRIOR = 1.0
"""Standard deviation of the prior of each logarithm about where the search begins."""

UNITS = {
    **dict.fromkeys(PLACES, "1000000 m"),
    "height": "2000 m",
    "broad_height": "2000 m",
    "broad_ruggedness": "2",
    "log_lights": "4",
    "broad_lights": "4",
    **{name: "1" for name in LAYERS if name.endswith("fraction")},
}
"""Units of the static input of the network."""

STATIC_LAYERS = tuple(
    StaticLayer(name, UNITS[name], "pointfuse-world") for name in (*PLACES, *LAYERS)
)


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
    return torch.from_numpy(static_input(grid, STATIC_LAYERS)).flatten(1).double()


def day_of(
    layers: Tensor, cell: NDArray[np.int64], value: NDArray[np.float64], target: str
) -> PlacedDay:
    """A day of stations in some cells, which may be the same."""
    cells, of_cell, number = np.unique(cell, return_inverse=True, return_counts=True)
    means = torch.from_numpy(np.bincount(of_cell, value) / number)
    scaled = transformed(means, unit_of(target))
    return PlacedDay(layers[:, cells], scaled, torch.from_numpy(number.astype(np.float64)))


def drawn_cells(there: Tensor, random: np.random.Generator) -> NDArray[np.intp]:
    """Some of the cells with stations: all over, or within a region, few or many."""
    number = int(np.exp(random.uniform(np.log(FEWEST), np.log(MOST))))
    count = there.shape[1]
    order = random.permutation(count)
    if random.random() < 0.5:
        # Of the nearest to a station, as many again are left out.
        middle = there[:3, random.integers(count)][:, None]
        near = ((there[:3] - middle) ** 2).sum(0).numpy().argsort()
        order = random.permutation(near[: 2 * number])
    chosen: NDArray[np.intp] = order[:number]
    return chosen


def fit_world(
    network: WorldNetwork,
    days: Sequence[PlacedDay],
    seed: int,
    on_round: Callable[[float], None] = lambda likely: None,
) -> None:
    """Make the days most likely under the mixture of the covariances.

    Smooth fields are those of models, which have no errors: their noise stays what it is.

    Parameters
    ----------
    network : WorldNetwork
        Where the search begins; it is changed, and in double precision afterwards.
    days : sequence of PlacedDay
        Days.
    seed : int
        Seed of their order.
    on_round : callable
        Told the mean logarithm of the likelihood of a cell after each of `ROUNDS`.
    """
    network.double()
    fitted = [network.log_length, network.relief, network.log_noise]
    fitted += [network.log_variances, network.log_share]
    first = [one.detach().clone() for one in fitted]
    optimiser = torch.optim.Adam(fitted, lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, ROUNDS)
    random = np.random.default_rng(seed)
    rough = ~torch.tensor(SMOOTH)
    for _ in range(ROUNDS):
        total = 0.0
        for some in _batches(len(days), random):
            optimiser.zero_grad()
            for i in some:
                likely = likelihood(network, days[i]) / len(days[i].value)
                torch.autograd.backward(-likely / len(some))
                total += likely.item()
            prior = sum(
                (((one - began) / _PRIOR) ** 2).sum()
                for one, began in zip(fitted, first, strict=True)
            )
            torch.autograd.backward(prior / 2 / sum(len(day.value) for day in days))
            if network.log_noise.grad is not None:
                network.log_noise.grad.mul_(rough)
            optimiser.step()
        schedule.step()
        on_round(total / len(days))


def likelihood(network: WorldNetwork, day: PlacedDay) -> Tensor:
    """Logarithm of the likelihood of a day under the mixture, but for a constant."""
    value, number = day.value[None], day.number[None]
    level = (value * number).sum() / number.sum()
    said = network.conditioned(value - level, number, day.there[None])
    shares = torch.log_softmax(network.log_share, 0)
    return torch.logsumexp(said.evidence[0] + shares, 0)


def _batches(count: int, random: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    order = random.permutation(count)
    for first in range(0, count, _AT_ONCE):
        yield order[first : first + _AT_ONCE]


def described(network: WorldNetwork, shares: Tensor | None = None) -> str:
    """Lengths, noises and shares of the covariances, for people."""
    of_all = torch.softmax(network.log_share.detach(), 0) if shares is None else shares
    return "; ".join(
        f"{'smooth' if smooth else 'rough'}, {1000 * math.exp(length):.0f} km, noise "
        f"{math.exp(noise):.3f}, {share:.0%} of days"
        for smooth, length, noise, share in zip(
            SMOOTH,
            network.log_length.tolist(),
            network.log_noise.tolist(),
            of_all.tolist(),
            strict=True,
        )
    )
