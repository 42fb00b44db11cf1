"""Compare frozen dataclasses that contain arrays by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


class ByValue:
    """A dataclass that is compared by value, arrays included, and has no hash.

    Its decorator needs ``eq=False``: what dataclasses compare by themselves is ambiguous with
    arrays. It is no key of a dictionary, for its arrays can change.
    """

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return same(self, other)


def same(one: Any, other: Any) -> bool:
    """Whether two things are of one kind and value; NaN is the same as NaN.

    Parameters
    ----------
    one, other : object
        Arrays, dataclasses, mappings and sequences of such, or anything that can be compared.
    """
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_arrays(np.asarray(one), np.asarray(other))
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def _same_arrays(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if one.dtype.kind != other.dtype.kind:
        return False
    may_lack = one.dtype.kind in "fcmM"
    return bool(np.array_equal(one, other, equal_nan=may_lack))
