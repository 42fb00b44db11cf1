"""List of formats, and detection of the format of a file.

A new format is one new module with `LAYOUT`, `COLUMNS`, `SIGN`, `recognises` and `read`, and one
line in `READERS`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import NamedTuple

from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers import parquet, tidy
from pointfuse.stations.readers.cf import series as cf_series
from pointfuse.stations.readers.china import cnemc, interface, stateair, tables, uci
from pointfuse.stations.readers.low_cost import purpleair, sensor_community
from pointfuse.stations.readers.ncei import gsod, isd, isd_lite
from pointfuse.stations.readers.networks import airnow, aqs, cpcb, eea, explorer, openaq, outdoor
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.unknown import what_it_is
from pointfuse.stations.tables.csv_table import CsvTable
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import shortened

_MOST_NOTES = 30
"""Lines of notes that may stand above a header."""

_BEGINNING = 50_000
"""Bytes that hold such notes and the header."""


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
    low_cost : bool
        Whether its stations are low-cost sensors.
    """

    layout: str
    columns: tuple[str, ...]
    sign: str
    recognises: Callable[[StationFile], bool]
    read: Callable[[StationFile, ReadRequest], Observations]
    low_cost: bool = False


def _reader(module: ModuleType, *, low_cost: bool = False) -> Reader:
    parts = module.LAYOUT, module.COLUMNS, module.SIGN, module.recognises, module.read
    return Reader(*parts, low_cost)


READERS: dict[str, Reader] = {
    # That first which is known by its first bytes: it has no table to look at.
    "cf": _reader(cf_series),
    "isd-lite": _reader(isd_lite),
    "airnow": _reader(airnow),
    "cnemc": _reader(cnemc),
    "cnemc-interface": _reader(interface),
    "uci": _reader(uci),
    "stateair": _reader(stateair),
    "openaq-explorer": _reader(explorer),
    "openaq": _reader(openaq),
    "aqs": _reader(aqs),
    "epa-outdoor": _reader(outdoor),
    "cpcb": _reader(cpcb),
    "eea": _reader(eea),
    "sensor-community": _reader(sensor_community, low_cost=True),
    "purpleair": _reader(purpleair, low_cost=True),
    "isd": _reader(isd),
    "gsod": _reader(gsod),
    "chinese-table": _reader(tables),
    # Those last whose columns people name as they like.
    "parquet": _reader(parquet),
    "tidy": _reader(tidy),
}

_COLUMNS = {key: reader.columns for key, reader in READERS.items() if reader.columns}


def recognised(file: StationFile) -> tuple[StationFile, str] | None:
    """A file without notes above its header, and its format; None if it is in none of them.

    Parameters
    ----------
    file : StationFile
        The file.

    Returns
    -------
    tuple of StationFile and str, or None
        The format is a key of `READERS`.

    Raises
    ------
    UnreadableFileError
        If it holds no table, or is empty.
    """
    key = next((key for key, reader in READERS.items() if reader.recognises(file)), None)
    if key is not None:
        return file, key
    return _recognised_below_notes(file) if isinstance(file.table, CsvTable) else None


def _recognised_below_notes(file: StationFile) -> tuple[StationFile, str] | None:
    """The same of a text file with notes above its header."""
    beginning = replace(file, content=file.content[:_BEGINNING])
    lines = len(beginning.content.splitlines())
    for notes in range(1, min(lines, _MOST_NOTES + 1)):
        below = replace(beginning, notes=notes)
        with contextlib.suppress(UnreadableFileError):  # nothing stands below
            for key in _COLUMNS:
                if READERS[key].recognises(below):
                    return replace(file, notes=notes), key
    return None


def format_of(file: StationFile, name: str) -> tuple[StationFile, str]:
    """A file without notes above its header, and the format in which it is to be read.

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
    if name != "auto" and READERS[name].recognises(file):
        return file, name
    found = recognised(file)
    if name == "auto" and found is None:
        raise UnreadableFileError(f"{file.name} {what_it_is(file, _COLUMNS)}")
    if found is None or name not in ("auto", found[1]):
        raise InputError(
            f"{file.name} is not laid out as '{name}': expected {READERS[name].layout}, "
            f"got {shortened(file.header)}"
        )
    return found


def lines_to_header(name: str, beginning: bytes) -> int:
    """Lines of a text file up to its header.

    Parameters
    ----------
    name : str
        Name of the file.
    beginning : bytes
        Its first lines.

    Returns
    -------
    int
        0 for a file without header, or in no known format, or none of lines.

    Raises
    ------
    InputError
        If it holds no table, or is empty.
    """
    found = recognised(StationFile(name, beginning))
    if found is None or not isinstance(found[0].table, CsvTable) or not READERS[found[1]].columns:
        return 0
    return found[0].table.header_line
