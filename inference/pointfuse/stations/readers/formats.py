"""List of formats, detection of the format of a file, hints for unknown files.

A new format is one new module with `LAYOUT`, `COLUMNS`, `SIGN`, `recognises` and `read`, and one
line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import numpy as np

from pointfuse.basics.printable import listed
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers import (
    aqs,
    cnemc,
    gsod,
    isd,
    isd_lite,
    openaq,
    parquet,
    tidy,
)
from pointfuse.stations.readers.cf import series as cf_series
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import list_layout, own_name, parted_by, split_unit
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import shortened

DOCUMENTED_IN = "docs/guide/station-files.md"

_LEAST_LIKENESS = 0.75
"""Of 2, from which on a header is taken for a spoilt one of a format."""


class Reader(NamedTuple):
    """A format: how its files look, whether a file is one of them, and how to read it.

    Parameters
    ----------
    layout : str
        What is expected, after the word "expected".
    columns : tuple of str
        Columns by which a header that is not quite right is guessed to be meant so; none for files
        without header.
    sign : str
        What a file is recognised by, as a sentence.
    recognises : callable
        Whether a file is in this format, whole or broken.
    read : callable
        Reads such a file.
    """

    layout: str
    columns: tuple[str, ...]
    sign: str
    recognises: Callable[[StationFile], bool]
    read: Callable[[StationFile, ReadRequest], Observations]


def _reader(module: ModuleType) -> Reader:
    return Reader(module.LAYOUT, module.COLUMNS, module.SIGN, module.recognises, module.read)


READERS: dict[str, Reader] = {
    # Those first that are known by their first bytes: they have no header to look at.
    "cf": _reader(cf_series),
    "parquet": _reader(parquet),
    "isd-lite": _reader(isd_lite),
    "cnemc": _reader(cnemc),
    "openaq": _reader(openaq),
    "aqs": _reader(aqs),
    "isd": _reader(isd),
    "gsod": _reader(gsod),
    "tidy": _reader(tidy),
}


def recognised_format(file: StationFile) -> str | None:
    """The format of a file, a key of `READERS`; None if it is in none of them.

    Raises
    ------
    UnreadableFileError
        If it is no text, or empty.
    """
    return next((key for key, reader in READERS.items() if reader.recognises(file)), None)


def format_of(file: StationFile, name: str) -> str:
    """The format in which a file is to be read.

    Parameters
    ----------
    file : StationFile
        The file.
    name : str
        A key of `READERS`, which the file must then be in, or ``auto``.

    Raises
    ------
    InputError
        If it is not in that format; an `UnreadableFileError` if it is in none.
    """
    if name == "auto":
        name = recognised_format(file) or ""
        if not name:
            raise UnreadableFileError(f"{file.name} {_what_it_is(file)}")
    elif not READERS[name].recognises(file):
        raise InputError(
            f"{file.name} is not laid out as '{name}': expected {READERS[name].layout}, "
            f"got {shortened(file.header)}"
        )
    return name


def _what_it_is(file: StationFile) -> str:
    """What a file is that is in no known format, and what to do."""
    names = {own_name(split_unit(name)[0]) for name in file.header}
    if list_layout(file.header) and names.isdisjoint({"date", "time"}):
        held = "" if names.isdisjoint(tidy.USUAL) else ", or lacks date or time"
        return f"is a station list{held}; give it with --stations (stations=)" + (
            held and ", or add the column"
        )
    if separator := parted_by(file.header):
        return has_other_separator(separator)
    beginning = file.table.text.lstrip()[:20].lower()
    if beginning.startswith("<"):
        return "is a web page or XML, no table; its download may have failed - get it again"
    if beginning.startswith(("{", "[")):
        return f"is JSON, no table; expected CSV, netCDF or Parquet as in {DOCUMENTED_IN}"
    if any(_is_number(field) for field in file.header):
        return (
            "has no header: expected the names of the columns on its first line, got "
            f"{shortened(file.header)}; see {DOCUMENTED_IN}"
        )
    return f"is in no known format: {_nearest(file.header)}; see {DOCUMENTED_IN}"


def has_other_separator(separator: str) -> str:
    """What a file is whose columns are parted by something else, and what to do."""
    return (
        f"has columns parted by {separator}; expected commas, semicolons, tabs or bars - save it "
        "with one of these"
    )


def _nearest(header: list[str]) -> str:
    """What a header should have been: that of the format that it is nearest to, if there is one."""
    present = {name.casefold() for name in header} | {own_name(name) for name in header}
    likeness = {
        # Small and capital letters tell some apart, but people mix them up.
        key: np.mean([(column in header) + (column.casefold() in present) for column in columns])
        for key, reader in READERS.items()
        if (columns := reader.columns)
    }
    nearest = max(likeness, key=lambda key: likeness[key])
    if likeness[nearest] < _LEAST_LIKENESS:
        return f"expected one of {', '.join(READERS)}, got the header {shortened(header)}"
    columns = READERS[nearest].columns
    known = header if nearest != "tidy" else {*header, *map(own_name, header)}
    lacks = ["date or time" if column == "date" else column for column in columns]
    lacks = [shown for shown, column in zip(lacks, columns, strict=True) if column not in known]
    differs = f"it lacks {listed(lacks)}" if lacks else "the rest does not follow"
    return f"nearest is '{nearest}', but {differs}; the header is {shortened(header)}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
