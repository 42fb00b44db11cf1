"""CSV files as they come: plain or gzipped, UTF-8 or GB 18030, whole or broken."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.printable import printable

_MISSING = frozenset({"", "-", "--", "—", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True)
class CsvTable:
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

    name: str
    header: list[str]
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
        for number, line, fields in self._quoted_lines() if '"' in self.text else self._lines():
            found = line.count(",") + 1 if fields is None else len(fields)
            if found != len(self.header):
                raise InputError(
                    f"{self.name}, line {number}: {found} fields where the header has "
                    f"{len(self.header)}; the file may be cut off - get it again"
                )
            if any(text in line for text in mentioning):
                yield number, line.split(",") if fields is None else fields

    def _lines(self) -> Iterator[tuple[int, str, None]]:
        """Number and text of each line below the header, in a file without quotes."""
        for number, line in enumerate(io.StringIO(self.text, newline=None), start=1):
            if number > 1 and line != "\n":
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

    def column(self, name: str) -> int:
        """Position of a column.

        Raises
        ------
        InputError
            If there is no such column, or more than one.
        """
        if self.header.count(name) != 1:
            found = "twice or more" if name in self.header else "not"
            raise InputError(
                f"{self.name}: expected one column '{name}', it stands there {found}; the header "
                f"is {shortened(self.header)}"
            )
        return self.header.index(name)

    def number(self, text: str, line: int, column: str) -> float:
        """Value of a cell, NaN where it is empty or says that it is missing.

        Raises
        ------
        InputError
            If the cell holds something else than a finite number.
        """
        try:
            # Python takes 1_000 for a number.
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if math.isfinite(value) or text.strip().lower() in _MISSING:
            return value
        raise InputError(
            f"{self.name}, line {line}, column '{column}': expected a number, got {text[:40]!r}; "
            "leave the cell empty where the value is missing"
        )

    def numbers(self, texts: list[str], line: int, columns: list[str]) -> NDArray[np.float64]:
        """Values of several cells of a row, as `number` gives them, at a fraction of its time."""
        try:
            values = np.array([float(text) if text else math.nan for text in texts])
        except ValueError:
            values = None
        # Whatever is not plainly a number or empty goes the careful way.
        if values is None or np.isinf(values).any() or "_" in "".join(texts):
            named = zip(texts, columns, strict=True)
            values = np.array([self.number(text, line, column) for text, column in named])
        return values


def read_csv_table(path: Path) -> CsvTable:
    """Read a CSV file and its header.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it cannot be read, is damaged, no text, or empty.
    """
    name = printable(path.name)
    text = _decoded(name, _content(path))
    try:
        header = next(csv.reader(io.StringIO(text, newline=None), strict=True), [])
    except csv.Error as error:
        raise InputError(f"{name}, line 1: {error}") from error
    if not any(field.strip() for field in header):
        raise InputError(f"{name} is empty or has no header; expected a CSV file")
    return CsvTable(name, [field.strip() for field in header], text)


def shortened(names: list[str]) -> str:
    """The first few of many names, on one line whatever they hold."""
    return repr(",".join(names[:8])[:120])[1:-1] + (",..." if len(names) > 8 else "")


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {path}; check the path") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path.name} is a damaged or cut-off gzip file ({error}); get it again"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _decoded(name: str, content: bytes) -> str:
    # Chinese station lists come in either encoding; UTF-8 refuses nearly all GB 18030 text.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{name} is no text file; expected CSV, plain or gzipped")
