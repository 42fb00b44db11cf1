"""The pollutants that networks of stations measure, by the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pointfuse.errors import ArgumentError, InputError, kind_of
from pointfuse.model.metadata import Variable

_MASS = "mass_concentration_of"

_ALL = (
    Variable(
        "pm25",
        "ug m-3",
        f"{_MASS}_pm2p5_ambient_aerosol_particles_in_air",
        "daily mean PM2.5",
        (0.0, 1500.0),
    ),
    # Dust storms of the north-west: 5,811 is the highest daily mean of 2019.
    Variable(
        "pm10",
        "ug m-3",
        f"{_MASS}_pm10_ambient_aerosol_particles_in_air",
        "daily mean PM10",
        (0.0, 6000.0),
    ),
    Variable("so2", "ug m-3", f"{_MASS}_sulfur_dioxide_in_air", "daily mean SO2", (0.0, 2000.0)),
    Variable("no2", "ug m-3", f"{_MASS}_nitrogen_dioxide_in_air", "daily mean NO2", (0.0, 800.0)),
    Variable("co", "mg m-3", f"{_MASS}_carbon_monoxide_in_air", "daily mean CO", (0.0, 50.0)),
    Variable("o3", "ug m-3", f"{_MASS}_ozone_in_air", "daily mean O3", (0.0, 1000.0)),
    Variable(
        "o3_mda8",
        "ug m-3",
        f"{_MASS}_ozone_in_air",
        "largest 8-hour mean O3 of the day",
        (0.0, 1000.0),
    ),
)

POLLUTANTS: dict[str, Variable] = {variable.name: variable for variable in _ALL}
"""By name, in their usual units: micrograms, of carbon monoxide milligrams, in a cubic metre.
Valid ranges are wider than those of instruments in use: they find codes for missing values."""

_MDA8 = "_mda8"
"""How the names of variables end that are the largest 8-hour mean of a day."""


def as_variables(asked: Sequence[Variable | str]) -> tuple[Variable, ...]:
    """Variables, some of which are asked for by the name of a pollutant.

    Raises
    ------
    ArgumentError
        If something is neither.
    InputError
        If there is no such pollutant.
    """
    return tuple(map(_as_variable, asked))


def _as_variable(asked: Variable | str) -> Variable:
    if isinstance(asked, Variable):
        return asked
    if not isinstance(asked, str):
        raise ArgumentError(
            f"expected variables (pointfuse.Variable) or names of pollutants, got {kind_of(asked)}"
        )
    if asked not in POLLUTANTS:
        raise InputError(f"there is no pollutant {asked[:40]!r}; expected {', '.join(POLLUTANTS)}")
    return POLLUTANTS[asked]


def is_eight_hour_maximum(variable: Variable) -> bool:
    """Whether a variable is the largest 8-hour mean of a day, and not its mean."""
    return variable.name.endswith(_MDA8)


def long_name(variable: Variable, *, hourly: bool) -> str:
    """What a variable is, for people: ``hourly mean PM2.5`` in place of ``daily mean PM2.5``."""
    return variable.long_name.replace("daily", "hourly", 1) if hourly else variable.long_name


def cell_methods(variable: Variable) -> str:
    """What a value of a day is, as CF says it."""
    if is_eight_hour_maximum(variable):
        return "time: maximum (of means of 8 hours)"
    return "time: mean"


def measured_by_the_hour(variable: Variable) -> str:
    """Name of the hourly values that those of days are made of: ``o3`` of ``o3_mda8``."""
    return variable.name.removesuffix(_MDA8)


def with_hourly(variables: Iterable[Variable]) -> dict[str, Variable]:
    """Variables by their names, and those that have to be read by the hour for them."""
    by_name = {variable.name: variable for variable in variables}
    for variable in [*by_name.values()]:
        name = measured_by_the_hour(variable)
        if name not in by_name:
            by_name[name] = replace(variable, name=name)
    return by_name
