"""Table of writers: one line per format, with its suffixes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from pointfuse.basics.output_formats import GEOTIFF, NETCDF, ZARR, OutputFormat
from pointfuse.basics.progress import Progress
from pointfuse.fields.geotiff import write_geotiff
from pointfuse.fields.ioapi import check_grid, growing_ioapi
from pointfuse.fields.netcdf import growing_netcdf
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.fields.zarr_store import growing_zarr
from pointfuse.grid.regular_grid import Grid


class GrowingFile(Protocol):
    """A file to which fields are added."""

    def append(self, bundle: Sequence[TimedFields], /) -> None:
        """Add fields of each variable at the next times."""


class _GrowFile(Protocol):
    def __call__(
        self, path: Path, *, history: str, time: datetime.datetime | None = None
    ) -> AbstractContextManager[GrowingFile]: ...


class _ConvertFile(Protocol):
    def __call__(
        self,
        path: Path,
        output: Path,
        *,
        variable: str | None = None,
        first: np.datetime64 | None = None,
        last: np.datetime64 | None = None,
        history: str = "convert",
        progress: Progress = ...,
    ) -> Path: ...


@dataclass(frozen=True)
class FieldWriter:
    """Writes fields as they are computed.

    Parameters
    ----------
    format : OutputFormat
        What it writes.
    grow : callable
        Opens a file to which fields are added, and which is complete in the end.
    check_grid : callable, optional
        Raises an `InputError` for a grid that the format cannot hold; it holds all by default.
    whole_days : bool
        Whether its records are of 24 hours, so that it holds no day that is not over.
    one_variable : bool
        Whether a file holds fields of one variable alone.
    """

    format: OutputFormat
    grow: _GrowFile
    check_grid: Callable[[Grid], None] | None = None
    whole_days: bool = False
    one_variable: bool = False


@dataclass(frozen=True)
class FileWriter:
    """Writes another format of a file of fields.

    Parameters
    ----------
    format : OutputFormat
        What it writes.
    write : callable
        From a netCDF file to another one.
    """

    format: OutputFormat
    write: _ConvertFile


FIELD_WRITERS = {
    "netcdf": FieldWriter(NETCDF, growing_netcdf),
    "ioapi": FieldWriter(NETCDF, growing_ioapi, check_grid, whole_days=True, one_variable=True),
    "zarr": FieldWriter(ZARR, growing_zarr),
}
"""What `pointfuse fuse` writes, by the name of its option."""


def field_writer_for(output: Path) -> str:
    """Name of the writer for the suffix of a file name; netCDF where it tells nothing."""
    suffix = output.suffix.lower()
    names = (name for name, writer in FIELD_WRITERS.items() if suffix in writer.format.suffixes)
    return next(names, "netcdf")


FILE_WRITERS = (FileWriter(GEOTIFF, write_geotiff),)
"""What `pointfuse convert` writes, by the suffix of the file; the first where it has none."""


def file_writer(output: Path) -> FileWriter:
    """The writer for the suffix of a file name."""
    suffix = output.suffix.lower()
    fitting = (writer for writer in FILE_WRITERS if suffix in writer.format.suffixes)
    return next(fitting, FILE_WRITERS[0])
