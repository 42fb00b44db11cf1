"""Quality flags of netCDF variables: which values to reject.

Flags as the CF conventions have them (section 3.5: ``flag_values``, ``flag_masks`` and
``flag_meanings``), with the words of QARTOD, OceanSITES, SeaDataNet and the networks of air
quality. A flag that is not understood never goes by in silence: its words stand in a remark.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import (
    attribute,
    missing_markers,
    numbers_of,
    stored,
)
from pointfuse.basics.printable import printable
from pointfuse.stations.readers.cf.flag_words import rejects

_TEXT_SHOWN = 100


class _Condition(NamedTuple):
    """What a flag says of values, and of which, in the shape of the flag."""

    meaning: str
    holds: NDArray[np.bool_]


class CFFlag:
    """A flag of a variable.

    Parameters
    ----------
    flag : netCDF4.Variable
        The flag.
    dimensions : set of str
        Dimensions that it may have: those of its variable and of the stations.
    """

    def __init__(self, flag: netCDF4.Variable[Any], dimensions: set[str]) -> None:
        self.name = flag.name
        self.dimensions = flag.dimensions
        self._flag, self._codes = flag, stored(flag)
        self._text = self._codes.dtype.kind in "SUO"
        if self._text:
            if self._codes.dtype.kind == "S" and not set(self.dimensions[-1:]) <= dimensions:
                # The last dimension is the length of the texts.
                self._codes = netCDF4.chartostring(self._codes, encoding="latin-1")
                self.dimensions = self.dimensions[:-1]
            texts = [_as_text(code) for code in self._codes.ravel().tolist()]
            self._codes = np.array(texts, np.str_).reshape(self._codes.shape)

    def conditions(self) -> list[_Condition] | None:
        """What the flag says; None where its form is not understood."""
        if self._codes.dtype.kind not in "iufU":
            return None
        try:
            values, masks = self._given("flag_values"), self._given("flag_masks")
        except ValueError:
            return None
        meanings = self._meanings(max(len(values or ()), len(masks or ())))
        if values is None and masks is None:
            return self._spelt_out() if self._text and not meanings else None
        if not meanings or {len(part) for part in (values, masks) if part is not None} != {
            len(meanings)
        }:
            return None
        if masks is None:
            holds = [self._equals(value) for value in values or ()]
        elif self._text or not all(map(_is_whole, [*masks, *(values or ())])):
            return None
        else:
            wanted = [None] * len(masks) if values is None else values
            holds = [self._has_bits(*pair) for pair in zip(masks, wanted, strict=True)]
        return [_Condition(*pair) for pair in zip(meanings, holds, strict=True)]

    def unexplained(self, conditions: list[_Condition]) -> int:
        """Number of flag values that are neither listed nor missing, once these are understood."""
        if masks := self._given("flag_masks"):
            # A bit is explained by a mask with one of its values, or by one without; a zero, which
            # need not be listed, by nothing.
            open_bits = self._bits()
            for mask, condition in zip(masks, conditions, strict=True):
                open_bits = np.where(condition.holds, open_bits & ~self._pattern(mask), open_bits)
            unlisted: NDArray[np.bool_] = open_bits != 0
            if self._codes.dtype.kind == "f":
                unlisted = unlisted | ~self._is_integer()
        else:
            unlisted = ~np.logical_or.reduce([condition.holds for condition in conditions])
        return int((unlisted & ~self._missing()).sum())

    @property
    def words(self) -> str:
        """Its words in a message."""
        found = attribute(self._flag, "flag_meanings")
        return _shortened(f"'{found}'" if found is not None else "it has no flag_meanings")

    def _meanings(self, count: int) -> list[str]:
        """Its words for each value, which a blank parts, or a comma where people write so."""
        found = attribute(self._flag, "flag_meanings")
        if found is None:
            return []
        if not isinstance(found, str):
            return [_as_text(entry) for entry in np.ravel(found).tolist()]
        entries = [entry.strip(",;") for entry in found.split()]
        parted = [entry.strip() for entry in re.split("[,;|]", found) if entry.strip()]
        return parted if len(entries) != count == len(parted) else entries

    def _given(self, name: str) -> list[Any] | None:
        """Values or masks: finite numbers, or texts for a flag that is one; None without any.

        Raises
        ------
        ValueError
            If they are something else.
        """
        given = attribute(self._flag, name)
        if given is None:
            return None
        if not self._text:
            found = numbers_of(
                re.sub(r"(?<=\d)[bs]\b", "", given) if isinstance(given, str) else given
            )
            if found is None or not np.isfinite(found).all():
                raise ValueError(f"expected finite numbers in {name}")
            return list(found.tolist())
        if not isinstance(given, str):
            return [_as_text(entry) for entry in np.ravel(given).tolist()]
        entries = re.split(r"[\s,]+", given.strip(" \0"))
        return list(entries[0]) if len(entries) == 1 else entries

    def _spelt_out(self) -> list[_Condition]:
        """A flag whose values are words themselves."""
        return [_Condition(str(text), self._codes == text) for text in np.unique(self._codes)]

    def _equals(self, value: Any) -> NDArray[np.bool_]:
        """Which codes are a value, whose sign need not be that of their type."""
        if self._codes.dtype.kind in "iu":
            return self._has_pattern(self._bits(), value)
        return np.asarray(self._codes == value)

    def _has_bits(self, mask: float, value: float | None) -> NDArray[np.bool_]:
        """Which codes have any bit of a mask, or under it a value."""
        bits = self._bits() & self._pattern(mask)
        chosen = bits != 0 if value is None else self._has_pattern(bits, value)
        return np.asarray(chosen & ~self._missing())

    def _has_pattern(self, bits: NDArray[np.uint64], value: float) -> NDArray[np.bool_]:
        """Which patterns are that of a value."""
        pattern = self._pattern(value)
        return bits == pattern if pattern or value == 0 else np.zeros(bits.shape, bool)

    def _bits(self) -> NDArray[np.uint64]:
        """The bits of each code; none of one that is missing or no integer."""
        codes = self._codes
        if codes.dtype.kind == "f":
            there = self._is_integer() & ~self._missing()
            codes = np.where(there, codes, 0).astype(np.int64)
        elif codes.dtype.kind == "i":
            codes = codes.astype(np.int64)
        return codes.astype(np.uint64) & np.uint64(self._all_bits)

    def _pattern(self, number: float) -> np.uint64:
        """The bits of a mask or a value; none of one that the type of the codes cannot hold."""
        every = self._all_bits
        fits = _is_whole(number) and -(every // 2) - 1 <= number <= every
        return np.uint64(int(number) & every if fits else 0)

    @property
    def _all_bits(self) -> int:
        """A number with all bits that the codes can have."""
        wide = self._codes.dtype.kind == "f"
        return int((1 << (64 if wide else 8 * self._codes.dtype.itemsize)) - 1)

    def _is_integer(self) -> NDArray[np.bool_]:
        """Which codes in floating point are integers, of such size that they have bits."""
        with np.errstate(invalid="ignore"):
            return np.asarray((np.abs(self._codes) < 2.0**63) & (self._codes % 1 == 0))

    def _missing(self) -> NDArray[np.bool_]:
        if self._text:
            return np.asarray(self._codes == "")
        missing: NDArray[np.bool_] = self._codes != self._codes  # NaN
        for marker in missing_markers(self._flag, self._codes.dtype, []):
            missing = missing | (self._codes == marker)
        return missing


def rejected_by_flags(
    name: str,
    variable: netCDF4.Variable[Any],
    dataset: netCDF4.Dataset,
    station: NDArray[np.int64],
    of_station: tuple[str, ...],
    remarks: list[str],
) -> NDArray[np.bool_]:
    """Which values of a variable its quality flags reject.

    Parameters
    ----------
    name : str
        Name of the variable for people.
    variable : netCDF4.Variable
        The variable, whose attribute ``ancillary_variables`` names its flags.
    dataset : netCDF4.Dataset
        The file.
    station : ndarray of int64, the shape of the variable
        Number of the station of each value.
    of_station : tuple of str
        Dimensions of the stations.
    remarks : list of str
        Gets one for each flag of which something is not understood.

    Returns
    -------
    ndarray of bool, the shape of the variable
        Whether a flag rejects the value.
    """
    rejected = np.zeros(variable.shape, bool)
    named = re.findall(r"[^\s,;\0]+", str(getattr(variable, "ancillary_variables", "")))
    for given in dict.fromkeys(named):
        if given not in dataset.variables:
            remarks.append(f"{printable(given)}, which {name} names, is not in the file")
            continue
        if not is_flag(dataset.variables[given]):
            continue
        flag = CFFlag(dataset.variables[given], {*variable.dimensions, *of_station})
        about = f"the quality flag {flag.name} of {name}"
        conditions = flag.conditions()
        place = _placed(flag.dimensions, variable.dimensions, of_station, station)
        if conditions is None or place is None:
            why = flag.words if place else f"it lies along {', '.join(flag.dimensions)}"
            remarks.append(f"{about} is not understood ({why}); its values were used")
            continue
        verdicts = [(condition, rejects(condition.meaning)) for condition in conditions]
        for condition, verdict in verdicts:
            if verdict:
                rejected |= place(condition.holds)
        unknown = [
            each.meaning for each, verdict in verdicts if verdict is None and each.holds.any()
        ]
        if unknown:
            words = _shortened(", ".join(f"'{word}'" for word in unknown))
            remarks.append(
                f"{about} has words that are not understood ({words}); its values were used"
            )
        if count := flag.unexplained(conditions):
            remarks.append(f"{about} does not explain {count} of its values; they were used")
    return rejected


def is_flag(variable: netCDF4.Variable[Any]) -> bool:
    """Whether a variable is a flag, and not an uncertainty or a count."""
    standard = str(getattr(variable, "standard_name", "")).lower().split()
    return bool({"flag_values", "flag_masks", "flag_meanings"} & set(variable.ncattrs())) or any(
        word.endswith(("status_flag", "quality_flag")) for word in standard
    )


def _placed(
    own: tuple[str, ...],
    dimensions: tuple[str, ...],
    of_station: tuple[str, ...],
    station: NDArray[np.int64],
) -> Any:
    """How values with some dimensions are spread over those of a variable; None if they cannot."""
    if set(own) <= set(dimensions):
        order = sorted(range(len(own)), key=lambda i: dimensions.index(own[i]))
        absent = tuple(i for i, name in enumerate(dimensions) if name not in own)
        return lambda table: np.broadcast_to(
            np.expand_dims(table.transpose(order), absent), station.shape
        )
    if own == of_station:
        # In a ragged array each value names its station.
        return lambda table: np.isin(station, np.flatnonzero(table))
    return None


def _is_whole(number: float) -> bool:
    return float(number).is_integer()


def _as_text(code: Any) -> str:
    text = code.decode("latin-1") if isinstance(code, bytes) else str(code)
    return text.strip(" \0")


def _shortened(text: str) -> str:
    """A text of a file in a message."""
    return printable(text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}...")
