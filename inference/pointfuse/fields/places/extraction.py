"""From files of fields to a table of series at places, some days at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from pointfuse.basics.counted import counted
from pointfuse.basics.progress import Progress
from pointfuse.basics.table_files import writing_table
from pointfuse.errors import InputError
from pointfuse.fields.cf.field_variables import STATION_DISTANCE
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.fields.places.points import Places
from pointfuse.fields.places.series import Floats, Method, PlaceReader, PlaceSeries
from pointfuse.stations.observations import DAY, HOUR

_HOURS = np.dtype("datetime64[h]")

_ROWS = 200_000
"""Of the table, in memory at once."""


@dataclass(frozen=True)
class Extraction:
    """What is read of files.

    Parameters
    ----------
    places : Places
        Where.
    method : str
        ``nearest`` or ``bilinear``.
    variable : str, optional
        Variable to read; the fused one by default.
    first, last : datetime64[D], optional
        First and last day; all by default.
    """

    places: Places
    method: Method = "nearest"
    variable: str | None = None
    first: np.datetime64 | None = None
    last: np.datetime64 | None = None


def extract_to_table(
    files: Sequence[Path], output: Path, wanted: Extraction, progress: Progress
) -> str:
    """Write the series at places to a CSV or Parquet file.

    Parameters
    ----------
    files : sequence of Path
        netCDF files of fields of one variable, in the order of their days.
    output : Path
        Table to write; its suffix decides.
    wanted : Extraction
        What is read.
    progress : callable
        Shows how far it is.

    Returns
    -------
    str
        How many days or hours were read, for people: ``3 days``.

    Raises
    ------
    InputFileNotFoundError, InputError
        If a file is missing, or does not hold what is asked for.
    MissingExtraError, OutputError
        If the table cannot be written.
    """
    days, columns = 0, list[str]()
    last: np.datetime64 | None = None
    with writing_table(output) as append:
        for path in files:
            with opened(path, wanted.variable) as file:
                found = file.times[file.times_between(wanted.first, wanted.last)]
                if last is not None and found.dtype != last.dtype:
                    raise InputError(
                        f"{path.name} and the files before it are fields of hours and of days; "
                        "extract them one by one"
                    )
                if last is not None and found.min() <= last:
                    raise InputError(
                        f"{path.name} has {found.min()}, which is not after {last} of the files "
                        "before it; name each file once, in the order of their days"
                    )
                last = found.max()
                for part in _series_of(file, wanted, progress):
                    table = part.columns()
                    if columns and list(table) != columns:
                        raise InputError(
                            f"{path.name} gives the columns {', '.join(table)}, {files[0].name} "
                            f"gives {', '.join(columns)}; extract them one by one"
                        )
                    columns = list(table)
                    append(table)
                    days += len(part.days)
    return counted(days, HOUR.unit if last is not None and last.dtype == _HOURS else DAY.unit)


def _series_of(file: MapFile, wanted: Extraction, progress: Progress) -> Iterator[PlaceSeries]:
    """The series of a file, in parts of some days each."""
    reader = PlaceReader.of(file.grid, wanted.places, wanted.method)
    times = file.times_between(wanted.first, wanted.last)
    with progress(len(times), f"reading {file.path.name}") as bar:
        remaining = iter(times)
        while part := list(islice(remaining, max(1, _ROWS // len(wanted.places)))):
            yield PlaceSeries(
                file.variable,
                str(getattr(file.dataset[file.variable], "units", "1")),
                wanted.places,
                file.times[part],
                _read(file, file.variable, part, reader),
                _read_if_there(file, f"{file.variable}_uncertainty", part, reader),
                _read_if_there(file, file.support(STATION_DISTANCE), part, reader),
                float(getattr(file.dataset[file.variable], "valid_min", -np.inf)),
            )
            bar.update(len(part))


def _read(file: MapFile, name: str, times: Sequence[int], reader: PlaceReader) -> Floats:
    """A variable at the places, shape (day, place)."""
    # In single precision where the file has that, so that a table shows the digits it has.
    single = file.dataset[name].dtype == np.float32
    values = np.empty((len(times), len(reader.places)), np.float32 if single else np.float64)
    for day, time in enumerate(times):
        values[day] = reader.read(file.field(name, time))
    return values


def _read_if_there(
    file: MapFile, name: str | None, times: Sequence[int], reader: PlaceReader
) -> Floats | None:
    return _read(file, name, times, reader) if name in file.dataset.variables else None
