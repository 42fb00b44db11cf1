"""Write CF netCDF files, a few days at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import netCDF4
import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.errors import InputError, require_path
from pointfuse.fields.cf import CFVariable, day_variables, grid_variables
from pointfuse.fields.cf_global_attributes import global_attributes, partial_days
from pointfuse.fields.daily_fields import DailyFields, checked_fields
from pointfuse.stations.quality.flags import Counts, add_counts

_CHUNK_CACHE = 2_000_000


def write_netcdf(
    path: str | PathLike[str],
    batches: Iterable[DailyFields],
    *,
    history: str,
    time: datetime.datetime | None = None,
) -> Path:
    """Write fields to a CF netCDF file, as they come.

    Parameters
    ----------
    path : path
        File to write; an existing one is replaced once the new one is complete.
    batches : iterable of DailyFields
        Fields of successive days; at least one, of one model and the same stations read.
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
    last, quality, partial = None, Counts(), list[str]()
    with replacing(path) as temporary, netCDF4.Dataset(temporary, "w") as dataset:
        # Computing and compressing take turns on most processors otherwise.
        for batch in one_ahead(batches):
            if last is None:
                _define(dataset, batch)
            _append(dataset, batch)
            add_counts(quality, batch.stations.quality)
            partial += partial_days(batch)
            last = batch
        if last is None:
            raise InputError(f"there are no fields to write to {path.name}")
        whole = replace(last, stations=replace(last.stations, quality=quality))
        dataset.setncatts(global_attributes(whole, history, time, partial))
    return path


def _define(dataset: netCDF4.Dataset, fields: DailyFields) -> None:
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
    for variable in day_variables(fields):
        create_variable(dataset, variable)


def _append(dataset: netCDF4.Dataset, fields: DailyFields) -> None:
    first = len(dataset.dimensions["time"])
    for variable in day_variables(fields):
        values = np.ma.masked_invalid(variable.values)
        dataset[variable.name][first : first + len(values)] = values


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
