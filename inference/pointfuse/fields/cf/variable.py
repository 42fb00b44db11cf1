"""A variable of a CF file: name, dimensions, values and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class CFVariable:
    """A variable of the file.

    Parameters
    ----------
    name : str
        Its name.
    dimensions : tuple of str
        Names of its dimensions.
    values : ndarray
        Its values.
    attributes : mapping
        Its attributes.
    gaps : bool
        Whether values may be missing (NaN).
    """

    name: str
    dimensions: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    gaps: bool = False
