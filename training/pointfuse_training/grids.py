"""The grid to work on: from a model file, a description, or an archive."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid import Grid
from pointfuse.model_file import read_model_file
from pointfuse.projection import LambertConformal

_PROJECTION = (
    "longitude_of_central_meridian",
    "latitude_of_projection_origin",
    "earth_radius",
)


def read_grid(path: Path | None) -> Grid:
    """Read the grid of a model file, of a description, or of an archive.

    Parameters
    ----------
    path : Path, optional
        A model file (.onnx); a description (.toml) with the table ``[grid]`` that
        `pointfuse-export` takes, other tables are ignored; a CF netCDF file (.nc) on the grid; or
        a folder of such files. Without it, the grid of the shipped model.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file, or no netCDF file in the folder.
    InputError
        If it holds no grid of square cells in a projection that pointfuse knows.
    ModelFileError
        If it is a damaged model file.
    """
    if path is None or path.suffix == ".onnx":
        return read_model_file(path)[1].grid
    if path.is_dir():
        # Hidden files are those that are being written.
        files = sorted(file for file in path.glob("*.nc") if file.name[0] != ".")
        if not files:
            raise InputFileNotFoundError(f"the folder {path} has no netCDF file; name an archive")
        return _grid_of_netcdf(files[0])
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path} to take the grid from")
    return _grid_of_description(path) if path.suffix == ".toml" else _grid_of_netcdf(path)


def _grid_of_description(path: Path) -> Grid:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("grid")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error
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
        with netCDF4.Dataset(path) as dataset:
            mapping = next(
                variable.__dict__
                for variable in dataset.variables.values()
                if "grid_mapping_name" in variable.ncattrs()
            )
            x, y = (_coordinate(dataset, name) for name in ("x", "y"))
        size = _spacing(x)
        if abs(_spacing(y) - size) > 1e-6 * size:
            raise ValueError(f"its cells are {size:g} m wide and {_spacing(y):g} m high")
        return Grid(_projection(mapping), len(y), len(x), size, float(x[0]), float(y[0]))
    except StopIteration:
        raise InputError(
            f"{path} has no variable with the attribute grid_mapping_name; name a CF netCDF file "
            "with a projection, such as those of 'pointfuse-train simulate'"
        ) from None
    except (OSError, LookupError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no grid that can be used: {_said(error)}") from error


def _projection(entries: Mapping[str, Any]) -> LambertConformal:
    kind = entries["grid_mapping_name"]
    if kind != LambertConformal.grid_mapping_name:
        raise ValueError(
            f"the projection '{kind}' is not known; expected '{LambertConformal.grid_mapping_name}'"
        )
    # CF allows a single number for the tangent cone.
    parallels = np.atleast_1d(np.asarray(entries["standard_parallel"], np.float64))
    first, last = float(parallels[0]), float(parallels[-1])
    return LambertConformal((first, last), *(_number(entries, name) for name in _PROJECTION))


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


def _coordinate(dataset: netCDF4.Dataset, name: str) -> NDArray[np.float64]:
    variable = dataset[name]
    if variable.units != "m":
        raise ValueError(f"its coordinate {name} is in '{variable.units}', expected 'm'")
    return np.asarray(variable[:], np.float64)


def _spacing(centres: NDArray[np.float64]) -> float:
    """Distance of neighbouring cell centres, m, if all are equally far from each other."""
    steps = np.diff(centres)
    if not len(steps) or not steps[0] > 0 or np.ptp(steps) > 1e-6 * steps[0]:
        raise ValueError("its coordinates x and y do not rise in equal steps")
    return float(steps[0])


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is lacking" if isinstance(error, KeyError) else str(error)
