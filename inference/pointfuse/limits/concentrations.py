"""Pollutants by the names of variables, and concentrations in the units of a standard."""

from __future__ import annotations

from typing import NamedTuple

from pointfuse.errors import InputError
from pointfuse.stations.pollutants import POLLUTANTS, is_eight_hour_maximum

SPECIES = tuple(
    name for name, variable in POLLUTANTS.items() if not is_eight_hour_maximum(variable)
)

DAY, EIGHT_HOURS, HOUR = "mean of a day", "largest 8-hour mean of a day", "largest hour of a day"
"""What daily values of a pollutant are."""

_ENDINGS = {"": DAY, "_24h": DAY, "_8h": EIGHT_HOURS, "_mda8": EIGHT_HOURS, "_1h": HOUR}
_OTHER_NAMES = {"pm2p5": "pm25", "pm2_5": "pm25", "pm2.5": "pm25"}
_CF_NAMES = {
    POLLUTANTS[species].standard_name.replace("mass_concentration", kind): species
    for kind in ("mass_concentration", "mole_fraction")
    for species in SPECIES
}


class Pollutant(NamedTuple):
    """A species, and what its daily values are."""

    species: str
    averaging: str

    def __str__(self) -> str:
        """As people say it."""
        return f"{self.species} ({self.averaging})"


def pollutant_of(variable: str, standard_name: str = "") -> Pollutant:
    """The pollutant that a variable holds, by its name.

    Parameters
    ----------
    variable : str
        Such as ``pm25``, ``o3_8h`` (or ``o3_mda8``) for the largest 8-hour mean of a day, and
        ``no2_1h`` for its largest hour; without an ending the mean of a day.
    standard_name : str
        Its CF standard name, where its own name is another one.

    Raises
    ------
    InputError
        If it is none of the six.
    """
    name = variable.lower()
    for other, own in _OTHER_NAMES.items():
        name = name.replace(other, own)
    for ending, averaging in _ENDINGS.items():
        species = name.removesuffix(ending)
        if species in SPECIES and name == species + ending:
            return Pollutant(species, averaging)
    if standard_name in _CF_NAMES:
        return Pollutant(_CF_NAMES[standard_name], DAY)
    raise InputError(
        f"{variable} is no pollutant of an index; expected {', '.join(SPECIES)}, with _8h or _1h "
        "behind it for the largest 8-hour mean or hour of a day"
    )
