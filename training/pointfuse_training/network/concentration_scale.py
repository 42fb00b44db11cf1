"""The scale on which the default network sees concentrations."""

from __future__ import annotations

import math

import torch
from torch import Tensor

KNEE = 10.0
"""Concentration from which on the scale is logarithmic, in the unit of the pollutant."""

STRAIGHT = 200.0
"""Concentration from which on it is linear again, in that unit."""

HIGHEST = 150.0
"""Most that a field is on the scale: some 30,000 of the unit."""

UNITS = {"pm25": 1.0, "pm10": 1.0, "so2": 1.0, "no2": 1.0, "co": 0.03, "o3": 1.0, "o3_mda8": 1.0}
"""Units of pollutants, ug/m3, of carbon monoxide mg/m3."""


def unit_of(target: str) -> float:
    """Unit of a pollutant on the scale; that of particles, where it is none of `UNITS`."""
    return UNITS.get(target, 1.0)


_AT_ZERO = math.log(math.expm1(KNEE / STRAIGHT))


def transformed(values: Tensor, unit: float = 1.0) -> Tensor:
    r"""Concentrations on the scale of the network, 0 for a clean cell.

    It is :math:`v/s + \ln\frac{1 - e^{-(v + k)/s}}{1 - e^{-k/s}}` with `KNEE` k and `STRAIGHT` s,
    the inverse of a softplus: about the logarithm of ``1 + v/k`` while v is far below s, and linear
    far above. Errors are relative, but neither in clean air nor in dust, where a logarithm would
    take a day's few very high stations for the tail of the others.

    Parameters
    ----------
    values : Tensor
        Concentrations; negative ones count as 0.
    unit : float
        Unit of the pollutant, as `unit_of` tells it.
    """
    above = values.clamp(min=0) / (STRAIGHT * unit)
    least = KNEE / STRAIGHT
    return above + (torch.expm1(-(above + least)) / math.expm1(-least)).log()


def transformed_back(
    mean: Tensor, deviation: Tensor, share: Tensor | float = 1.0, unit: float = 1.0
) -> tuple[Tensor, Tensor]:
    r"""Mean and standard deviation of a value whose transformed one is normally distributed.

    They are those of the quadrature of Gauss and Hermite with three nodes: the median, and what is
    :math:`\sqrt 3` deviations above and below it on the scale of the network (Abramowitz and
    Stegun, Handbook of mathematical functions, 1964, 25.4.46). Up to a deviation of 1 the mean is
    right to 0.6 %, the standard deviation to 6 %. The median is lower than the mean.

    Parameters
    ----------
    mean, deviation : Tensor
        On the scale of the network.
    share : Tensor or float
        Share of the way from the median to the mean; 0 gives the median.
    unit : float
        Unit of the pollutant, as `unit_of` tells it.
    """
    at, away = mean.clamp(min=0.0, max=HIGHEST), 3**0.5 * deviation
    median, above, below = (_concentration(place, unit) for place in (at, at + away, at - away))
    bend, half = (above + below) / 2 - median, (above - below) / 2
    return median.clamp(min=0) + share * bend / 3, (half**2 / 3 + bend**2 * (2 / 9)).sqrt()


def _concentration(scaled: Tensor, unit: float) -> Tensor:
    softplus = torch.nn.functional.softplus(scaled + _AT_ZERO)
    return (STRAIGHT * unit) * softplus - KNEE * unit
