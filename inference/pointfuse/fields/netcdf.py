"""Write CF netCDF files, a few days or hours at a time."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import netCDF4
import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.errors import InputError, require_path
from pointfuse.fields.cf.content import CFContent, constant_groups
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields, checked_fields

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
        self._content = CFContent()

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return self._content.empty

    def append(self, bundle: Sequence[TimedFields]) -> None:
        """Add fields of the next times.

        Parameters
        ----------
        bundle : sequence of TimedFields
            Of each variable those of the same times, in the same order each time.

        Raises
        ------
        InputError
            If they cannot stand in one file, as for `CFContent.add`.
        """
        new = self.empty
        growing = self._content.add(bundle)
        if new:
            self._dataset.createDimension("time", None)
            self._dataset.createDimension("bounds", 2)
            for name, constant in constant_groups(bundle[0]).items():
                _define(self._group(name), constant, growing[name])
        first = len(self._dataset.dimensions["time"])
        for name, variables in growing.items():
            group = self._group(name)
            for variable in variables:
                values = np.ma.masked_invalid(variable.values)
                group[variable.name][first : first + len(values)] = values

    def _group(self, name: str) -> netCDF4.Dataset:
        return self._dataset.createGroup(name) if name else self._dataset

    def finish(self, history: str, time: datetime.datetime | None) -> None:
        """Say what the file is and how it came to be."""
        self._dataset.setncatts(self._content.attributes(history, time))


def _define(
    group: netCDF4.Dataset, constant: Sequence[CFVariable], growing: Sequence[CFVariable]
) -> None:
    """Define the variables of a group, and write those that do not change with time."""
    for variable in constant:
        for dimension, length in zip(variable.dimensions, variable.values.shape, strict=True):
            if dimension not in group.dimensions:
                group.createDimension(dimension, length)
        create_variable(group, variable)[...] = variable.values
    for variable in growing:
        create_variable(group, variable)


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
