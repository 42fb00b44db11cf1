"""Files as readers get them: plain or gzipped, text or binary, read once."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.stations.readers.csv_table import CsvTable, parse_csv


@dataclass(frozen=True)
class StationFile:
    """A file in memory, by whose first bytes, header or name a reader knows its own.

    Parameters
    ----------
    name : str
        Name of the file, without its folder.
    content : bytes
        What it holds, unzipped.
    """

    name: str
    content: bytes

    @cached_property
    def table(self) -> CsvTable:
        """The file as CSV, read on first use.

        Raises
        ------
        InputError
            If it is no text, or empty.
        """
        return parse_csv(self.name, self.content)

    @property
    def header(self) -> list[str]:
        """Column names of the file as CSV.

        Raises
        ------
        InputError
            As `table`.
        """
        return self.table.header


def open_station_file(path: Path) -> StationFile:
    """Read a file into memory, and unzip it where it is gzipped.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it cannot be read, or is a damaged gzip file.
    """
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {path}; check the path") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path.name} is a damaged or cut-off gzip file ({error}); get it again"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return StationFile(printable(path.name), content)
