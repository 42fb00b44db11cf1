"""Training and calibration of the scale head on simulated days; the network itself stays as it is.

The target is what a station in the cell would report: the simulated mean of the cell with the
noise that all pseudo-stations have. That is what a withheld station can be held against.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import InputError
from pointfuse_training.network.fusion_network import Estimate, FusionNetwork
from pointfuse_training.network.scale_head import ScaleHead, laplace_nll
from pointfuse_training.samples.pseudo_stations import PseudoDay, draw_day
from pointfuse_training.samples.simulated_days import SimulatedDays

LEARNING_RATE = 4e-3
RECENT_DAYS = 12
"""Days whose evidence is kept: a pass of the network costs as much as many of the head."""

DAYS_PER_UPDATE = 4
UPDATES_PER_DAY = 2
LARGEST_GRADIENT = 1.0

WITHHELD = 0.1
"""Share of the pseudo-stations that calibration withholds."""

COVERAGES = (0.5, 0.8, 0.9, 0.95)
CALIBRATED_COVERAGE = 0.9


def train_scale_head(
    network: FusionNetwork,
    simulated: SimulatedDays,
    *,
    steps: int,
    seed: int,
    on_step: Callable[[float], None] = lambda loss: None,
) -> ScaleHead:
    """Train a scale head on the frozen features of a network.

    The loss is in the unit of the day, in which a severe day weighs no more than a clean one.

    Parameters
    ----------
    network : FusionNetwork
        The trained network; it is not changed.
    simulated : SimulatedDays
        Days to learn from.
    steps : int
        Passes of the network, one new day each.
    seed : int
        Seed of the head and of all draws.
    on_step : callable
        Told the loss of each step.

    Returns
    -------
    ScaleHead
        Not yet calibrated; its weights are rounded to half precision, as they are stored.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    head = ScaleHead(network.regr_unetpp.head.in_channels)
    optimiser = torch.optim.Adam(head.parameters(), LEARNING_RATE)
    recent: deque[_Lesson] = deque(maxlen=RECENT_DAYS)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * _annealed(step / steps)
        index = int(torch.randint(len(simulated.days), (1,), generator=generator))
        recent.append(_lesson(network, simulated, simulated.days[index], generator))
        for _ in range(UPDATES_PER_DAY):
            chosen = torch.randperm(len(recent), generator=generator)[:DAYS_PER_UPDATE].tolist()
            loss = _update(head, optimiser, [recent[i] for i in chosen])
        on_step(loss)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(parameter.half())
    return head.eval().requires_grad_(False)


def _annealed(progress: float) -> float:
    """Share of the learning rate: half a cosine from 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class _Lesson:
    """A day to learn from: evidence, error against stations' reports, and weight of each cell."""

    evidence: Tensor
    error: Tensor
    weight: Tensor


def _lesson(
    network: FusionNetwork, simulated: SimulatedDays, index: int, generator: torch.Generator
) -> _Lesson:
    day = draw_day(simulated.archive[index], simulated.places, generator)
    estimate = _estimated(network, day.observations, day.observed)
    error = simulated.places.reports(day.truth, generator) / estimate.unit - estimate.pm25
    return _Lesson(estimate.evidence, error, cell_weights(day, simulated))


def _estimated(network: FusionNetwork, observations: Tensor, observed: Tensor) -> Estimate:
    with torch.no_grad():
        return network.estimate(observations, observed)


def cell_weights(day: PseudoDay, simulated: SimulatedDays) -> Tensor:
    """Weight of each cell in the loss, shape (1, 1, rows, columns), of sum 1.

    A third each for land wherever it is, for land where people live, and for cells with a station.
    The second third is where stations that verify the scale stand, most of them near others. The
    last, about one cell in a hundred, is easy but not idle: in a real network every other station
    shares its cell with another, and is verified there.
    """
    land = simulated.land[None, None]
    parts = (land, land * simulated.places.inhabited, land * day.observed[:, :1])
    return torch.stack([part / part.sum().clamp(min=1e-12) for part in parts]).mean(0)


def _update(head: ScaleHead, optimiser: torch.optim.Optimizer, lessons: list[_Lesson]) -> float:
    """A step of the optimiser; the mean loss."""
    optimiser.zero_grad()
    total = 0.0
    for lesson in lessons:
        likelihood = laplace_nll(lesson.error, head(lesson.evidence))
        loss = (lesson.weight * likelihood).sum() / len(lessons)
        torch.autograd.backward(loss)
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(head.parameters(), LARGEST_GRADIENT)
    optimiser.step()
    return total


def withheld_ratios(
    network: FusionNetwork,
    head: ScaleHead,
    simulated: SimulatedDays,
    *,
    seed: int,
    on_day: Callable[[int], None] = lambda days: None,
) -> Tensor:
    """Errors at withheld pseudo-stations as multiples of the scale there.

    Each day is observed by a network of pseudo-stations, of which a share `WITHHELD` is kept from
    the fusion network; only those on land count.

    Parameters
    ----------
    network, head
        The network and its head.
    simulated : SimulatedDays
        Days that the head was not trained on.
    seed : int
        Seed of all draws.
    on_day : callable
        Told 1 after each day.

    Returns
    -------
    Tensor, shape (pairs,)
        Absolute error over scale.

    Raises
    ------
    InputError
        If no pseudo-station was withheld.
    """
    generator = torch.Generator().manual_seed(seed)
    ratios = []
    for index in simulated.days:
        day = draw_day(simulated.archive[index], simulated.places, generator)
        drawn = torch.rand(day.truth.shape, generator=generator) < WITHHELD
        left = day.observed.clone()
        left[:, :1] *= ~drawn
        estimate = _estimated(network, day.observations * left, left)
        with torch.no_grad():
            scale = head(estimate.evidence)
        error = (day.observations[:, :1] / estimate.unit - estimate.pm25).abs()
        verified = (day.observed[:, :1] == 1) & drawn & (simulated.land > 0.5)
        ratios.append((error / scale)[verified])
        on_day(1)
    joined = torch.cat(ratios)
    if not len(joined):
        raise InputError("no pseudo-station was withheld; hold out more scenarios")
    return joined


def calibrate(head: ScaleHead, ratios: Tensor) -> None:
    """Multiply the scale so that intervals of `CALIBRATED_COVERAGE` hold that share of the errors.

    Parameters
    ----------
    head : ScaleHead
        Its factor is changed.
    ratios : Tensor
        From `withheld_ratios` with this head.
    """
    # numpy's, since torch.quantile has a limit on the number of values.
    quantile = float(np.quantile(ratios.numpy(), CALIBRATED_COVERAGE))
    head.factor *= quantile / interval_half_width(CALIBRATED_COVERAGE)


def interval_half_width(coverage: float) -> float:
    """Half the width of the central interval of a Laplace distribution of scale 1.

    P(abs(e) <= w) = 1 - exp(-w), so that w = -log(1 - coverage): log(10) for 90 %.
    """
    return -math.log1p(-coverage)


def coverage(ratios: Tensor) -> dict[float, float]:
    """Share of errors inside the intervals of each of `COVERAGES`."""
    return {
        nominal: float((ratios <= interval_half_width(nominal)).double().mean())
        for nominal in COVERAGES
    }


def write_scale_head(head: ScaleHead, path: Path) -> None:
    """Write a head as a numpy archive, which `load_seed_network` reads.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    arrays = {name: tensor.numpy() for name, tensor in head.state_dict().items()}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
