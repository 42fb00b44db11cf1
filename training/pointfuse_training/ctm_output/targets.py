"""The species that an archive is made for: how it is asked for, found and called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.units import conversion_factor
from pointfuse.errors import InputError
from pointfuse_training.archives.archive_variables import ArchiveVariable
from pointfuse_training.ctm_output.output_file import OutputFile
from pointfuse_training.ctm_output.quantities import Ingredient, Recipe

_KINDS = {"ug m-3": "mass_concentration", "1e-9": "mole_fraction"}
"""Units of the targets, and how standard names of such begin."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Species:
    """A species that is known by name.

    Parameters
    ----------
    label : str
        Its name for people.
    chemical : tuple of str
        Its names within CF standard names.
    names : tuple of str
        Names that models give to it, the preferred one first.
    """

    label: str
    chemical: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def standard_names(self) -> tuple[str, ...]:
        """All standard names that its concentration may have."""
        return tuple(
            f"{kind}_of_{chemical}_in_air" for kind in _KINDS.values() for chemical in self.chemical
        )


SPECIES: dict[str, Species] = {
    "pm25": Species(
        "PM2.5",
        ("pm2p5_ambient_aerosol_particles", "pm2p5_dry_aerosol_particles"),
        ("PM25_TOT", "PM25_FRM", "PM25_CMAQ", "PM25_cmaq", "PM25", "PM2_5_DRY", "pm2p5", "pm25"),
    ),
    "pm10": Species(
        "PM10",
        ("pm10_ambient_aerosol_particles", "pm10_dry_aerosol_particles"),
        ("PM10", "pm10"),
    ),
    "o3": Species("ozone", ("ozone",), ("O3", "o3")),
    "no2": Species("nitrogen dioxide", ("nitrogen_dioxide",), ("NO2", "no2")),
    "so2": Species("sulfur dioxide", ("sulfur_dioxide",), ("SO2", "so2")),
    "co": Species("carbon monoxide", ("carbon_monoxide",), ("CO", "co")),
}


@dataclass(frozen=True)
class Target:
    """The species as it was found.

    Parameters
    ----------
    recipe : Recipe
        How it is computed.
    variable : ArchiveVariable
        How it is called in the archive; its resolution is not settled.
    """

    recipe: Recipe
    variable: ArchiveVariable


def find_target(wish: str, files: Sequence[OutputFile], standard_name: str | None = None) -> Target:
    """Find the target in files.

    Parameters
    ----------
    wish : str
        A key of `SPECIES`, the name of a field, or a sum of fields (``ASO4I+ASO4J``); with
        ``NAME=`` in front for another name in the archive.
    files : sequence of OutputFile
        Where to look.
    standard_name : str, optional
        CF standard name of a species that neither the files nor `SPECIES` know one for.

    Raises
    ------
    InputError
        If no file has it, its units are not those of a concentration, or it has no name.
    """
    name, _, expression = wish.rpartition("=")
    parts = [part.strip() for part in expression.split("+")]
    name = name.strip() or _archive_name(parts[0])
    if not all(parts) or not _NAME.fullmatch(name):
        raise InputError(
            f"the target '{wish}' cannot be read; expected a species such as pm25, the name of a "
            "field, or a sum such as pm25=ASO4J+ANO3J"
        )
    species = SPECIES.get(name)
    searched = SPECIES.get(expression.strip())
    if searched is not None:
        searches = [(searched.names, searched.standard_names)]
    else:
        searches = [((part,), ()) for part in parts]
    ingredients = tuple(Ingredient("", *search) for search in searches)
    recipe = Recipe(ingredients, _sum)
    file = next((file for file in files if recipe.names_in(file)), None)
    if file is None:
        raise InputError(_not_found(wish, files))
    return _described(name, species, recipe, file, standard_name)


def _archive_name(field: str) -> str:
    """Name in the archive: that of a species where the field has one of its names."""
    for name, species in SPECIES.items():
        if field == name or field in species.names:
            return name
    return field.lower()


def _described(
    name: str, species: Species | None, recipe: Recipe, file: OutputFile, standard_name: str | None
) -> Target:
    """The target with the units that its fields can be converted to, and its names."""
    (first, *_) = fields = recipe.names_in(file) or ()
    units = _units_of(file, first)
    ingredients = tuple(replace(each, units=units) for each in recipe.ingredients)
    for ingredient, field in zip(ingredients, fields, strict=True):
        ingredient.factor(file, field)
    of_file = file.fields[first].standard_name if len(fields) == 1 else ""
    of_species = f"{_KINDS[units]}_of_{species.chemical[0]}_in_air" if species else ""
    chosen = standard_name or of_file or of_species
    if not chosen:
        raise InputError(
            f"{file.path.name} gives no CF standard name of {name}; name it, for example "
            f"mass_concentration_of_{name}_in_air"
        )
    label = species.label if species else " + ".join(fields)
    # The resolution is settled when the values are known.
    variable = ArchiveVariable(name, units, chosen, f"daily mean {label}", 1.0)
    return Target(Recipe(ingredients, recipe.combine), variable)


def _units_of(file: OutputFile, field: str) -> str:
    """Units of the archive for a field: mass per volume, or amount per amount."""
    given = file.fields[field].units
    for units in _KINDS:
        try:
            conversion_factor(field, given, units)
        except InputError:
            continue
        return units
    raise InputError(
        f"{field} in {file.path.name} is in '{given}'; expected a mass per volume such as ug m-3, "
        "or an amount per amount such as ppb"
    )


def _sum(*fields: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sum(fields, axis=0))


def _not_found(wish: str, files: Sequence[OutputFile]) -> str:
    fields = sorted({name for file in files for name in file.fields})
    shown = ", ".join(fields[:30]) + (", ..." if len(fields) > 30 else "")
    return (
        f"no file has the target '{wish}'; name one of its fields, or a sum such as "
        f"pm25=ASO4J+ANO3J. There are: {shown or 'none'}"
    )
