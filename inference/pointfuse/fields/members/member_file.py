"""Members of files of fields as CF netCDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.progress import Progress
from pointfuse.basics.rounding import SIGNIFICANT_BITS, rounded
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.derived_file import define_places, define_times, inherited_attributes
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.fields.members.field_members import FieldMembers, correlation_of, require_members
from pointfuse.fields.netcdf import create_variable

_KEPT = ("standard_name", "units", "cell_methods")
"""Attributes of the variable that its members have too."""


@dataclass(frozen=True)
class MemberChoices:
    """What is drawn.

    Parameters
    ----------
    members : int
        Number of members, at least 20.
    variable : str, optional
        Variable to read; the fused one by default.
    first, last : datetime64[D], optional
        First and last day; all by default.
    """

    members: int
    variable: str | None = None
    first: np.datetime64 | None = None
    last: np.datetime64 | None = None


def write_members(
    path: Path, output: Path, choices: MemberChoices, history: str, progress: Progress
) -> int:
    """Write members of the fields of a file to a CF netCDF file.

    Parameters
    ----------
    path : Path
        File of `pointfuse fuse`.
    output : Path
        File to write.
    choices : MemberChoices
        What is drawn.
    history : str
        What was done, for the file's history.
    progress : callable
        Shows how far it is.

    Returns
    -------
    int
        Days or hours that were drawn for.

    Raises
    ------
    InputFileNotFoundError, InputError
        If the file is missing, or does not tell how its errors go together.
    OutputError
        If the file cannot be written.
    """
    require_members(choices.members)
    with opened(path, choices.variable) as file:
        times = file.times_between(choices.first, choices.last)
        times.sort(key=lambda time: file.times[time])
        cells = np.arange(file.grid.rows * file.grid.columns)
        drawn = FieldMembers(correlation_of(file), file.grid, cells, choices.members)
        with (
            replacing(output) as temporary,
            netCDF4.Dataset(temporary, "w") as dataset,
            progress(len(times), "drawing") as bar,
        ):
            _define(dataset, file, times, choices.members)
            dataset.setncatts(_attributes(file, choices.members, history))
            for number, time in enumerate(times):
                members = rounded(drawn.of_file(file, time, file.field(file.variable, time)).T)
                shaped = members.reshape(-1, *file.grid.shape)
                dataset[file.variable][number] = np.ma.masked_invalid(shaped)
                bar.update(1)
    return len(times)


def _define(dataset: netCDF4.Dataset, file: MapFile, times: Sequence[int], members: int) -> None:
    define_places(dataset, file)
    define_times(dataset, file, times)
    dataset.createDimension("member", members)
    numbers = np.arange(1, members + 1, dtype=np.int32)
    of_member = {"standard_name": "realization", "long_name": "number of the member", "units": "1"}
    create_variable(dataset, CFVariable("member", ("member",), numbers, of_member))[:] = numbers
    source = file.dataset[file.variable]
    attributes: dict[str, Any] = {
        **{name: source.getncattr(name) for name in _KEPT if name in source.ncattrs()},
        "long_name": f"members of {getattr(source, 'long_name', file.variable)}",
        "significant_bits": np.int32(SIGNIFICANT_BITS),
        "grid_mapping": "crs",
        "coordinates": "lat lon",
    }
    empty = np.zeros((0, members, *file.grid.shape), np.float32)
    dimensions = ("time", "member", "y", "x")
    create_variable(dataset, CFVariable(file.variable, dimensions, empty, attributes, gaps=True))


def _attributes(file: MapFile, members: int, history: str) -> dict[str, str]:
    """Global attributes: what the file is, and what it was made of."""
    return {
        **inherited_attributes(file, history),
        "title": f"{members} members of {file.title}",
        "comment": (
            f"From {file.path.name}. Each member agrees with the stations as far as the field "
            "does, and differs from it as the field may be wrong: its errors have the standard "
            f"deviation {file.variable}_uncertainty, and go together as errors at stations that "
            "were left out do. They are those of a station in each cell. Where they are large "
            "beside the field, some values are below 0; cut there, their mean would be above it."
        ),
    }
