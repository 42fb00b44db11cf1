"""Files of the Models-3 I/O API: CMAQ (as COMBINE writes it) and MCIP.

Grids are described by the global attributes GDTYP, P_ALP, P_BET, P_GAM, XCENT, YCENT, XORIG, YORIG,
XCELL and YCELL; see "Horizontal grid parameters" at https://cmascenter.org/ioapi/documentation.
"""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import EARTH_RADIUS, GridAxes
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.ctm_output.output_file import Layout

DESCRIPTION = "I/O API (CMAQ, MCIP), with GDTYP and TFLAG"

_DEGREES, _LAMBERT, _POLAR, _MERCATOR = 1, 2, 6, 7
_ORIENTED = (slice(None), slice(None))


def recognises(dataset: netCDF4.Dataset) -> bool:
    """Whether a file is one of the I/O API."""
    return "GDTYP" in dataset.ncattrs() and "TFLAG" in dataset.variables


def layout(dataset: netCDF4.Dataset, projection: Projection | None) -> Layout:
    """Where the records of the file are; it names its projection itself.

    Raises
    ------
    InputError
        If the grid is none that pointfuse knows, or the file has no time.
    """
    if projection is not None:
        raise InputError("the file names a projection itself; leave the other one out")
    step = _seconds(int(_number(dataset, "TSTEP")))
    if step == np.timedelta64(0, "s"):
        raise InputError("the file does not depend on time (TSTEP is 0); leave it out")
    axes = GridAxes(("ROW", "COL"), read_grid(dataset), _ORIENTED)
    return Layout(axes, "TSTEP", _starts(dataset), step)


def read_grid(dataset: netCDF4.Dataset) -> Grid:
    """Grid of a file, with or without time.

    XORIG and YORIG are the lower left corner of the grid, relative to XCENT and YCENT.

    Raises
    ------
    InputError
        If it is none that pointfuse knows.
    """
    wide, high = _number(dataset, "XCELL"), _number(dataset, "YCELL")
    if not (wide > 0 and abs(wide - high) < 1e-6 * wide):
        raise InputError(f"the cells are {wide:g} by {high:g}; expected squares")
    rows, columns = (dataset.dimensions[name].size for name in ("ROW", "COL"))
    west, south = _number(dataset, "XORIG"), _number(dataset, "YORIG")
    kind = int(_number(dataset, "GDTYP"))
    if kind == _DEGREES:
        metres = EARTH_RADIUS * np.pi / 180
        middle = round(west + columns * wide / 2)
        plane: Projection = LatitudeLongitude(float(middle), EARTH_RADIUS)
        x, y, size = (west - middle) * metres, south * metres, wide * metres
    else:
        plane, (from_x, from_y) = _plane(dataset, kind)
        x, y, size = west + from_x, south + from_y, wide
    return Grid(plane, rows, columns, size, x + size / 2, y + size / 2)


def _plane(dataset: netCDF4.Dataset, kind: int) -> tuple[Projection, tuple[float, float]]:
    """Projection, and where in its plane coordinates of the file are 0."""
    alpha, beta, gamma = (_number(dataset, f"P_{name}") for name in ("ALP", "BET", "GAM"))
    centre = _number(dataset, "XCENT"), _number(dataset, "YCENT")
    try:
        if kind == _LAMBERT:
            plane: Projection = LambertConformal((alpha, beta), gamma, centre[1], EARTH_RADIUS)
        elif kind == _MERCATOR:
            plane = Mercator(gamma, alpha, EARTH_RADIUS)
        elif kind == _POLAR:
            if centre[1] != 90 * alpha:
                # The standard counts from there, MCIP from the pole: no file tells which.
                raise InputError(
                    f"the polar stereographic grid has YCENT {centre[1]:g}; expected {90 * alpha:g}"
                    ", since programs disagree on what another centre means"
                )
            return PolarStereographic(gamma, 90 * alpha, beta, EARTH_RADIUS), (0.0, 0.0)
        else:
            raise InputError(
                f"the grid type GDTYP {kind} is not known; expected {_DEGREES} (degrees), "
                f"{_LAMBERT} (Lambert conformal), {_POLAR} (polar stereographic) or {_MERCATOR} "
                "(equatorial Mercator)"
            )
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the projection of the file cannot be used: {error}") from error
    x, y = plane.forward(*centre)
    return plane, (float(x), float(y))


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


def _number(dataset: netCDF4.Dataset, name: str) -> float:
    value: Any = getattr(dataset, name, None)
    if value is None:
        raise InputError(f"the global attribute {name} is lacking; make the file again")
    return float(value)
