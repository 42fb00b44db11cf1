"""Read netCDF variables: scale and offset, missing values, valid range.

The netCDF library would do the same, but warns on the terminal, with lines of its source, of each
attribute that does not fit, and ends in errors of any kind where one is a text. Here values are
read as they are stored, and what is odd about an attribute becomes a remark in plain words.
"""

from __future__ import annotations

import math
import warnings
from os import PathLike
from typing import Any, NamedTuple

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError


def open_netcdf(path: str | PathLike[str], content: bytes | None = None) -> netCDF4.Dataset:
    """Open a netCDF file, without a word of the library on what it does not know.

    Parameters
    ----------
    path : path
        The file.
    content : bytes, optional
        What it holds, if it is in memory.

    Raises
    ------
    OSError
        If it is no netCDF file.
    """
    with warnings.catch_warnings():
        # It names the variables of types that it does not know; where one of them is wanted, the
        # reader says that it is not there.
        warnings.filterwarnings("ignore", "WARNING: .*skipping", UserWarning)
        return netCDF4.Dataset(path, memory=content)


def stored(variable: netCDF4.Variable[Any], where: Any = ...) -> NDArray[Any]:
    """Values of a variable as they are stored, without regard to its attributes.

    Parameters
    ----------
    variable : netCDF4.Variable
        The variable.
    where : index
        Which of its values; all by default.
    """
    usual = variable.mask, variable.scale, variable.chartostring
    try:
        variable.set_auto_maskandscale(False)
        variable.set_auto_chartostring(False)
        return np.ma.getdata(np.ma.asarray(variable[where]))
    finally:
        variable.set_auto_mask(usual[0])
        variable.set_auto_scale(usual[1])
        variable.set_auto_chartostring(usual[2])


def read_numbers(
    variable: netCDF4.Variable[Any], where: Any = ..., *, remarks: list[str] | None = None
) -> NDArray[np.float64]:
    """Numbers of a variable, unpacked; NaN where missing or out of its valid range.

    Parameters
    ----------
    variable : netCDF4.Variable
        The variable.
    where : index
        Which of its values; all by default.
    remarks : list of str, optional
        Gets a sentence, once, for each attribute that marks nothing because it is no number or
        does not fit the type of the variable.

    Returns
    -------
    ndarray of float64
        The values.

    Raises
    ------
    InputError
        If the variable holds no numbers, or its packing cannot be undone.
    """
    found: list[str] = []
    packed = stored(variable, where)
    if packed.dtype.kind not in "iuf":
        kind = "text" if packed.dtype.kind in "SUO" else "values of another type"
        raise InputError(f"expected numbers in {variable.name}, it holds {kind}")
    if packed.dtype.kind == "i" and str(attribute(variable, "_Unsigned")).lower() == "true":
        packed = packed.view(packed.dtype.str.replace("i", "u"))
    factor, offset = (_packing(variable, name, found) for name in ("scale_factor", "add_offset"))
    missing = np.isnan(packed)
    for marker in missing_markers(variable, packed.dtype, found):
        missing |= packed == marker
    values = packed
    with np.errstate(over="ignore", invalid="ignore"):
        # In the types that the attributes have, as the library and other programs do it.
        values = values if factor is None else values * factor
        values = values if offset is None else values + offset
        for outside in _limits(variable, found):
            of_unpacked = outside.bound.dtype.kind == "f" and packed.dtype.kind != "f"
            missing |= outside.compare(values if of_unpacked else packed, outside.bound)
        numbers = np.where(missing, np.nan, values.astype(np.float64))
    if remarks is not None:
        remarks += [remark for remark in found if remark not in remarks]
    return numbers


class _Limit(NamedTuple):
    """A bound of the valid range, and the comparison that a value beyond it fulfils.

    Of packed integers a bound in floating point is one of the unpacked values, any other one of
    the packed (NetCDF User Guide, appendix A).
    """

    compare: np.ufunc
    bound: Any


