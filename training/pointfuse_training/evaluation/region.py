"""Over which cells scores go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse_training.network.weights import read_arrays

LAND = "land"
EVERYWHERE = "whole grid"

_SEA = "ocean_fraction"
_MOSTLY_SEA = 0.5


@dataclass(frozen=True)
class ScoredRegion:
    """Cells that scores go over.

    Parameters
    ----------
    name : str
        What people call them.
    cells : ndarray of bool, shape (rows, columns)
        Where they are.
    """

    name: str
    cells: NDArray[np.bool_]


def read_region(static: Path | None, mask: str | None, shape: tuple[int, int]) -> ScoredRegion:
    """The cells to score.

    Parameters
    ----------
    static : Path, optional
        Numpy archive of static layers on the grid. Without it all cells are scored.
    mask : str, optional
        Its array that is true (or 1) where cells are scored. Without it land is: cells of whose
        area less than half is sea by the layer ``ocean_fraction``.
    shape : tuple of two ints
        Rows and columns of the grid.

    Raises
    ------
    InputFileNotFoundError, ModelFileError
        If the file is missing, or no numpy archive.
    InputError
        If it lacks the array, or this is no mask of the grid or empty.
    """
    if static is None:
        return ScoredRegion(EVERYWHERE, np.ones(shape, bool))
    arrays = read_arrays(static)
    name = mask or _SEA
    if name not in arrays:
        raise InputError(
            f"{static.name} has no array '{name}'; name the mask of the cells to score, one of "
            f"{', '.join(arrays) or '(it has none)'}"
        )
    array = arrays[name]
    if array.shape != shape:
        raise InputError(
            f"{static.name} holds '{name}' with the shape {array.shape}, the archive has the grid "
            f"{shape}; name a layer of the same grid"
        )
    if mask is None:
        cells = array < _MOSTLY_SEA
    elif np.isin(array, (0, 1)).all():
        cells = array.astype(bool)
    else:
        raise InputError(
            f"'{name}' of {static.name} should be true or false (1 or 0) everywhere to be a mask, "
            "it has other values; name another array"
        )
    if not cells.any():
        raise InputError(f"'{name}' of {static.name} leaves no cell to score; name another array")
    return ScoredRegion(mask or LAND, cells)
