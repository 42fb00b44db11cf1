"""Variables of an archive, and how their values are packed into integers of 16 bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.stations.pollutants import POLLUTANTS, cell_methods

LOWEST, HIGHEST = -32767, 32767
"""Range of packed values; -32768 is kept for missing ones."""


@dataclass(frozen=True)
class ArchiveVariable:
    """A variable of the archive.

    Parameters
    ----------
    name, units, standard_name, long_name : str
        Its names, and units in CF spelling.
    resolution : float
        Step of the packed values, in `units`; they range from 0 to 65,534 steps.
    cell_methods : str
        What a value of a day is, as CF says it.
    """

    name: str
    units: str
    standard_name: str
    long_name: str
    resolution: float
    cell_methods: str = "time: mean"

    def pack(self, values: NDArray[np.float32]) -> NDArray[np.int16]:
        """Values as integers; what is beyond the range becomes its end."""
        steps = np.rint(values.astype(np.float64) / self.resolution) + LOWEST
        return steps.clip(LOWEST, HIGHEST).astype(np.int16)


_RESOLUTIONS = {
    "pm25": 0.05,
    "pm10": 0.1,
    "so2": 0.02,
    "no2": 0.02,
    "co": 0.0005,
    "o3": 0.02,
    "o3_mda8": 0.02,
}
TARGETS = {
    name: ArchiveVariable(
        name,
        POLLUTANTS[name].units,
        POLLUTANTS[name].standard_name,
        POLLUTANTS[name].long_name,
        resolution,
        cell_methods(POLLUTANTS[name]),
    )
    for name, resolution in _RESOLUTIONS.items()
}
"""What days can be of, by name."""

PM25 = TARGETS["pm25"]
RELATIVE_HUMIDITY = ArchiveVariable(
    "relative_humidity", "%", "relative_humidity", "daily mean relative humidity", 0.01
)
WIND_SPEED = ArchiveVariable("wind_speed", "m s-1", "wind_speed", "daily mean wind speed", 0.005)
WEATHER = (RELATIVE_HUMIDITY, WIND_SPEED)
VARIABLES = (PM25, *WEATHER)


def packing_resolution(highest: float) -> float:
    """Finest step of 1, 2 or 5 times a power of ten that reaches from 0 to a value."""
    if not highest > 0:
        return 1.0
    finest = highest / (HIGHEST - LOWEST)
    power = 10.0 ** np.floor(np.log10(finest))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= finest))
