"""Index, level and main pollutant of concentrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.units import conversion_factor, molar_volume
from pointfuse.errors import ArgumentError, InputError, kind_of, require
from pointfuse.limits.concentrations import Pollutant, pollutant_of
from pointfuse.limits.standards import STANDARDS, Breakpoints, Method, Standard, StandardName

_HAIR = 1e-3
"""Part of a reported step that single precision may be off: 225.4 is stored as 225.39999."""


@dataclass(frozen=True, eq=False)
class AirQuality(ByValue):
    """What a standard says of concentrations; all arrays have one shape.

    Parameters
    ----------
    standard : Standard
        The standard.
    index : ndarray of float32
        The index, a whole number; for standards of bands that of the level. NaN without a value.
    level : ndarray of int8
        1 (best) and so on; 0 without a value. Names are those of ``standard.levels``.
    main_pollutant : ndarray of int8
        Place of the pollutant with the highest index among ``pollutants``; -1 without a value.
    pollutants : tuple of str
        Names of the variables.
    """

    standard: Standard
    index: NDArray[np.float32]
    level: NDArray[np.int8]
    main_pollutant: NDArray[np.int8]
    pollutants: tuple[str, ...]


def air_quality(
    concentrations: Mapping[str, ArrayLike],
    standard: StandardName = "china",
    *,
    units: Mapping[str, str] | None = None,
) -> AirQuality:
    """Index and level of one or several pollutants: those of the worst of them.

    Parameters
    ----------
    concentrations : mapping of str to array_like
        Daily values by pollutant; all of one shape. ``pm25``, ``pm10``, ``no2``, ``so2``, ``co``
        and ``o3`` are means of days; with ``_8h`` or ``_1h`` behind it the largest 8-hour mean or
        hour of a day. Those of which a value is missing (NaN) count where they are known.
    standard : str
        ``china`` (HJ 633-2026), ``china-2012``, ``us`` (2024), ``europe`` (2024) or ``who`` (2021).
    units : mapping of str to str, optional
        Unit of a pollutant; ug m-3 by default.

    Raises
    ------
    InputError
        If a pollutant is not in the table of the standard, or its unit is unknown.
    ArgumentError
        If the standard is another one, or there are no concentrations.

    Examples
    --------
    >>> found = air_quality({"pm25": [35.0, 60.0, 61.0], "o3_8h": [100.0, 30.0, 215.0]})
    >>> found.index.tolist(), found.level.tolist(), found.main_pollutant.tolist()
    ([50.0, 100.0, 150.0], [1, 2, 3], [0, 0, 1])
    """
    require(
        concentrations,
        Mapping,
        "concentrations by pollutant, such as {'pm25': values}",
        source="give arrays",
    )
    table = standard_named(standard)
    if not concentrations:
        raise ArgumentError("expected concentrations of at least one pollutant, got none")
    each = [
        sub_index(
            table,
            pollutant_of(name),
            np.asarray(values, np.float64),
            (units or {}).get(name, "ug m-3"),
        )
        for name, values in concentrations.items()
    ]
    return worst(table, each, tuple(concentrations))


def standard_named(name: str) -> Standard:
    """The standard of a name.

    Raises
    ------
    ArgumentError
        If there is none of that name.
    """
    if not isinstance(name, str) or name not in STANDARDS:
        given = repr(name) if isinstance(name, str) else kind_of(name)
        raise ArgumentError(f"expected a standard of {', '.join(STANDARDS)}, got {given}")
    return STANDARDS[name]


def sub_index(
    standard: Standard, pollutant: Pollutant, values: NDArray[np.float64], units: str
) -> NDArray[np.float64]:
    """Index of one pollutant.

    Parameters
    ----------
    standard : Standard
        The standard.
    pollutant : Pollutant
        What the values are of.
    values : ndarray of float64
        Concentrations, NaN where missing; negative ones count as 0.
    units : str
        Their unit, in any spelling.

    Returns
    -------
    ndarray of float64
        Whole numbers in the same shape; beyond the end of the table its last one. NaN where the
        value is.

    Raises
    ------
    InputError
        If the standard has no such pollutant, or the unit is unknown.
    """
    row = _row(standard, pollutant)
    volume = molar_volume(standard.celsius)
    factor = conversion_factor(pollutant.species, units, row.units, volume)
    values = np.maximum(values * factor, 0.0)
    match standard.method:
        case Method.CHINA:
            found = _interpolated(values, row)
        case Method.EPA:
            found = _within_rows(values, row)
        case Method.BANDS:
            bands = np.array([*row.indices, len(standard.levels)], np.float64)
            found = bands[np.searchsorted(row.highs, values, side="left")]
    return np.where(np.isnan(values), np.nan, found)


def _row(standard: Standard, pollutant: Pollutant) -> Breakpoints:
    """Breakpoints of a pollutant."""
    known = [each for each in standard.pollutants if each.species == pollutant.species]
    if pollutant in standard.pollutants:
        return standard.pollutants[pollutant]
    if known and standard.any_averaging:
        return standard.pollutants[known[0]]
    if not known:
        raise InputError(
            f"the {standard.title} ({standard.source}) has no {pollutant.species}; expected "
            f"{', '.join(map(str, standard.pollutants))}"
        )
    raise InputError(
        f"the {standard.title} ({standard.source}) is made of the {known[0].averaging} of "
        f"{pollutant.species}, got the {pollutant.averaging}; name the variable "
        f"{pollutant.species}{_ending(known[0])} if it is that"
    )


def _ending(pollutant: Pollutant) -> str:
    first = pollutant.averaging.split()[1]
    return {"8-hour": "_8h", "hour": "_1h"}.get(first, "")


def _interpolated(values: NDArray[np.float64], row: Breakpoints) -> NDArray[np.float64]:
    """The index of China: HJ 633, with concentrations rounded as GB/T 8170 has it."""
    reported = np.rint(values / row.step) * row.step
    index = np.interp(reported, (0, *row.highs), (0, *row.indices))
    # Rounded up, but for what the division leaves behind the sixth digit.
    rounded_up: NDArray[np.float64] = np.ceil(np.round(index, 6))
    return rounded_up


def _within_rows(values: NDArray[np.float64], row: Breakpoints) -> NDArray[np.float64]:
    """The index of the EPA: concentrations are cut, and rows begin a step above the one before."""
    # In steps, so that all ends are whole numbers.
    cut = np.floor(values / row.step + _HAIR)
    highs = np.rint(np.array(row.highs) / row.step)
    lows = np.array([0, *(highs[:-1] + 1)])
    tops = np.array(row.indices, np.float64)
    bottoms = np.array([0, *(tops[:-1] + 1)])
    cut = np.minimum(cut, highs[-1])
    part = np.minimum(np.searchsorted(highs, cut, side="left"), len(highs) - 1)
    share = (cut - lows[part]) / (highs[part] - lows[part])
    index: NDArray[np.float64] = bottoms[part] + share * (tops[part] - bottoms[part])
    return np.floor(index + 0.5)


def worst(
    standard: Standard, indices: list[NDArray[np.float64]], names: tuple[str, ...]
) -> AirQuality:
    """Air quality of several pollutants.

    Parameters
    ----------
    standard : Standard
        The standard.
    indices : list of ndarray
        Index of each; all of one shape.
    names : tuple of str
        Names of the pollutants.

    Raises
    ------
    ArgumentError
        If the shapes differ.
    """
    shapes = {index.shape for index in indices}
    if len(shapes) > 1:
        raise ArgumentError(
            f"expected concentrations of one shape, got {', '.join(map(str, sorted(shapes)))}"
        )
    stacked = np.where(np.isnan(indices), -1.0, indices)
    main, index = stacked.argmax(axis=0), stacked.max(axis=0)
    missing = index < 0
    level = 1 + np.searchsorted(standard.tops, index, side="left")
    return AirQuality(
        standard,
        np.where(missing, np.nan, index).astype(np.float32),
        np.where(missing, 0, level).astype(np.int8),
        np.where(missing, -1, main).astype(np.int8),
        names,
    )
