"""The covariances of the network of any place, from how likely days of many places are under them.

Days are real ones at stations, of all pollutants, and simulated ones on domains all over the Earth.
Each is a draw of one of the covariances, nobody knows which: what is made as large as can be is the
probability of all days under their mixture. A hundred numbers are fitted, in which there is no
place and no day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse_training.fitting.world_days import PlacedDay
from pointfuse_training.network.anywhere.world_network import SMOOTH, WorldNetwork

ROUNDS = 12
"""How often all days are looked at."""

_RATE = 0.03
_AT_ONCE = 16
_PRIOR = 1.0
"""Standard deviation of the prior of each logarithm about where the search begins."""


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
    cells = sum(len(day.value) for day in days)
    for _ in range(ROUNDS):
        total = 0.0
        for some in _batches(len(days), random):
            optimiser.zero_grad()
            for i in some:
                likely = likelihood(network, days[i]) / len(days[i].value)
                torch.autograd.backward(-likely / len(some))
                total += likely.item()
            apart = [one - began for one, began in zip(fitted, first, strict=True)]
            unlikely = torch.cat([one.flatten() for one in apart]).square().sum() / _PRIOR**2 / 2
            torch.autograd.backward(unlikely / cells)
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
