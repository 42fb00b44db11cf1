"""The grid of a file: of a description in TOML, or of netCDF and GeoTIFF files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pointfuse.basics.netcdf_files.classic_netcdf import check_classic_file
from pointfuse.basics.toml_files import read_toml
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid.files import ioapi_grid, wrf_grid
from pointfuse.grid.files.tiff_grid import tiff_grid
from pointfuse.grid.grid_mapping import grid_axes
from pointfuse.grid.projections import Projection, read_projection
from pointfuse.grid.regular_grid import Grid


def read_grid_file(path: Path) -> Grid:
    """Read the grid of a description, or that of the fields of a file.

    Parameters
    ----------
    path : Path
        A description (.toml) with the table ``[grid]``, other tables are ignored; a netCDF file on
        the grid, of CF, the I/O API (CMAQ, MCIP) or WRF; or a GeoTIFF.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it holds no grid of square cells in a projection that pointfuse knows.
    MissingExtraError
        If it is a GeoTIFF, and rasterio is not installed.
    """
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path} to take the grid from")
    if path.suffix == ".toml":
        return _grid_of_description(path)
    if path.suffix.lower() in (".tif", ".tiff"):
        return tiff_grid(path)
    return _grid_of_netcdf(path)


def _grid_of_description(path: Path) -> Grid:
    table = read_toml(path, "description").get("grid")
    if not isinstance(table, dict) or not isinstance(table.get("projection"), dict):
        raise InputError(f"{path} lacks the tables [grid] and [grid.projection]; add them")
    try:
        return Grid(
            _projection(table["projection"]),
            *(_whole(table, name) for name in ("rows", "columns")),
            *(_number(table, name) for name in ("cell_size", "first_x", "first_y")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no grid that can be used: {_said(error)}") from error


def _grid_of_netcdf(path: Path) -> Grid:
    try:
        check_classic_file(path)
        with netCDF4.Dataset(path) as dataset:
            if ioapi_grid.recognises(dataset):
                return ioapi_grid.ioapi_grid(dataset)
            if wrf_grid.recognises(dataset):
                return wrf_grid.wrf_axes(dataset).grid
            field = next(
                name
                for name, variable in dataset.variables.items()
                if "grid_mapping" in variable.ncattrs()
            )
            return grid_axes(dataset, field).grid
    except StopIteration:
        raise InputError(
            f"{path} has no field with the attribute grid_mapping; name a file of CMAQ, MCIP or "
            "WRF, or one of CF netCDF with a projection, such as 'pointfuse-train archive' writes"
        ) from None
    except (OSError, InputError) as error:
        raise InputError(f"{path} holds no grid that can be used: {error}") from error


def _projection(entries: Mapping[str, Any]) -> Projection:
    def pair(name: str) -> tuple[float, float]:
        # A single number is that of a tangent cone.
        numbers = np.atleast_1d(np.asarray(entries[name], np.float64))
        return float(numbers[0]), float(numbers[-1])

    kind = str(entries["grid_mapping_name"])
    return read_projection(kind, lambda name: _number(entries, name), pair)


def _number(entries: Mapping[str, Any], name: str) -> float:
    value = float(entries[name])
    positive = name in ("cell_size", "earth_radius")
    if not np.isfinite(value) or (positive and value <= 0):
        raise ValueError(f"'{name}' should be a {'positive ' * positive}number, got {value:g}")
    return value


def _whole(entries: Mapping[str, Any], name: str) -> int:
    value = entries[name]
    if type(value) is not int or value < 1:
        raise ValueError(f"'{name}' should be a positive whole number, got {value!r}")
    return value


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is lacking" if isinstance(error, KeyError) else str(error)
