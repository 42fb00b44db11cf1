"""Formats of the output of transport models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

from pointfuse.grid.files import ioapi_grid, wrf_grid
from pointfuse.grid.projections import Projection
from pointfuse_training.ctm_output import cf_files
from pointfuse_training.ctm_output import ioapi_files as ioapi
from pointfuse_training.ctm_output import wrf_files as wrf
from pointfuse_training.ctm_output.output_file import FieldNames, Layout, OutputFile, opened


class Format(NamedTuple):
    """A format: what it is, whether a file is one, and where the records of a file are."""

    description: str
    recognises: Callable[[netCDF4.Dataset], bool]
    layout: Callable[[netCDF4.Dataset, Projection | None], Layout]


FORMATS: dict[str, Format] = {
    "ioapi": Format(ioapi.DESCRIPTION, ioapi_grid.recognises, ioapi.layout),
    "wrf": Format(wrf.DESCRIPTION, wrf_grid.recognises, wrf.layout),
    # The last, since it refuses no file.
    "cf": Format(cf_files.DESCRIPTION, cf_files.recognises, cf_files.layout),
}


def open_output(path: Path, projection: Projection | None = None) -> OutputFile:
    """Look at a file, of whatever format it is.

    Parameters
    ----------
    path : Path
        netCDF file.
    projection : Projection, optional
        Projection of a file that names none.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it is damaged, or lacks its grid, projection or time.
    """
    with opened(path) as dataset:
        name, found = next(
            (name, entry) for name, entry in FORMATS.items() if entry.recognises(dataset)
        )
        layout = found.layout(dataset, projection)
        fields = {
            key: FieldNames(
                str(getattr(variable, "units", "")).strip(),
                str(getattr(variable, "standard_name", "")).strip(),
            )
            for key, variable in dataset.variables.items()
            if _is_field(variable, layout)
        }
        return OutputFile(path, name, layout, fields)


def _is_field(variable: Any, layout: Layout) -> bool:
    """Whether a variable has numbers on the grid, with one dimension of levels at most."""
    others = [dimension for dimension in variable.dimensions[:-2] if dimension != layout.time]
    return (
        variable.dimensions[-2:] == layout.axes.dimensions
        and np.issubdtype(variable.dtype, np.number)
        and len(others) <= 1
    )
