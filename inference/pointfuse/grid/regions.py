"""Named parts of a grid that get their own scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ELSEWHERE = "elsewhere"
"""Where no region is."""


@dataclass(frozen=True)
class Region:
    """Part of the Earth between two meridians and two parallels.

    Its western and southern edges belong to it, the others do not, so that regions side by side
    share no station.

    Parameters
    ----------
    name : str
        Its name, for people.
    west, east : float
        Longitudes, degrees east; it may reach across the 180th meridian.
    south, north : float
        Latitudes, degrees north.

    Raises
    ------
    ValueError
        If it is empty, not on Earth, or named as what lies outside all regions.
    """

    name: str
    west: float
    east: float
    south: float
    north: float

    def __post_init__(self) -> None:
        if self.name == ELSEWHERE:
            raise ValueError(
                f"'{ELSEWHERE}' is reserved for cells outside all regions; use another name"
            )
        longitudes = -180 <= self.west <= 360 and -180 <= self.east <= 360
        if not (longitudes and -90 <= self.south < self.north <= 90 and self.west != self.east):
            raise ValueError(
                f"the region '{self.name}' should lie between two meridians (-180 to 360) and two "
                f"parallels (south below north), got {self.west:g} to {self.east:g} E and "
                f"{self.south:g} to {self.north:g} N"
            )

    def contains(
        self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Which points lie in it (degrees; arrays of one shape)."""
        width = self.east - self.west + (0 if self.west < self.east else 360)
        inside: NDArray[np.bool_] = (
            ((longitude - self.west) % 360 < width)
            & (latitude >= self.south)
            & (latitude < self.north)
        )
        return inside


def region_masks(
    regions: Sequence[Region], longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> dict[str, NDArray[np.bool_]]:
    """Which points lie in each region; where regions overlap, the first has them.

    Parameters
    ----------
    regions : sequence of Region
        Regions, in order.
    longitude, latitude : ndarray of float64, shape (n,)
        Points, degrees.

    Returns
    -------
    dict of str to ndarray of bool, shape (n,)
        By name; `ELSEWHERE` comes last. Empty without regions.
    """
    if not regions:
        return {}
    masks, left = {}, np.ones(longitude.shape, bool)
    for region in regions:
        masks[region.name] = left & region.contains(longitude, latitude)
        left &= ~masks[region.name]
    return masks | {ELSEWHERE: left}