def _packing(variable: netCDF4.Variable[Any], name: str, remarks: list[str]) -> Any:
    """Factor or offset of a variable, in the type that it has; None where there is none."""
    value = attribute(variable, name)
    if value is None:
        return None
    numbers = numbers_of(value)
    lacking = numbers is None or len(numbers) != 1 or not math.isfinite(numbers[0])
    if numbers is None or lacking or (name == "scale_factor" and numbers[0] == 0):
        raise InputError(
            f"the {name} of {variable.name} is {_shown(value)}; expected one finite "
            f"number{', not zero' if name == 'scale_factor' else ''}, to unpack its values"
        )
    if isinstance(value, str):
        remarks.append(f"{name} of {variable.name} is text and was read as {numbers[0]:g}")
    return numbers[0]


def missing_markers(
    variable: netCDF4.Variable[Any], dtype: np.dtype[Any], remarks: list[str]
) -> list[Any]:
    """The numbers that stand for missing values, in the type in which values are stored."""
    markers = []
    for name in ("missing_value", "_FillValue"):
        value = attribute(variable, name)
        if value is None:
            continue
        numbers = numbers_of(value)
        if numbers is None:
            remarks.append(
                f"{name} {_shown(value)} of {variable.name} is not a number and was ignored"
            )
            continue
        fitting = [_in_type(number, dtype) for number in numbers]
        markers += [number for number in fitting if number is not None]
        if None in fitting:
            remarks.append(
                f"{name} {_shown(value)} does not fit the type of {variable.name} and was ignored"
            )
    # What was never written holds the library's own number, which of a single byte is a usual one.
    if "_FillValue" not in variable.ncattrs() and dtype.itemsize > 1:
        fill = variable.get_fill_value()
        markers += [] if fill is None else [np.asarray(fill).astype(dtype)[()]]
    return markers


def _limits(variable: netCDF4.Variable[Any], remarks: list[str]) -> list[_Limit]:
    """The bounds of the valid range, which as a whole goes before its ends."""
    whole = "valid_range" in variable.ncattrs()
    limits = []
    for name, compared in (
        ("valid_range", (np.less, np.greater)),
        ("valid_min", (np.less,)),
        ("valid_max", (np.greater,)),
    ):
        value = attribute(variable, name)
        if value is None or (whole and name != "valid_range"):
            continue
        numbers = numbers_of(value)
        if numbers is None or len(numbers) != len(compared) or not (numbers[0] <= numbers[-1]):
            remarks.append(
                f"{name} {_shown(value)} of {variable.name} is not a "
                f"{'range' if name == 'valid_range' else 'number'} and was ignored"
            )
            continue
        limits += [_Limit(*pair) for pair in zip(compared, numbers, strict=True)]
    return limits


def _in_type(number: Any, dtype: np.dtype[Any]) -> Any:
    """A number as values of a type are stored, None where the type has none like it."""
    given = float(number)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            cast = np.asarray(number).astype(dtype)[()]
        return cast if math.isnan(given) or math.isfinite(cast) == math.isfinite(given) else None
    if not given.is_integer():
        return None
    whole, limits = int(number), np.iinfo(dtype)
    if dtype.kind == "u" and whole < 0:
        whole += 2 ** (8 * dtype.itemsize)  # written in the signed type of the same size
    return dtype.type(whole) if limits.min <= whole <= limits.max else None


def attribute(variable: netCDF4.Variable[Any], name: str) -> Any:
    """Value of an attribute, None where there is none."""
    if name not in variable.ncattrs():
        return None
    try:
        return variable.getncattr(name)
    except (KeyError, AttributeError, NotImplementedError, UnicodeDecodeError):
        return "of a type that cannot be read"


def numbers_of(value: Any) -> NDArray[Any] | None:
    """Numbers of an attribute, also if written as text; None if it has none."""
    if isinstance(value, str):
        value = value.strip("\0 ").replace(",", " ").split()
    numbers = np.atleast_1d(np.asarray(value)).ravel()
    if numbers.dtype.kind not in "iuf":
        try:
            numbers = numbers.astype(np.float64)
        except (ValueError, TypeError):
            return None
    return numbers if len(numbers) else None


def _shown(value: Any) -> str:
    """An attribute in a message: short, and on one line whatever it holds."""
    if isinstance(value, str):
        return repr(value[:40])
    return ", ".join(
        f"{part:g}" if isinstance(part, float) else repr(part)[:40]
        for part in np.ravel(value).tolist()[:3]
    )
