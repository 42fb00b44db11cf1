"""Files of the CF conventions, from whatever model."""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.netcdf_files.time_units import instants
from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import GridAxes, grid_axes
from pointfuse.grid.projections import Projection
from pointfuse_training.ctm_output.output_file import Layout

DESCRIPTION = "netCDF of the CF conventions"

_DAY = np.timedelta64(24 * 3600, "s")


def recognises(dataset: netCDF4.Dataset) -> bool:
    """Any file may be one: what it lacks is said when it is read."""
    return True


def layout(dataset: netCDF4.Dataset, projection: Projection | None) -> Layout:
    """Where the records of the file are.

    Raises
    ------
    InputError
        If the file has no field on a grid, or does not say where its cells and times are.
    """
    axes = _axes(dataset, projection)
    time = _time(dataset)
    if time is None:
        return Layout(axes, None, _single_day(dataset), _DAY, _lowest_level)
    starts, step = _starts(dataset, time)
    dimension = time.dimensions[0] if time.dimensions else None
    return Layout(axes, dimension, starts, step, _lowest_level)


def _axes(dataset: netCDF4.Dataset, projection: Projection | None) -> GridAxes:
    """Grid of the first field that has one, or what the first field lacks for it."""
    fields = [
        name
        for name, variable in dataset.variables.items()
        if variable.ndim >= 2
        and np.issubdtype(variable.dtype, np.number)
        and not any(part in name.lower() for part in ("lat", "lon", "bnds", "bounds"))
    ]
    refusals = []
    for name in fields:
        try:
            return grid_axes(dataset, name, projection)
        except InputError as error:
            refusals.append(error)
    raise refusals[0] if refusals else InputError("the file has no field on a grid")


def _time(dataset: netCDF4.Dataset) -> Any:
    """The coordinate of time, None where there is none."""
    for variable in dataset.variables.values():
        if " since " in str(getattr(variable, "units", "")) and variable.ndim < 2:
            return variable
    return None


def _starts(
    dataset: netCDF4.Dataset, time: Any
) -> tuple[NDArray[np.datetime64], np.timedelta64 | None]:
    """Begin of each record and its duration, from the bounds of time where there are any."""
    bounds = dataset.variables.get(getattr(time, "bounds", ""))
    times = _instants(time, time if bounds is None else bounds)
    if bounds is None:
        return times, None
    starts, ends = times[0::2], times[1::2]
    steps = np.unique(ends - starts)
    if len(steps) != 1:
        raise InputError("the records stand for different lengths of time; split the file")
    return starts, steps[0]


def _instants(time: Any, numbers: Any) -> NDArray[np.datetime64]:
    """Instants of a variable in the units of the coordinate of time, one after the other."""
    calendar = str(getattr(time, "calendar", "standard"))
    times = instants(np.atleast_1d(read_numbers(numbers)).ravel(), str(time.units), calendar)
    if np.isnat(times).any():
        raise InputError(f"{numbers.name} has missing times; expected the time of each record")
    return times


def _single_day(dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    """Day of a file without time: a global attribute of it."""
    for name in ("date", "time_coverage_start"):
        if name in dataset.ncattrs():
            text = str(dataset.getncattr(name))
            try:
                return np.array([text[:10]], "datetime64[D]").astype("datetime64[s]")
            except ValueError as error:
                raise InputError(f"'{text}' is no date ({error}); expected 2020-01-31") from error
    raise InputError(
        "the file does not say when it is; expected a coordinate of time, or for a single day the "
        "global attribute date"
    )


def _lowest_level(dataset: netCDF4.Dataset, dimension: str) -> int:
    """Index of the level at the ground, by the direction in which the coordinate counts."""
    if dataset.dimensions[dimension].size == 1:
        return 0
    level = dataset.variables.get(dimension)
    direction = str(getattr(level, "positive", "")).lower()
    if level is None or direction not in {"up", "down"}:
        raise InputError(
            f"the dimension {dimension} has several levels, and no attribute 'positive' says which "
            "is at the ground; extract the lowest"
        )
    heights = read_numbers(level)
    return int(np.argmin(heights if direction == "up" else -heights))
