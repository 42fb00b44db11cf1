"""Input of `read_stations`: files, patterns of file names, tables in memory."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pointfuse.errors import ArgumentError, InputError, InputFileNotFoundError, kind_of
from pointfuse.stations.tables.typed_table import Frame

Source = str | os.PathLike[str] | Frame
"""A path, a pattern such as ``2019/*.csv``, or a tidy table of pandas, polars or pyarrow."""


def expanded(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Files that paths name, with patterns such as '2019/*.csv' expanded, in order.

    Raises
    ------
    InputFileNotFoundError
        If nothing matches a pattern.
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
    return path


def listed_sources(given: Source | Iterable[Source]) -> list[Path | Frame]:
    """The files and tables that an argument names.

    Raises
    ------
    InputFileNotFoundError
        If nothing matches a pattern.
    ArgumentError
        If it names none.
    """
    if isinstance(given, type):  # the class of a table has columns too
        raise _no_source(given)
    if isinstance(given, str | os.PathLike | Frame):
        given = [given]
    # A dictionary, bytes and an open file can be iterated over too, and an array.
    odd = isinstance(given, Mapping | bytes | bytearray) or hasattr(given, "read")
    if odd or hasattr(given, "dtype") or not isinstance(given, Iterable):
        raise _no_source(given)
    sources: list[Path | Frame] = []
    for source in given:
        if isinstance(source, Frame) and not isinstance(source, type):
            sources.append(source)
        elif isinstance(source, str | os.PathLike):
            sources += expanded([source])
        else:
            raise _no_source(source)
    return sources


def _no_source(given: object) -> ArgumentError:
    table = "; make a table of it, such as pandas.DataFrame(...)"
    opened = "; give the path in place of the open file"
    hint = table if isinstance(given, Mapping) else opened if hasattr(given, "read") else ""
    shown = f"the class {given.__name__}" if isinstance(given, type) else kind_of(given)
    return ArgumentError(
        "expected station files - a path, a pattern such as '2019/*.csv', several of them, or a "
        f"table of pandas or polars with tidy columns - got {shown}{hint}"
    )
