"""Air-quality indices and guidelines: their tables, levels and official colours.

China: HJ 633-2026, in force since 1 March 2026 with GB 3095-2026, and HJ 633-2012, which it
replaced. United States: 40 CFR 58, Appendix G, as revised in 2024, and EPA-454/B-24-002. Europe:
the bands of 2024 (ETC HE Report 2024/17), for hourly concentrations. WHO: global air quality
guidelines of 2021, for days.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pointfuse.basics.units import REFERENCE_CELSIUS
from pointfuse.limits.concentrations import DAY, EIGHT_HOURS, HOUR, Pollutant

StandardName = Literal["china", "china-2012", "us", "europe", "who"]


class Method(enum.Enum):
    """How a concentration becomes an index."""

    CHINA = enum.auto()
    """Rounded to the digits that are reported, interpolated between breakpoints, rounded up."""
    EPA = enum.auto()
    """Cut to the digits that are reported, interpolated within its row, rounded."""
    BANDS = enum.auto()
    """The number of the band."""


class Level(NamedTuple):
    """A level of a standard.

    Parameters
    ----------
    name : str
        Its name, without blanks.
    colour : str
        Such as ``#00e400``.
    """

    name: str
    colour: str


@dataclass(frozen=True)
class Breakpoints:
    """Row of a table: concentrations of a pollutant at which an index has its bounds.

    Parameters
    ----------
    highs : tuple of float
        Upper ends, rising; each belongs to the part below it.
    indices : tuple of int
        The index at each of them.
    units : str
        ``ug m-3`` or ``1e-9`` (ppb).
    step : float
        Smallest difference that is reported, in these units.
    """

    highs: tuple[float, ...]
    indices: tuple[int, ...]
    units: str = "ug m-3"
    step: float = 1.0


@dataclass(frozen=True)
class Standard:
    """An index or a guideline.

    Parameters
    ----------
    name : str
        Its short name.
    title, source : str
        What it is called, and where it stands.
    method : Method
        How a concentration becomes an index.
    levels : tuple of Level
        From the best to the worst.
    tops : tuple of int
        The highest index of each level but the last.
    pollutants : mapping of Pollutant to Breakpoints
        Its table.
    celsius : float
        Temperature that its masses of gases are at.
    any_averaging : bool
        Whether daily means are taken for what the table is made for.
    """

    name: StandardName
    title: str
    source: str
    method: Method
    levels: tuple[Level, ...]
    tops: tuple[int, ...]
    pollutants: Mapping[Pollutant, Breakpoints]
    celsius: float = REFERENCE_CELSIUS
    any_averaging: bool = False


_CHINESE_LEVELS = (
    Level("excellent", "#00e400"),
    Level("good", "#ffff00"),
    Level("lightly_polluted", "#ff7e00"),
    Level("moderately_polluted", "#ff0000"),
    Level("heavily_polluted", "#99004c"),
    Level("severely_polluted", "#7e0023"),
)
_CHINESE_INDICES = (50, 100, 150, 200, 300, 400, 500)
_TOPS = (50, 100, 150, 200, 300)


def _chinese(highs: tuple[float, ...], step: float = 1.0) -> Breakpoints:
    return Breakpoints(highs, _CHINESE_INDICES[: len(highs)], step=step)


_CHINESE_GASES = {
    Pollutant("so2", DAY): _chinese((50, 150, 475, 800, 1600, 2100, 2620)),
    Pollutant("no2", DAY): _chinese((40, 80, 180, 280, 565, 750, 940)),
    # 2 to 60 mg/m3, reported in tenths.
    Pollutant("co", DAY): _chinese((2e3, 4e3, 14e3, 24e3, 36e3, 48e3, 60e3), step=100),
    Pollutant("o3", EIGHT_HOURS): _chinese((100, 160, 215, 265, 800)),
}

_EPA_INDICES = (50, 100, 150, 200, 300, 500)


def _epa(highs: tuple[float, ...], units: str = "ug m-3", step: float = 1.0) -> Breakpoints:
    return Breakpoints(highs, _EPA_INDICES[: len(highs)], units, step)


_ALL = (
    Standard(
        "china",
        "air quality index of China",
        "HJ 633-2026",
        Method.CHINA,
        _CHINESE_LEVELS,
        _TOPS,
        {
            Pollutant("pm25", DAY): _chinese((35, 60, 115, 150, 250, 350, 500)),
            Pollutant("pm10", DAY): _chinese((50, 120, 250, 350, 420, 500, 600)),
            **_CHINESE_GASES,
        },
    ),
    Standard(
        "china-2012",
        "air quality index of China until February 2026",
        "HJ 633-2012",
        Method.CHINA,
        _CHINESE_LEVELS,
        _TOPS,
        {
            Pollutant("pm25", DAY): _chinese((35, 75, 115, 150, 250, 350, 500)),
            Pollutant("pm10", DAY): _chinese((50, 150, 250, 350, 420, 500, 600)),
            **_CHINESE_GASES,
        },
    ),
    Standard(
        "us",
        "air quality index of the United States",
        "40 CFR 58, Appendix G, 2024",
        Method.EPA,
        (
            Level("good", "#00e400"),
            Level("moderate", "#ffff00"),
            Level("unhealthy_for_sensitive_groups", "#ff7e00"),
            Level("unhealthy", "#ff0000"),
            Level("very_unhealthy", "#8f3f97"),
            Level("hazardous", "#7e0023"),
        ),
        _TOPS,
        {
            Pollutant("pm25", DAY): _epa((9.0, 35.4, 55.4, 125.4, 225.4, 325.4), step=0.1),
            Pollutant("pm10", DAY): _epa((54, 154, 254, 354, 424, 604)),
            Pollutant("o3", EIGHT_HOURS): _epa((54, 70, 85, 105, 200), "1e-9"),
            Pollutant("co", EIGHT_HOURS): _epa(
                (4400, 9400, 12400, 15400, 30400, 50400), "1e-9", 100
            ),
            Pollutant("so2", HOUR): _epa((35, 75, 185, 304), "1e-9"),
            Pollutant("no2", HOUR): _epa((53, 100, 360, 649, 1249, 2049), "1e-9"),
        },
    ),
    Standard(
        "europe",
        "European air quality index",
        "ETC HE Report 2024/17",
        Method.BANDS,
        (
            Level("good", "#50f0e6"),
            Level("fair", "#50ccaa"),
            Level("moderate", "#f0e641"),
            Level("poor", "#ff5050"),
            Level("very_poor", "#960032"),
            Level("extremely_poor", "#7d2181"),
        ),
        (1, 2, 3, 4, 5),
        {
            Pollutant("pm25", HOUR): Breakpoints((5, 15, 50, 90, 140), (1, 2, 3, 4, 5)),
            Pollutant("pm10", HOUR): Breakpoints((15, 45, 120, 195, 270), (1, 2, 3, 4, 5)),
            Pollutant("no2", HOUR): Breakpoints((10, 25, 60, 100, 150), (1, 2, 3, 4, 5)),
            Pollutant("o3", HOUR): Breakpoints((60, 100, 120, 160, 180), (1, 2, 3, 4, 5)),
            Pollutant("so2", HOUR): Breakpoints((20, 40, 125, 190, 275), (1, 2, 3, 4, 5)),
        },
        # The EU reports gases at 20 degrees.
        celsius=20.0,
        any_averaging=True,
    ),
    Standard(
        "who",
        "WHO air quality guidelines for days",
        "WHO global air quality guidelines, 2021",
        Method.BANDS,
        # WHO has no colours of its own.
        (
            Level("guideline", "#2c7bb6"),
            Level("interim_target_4", "#abd9e9"),
            Level("interim_target_3", "#ffffbf"),
            Level("interim_target_2", "#fdae61"),
            Level("interim_target_1", "#d7191c"),
            Level("above_all_targets", "#7f0000"),
        ),
        (1, 2, 3, 4, 5),
        {
            Pollutant("pm25", DAY): Breakpoints((15, 25, 37.5, 50, 75), (1, 2, 3, 4, 5)),
            Pollutant("pm10", DAY): Breakpoints((45, 50, 75, 100, 150), (1, 2, 3, 4, 5)),
            Pollutant("o3", EIGHT_HOURS): Breakpoints((100, 120, 160), (1, 4, 5)),
            Pollutant("no2", DAY): Breakpoints((25, 50, 120), (1, 4, 5)),
            Pollutant("so2", DAY): Breakpoints((40, 50, 125), (1, 4, 5)),
            Pollutant("co", DAY): Breakpoints((4e3, 7e3), (1, 5)),
        },
    ),
)

STANDARDS: dict[str, Standard] = {standard.name: standard for standard in _ALL}
"""All standards by their names."""
