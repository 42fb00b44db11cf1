"""Output of WRF and WRF-Chem (wrfout files), on the mass points of the grid."""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.files.wrf_grid import wrf_axes
from pointfuse.grid.projections import Projection
from pointfuse_training.ctm_output.output_file import Layout

DESCRIPTION = "WRF, WRF-Chem (wrfout), with MAP_PROJ and Times"


def layout(dataset: netCDF4.Dataset, projection: Projection | None) -> Layout:
    """Where the records of the file are; it names its projection itself.

    Raises
    ------
    InputError
        If the grid is none that pointfuse knows, or the file has no coordinates or times.
    """
    if projection is not None:
        raise InputError("the file names a projection itself; leave the other one out")
    # An instant stands for the time until the next, which only all files together tell.
    return Layout(wrf_axes(dataset), "Time", _starts(dataset), None)


def _starts(dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    texts: Any = netCDF4.chartostring(dataset["Times"][:], encoding="ascii")
    try:
        return np.array([text.replace("_", "T") for text in np.atleast_1d(texts)], "datetime64[s]")
    except ValueError as error:
        raise InputError(
            f"the Times of the file cannot be read ({error}); expected 2020-01-31_23:00:00"
        ) from error
