"""CSV files as they come: UTF-8 or GB 18030, whole or broken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError
from pointfuse.stations.readers.table import Table


@dataclass(frozen=True)
class CsvTable(Table):
    """A CSV file in memory, with a header.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    header : list of str
        Column names, without surrounding blanks.
    text : str
        Content of the file.
    """

    text: str

    def rows(self, mentioning: tuple[str, ...] = ("",)) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of each row that is not blank.

        Parameters
        ----------
        mentioning : tuple of str
            Rows with none of these texts are checked and passed over, which is a great deal
            faster in files of which a small part is wanted; all rows by default.

        Raises
        ------
        InputError
            At a row with another number of fields than the header.
        """
        for number, line, fields in self._quoted_lines() if '"' in self.text else self.lines():
            found = line.count(",") + 1 if fields is None else len(fields)
            if found != len(self.header):
                raise InputError(
                    f"{self.name}, line {number}: {found} fields where the header has "
                    f"{len(self.header)}; the file may be cut off - get it again"
                )
            if any(text in line for text in mentioning):
                yield number, line.split(",") if fields is None else fields

    def lines(self, first: int = 2) -> Iterator[tuple[int, str, None]]:
        """Number and text of each line that is not blank, in a file without quotes.

        Parameters
        ----------
        first : int
            Number of the first line that counts; the one below the header by default.
        """
        for number, line in enumerate(io.StringIO(self.text, newline=None), start=1):
            if number >= first and line != "\n":
                yield number, line.rstrip("\n"), None

    def _quoted_lines(self) -> Iterator[tuple[int, str, list[str]]]:
        """The same, with the fields, in a file with quotes."""
        reader = csv.reader(io.StringIO(self.text, newline=None), strict=True)
        try:
            next(reader)
            for fields in reader:
                if fields:
                    yield reader.line_num, ",".join(fields), fields
        except csv.Error as error:
            raise InputError(f"{self.name}, line {reader.line_num}: {error}") from error


def parse_csv(name: str, content: bytes) -> CsvTable:
    """A CSV file and its header.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    content : bytes
        The whole file.

    Raises
    ------
    InputError
        If it is no text, or empty.
    """
    text = _decoded(name, content)
    try:
        header = next(csv.reader(io.StringIO(text, newline=None), strict=True), [])
    except csv.Error as error:
        raise InputError(f"{name}, line 1: {error}") from error
    if not any(field.strip() for field in header):
        raise InputError(f"{name} is empty or has no header; expected a CSV file")
    return CsvTable(name, [printable(field.strip()) for field in header], text)


def _decoded(name: str, content: bytes) -> str:
    # Chinese station lists come in either encoding; UTF-8 refuses nearly all GB 18030 text.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{name} is no text file; expected CSV, netCDF or Parquet, plain or gzipped")
