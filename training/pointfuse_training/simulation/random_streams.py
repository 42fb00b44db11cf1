"""Random numbers that depend on the seed, the scenario and the process alone."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


class RandomStream:
    """Random numbers of one process in a batch of scenarios.

    Each scenario has a generator of its own, so that its fields do not depend on the scenarios
    that happen to be computed with it; and each process (wind, emissions, ...) has one, so that
    replacing a process leaves the random numbers of all others as they are. Numbers are drawn on
    the CPU: a GPU gets the same.

    Parameters
    ----------
    seed : int
        Seed of the archive; not negative.
    scenarios : sequence of int
        Numbers of the scenarios in the archive; not negative.
    process : str
        Name of the process.
    device : torch.device
        Where the numbers are needed.
    """

    def __init__(
        self, seed: int, scenarios: Sequence[int], process: str, device: torch.device
    ) -> None:
        self.device = device
        self._generators = []
        for scenario in scenarios:
            key = (seed, scenario, zlib.crc32(process.encode()))
            state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
            # The seed of torch is a signed integer of 64 bits.
            self._generators.append(torch.Generator().manual_seed(int(state >> np.uint64(1))))

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers, shape (scenarios, *shape)."""
        return self._draw(torch.randn, shape)

    def uniform(self, *shape: int) -> Tensor:
        """Numbers from 0 to 1, shape (scenarios, *shape)."""
        return self._draw(torch.rand, shape)

    def _draw(self, function: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        parts = [function(*shape, generator=generator) for generator in self._generators]
        return torch.stack(parts).to(self.device)
