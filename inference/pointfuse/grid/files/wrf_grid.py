"""The grid of a file of WRF or WRF-Chem (wrfout): the mass points."""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import EARTH_RADIUS, GridAxes, grid_of_centres
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)


def recognises(dataset: netCDF4.Dataset) -> bool:
    """Whether a file is one of WRF."""
    return "MAP_PROJ" in dataset.ncattrs() and "Times" in dataset.variables


def wrf_axes(dataset: netCDF4.Dataset) -> GridAxes:
    """Where the mass points of a file are.

    Raises
    ------
    InputError
        If the grid is none that pointfuse knows, or the file has no coordinates.
    """
    centres = [_first_record(dataset, name) for name in ("XLONG", "XLAT")]
    grid, order = grid_of_centres(_plane(dataset), *centres)
    return GridAxes(("south_north", "west_east"), grid, order)


def _first_record(dataset: netCDF4.Dataset, name: str) -> NDArray[np.float64]:
    if name not in dataset.variables:
        raise InputError(f"the coordinate {name} is lacking; keep it when you select variables")
    variable = dataset[name]
    return read_numbers(variable, 0 if variable.ndim == 3 else ...)


def _plane(dataset: netCDF4.Dataset) -> Projection:
    """Projection of the attributes; where it begins is told by the coordinates."""
    kind = int(dataset.MAP_PROJ)
    first, second = _number(dataset, "TRUELAT1"), _number(dataset, "TRUELAT2")
    try:
        if kind == 1:
            # The latitude of origin shifts y only.
            origin = _number(dataset, "MOAD_CEN_LAT")
            meridian = _number(dataset, "STAND_LON")
            return LambertConformal((first, second), meridian, origin, EARTH_RADIUS)
        if kind == 2:
            pole = float(np.copysign(90, first))
            return PolarStereographic(_number(dataset, "STAND_LON"), pole, first, EARTH_RADIUS)
        # The cut opposite the central meridian must not go through the domain.
        if kind == 3:
            return Mercator(_number(dataset, "CEN_LON"), first, EARTH_RADIUS)
        if kind == 6 and _number(dataset, "POLE_LAT") == 90:
            return LatitudeLongitude(_number(dataset, "CEN_LON"), EARTH_RADIUS)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the projection of the file cannot be used: {error}") from error
    raise InputError(
        f"the projection MAP_PROJ {kind} is not known; expected 1 (Lambert conformal), 2 (polar "
        "stereographic), 3 (Mercator) or 6 (degrees, not rotated)"
    )


def _number(dataset: netCDF4.Dataset, name: str) -> float:
    value: Any = getattr(dataset, name, None)
    if value is None:
        raise InputError(f"the global attribute {name} is lacking; make the file again")
    # Attributes are in single precision: -15.1 is meant where -15.10000038 is stored.
    return float(str(np.float32(value)))
