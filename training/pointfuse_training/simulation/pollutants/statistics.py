"""Statistics of a day of hours."""

from __future__ import annotations

import torch
from torch import Tensor

from pointfuse.stations.eight_hour_means import HOURS, RULES


def largest_of_eight_hours(hours: Tensor) -> Tensor:
    """Largest mean of eight hours in a row by the rule of China (`RULES`), all hours being there.

    Parameters
    ----------
    hours : Tensor, shape (scenarios, 24, rows, columns)
        Means of the hours of a day.

    Returns
    -------
    Tensor, shape (scenarios, rows, columns)
    """
    rule = RULES["china"]
    begins = [last + 1 - HOURS for last in range(rule.first, rule.last + 1)]
    # One window at a time: all at once would be as much memory as a week of hours.
    largest = hours.narrow(1, begins[0], HOURS).mean(1)
    for begin in begins[1:]:
        largest = torch.maximum(largest, hours.narrow(1, begin, HOURS).mean(1))
    return largest
