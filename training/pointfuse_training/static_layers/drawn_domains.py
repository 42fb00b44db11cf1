"""Domains drawn all over the Earth, to simulate days on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pointfuse.domains.domain import Domain
from pointfuse.domains.projection_choice import suitable_projection
from pointfuse.domains.world_layers import world_layers
from pointfuse.grid.regular_grid import Grid

SMALLEST, LARGEST = 6_000.0, 36_000.0
"""Sizes of cells, m, between which they are drawn, evenly in the logarithm."""

EDGES = (80, 144)
"""Rows and columns, at least and at most."""

_LIT = 3
"""Light from which on a place counts as inhabited."""

_KM_IN_DEGREE = 111.2


def drawn_domains(number: int, seed: int) -> Iterator[Domain]:
    """Domains around places where people live, which are equally likely by area.

    Parameters
    ----------
    number : int
        How many.
    seed : int
        Seed of the draw.
    """
    random = np.random.default_rng(seed)
    longitude, latitude = _inhabited(random, number)
    for i, (east, north) in enumerate(zip(longitude, latitude, strict=True)):
        size = float(np.round(np.exp(random.uniform(np.log(SMALLEST), np.log(LARGEST))), -2))
        rows, columns = (int(edge) for edge in random.integers(*EDGES, size=2, endpoint=True))
        half = rows * size / 2000 / _KM_IN_DEGREE
        wide = columns * size / 2000 / _KM_IN_DEGREE / np.cos(np.radians(north))
        plane = suitable_projection(east - wide, north - half, east + wide, north + half)
        x, y = (float(np.round(place)) for place in plane.forward(east, north))
        grid = Grid(
            plane,
            rows,
            columns,
            size,
            x - (columns - 1) / 2 * size,
            y - (rows - 1) / 2 * size,
        )
        yield Domain(f"drawn {seed}-{i}", grid)


def _inhabited(
    random: np.random.Generator, number: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places with lights, degrees east and north."""
    lights = world_layers()["night_lights"].steps
    rows, columns = lights.shape
    latitude = 90 - (np.arange(rows) + 0.5) * 180 / rows
    likely = (lights >= _LIT) * np.cos(np.radians(latitude))[:, None]
    drawn = random.choice(likely.size, number, p=(likely / likely.sum()).ravel())
    row, column = np.divmod(drawn, columns)
    return -180 + (column + 0.5) * 360 / columns, latitude[row]
