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

from pointfuse.basics.netcdf_files.netcdf_values import missing_markers, numbers_of, stored
from pointfuse.basics.printable import printable


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_BAD = _words(
    "bad suspect suspected suspicious fail failed fails failure erroneous error errors",
    "invalid invalidated missing absent unavailable questionable doubtful dubious rejected",
    "reject unreliable unusable implausible impossible improbable inconsistent incorrect",
    "wrong faulty fault malfunction spike spikes spiked stuck frozen flatline outlier",
    "outliers anomalous anomaly flagged out outside exceeded exceeds beyond saturated",
    "saturation contaminated contamination corrupt corrupted maintenance calibration excluded",
    "removed discarded unacceptable unphysical unrealistic",
)
# Without a "not" before them, these accept a value; with it they reject it.
_GOOD = _words(
    "good pass passed passes ok okay valid accepted acceptable correct clean normal reliable",
    "usable plausible consistent within inside in",
)
# What nobody has judged, or was made in another way, is a value all the same.
_NEITHER = _words(
    "unknown unevaluated evaluated unchecked checked untested tested performed applied assessed",
    "validated verified approved confirmed corrected unflagged nominal raw provisional",
    "preliminary interpolated estimated changed adjusted filled detection qc",
)
_NOT = _words("not no non without")
_NOTHING = _words("data value values measurement observation available")
_SEEN = _words("detected found present observed")
_KNOWN = _BAD | _GOOD | _NEITHER | _NOTHING | _SEEN
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
        values, masks = (self._numbers(f"flag_{name}") for name in ("values", "masks"))
        meanings = self._meanings(max(len(values or ()), len(masks or ())))
        if values is None and masks is None:
            return self._spelt_out() if self._text and not meanings else None
        if not meanings or len({len(part) for part in (meanings, values, masks) if part}) != 1:
            return None
        if masks is None:
            holds = [self._codes == value for value in values or ()]
        elif self._text or self._codes.dtype.kind not in "iuf":
            return None
        else:
            wanted = [None] * len(masks) if values is None else values
            holds = [self._has_bits(*pair) for pair in zip(masks, wanted, strict=True)]
        return [_Condition(*pair) for pair in zip(meanings, holds, strict=True)]

    def unexplained(self, conditions: list[_Condition]) -> int:
        """Number of flag values that are neither listed nor missing."""
        if self._text:
            return 0
        if masks := self._numbers("flag_masks"):
            others = ~np.bitwise_or.reduce([int(mask) for mask in masks])
            return int(self._has_bits(others, None).sum())
        listed = np.logical_or.reduce([condition.holds for condition in conditions])
        return int((~listed & ~self._missing()).sum())

    @property
    def words(self) -> str:
        """Its words in a message."""
        found = getattr(self._flag, "flag_meanings", None)
        return _shortened(f"'{found}'" if found is not None else "it has no flag_meanings")

    def _meanings(self, count: int) -> list[str]:
        """Its words for each value, which a blank parts, or a comma where people write so."""
        found = getattr(self._flag, "flag_meanings", "")
        if not isinstance(found, str):
            return [str(entry) for entry in found]
        entries = [entry.strip(",;") for entry in found.split()]
        parted = [entry.strip() for entry in re.split("[,;|]", found) if entry.strip()]
        return parted if len(entries) != count == len(parted) else entries

    def _numbers(self, name: str) -> list[Any] | None:
        """Values or masks, as texts for a flag that is one; None where there are none."""
        if name not in self._flag.ncattrs():
            return None
        given = self._flag.getncattr(name)
        if not self._text:
            found = numbers_of(
                re.sub(r"(?<=\d)[bs]\b", "", given) if isinstance(given, str) else given
            )
            return [] if found is None else found.tolist()
        if not isinstance(given, str):
            return [_as_text(entry) for entry in np.ravel(given).tolist()]
        entries = re.split(r"[\s,]+", given.strip(" \0"))
        return list(entries[0]) if len(entries) == 1 else entries

    def _spelt_out(self) -> list[_Condition]:
        """A flag whose values are words themselves."""
        return [_Condition(str(text), self._codes == text) for text in np.unique(self._codes)]

    def _has_bits(self, mask: float, value: float | None) -> NDArray[np.bool_]:
        """Which values have any bit of a mask, or under it a value."""
        every = (1 << min(8 * self._codes.dtype.itemsize, 63)) - 1
        with np.errstate(invalid="ignore"):
            codes = np.where(self._missing(), 0, self._codes).astype(np.int64) & every
        bits = codes & (int(mask) & every)
        chosen: NDArray[np.bool_] = bits != 0 if value is None else bits == int(value) & every
        return chosen & ~self._missing()

    def _missing(self) -> NDArray[np.bool_]:
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
    for given in dict.fromkeys(str(getattr(variable, "ancillary_variables", "")).split()):
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


def rejects(meaning: str) -> bool | None:
    """Whether the meaning of a flag rejects a value; None where it is not understood.

    >>> rejects("probably_bad"), rejects("not_evaluated"), rejects("purple")
    (True, False, None)
    """
    verdicts = []
    negated = False
    for word in re.findall("[a-z]+", meaning.lower()):
        if word in _BAD:
            verdicts.append(not negated)
        elif word in _GOOD:
            verdicts.append(negated)
        elif word in _NEITHER:
            verdicts.append(False)
        elif word in _NOTHING and negated:
            verdicts.append(True)
        elif word in _SEEN and negated and verdicts:
            verdicts[-1] = not verdicts[-1]  # as in spike_not_detected
        if word in _NOT:
            negated = True
        elif word in _KNOWN:
            negated = False
    return any(verdicts) if verdicts else None


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


def _as_text(code: Any) -> str:
    text = code.decode("latin-1") if isinstance(code, bytes) else str(code)
    return text.strip(" \0")


def _shortened(text: str) -> str:
    """A text of a file in a message."""
    return printable(text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}...")
