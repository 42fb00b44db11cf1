"""The scale on which the default network sees concentrations."""

from __future__ import annotations

import math

import torch
from torch import Tensor

KNEE = 10.0
"""Concentration from which on the scale is logarithmic, ug/m3."""

STRAIGHT = 200.0
"""Concentration from which on it is linear again, ug/m3."""

HIGHEST = 150.0
"""Most that a field is on the scale: some 30,000 ug/m3."""

_AT_ZERO = math.log(math.expm1(KNEE / STRAIGHT))


def transformed(values: Tensor) -> Tensor:
    r"""Concentrations on the scale of the network, 0 for a clean cell.

    It is :math:`v/s + \ln\frac{1 - e^{-(v + k)/s}}{1 - e^{-k/s}}` with `KNEE` k and `STRAIGHT` s,
    the inverse of a softplus: about the logarithm of ``1 + v/k`` while v is far below s, and linear
    far above. Errors are relative, but neither in clean air nor in dust, where a logarithm would
    take a day's few very high stations for the tail of the others.

    Parameters
    ----------
    values : Tensor
        Concentrations, ug/m3; negative ones count as 0.
    """
    above = values.clamp(min=0) / STRAIGHT
    least = KNEE / STRAIGHT
    return above + (torch.expm1(-(above + least)) / math.expm1(-least)).log()


def transformed_back(
    mean: Tensor, deviation: Tensor, share: Tensor | float = 1.0
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
    """
    at, away = mean.clamp(min=0.0, max=HIGHEST), 3**0.5 * deviation
    median, above, below = (_concentration(place) for place in (at, at + away, at - away))
    bend, half = (above + below) / 2 - median, (above - below) / 2
    return median.clamp(min=0) + share * bend / 3, (half**2 / 3 + bend**2 * (2 / 9)).sqrt()


def _concentration(scaled: Tensor) -> Tensor:
    return STRAIGHT * torch.nn.functional.softplus(scaled + _AT_ZERO) - KNEE
