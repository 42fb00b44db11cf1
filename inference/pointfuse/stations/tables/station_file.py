"""Files as readers get them: packed or not, text or binary, read once."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, InputFileNotFoundError, UnreadableFileError
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.columns import plain_name
from pointfuse.stations.tables.compression import unpacked
from pointfuse.stations.tables.csv_table import parse_csv
from pointfuse.stations.tables.json_table import is_json, parse_json
from pointfuse.stations.tables.table import Table
from pointfuse.stations.tables.typed_table import PARQUET, parse_parquet

Read = TypeVar("Read")

ENDS_WITHIN = "ends within line"
"""How the remark on a file begins that is cut off in its last line."""


@dataclass(frozen=True)
class StationFile:
    """A file in memory, by whose first bytes, header or name a reader knows its own.

    Parameters
    ----------
    name : str
        Name of the file, without its folder.
    content : bytes
        What it holds, unzipped.
    cells : UnreadableCells
        Takes note of cells that cannot be read.
    notes : int
        Lines at the beginning that are none of the table.
    given : Table, optional
        The table itself, where it is in memory and no file.
    """

    name: str
    content: bytes
    cells: UnreadableCells = field(default_factory=UnreadableCells, compare=False)
    notes: int = 0
    given: Table | None = None

    @cached_property
    def table(self) -> Table:
        """The file as a table, read on first use.

        Raises
        ------
        InputError
            If it holds none, or is empty.
        """
        if self.given is not None:
            return self.given
        if self.content.startswith(PARQUET):
            return parse_parquet(self.name, self.content, self.cells)
        if is_json(self.content):
            return parse_json(self.name, self.content, self.cells)
        return parse_csv(self.name, self.content, self.cells, self.notes)

    @property
    def header(self) -> list[str]:
        """Column names of the table.

        Raises
        ------
        InputError
            As `table`.
        """
        return self.table.header

    @cached_property
    def titles(self) -> dict[str, str]:
        """Names of the columns by their plain ones (`plain_name`); of several the first."""
        return {plain_name(title): title for title in reversed(self.header)}

    def noted_in(self, cells: UnreadableCells) -> StationFile:
        """The same file, whose cells that cannot be read are noted elsewhere."""
        given = self.given and replace(self.given, cells=cells)
        return replace(self, cells=cells, given=given)

    @property
    def stem(self) -> str:
        """The file's name without suffixes."""
        return self.name.partition(".")[0]


def open_station_file(path: Path, cells: UnreadableCells | None = None) -> StationFile:
    """Read a file into memory, and unpack it where it is packed.

    Parameters
    ----------
    path : Path
        The file.
    cells : UnreadableCells, optional
        Takes note of cells that cannot be read.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it cannot be read; an `UnreadableFileError` if it is packed and damaged.
    """
    try:
        with path.open("rb") as raw:
            return opened_file(raw, path.name, cells)
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {path}; check the path") from error
    except IsADirectoryError as error:
        raise InputError(
            f"{path} cannot be read: it is a folder; name files, or a pattern such as "
            f"'{path / '*.csv'}'"
        ) from error
    except InputError:
        raise
    except (OSError, ValueError) as error:  # no name of a file holds a null character
        raise InputError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def opened_file(
    raw: IO[bytes] | IO[str], name: str, cells: UnreadableCells | None = None
) -> StationFile:
    """Read an open file into memory, and unpack it where it is packed.

    Parameters
    ----------
    raw : file
        The file, of bytes or text, from where it stands.
    name : str
        Its name, for messages.
    cells : UnreadableCells, optional
        Takes note of cells that cannot be read.

    Raises
    ------
    UnreadableFileError
        If it is closed, open for writing, or packed and damaged.
    """
    try:
        content = raw.read()
    except (ValueError, OSError) as error:
        raise UnreadableFileError(
            f"{printable(name)} cannot be read: {error}; open it for reading, or give its path"
        ) from error
    given = io.BytesIO(content.encode() if isinstance(content, str) else content)
    with unpacked(given, printable(name)) as file:
        content = file.read()
    return StationFile(printable(name), content, UnreadableCells() if cells is None else cells)


def read_whole_lines(
    file: StationFile, read: Callable[[StationFile], Read], *, strict: bool
) -> tuple[Read, list[str]]:
    """Read a file; without its last line where that has no end and cannot be read.

    Such a line was cut off, by a broken download or while it was written. What its last field
    holds may be part of a value.

    Parameters
    ----------
    file : StationFile
        The file.
    read : callable
        Reads it.
    strict : bool
        Whether such a line is an error.

    Returns
    -------
    tuple
        What was read, and a remark on the line that was left out, if there is one.

    Raises
    ------
    InputError
        If something else is wrong with the file.
    """
    try:
        return read(file), []
    except InputError as error:
        cut = None if strict else _without_cut_line(file)
        if cut is None:
            raise
        whole, line = cut
        file.cells.clear()
        try:
            return read(whole), [f"{ENDS_WITHIN} {line}, which was left out"]
        except UnreadableFileError:  # nothing is left
            raise UnreadableFileError(str(error)) from error
        except InputError:
            raise error from None


def _without_cut_line(file: StationFile) -> tuple[StationFile, int] | None:
    try:
        cut = file.table.without_cut_line()
    except InputError:  # a binary file, or none at all
        return None
    return cut and (replace(file, content=cut[0].encode()), cut[1])
