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

_GRIDDED = ("time", "y", "x")
_NEEDED = {"time", "time_bnds", "day_status", "y", "x", "crs"}


def open_field_file(path: Path) -> netCDF4.Dataset:
    """Open a file that pointfuse wrote.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, it is no netCDF file, or holds no fused field.
    """
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        dataset = netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(f"{path.name} is no netCDF file ({error}); check the path") from error
    if not (set(dataset.variables) >= _NEEDED and _fused(dataset)):
        dataset.close()
        raise InputError(
            f"{path.name} holds no fused field; expected a file as 'pointfuse fuse' wrote it"
        )
    return dataset


def field_names(dataset: netCDF4.Dataset) -> list[str]:
    """Names of the variables with a field a day, the fused one first."""
    names = [str(name) for name, each in dataset.variables.items() if each.dimensions == _GRIDDED]
    return sorted(names, key=lambda name: name not in _fused(dataset))


def _fused(dataset: netCDF4.Dataset) -> list[str]:
    """The fused variable: its support is attached to it, and to no other."""
    return [
        str(name)
        for name, variable in dataset.variables.items()
        if variable.dimensions == _GRIDDED
        and "station_distance" in getattr(variable, "ancillary_variables", "")
    ]


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
        wanted = f"{first or ''}:{last or ''}"
        raise InputError(f"{path.name} has no day of {wanted}; it holds {days[0]} to {days[-1]}")
    places: list[int] = np.flatnonzero(chosen).tolist()
    return places
