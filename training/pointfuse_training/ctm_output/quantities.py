"""What an archive holds, and from which fields of a model it is computed.

A recipe names fields by the CF standard name or by the names that models give to them, and the
units in which its formula takes them. The first recipe whose fields are there is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import conversion_factor
from pointfuse.errors import InputError
from pointfuse_training.ctm_output import humidity
from pointfuse_training.ctm_output.output_file import OutputFile


@dataclass(frozen=True)
class Ingredient:
    """A field that a recipe needs.

    Parameters
    ----------
    units : str
        Units in which the recipe takes it, in CF spelling.
    names : tuple of str
        Names that models give to it, the preferred one first.
    standard_names : tuple of str
        Its CF standard names.
    """

    units: str
    names: tuple[str, ...]
    standard_names: tuple[str, ...] = ()

    def find(self, file: OutputFile) -> str | None:
        """Name of the field in a file, None where it has none.

        Raises
        ------
        InputError
            If several fields have the standard name and none a known name.
        """
        for name in self.names:
            if name in file.fields:
                return name
        alike = [
            name
            for name, field in file.fields.items()
            if field.standard_name and field.standard_name in self.standard_names
        ]
        if len(alike) > 1:
            raise InputError(
                f"{file.path.name} has several fields that may be {self.standard_names[0]}: "
                f"{', '.join(alike)}; leave one in the file, or name it if it is the target"
            )
        return alike[0] if alike else None

    def factor(self, file: OutputFile, name: str) -> float:
        """What values of a file are multiplied by.

        Raises
        ------
        InputError
            If the file gives no units, or such as cannot be converted.
        """
        units = file.fields[name].units
        if not units:
            raise InputError(f"{name} in {file.path.name} has no units; add the attribute")
        return conversion_factor(f"{name} in {file.path.name}", units, self.units)


@dataclass(frozen=True)
class Recipe:
    """How a quantity is computed from fields, record by record."""

    ingredients: tuple[Ingredient, ...]
    combine: Callable[..., NDArray[np.float64]]

    def names_in(self, file: OutputFile) -> tuple[str, ...] | None:
        """Names of the fields in a file, None where it lacks one."""
        names = [ingredient.find(file) for ingredient in self.ingredients]
        return None if None in names else tuple(name for name in names if name is not None)


def _itself(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values


_TEMPERATURE = Ingredient("K", ("TEMP2", "T2", "t2m"), ("air_temperature",))
_PRESSURE = Ingredient("Pa", ("PRSFC", "PSFC", "sp"), ("surface_air_pressure",))

RELATIVE_HUMIDITY = (
    Recipe((Ingredient("%", ("RH2", "RH"), ("relative_humidity",)),), _itself),
    Recipe(
        (
            Ingredient("kg kg-1", ("Q2",), ("humidity_mixing_ratio",)),
            _TEMPERATURE,
            _PRESSURE,
        ),
        humidity.from_mixing_ratio,
    ),
    Recipe(
        (Ingredient("kg kg-1", (), ("specific_humidity",)), _TEMPERATURE, _PRESSURE),
        humidity.from_specific_humidity,
    ),
    Recipe(
        (Ingredient("K", ("d2m",), ("dew_point_temperature",)), _TEMPERATURE),
        humidity.from_dew_point,
    ),
)
WIND_SPEED = (
    Recipe((Ingredient("m s-1", ("WSPD10",), ("wind_speed",)),), _itself),
    Recipe(
        (
            Ingredient("m s-1", ("U10", "u10"), ("eastward_wind", "x_wind")),
            Ingredient("m s-1", ("V10", "v10"), ("northward_wind", "y_wind")),
        ),
        np.hypot,
    ),
)


def needed(recipes: tuple[Recipe, ...]) -> str:
    """Fields that would do, for people: ``Q2, TEMP2 and PRSFC``, or others."""
    return "; or ".join(
        ", ".join(
            (*ingredient.names, *ingredient.standard_names)[0] for ingredient in recipe.ingredients
        )
        for recipe in recipes
    )
