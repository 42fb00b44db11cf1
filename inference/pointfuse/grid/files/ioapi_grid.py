"""The grid of a file of the Models-3 I/O API: CMAQ and MCIP.

Grids are described by the global attributes GDTYP, P_ALP, P_BET, P_GAM, XCENT, YCENT, XORIG, YORIG,
XCELL and YCELL; see "Horizontal grid parameters" at https://cmascenter.org/ioapi/documentation.
"""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np

from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import EARTH_RADIUS
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.grid.regular_grid import Grid

_DEGREES, _LAMBERT, _POLAR, _MERCATOR = 1, 2, 6, 7


def recognises(dataset: netCDF4.Dataset) -> bool:
    """Whether a file is one of the I/O API."""
    return "GDTYP" in dataset.ncattrs() and "TFLAG" in dataset.variables


def ioapi_grid(dataset: netCDF4.Dataset) -> Grid:
    """Grid of a file, with or without time.

    XORIG and YORIG are the lower left corner of the grid, relative to XCENT and YCENT.

    Raises
    ------
    InputError
        If it is none that pointfuse knows.
    """
    wide, high = attribute(dataset, "XCELL"), attribute(dataset, "YCELL")
    if not (wide > 0 and abs(wide - high) < 1e-6 * wide):
        raise InputError(f"the cells are {wide:g} by {high:g}; expected squares")
    rows, columns = (dataset.dimensions[name].size for name in ("ROW", "COL"))
    west, south = attribute(dataset, "XORIG"), attribute(dataset, "YORIG")
    kind = int(attribute(dataset, "GDTYP"))
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
    alpha, beta, gamma = (attribute(dataset, f"P_{name}") for name in ("ALP", "BET", "GAM"))
    centre = attribute(dataset, "XCENT"), attribute(dataset, "YCENT")
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


def attribute(dataset: netCDF4.Dataset, name: str) -> float:
    """A number among the global attributes."""
    value: Any = getattr(dataset, name, None)
    if value is None:
        raise InputError(f"the global attribute {name} is lacking; make the file again")
    return float(value)
