"""Days of an archive to learn from, and how they are observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.samples.pseudo_stations import PseudoDay, StationPlaces, draw_day


@dataclass(frozen=True)
class SimulatedDays:
    """Days of an archive, and how they are observed.

    Parameters
    ----------
    archive : Archive
        The days.
    days : sequence of int
        Which of them.
    places : StationPlaces
        Where pseudo-stations may stand.
    land : Tensor, shape (rows, columns)
        Share of land of each cell: there is nothing to verify at sea.
    """

    archive: Archive
    days: Sequence[int]
    places: StationPlaces
    land: Tensor

    def observed(self, index: int, generator: torch.Generator) -> PseudoDay:
        """The day with a number in the archive, seen by stations drawn for it."""
        noise = self.archive.station_noise
        of_station = None if noise is None or np.isnan(noise[index]) else float(noise[index])
        return draw_day(self.archive[index], self.places, generator, of_station)


def split_by_scenario(archive: Archive, held_out: int) -> tuple[range, range]:
    """Days to train on, and those of the last scenarios, which are held out.

    Raises
    ------
    InputError
        If no scenario is left to train on.
    """
    if not 1 <= held_out < len(archive.files):
        raise InputError(
            f"the archive has {len(archive.files)} scenarios, {held_out} of them are to be held "
            "out; leave at least one on either side"
        )
    first = len(archive) - sum(archive.days_in(path) for path in archive.files[-held_out:])
    return range(first), range(first, len(archive))
