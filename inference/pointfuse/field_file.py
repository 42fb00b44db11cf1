"""Files of fused fields, read again: which fields they hold, and of which days."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.timezones import parse_timezone

_ON_THE_GRID = ("time", "y", "x")
_NEEDED = {"time", "time_bnds", "day_status", "y", "x", "crs"}


def open_field_file(path: Path) -> netCDF4.Dataset:
    """Open a file that pointfuse wrote.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, or it is no netCDF file.
    """
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        return netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path.name} is no netCDF file ({error}); check the path") from error


def field_names(path: Path, dataset: netCDF4.Dataset) -> list[str]:
    """Names of the variables with a field a day, the fused one first.

    Raises
    ------
    InputError
        If the file holds no fused field.
    """
    names = [
        str(name)
        for name, variable in dataset.variables.items()
        if variable.dimensions == _ON_THE_GRID
    ]
    # Its support is attached to the fused variable, and to no other.
    fused = [
        name
        for name in names
        if "station_distance" in getattr(dataset[name], "ancillary_variables", "")
    ]
    if not fused or not {"time", "time_bnds", "day_status", "y", "x", "crs"} <= set(
        dataset.variables
    ):
        raise InputError(
            f"{path.name} holds no fused field; expected a file as 'pointfuse fuse' wrote it"
        )
    return [*fused, *(name for name in names if name not in fused)]


def day_spans(dataset: netCDF4.Dataset) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """When the days of a file begin and end, UTC."""
    bounds: Any = netCDF4.num2date(
        dataset["time_bnds"][:], dataset["time"].units, only_use_cftime_datetimes=False
    )
    return [
        (begin.replace(tzinfo=datetime.UTC), end.replace(tzinfo=datetime.UTC))
        for begin, end in bounds
    ]


def local_days(dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    """Days of a file in the time zone of its stations, datetime64[D], shape (day,)."""
    zone = parse_timezone(dataset.day_timezone)
    # Rounding may bring the begin of a day into the one before, but not its middle.
    middles = [begin + (end - begin) / 2 for begin, end in day_spans(dataset)]
    return np.array([middle.astimezone(zone).date() for middle in middles], "datetime64[D]")


def chosen_days(
    path: Path,
    dataset: netCDF4.Dataset,
    first: np.datetime64 | None,
    last: np.datetime64 | None,
) -> list[int]:
    """Places of the days of a period along the time axis.

    Parameters
    ----------
    path : Path
        Name of the file.
    dataset : netCDF4.Dataset
        The same, open.
    first, last : datetime64[D] or None
        First and last day, both included; open where None.

    Raises
    ------
    InputError
        If there is no such day in the file.
    """
    days = local_days(dataset)
    chosen = (days >= (first or days[0])) & (days <= (last or days[-1]))
    if not chosen.any():
        raise InputError(
            f"{path.name} has no day of {first or ''}:{last or ''}; it holds {days[0]} to {days[-1]}"
        )
    places: list[int] = np.flatnonzero(chosen).tolist()
    return places
