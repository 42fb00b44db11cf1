"""Files of the Models-3 I/O API: CMAQ (as COMBINE writes it) and MCIP."""

from __future__ import annotations

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.files.ioapi_grid import attribute, ioapi_grid
from pointfuse.grid.grid_mapping import GridAxes
from pointfuse.grid.projections import Projection
from pointfuse_training.ctm_output.output_file import Layout

DESCRIPTION = "I/O API (CMAQ, MCIP), with GDTYP and TFLAG"

_ORIENTED = (slice(None), slice(None))


def layout(dataset: netCDF4.Dataset, projection: Projection | None) -> Layout:
    """Where the records of the file are; it names its projection itself.

    Raises
    ------
    InputError
        If the grid is none that pointfuse knows, or the file has no time.
    """
    if projection is not None:
        raise InputError("the file names a projection itself; leave the other one out")
    step = _seconds(int(attribute(dataset, "TSTEP")))
    if step == np.timedelta64(0, "s"):
        raise InputError("the file does not depend on time (TSTEP is 0); leave it out")
    axes = GridAxes(("ROW", "COL"), ioapi_grid(dataset), _ORIENTED)
    return Layout(axes, "TSTEP", _starts(dataset), step)


def _starts(dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    """Times of TFLAG: YYYYDDD and HHMMSS."""
    flags: NDArray[np.int64] = np.asarray(dataset["TFLAG"][:, 0], np.int64)
    days, times = flags[:, 0], flags[:, 1]
    if not len(days) or (days <= 0).any():
        raise InputError("the file has records without a time in TFLAG; make it again")
    years = (days // 1000 - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    midnights: NDArray[np.datetime64] = (years + (days % 1000 - 1)).astype("datetime64[s]")
    starts: NDArray[np.datetime64] = midnights + [_seconds(int(time)) for time in times]
    return starts


def _seconds(time: int) -> np.timedelta64:
    """Duration of HHMMSS; hours may be more than 24."""
    return np.timedelta64(3600 * (time // 10_000) + 60 * (time // 100 % 100) + time % 100, "s")
