"""Write CF netCDF files, a few days or hours at a time."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import netCDF4
import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.errors import InputError, require_path
from pointfuse.fields.cf import field_variables, grid_variables
from pointfuse.fields.cf_global_attributes import global_attributes, partial_days
from pointfuse.fields.cf_times import time_variables
from pointfuse.fields.cf_variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields, checked_fields
from pointfuse.stations.quality.flags import Counts, add_counts

_CHUNK_CACHE = 2_000_000

_FIRST_BYTES = 1_000_000
"""Of a file in memory, which grows."""


def write_netcdf(
    path: str | PathLike[str],
    batches: Iterable[TimedFields | Sequence[TimedFields]],
    *,
    history: str,
    time: datetime.datetime | None = None,
) -> Path:
    """Write fields to a CF netCDF file, as they come.

    Parameters
    ----------
    path : path
        File to write; an existing one is replaced once the new one is complete.
    batches : iterable of TimedFields, or of lists of them
        Fields of successive times; at least one, of one model and the same stations read. Those of
        several variables come as lists with the fields of each, of the same times.
    history : str
        What was done, for the file's history.
    time : datetime.datetime, optional
        When it was done; now by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    InputError
        If there are no fields.
    """
    require_path(path, "the netCDF file to write")
    path = Path(path)
    batches = checked_fields(batches)
    with growing_netcdf(path, history=history, time=time) as file:
        # Computing and compressing take turns on most processors otherwise.
        for bundle in one_ahead(batches):
            file.append(bundle)
    return path


@contextlib.contextmanager
def growing_netcdf(
    path: Path, *, history: str, time: datetime.datetime | None = None
) -> Iterator[NetcdfFile]:
    """A CF netCDF file to which fields are added; it appears under its name once it is complete.

    Parameters
    ----------
    path, history, time
        As for `write_netcdf`.

    Raises
    ------
    OutputError, InputError
        As `write_netcdf`.
    """
    with replacing(path) as temporary, netCDF4.Dataset(temporary, "w") as dataset:
        file = NetcdfFile(dataset)
        yield file
        if file.empty:
            raise InputError(f"there are no fields to write to {path.name}")
        file.finish(history, time)


def netcdf_bytes(fields: TimedFields, *, history: str, time: datetime.datetime) -> bytes:
    """The content of the CF netCDF file of fields, which is written nowhere.

    Parameters
    ----------
    fields : TimedFields
        The fields.
    history, time
        As for `write_netcdf`.
    """
    dataset = netCDF4.Dataset("fields.nc", "w", memory=_FIRST_BYTES)
    try:
        file = NetcdfFile(dataset)
        file.append([fields])
        file.finish(history, time)
    except BaseException:
        dataset.close()
        raise
    return bytes(dataset.close())


class NetcdfFile:
    """A CF netCDF file that grows; `growing_netcdf` makes one."""

    def __init__(self, dataset: netCDF4.Dataset) -> None:
        self._dataset = dataset
        self._last: Sequence[TimedFields] = ()
        self._quality: list[Counts] = []
        self._partial: dict[str, None] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return not self._last

    def append(self, bundle: Sequence[TimedFields]) -> None:
        """Add fields of the next times.

        Parameters
        ----------
        bundle : sequence of TimedFields
            Of each variable those of the same times, in the same order each time.

        Raises
        ------
        InputError
            If they cannot stand in one file: their times, grids or stations differ, or their
            variables are not those of the times before.
        """
        _check(bundle, self._last)
        variables = _variables(bundle)
        if self.empty:
            self._quality = [{} for _ in bundle]
            _define(self._dataset, bundle[0], variables)
        first = len(self._dataset.dimensions["time"])
        for variable in variables:
            values = np.ma.masked_invalid(variable.values)
            self._dataset[variable.name][first : first + len(values)] = values
        for quality, fields in zip(self._quality, bundle, strict=True):
            add_counts(quality, fields.stations.quality)
            self._partial |= dict.fromkeys(partial_days(fields))
        self._last = bundle

    def finish(self, history: str, time: datetime.datetime | None) -> None:
        """Say what the file is and how it came to be."""
        whole = [
            replace(fields, stations=replace(fields.stations, quality=quality))
            for fields, quality in zip(self._last, self._quality, strict=True)
        ]
        self._dataset.setncatts(global_attributes(whole, history, time, list(self._partial)))


def _check(bundle: Sequence[TimedFields], before: Sequence[TimedFields]) -> None:
    """Make sure that fields can stand in one file, behind others."""
    names = [fields.model.target.name for fields in bundle]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"expected fields of one variable or more, each once, got {', '.join(names) or 'none'}"
        )
    first = bundle[0]
    if any(not np.array_equal(fields.times, first.times) for fields in bundle):
        told = (f"{len(fields.times)} of {fields.model.target.name}" for fields in bundle)
        raise InputError(
            "expected fields of the same times of all variables in a file, got "
            f"{', '.join(told)}; write a file each"
        )
    for fields in (*bundle, *before[:1]):
        if fields.hourly != first.hourly:
            raise InputError("expected days or hours in a file, got both; write a file each")
        if fields.model.grid != first.model.grid:
            raise InputError("expected fields on one grid in a file; write a file each")
        if fields.stations.listed.stations != first.stations.listed.stations:
            raise InputError("expected fields of the same stations in a file; write a file each")
    known = [fields.model.target.name for fields in before]
    if known and known != names:
        raise InputError(
            f"expected fields of {', '.join(known)} at all times of a file, got "
            f"{', '.join(names)}; write a file each"
        )


def _variables(bundle: Sequence[TimedFields]) -> list[CFVariable]:
    """All that has a value a time; what several variables share is there once."""
    found = time_variables(bundle[0])
    for fields in bundle:
        found += field_variables(fields, others=len(bundle) > 1)
    return list({variable.name: variable for variable in reversed(found)}.values())[::-1]


def _define(dataset: netCDF4.Dataset, fields: TimedFields, variables: Sequence[CFVariable]) -> None:
    rows, columns = fields.model.grid.shape
    dataset.createDimension("time", None)
    dataset.createDimension("bounds", 2)
    dataset.createDimension("y", rows)
    dataset.createDimension("x", columns)
    constant = grid_variables(fields)
    stations = next(variable for variable in constant if variable.name == "station_id")
    dataset.createDimension("station", len(stations.values))
    for variable in constant:
        create_variable(dataset, variable)[...] = variable.values
    for variable in variables:
        create_variable(dataset, variable)


def create_variable(dataset: netCDF4.Dataset, variable: CFVariable) -> netCDF4.Variable[Any]:
    """Define a variable in a file, compressed, without its values.

    Parameters
    ----------
    dataset : netCDF4.Dataset
        The file; it has the dimensions.
    variable : CFVariable
        Name, type, dimensions and attributes.
    """
    kind: Any = variable.values.dtype
    text = kind.hasobject
    # Neither texts nor single numbers can be compressed.
    compression: Literal["zlib"] | None = None if text or not variable.dimensions else "zlib"
    created: netCDF4.Variable[Any] = dataset.createVariable(
        variable.name,
        str if text else kind,
        variable.dimensions,
        compression=compression,
        complevel=1,  # higher levels take longer and make the file hardly smaller
        fill_value=netCDF4.default_fillvals[kind.str[1:]] if variable.gaps else None,
    )
    if variable.dimensions[:1] == ("time",):
        # The library would hold up to 64 MB of each variable until the end.
        created.set_var_chunk_cache(_CHUNK_CACHE)
    created.setncatts(variable.attributes)
    return created
