"""A map of each place, of one day with its stations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pointfuse import fuse
from pointfuse_benchmarks.accuracy.anywhere.world_places import Place

DAYS = {"germany": "2006-02-22", "china": "2019-01-07"}
"""The days that are drawn; of a place with a single one, that."""

_DPI = 70


def draw_maps(folder: Path, places: Mapping[str, Callable[[], Place]]) -> list[Path]:
    """Draw a map of each place.

    Parameters
    ----------
    folder : Path
        Existing folder; the pictures are named after the places.
    places : mapping of str to callable
        As `world_places.PLACES`.

    Returns
    -------
    list of Path
        The pictures.
    """
    drawn = []
    for name, place in places.items():
        one = place()
        times = one.observations.times
        chosen = np.datetime64(DAYS[name]) if name in DAYS else times[0]
        fields = fuse(one.observations.at_times(times == chosen), one.model())
        path = folder / f"{name}.png"
        fields.plot(stations=True).savefig(path, dpi=_DPI)
        drawn.append(path)
    return drawn
