"""Files that are computed from files of fields: their places, times and attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import netCDF4
import numpy as np

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.printable import printable
from pointfuse.fields.cf.field_variables import (
    CONVENTIONS,
    CRS_AMONG_COORDINATES,
    now,
    place_variables,
)
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.map_file import MapFile
from pointfuse.fields.netcdf import create_variable
from pointfuse.version import __version__


def define_places(dataset: netCDF4.Dataset, source: MapFile) -> None:
    """Dimensions and cells of the source."""
    rows, columns = source.grid.shape
    for name, size in (("time", None), ("bounds", 2), ("y", rows), ("x", columns)):
        dataset.createDimension(name, size)
    for variable in place_variables(source.grid):
        create_variable(dataset, variable)[...] = variable.values


def define_times(
    dataset: netCDF4.Dataset, source: MapFile, times: Sequence[int], *, whole: bool = False
) -> None:
    """Times of the source; of a whole period one in its middle, with its ends as bounds."""
    given = source.dataset[source.dataset[source.variable].dimensions[0]]
    values = read_numbers(given)[times]
    bounds = source.dataset.variables.get(str(getattr(given, "bounds", "")))
    ends = None if bounds is None else read_numbers(bounds)[times]
    if whole:
        ends = np.array(
            [[values.min(), values.max()] if ends is None else [ends.min(), ends.max()]]
        )
        values = ends.mean(axis=1)
    attributes: dict[str, Any] = {
        "standard_name": "time",
        "long_name": "middle of the period" if whole else "middle of the day",
        "units": str(given.units),
        "calendar": str(getattr(given, "calendar", "standard")),
        "axis": "T",
    }
    if ends is not None:
        attributes["bounds"] = "time_bnds"
        create_variable(dataset, CFVariable("time_bnds", ("time", "bounds"), ends))[:] = ends
    create_variable(dataset, CFVariable("time", ("time",), values, attributes))[:] = values


def inherited_attributes(source: MapFile, history: str) -> dict[str, str]:
    """Global attributes that a file has of the one that it was computed from.

    Parameters
    ----------
    source : MapFile
        That file.
    history : str
        What was done, which goes above what was done before.
    """
    done = f"{now().isoformat(timespec='seconds')} pointfuse {__version__}: {history}"
    before = str(getattr(source.dataset, "history", ""))
    zone = str(getattr(source.dataset, "day_timezone", ""))
    return {
        "Conventions": CONVENTIONS,
        **CRS_AMONG_COORDINATES,
        "institution": str(getattr(source.dataset, "institution", "not given")),
        "source": source.source,
        "history": printable(f"{done}\n{before}" if before else done, keep="\n"),
        **({"day_timezone": zone} if zone else {}),
    }
