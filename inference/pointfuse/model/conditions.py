"""How a domain differs from all that a model of any place was trained on."""

from __future__ import annotations

from collections.abc import Mapping

from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata

_TOLERANCE = 0.1
"""Share of an end that is no other condition yet."""


def beyond_training(metadata: ModelMetadata) -> list[str]:
    """What of a grid is beyond the training of its model, in words; nothing of most grids.

    Parameters
    ----------
    metadata : ModelMetadata
        Metadata with a grid. Its `training` may tell ``conditions``: least and largest
        ``cell_size`` (m) and ``latitude`` (degrees, of the middle of the grid).
    """
    conditions = metadata.training.get("conditions")
    if not isinstance(conditions, Mapping) or metadata.own_grid is None:
        return []
    grid = metadata.own_grid
    found = {
        "cell_size": (grid.cell_size, 1000.0, "cells of", "km"),
        "latitude": (_middle_latitude(grid), 1.0, "a middle at", "degrees north"),
    }
    texts = []
    for name, (value, unit, what, said) in found.items():
        least, largest = (float(end) for end in conditions.get(name, (value, value)))
        if not least - _TOLERANCE * abs(least) <= value <= largest + _TOLERANCE * abs(largest):
            texts.append(
                f"{what} {value / unit:.3g} {said} ({least / unit:.3g} to {largest / unit:.3g})"
            )
    return texts


def _middle_latitude(grid: Grid) -> float:
    return float(grid.projection.inverse(grid.x[[0, -1]].mean(), grid.y[[0, -1]].mean())[1])
