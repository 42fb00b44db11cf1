"""Units in any common spelling, and conversion to the units of the model.

A gas may be given as its share of the air, and be wanted as its mass in a volume, or the other way
round: what a volume of air holds is told by its molar volume.
"""

from __future__ import annotations

import functools
import re

from pointfuse.errors import InputError

MOLAR_MASSES = {"no2": 46.0055, "so2": 64.064, "co": 28.010, "o3": 47.998}
"""Of gases, g/mol; particles have none."""

_GAS_CONSTANT, _PRESSURE, _FREEZING = 8.314462618, 101_325.0, 273.15

REFERENCE_CELSIUS = 25.0
"""Temperature that masses of gases are at, by default: that of the reference state of China since
September 2018 (GB 3095-2012, amendment 1: 298.15 K and 1013.25 hPa), and of the United States
(40 CFR 50.3). It is 20 in Europe (directive 2008/50/EC, annex VI), and was 0 in China before."""

_MASSES, _SHARES = "ug m-3", "1e-9"

# For each unit a model may work in (CF spelling): how many of it one of the other makes.
# Keys are spellings after `_canonical`.
_FACTORS: dict[str, dict[str, float]] = {
    "ug m-3": {
        "ugm-3": 1.0,
        "ugm3": 1.0,
        "mgm-3": 1e3,
        "mgm3": 1e3,
        "ngm-3": 1e-3,
        "kgm-3": 1e9,
        "gm-3": 1e6,
        "microgramsm-3": 1.0,
        "microgramm-3": 1.0,
    },
    "mg m-3": {
        "mgm-3": 1.0,
        "mgm3": 1.0,
        "ugm-3": 1e-3,
        "ugm3": 1e-3,
        "kgm-3": 1e6,
        "gm-3": 1e3,
        "microgramsm-3": 1e-3,
        "microgramm-3": 1e-3,
    },
    "1e-9": {
        "1e-9": 1.0,
        "ppb": 1.0,
        "partsperbillion": 1.0,
        "ppbv": 1.0,
        "nmolmol-1": 1.0,
        "ppm": 1e3,
        "partspermillion": 1e3,
        "ppmv": 1e3,
        "1e-6": 1e3,
        "umolmol-1": 1e3,
        "molmol-1": 1e9,
        "1": 1e9,
        "ppt": 1e-3,
        "pptv": 1e-3,
    },
    "%": {
        "%": 1.0,
        "percent": 1.0,
        "percentrelativehumidity": 1.0,
        "1": 100.0,
        "fraction": 100.0,
    },
    "m s-1": {
        "ms-1": 1.0,
        "kmh-1": 1 / 3.6,
        "knot": 1852 / 3600,
        "knots": 1852 / 3600,
        "kt": 1852 / 3600,
        "mph": 0.44704,
    },
    "K": {"k": 1.0, "kelvin": 1.0},
    "Pa": {"pa": 1.0, "pascal": 1.0, "hpa": 100.0, "mb": 100.0, "mbar": 100.0},
    "kg kg-1": {"kgkg-1": 1.0, "gkg-1": 1e-3, "1": 1.0},
}


def molar_volume(celsius: float) -> float:
    """Of air at a temperature and 1013.25 hPa, l/mol: that of an ideal gas."""
    return 1000 * _GAS_CONSTANT * (_FREEZING + celsius) / _PRESSURE


_MOLAR_VOLUME = molar_volume(REFERENCE_CELSIUS)


@functools.lru_cache(1024)  # files name a unit in every row
def conversion_factor(
    variable: str, given: str, wanted: str, volume: float = _MOLAR_VOLUME
) -> float:
    """Factor that turns values in one unit into another.

    Parameters
    ----------
    variable : str
        Name of the variable, for the message.
    given : str
        Unit as a file or a user spells it, for example ``µg/m³`` or ``ug m-3``.
    wanted : str
        Unit of the model, in CF spelling.
    volume : float
        Molar volume of air in the conditions of masses of gases, l/mol.

    Raises
    ------
    InputError
        If the unit is not known for this variable.
    """
    known = _FACTORS.get(wanted, {_canonical(wanted): 1.0})
    factor = known.get(_canonical(given))
    if factor is None:
        factor = _of_gas(variable, given, wanted, volume)
    if factor is None:
        raise InputError(
            f"the unit {given[:40]!r} of {variable} cannot be converted to '{wanted}'; "
            f"expected one of {', '.join(known)}"
        )
    return factor


def is_share_of_air(units: str) -> bool:
    """Whether a unit is that of a share of the air, such as ppb."""
    return _canonical(units) in _FACTORS[_SHARES]


def _of_gas(variable: str, given: str, wanted: str, volume: float) -> float | None:
    """Factor between the share and the mass of a gas; None where there is none."""
    mass = MOLAR_MASSES.get(variable.partition("_")[0])
    if mass is None or wanted not in (_MASSES, "mg m-3", _SHARES):
        return None
    if wanted == _SHARES:
        micrograms = _FACTORS[_MASSES].get(_canonical(given))
        return None if micrograms is None else micrograms * volume / mass
    parts = _FACTORS[_SHARES].get(_canonical(given))
    return None if parts is None else parts * mass / volume * _FACTORS[wanted]["ugm-3"]


def _canonical(unit: str) -> str:
    """One spelling for the many of a unit: `µg/m³`, `ug/m^3` and `ug m-3` become `ugm-3`."""
    # The micro sign and the Greek letter are two characters that look alike.
    spelling = unit.lower().translate(str.maketrans("µμ³⁻¹", "uu3-1"))
    spelling = re.sub(r"[\s^*_.·]+", "", spelling)
    # The EPA spells units out and adds the conditions: local, or at 25 degrees.
    spelling = re.sub(r"\(?(lc|25c)\)?$", "", spelling)
    spelling = re.sub(r"cubicmet(er|re)s?$", "m3", spelling)
    # A division by a single unit, with or without an exponent: `/m3` is `m-3`, `/s` is `s-1`.
    return re.sub(r"/([a-z]+)(\d*)$", lambda m: f"{m[1]}-{m[2] or 1}", spelling)


def said_units(units: str) -> str:
    """Units in CF spelling as people say them, in characters that any terminal has."""
    return units.replace("1e-9", "ppb")


def typeset_units(units: str) -> str:
    """Units in CF spelling as people read them, never broken at the end of a line."""
    raised = re.sub(r"\b([um]?g) m-3", "\\1\N{NO-BREAK SPACE}m⁻³", said_units(units))
    return raised.replace("ug", "µg")
