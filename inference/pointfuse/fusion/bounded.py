"""Fields of one variable that cannot be below those of another: PM10 holds all of PM2.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pointfuse.fields.fused_fields import FusedFields
from pointfuse.stations.eight_hour_means import RULES, RuleName

LEAST = {"pm10": "pm25", "o3_mda8": "o3"}
"""What a variable is at least, everywhere: another one of the same day."""


def bounded(bundle: Sequence[FusedFields], mda8: RuleName = "china") -> list[FusedFields]:
    """Raise fields to those which they cannot be below, at the times that both have.

    Parameters
    ----------
    bundle : sequence of FusedFields
        Fields of several variables.
    mda8 : str
        The rule of largest 8-hour means. Where its means do not cover a day, the largest may be
        below the mean of all hours, and stays as it is.
    """
    by_name = {fields.model.target.name: fields for fields in bundle}
    return [_raised(fields, by_name.get(_least(fields, mda8))) for fields in bundle]


def _least(fields: FusedFields, mda8: RuleName) -> str:
    name = fields.model.target.name
    if name == "o3_mda8" and not RULES[mda8].covers_the_day:
        return ""
    return LEAST.get(name, "")


def _raised(fields: FusedFields, least: FusedFields | None) -> FusedFields:
    if least is None or not fields.model.grid.coincides(least.model.grid):
        return fields
    _, own, other = np.intersect1d(fields.times, least.times, return_indices=True)
    both = fields.fused[own] & least.fused[other]
    own, other = own[both], other[both]
    if not len(own):
        return fields
    values = fields.values.copy()
    values[own] = np.maximum(values[own], least.values[other])
    return replace(fields, values=values)
