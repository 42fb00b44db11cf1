"""Classes of concentrations of each pollutant, for scores and intervals."""

from __future__ import annotations

import math

from pointfuse.model.metadata import Variable

_PM25 = (0.0, 20.0, 35.0, 75.0, 150.0)

LEVELS: dict[str, tuple[float, ...]] = {
    "pm25": _PM25,
    "pm10": (0.0, 40.0, 70.0, 150.0, 250.0),
    "so2": (0.0, 5.0, 10.0, 20.0, 50.0),
    "no2": (0.0, 10.0, 20.0, 40.0, 80.0),
    "co": (0.0, 0.4, 0.7, 1.0, 2.0),
    "o3": (0.0, 40.0, 60.0, 80.0, 120.0),
    "o3_mda8": (0.0, 60.0, 100.0, 160.0, 215.0),
}
"""Lower bounds of classes, in the units of `pointfuse.POLLUTANTS`. The last is where what is high
begins: of days in China a few in a hundred. From 35 of PM2.5 and 50 of SO2 on they are bounds of
the air quality index (HJ 633-2012), where that has such."""


def levels_of(variable: Variable) -> tuple[float, ...]:
    """Bounds of the classes of a variable, with infinity at the end; of an unknown one of PM2.5."""
    return (*LEVELS.get(variable.name, _PM25), math.inf)


def high_level(variable: Variable) -> float:
    """Concentration from which on a variable is high."""
    return levels_of(variable)[-2]
