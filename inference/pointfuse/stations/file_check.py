"""What files are taken for, and what of them would be left out: the first thing to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, PointfuseError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.files.left_out import LEFT_OUT
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.hours_to_days import daily_table
from pointfuse.stations.observations import Observations, SourceFile
from pointfuse.stations.readers.formats import READERS
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.reading import read_source
from pointfuse.stations.spool import Period


@dataclass(frozen=True)
class FileCheck:
    """What a file was taken for, and what it holds.

    Parameters
    ----------
    file : SourceFile
        How it was read; with the format `LEFT_OUT`, and the reason as remark, if it cannot be.
    hourly : bool
        Whether it holds hours, not days.
    times : int
        Hours or days of the period.
    first, last : str
        Its first and last time; empty where it has none.
    days : int
        Calendar days of which it holds anything.
    inside, outside, without_coordinates : int
        Stations on the grid, beside it, and at no known place.
    """

    file: SourceFile
    hourly: bool = False
    times: int = 0
    first: str = ""
    last: str = ""
    days: int = 0
    inside: int = 0
    outside: int = 0
    without_coordinates: int = 0

    @property
    def readable(self) -> bool:
        """Whether the file can be read."""
        return self.file.format != LEFT_OUT

    def lines(self) -> list[str]:
        """The findings for people."""
        file = self.file
        if not self.readable:
            return [f"{file.name}: cannot be read", *(f"  {remark}" for remark in file.remarks)]
        columns = "; ".join(f"{what} from {title}" for what, title in file.columns.items())
        units = ", ".join(f"{name} in {unit}" for name, unit in file.units.items() if unit)
        kind = "hour" if self.hourly else "day"
        span = f", {self.first} to {self.last}" if self.first else ""
        parts = {
            "written": file.written,
            "columns": columns,
            "units": units or "as each row says",
            "times": f"{counted(self.times, kind)}{span}"
            + (f" on {counted(self.days, 'day')}" if self.hourly else "")
            + (f"; {file.clock}" if file.clock else ""),
            "stations": f"{file.stations}, of these {self.inside} inside the grid, {self.outside} "
            f"outside, {self.without_coordinates} without coordinates",
        }
        sign = READERS[file.format].sign
        return [
            f"{file.name}: {file.format} ({sign})",
            *(f"  {part:<10}{text}" for part, text in parts.items() if text),
            *(f"  {'but' if at == 0 else '':<10}{text}" for at, text in enumerate(file.remarks)),
        ]

    def to_dict(self) -> dict[str, object]:
        """In JSON types."""
        file = self.file
        return {
            "name": file.name,
            "readable": self.readable,
            "format": file.format if self.readable else None,
            "written": file.written,
            "columns": dict(file.columns),
            "units": dict(file.units),
            "clock": file.clock,
            "step": "hour" if self.hourly else "day",
            "times": self.times,
            "first": self.first or None,
            "last": self.last or None,
            "days": self.days,
            "stations": file.stations,
            "inside_grid": self.inside,
            "outside_grid": self.outside,
            "without_coordinates": self.without_coordinates,
            "remarks": list(file.remarks),
        }


@dataclass(frozen=True)
class FilesCheck:
    """What was found in some files, and in all of them together.

    Parameters
    ----------
    files : tuple of FileCheck
        Each of them.
    together : PlacedObservations, optional
        Daily means of all that can be read; None if there is none, or they contradict each other.
    error : str
        Why they cannot be used together; empty if they can.
    """

    files: tuple[FileCheck, ...]
    together: PlacedObservations | None
    error: str = ""


def check_files(
    paths: Sequence[Path],
    request: ReadRequest,
    metadata: ModelMetadata,
    period: Period = (None, None),
) -> FilesCheck:
    """Read files one by one, and say what is in each and in all.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    request : ReadRequest
        How to read them; without a station list, stations of files that need one are at no place.
    metadata : ModelMetadata
        The model that is to take them: its grid and variables.
    period : tuple of two datetime64[D] or None
        First and last day that is wanted.
    """
    if request.station_list is None:
        request = request.with_list(StationList({}, {}, ()))
    checks, parts = [], []
    for path in paths:
        try:
            part = read_source(path, request).between(*period)
        except PointfuseError as error:  # also that a file is not there, or needs an extra
            name = printable(path.name)
            checks.append(FileCheck(SourceFile(name, LEFT_OUT, 0, 0, (str(error),))))
            continue
        checks.append(_checked(part, metadata))
        parts.append(part)
    if not parts:
        return FilesCheck(tuple(checks), None)
    try:
        daily = daily_table(
            parts,
            metadata.variables,
            min_hours=request.min_hours,
            quality_control=True,
            mda8=request.mda8,
        )
    except InputError as error:
        return FilesCheck(tuple(checks), None, str(error))
    return FilesCheck(tuple(checks), place(replace(daily, files=()), metadata))


def _checked(part: Observations, metadata: ModelMetadata) -> FileCheck:
    """What was found in a file that was read."""
    stations, times = part.stations, part.times
    known = np.isfinite(stations.longitude) & np.isfinite(stations.latitude)
    inside = metadata.grid.cells(stations.longitude, stations.latitude) >= 0
    file = part.files[0]
    absent = {each.name for each in metadata.variables} - part.values.keys()
    return FileCheck(
        replace(
            file,
            columns={what: title for what, title in file.columns.items() if what not in absent},
            units={name: unit for name, unit in file.units.items() if name not in absent},
        ),
        part.hourly,
        len(times),
        str(times[0]) if len(times) else "",
        str(times[-1]) if len(times) else "",
        len(np.unique(times.astype("datetime64[D]"))),
        int(inside.sum()),
        int((known & ~inside).sum()),
        int((~known).sum()),
    )
