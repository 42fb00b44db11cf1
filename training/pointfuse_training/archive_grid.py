"""The grid of an archive, as its files tell it in the terms of the CF conventions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid import Grid
from pointfuse.metadata import grid_from_dict


def read_grid(path: Path) -> Grid:
    """Grid of a file of an archive.

    Parameters
    ----------
    path : Path
        netCDF file with the variables ``crs``, ``x`` and ``y`` (m).

    Raises
    ------
    InputError
        If the file says nothing of its grid, or it is none of square cells from south-west to
        north-east.
    """
    try:
        with netCDF4.Dataset(path) as dataset:
            crs = {name: dataset["crs"].getncattr(name) for name in dataset["crs"].ncattrs()}
            x, y = (np.asarray(dataset[name][:], np.float64) for name in ("x", "y"))
    except (OSError, IndexError) as error:
        raise InputError(
            f"{path} does not say where its cells are ({error}); expected the variables crs, x and "
            "y such as 'pointfuse-train simulate' writes"
        ) from error
    steps = np.concatenate([np.diff(x), np.diff(y)])
    if not (len(steps) and steps.min() > 0 and np.ptp(steps) <= 1e-6 * steps.max()):
        raise InputError(
            f"{path.name} has no grid of square cells from south-west to north-east; make the "
            "archive again on such a grid"
        )
    try:
        return grid_from_dict(
            {
                "projection": {name: _plain(value) for name, value in crs.items()},
                "rows": len(y),
                "columns": len(x),
                "cell_size": float(np.median(steps)),
                "first_x": float(x[0]),
                "first_y": float(y[0]),
            }
        )
    except ModelFileError as error:
        raise InputError(f"{path.name}: {error}") from error


def _plain(value: Any) -> Any:
    """An attribute as JSON has it."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value
