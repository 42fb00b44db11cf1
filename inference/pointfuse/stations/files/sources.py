"""Input of `read_stations`: files, open or not, patterns of names, tables in memory."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TypeGuard

from pointfuse.errors import ArgumentError, InputError, InputFileNotFoundError, kind_of
from pointfuse.stations.tables.memory_table import NAME, Dataset, Frame, memory_table
from pointfuse.stations.tables.station_file import StationFile, opened_file

Source = str | os.PathLike[str] | IO[bytes] | IO[str] | Frame | Dataset | StationFile
"""A path, a pattern such as ``2019/*.csv``, an open file, or a table of pandas, polars, pyarrow,
geopandas or xarray."""


_ADDRESS = re.compile(r"[a-z][a-z0-9+]+://", re.IGNORECASE)


def expanded(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Files that paths name, with patterns such as '2019/*.csv' expanded, in order.

    Raises
    ------
    InputFileNotFoundError, InputError
        If nothing matches a pattern; if a path is empty, or an address of the internet.
    """
    files: list[Path] = []
    for path in map(Path, map(_named, paths)):
        # A name may hold a bracket.
        if not glob.has_magic(str(path)) or path.exists():
            files.append(path)
            continue
        # Of an absolute pattern the fixed beginning is where to look.
        folder = Path(path.anchor)
        found = sorted(folder.glob(str(path.relative_to(path.anchor))))
        found = [name for name in found if name.is_file()]
        if not found:
            raise InputFileNotFoundError(
                f"no file matches the pattern '{path}'; check the folder and the pattern"
            )
        files += found
    return files


def _named(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path, once it is sure that it is no empty text."""
    if path == "":
        raise InputError("no file name was given, but an empty text; name a file")
    if isinstance(path, str) and _ADDRESS.match(path):
        raise InputError(
            f"{path} is an address, and pointfuse uses no network; download it, and name the file"
        )
    return path


def listed_sources(given: Source | Iterable[Source]) -> list[Path | StationFile]:
    """The files and tables that an argument names; those that are open or in memory are read.

    Raises
    ------
    InputFileNotFoundError
        If nothing matches a pattern.
    ArgumentError
        If it names none.
    InputError
        If a table is none of stations.
    """
    if isinstance(given, type):  # the class of a table has columns too
        raise _no_source(given)
    if isinstance(given, str | os.PathLike | Frame | Dataset | StationFile) or _is_open(given):
        return _sources(given)
    # A dictionary and bytes can be iterated over too, and an array.
    odd = isinstance(given, Mapping | bytes | bytearray) or hasattr(given, "dtype")
    if odd or not isinstance(given, Iterable):
        raise _no_source(given)
    return [each for source in given for each in _sources(source)]


def _sources(given: object) -> list[Path | StationFile]:
    """The files or the table that one of several names."""
    if isinstance(given, type):
        raise _no_source(given)
    if isinstance(given, StationFile):
        return [given]
    if isinstance(given, str | os.PathLike):
        return [*expanded([given])]
    if isinstance(given, Frame | Dataset):
        return [StationFile(NAME, b"", given=memory_table(given))]
    if _is_open(given):
        return [opened_file(given, _name_of(given))]
    raise _no_source(given)


def _is_open(given: object) -> TypeGuard[IO[bytes] | IO[str]]:
    return hasattr(given, "read") and not isinstance(given, type)


def _name_of(file: IO[bytes] | IO[str]) -> str:
    """The name of an open file, without its folder."""
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) and name else "the open file"


def _no_source(given: object) -> ArgumentError:
    hint = "; make a table of it, such as pandas.DataFrame(...)"
    shown = f"the class {given.__name__}" if isinstance(given, type) else kind_of(given)
    return ArgumentError(
        "expected station files - a path, a pattern such as '2019/*.csv', an open file, several of "
        "them, or a table of pandas, polars or xarray with tidy columns - got "
        f"{shown}{hint if isinstance(given, Mapping) else ''}"
    )
