"""Parameters of the simulation: a value or a distribution, with its unit and its meaning."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from pointfuse_training.simulation.random_streams import RandomStream

Quantity = float | Tensor
"""A number that holds for all scenarios, or one for each, shape (scenarios, 1, 1)."""


class Distribution(Protocol):
    """From which each scenario draws its own value."""

    def sample(self, random: RandomStream) -> Tensor:
        """One value a scenario, shape (scenarios, 1, 1)."""


@dataclass(frozen=True)
class Uniform:
    """Every value from `low` to `high` is as likely."""

    low: float
    high: float

    def sample(self, random: RandomStream) -> Tensor:
        """One value a scenario, shape (scenarios, 1, 1)."""
        return self.low + (self.high - self.low) * random.uniform(1, 1)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Normal:
    """A Gaussian."""

    mean: float
    deviation: float

    def sample(self, random: RandomStream) -> Tensor:
        """One value a scenario, shape (scenarios, 1, 1)."""
        return self.mean + self.deviation * random.normal(1, 1)

    def __str__(self) -> str:
        return f"normal, mean {self.mean:g}, deviation {self.deviation:g}"


@dataclass(frozen=True)
class LogNormal:
    """A Gaussian of the logarithm."""

    median: float
    deviation: float

    def sample(self, random: RandomStream) -> Tensor:
        """One value a scenario, shape (scenarios, 1, 1)."""
        return self.median * torch.exp(self.deviation * random.normal(1, 1))

    def __str__(self) -> str:
        return f"log-normal, median {self.median:g}, deviation of the logarithm {self.deviation:g}"


def fixed(value: float, unit: str, meaning: str) -> Any:
    """Declare a parameter that has one value in all scenarios."""
    return dataclasses.field(default=value, metadata={"unit": unit, "meaning": meaning})


def drawn(distribution: Distribution, unit: str, meaning: str) -> Any:
    """Declare a parameter that each scenario draws for itself."""
    metadata = {"unit": unit, "meaning": meaning, "distribution": distribution}
    return dataclasses.field(metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of the parameter tables; a subclass declares its fields with `fixed` and `drawn`."""

    @classmethod
    def sample(cls, random: RandomStream) -> Self:
        """Parameters of a batch of scenarios, with what is drawn drawn from `random`."""
        values = {
            field.name: field.metadata["distribution"].sample(random)
            for field in dataclasses.fields(cls)
            if "distribution" in field.metadata
        }
        return cls(**values)

    @classmethod
    def table(cls) -> list[tuple[str, str, str, str]]:
        """Name, value or distribution, unit and meaning of each parameter."""
        rows = []
        for field in dataclasses.fields(cls):
            value = field.metadata.get("distribution", field.default)
            text = f"{value:g}" if isinstance(value, float) else str(value)
            rows.append((field.name, text, field.metadata["unit"], field.metadata["meaning"]))
        return rows

    def of_scenario(self, index: int) -> dict[str, float]:
        """Values of one scenario of the batch, by name."""
        return {
            field.name: float(value[index].item() if isinstance(value, Tensor) else value)
            for field in dataclasses.fields(self)
            for value in [getattr(self, field.name)]
        }
