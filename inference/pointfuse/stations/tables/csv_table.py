"""CSV files as they come: parted by commas, semicolons, tabs or bars, whole or broken."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, UnreadableFileError
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.encoding import CUT_CHARACTER, decoded
from pointfuse.stations.tables.table import Table

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_NAMES_SEPARATOR = re.compile(r'"?sep=(?P<separator>[,;\t|])"?\s*', re.IGNORECASE)
"""What Excel writes, and reads, above the header."""

_WITH_POINT = re.compile(r"[+-]?\d*\.\d+", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


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
    separator : str
        What parts its columns.
    header_line : int
        Number of the line with the header; 0 in a file without one.
    encoding : str
        In which its text was.
    """

    text: str
    separator: str = ","
    header_line: int = 1
    encoding: str = "UTF-8"

    @cached_property
    def _marks(self) -> tuple[set[str], set[str], set[str]]:
        """Columns with numbers that have a point, a comma, and one that is no thousand's."""
        points, commas, certain = set[str](), set[str](), set[str]()
        with contextlib.suppress(InputError):  # a broken row is for `rows` to find
            for _, line, fields in self._quoted_lines() if '"' in self.text else self.lines():
                cells = line.split(self.separator) if fields is None else fields
                for column, cell in zip(self.header, map(str.strip, cells), strict=False):
                    if _WITH_POINT.fullmatch(cell):
                        points.add(column)
                    elif _WITH_COMMA.fullmatch(cell):
                        commas.add(column)
                        if not _MAY_BE_THOUSANDS.fullmatch(cell):
                            certain.add(column)
        return points, commas, certain

    @property
    def _has_decimal_commas(self) -> bool:
        """Whether most columns with broken numbers show that commas are decimal ones."""
        points, commas, certain = self._marks
        return len(certain) > len(points) or (bool(commas) and not points)

    def _is_decimal_comma(self, text: str, column: str) -> bool:
        """Whether the comma of a number is a decimal one; that of 1,500 may part thousands."""
        if not _MAY_BE_THOUSANDS.fullmatch(text):
            return bool(_WITH_COMMA.fullmatch(text))
        points, _, certain = self._marks
        return column not in points and (column in certain or self._has_decimal_commas)

    @property
    def above_header(self) -> list[str]:
        """The lines above the header, such as notes."""
        above = max(self.header_line - 1, 0)
        return [*itertools.islice(io.StringIO(self.text, newline=None), above)]

    @property
    def written(self) -> str:
        """How the file is written: parted by commas, in UTF-8."""
        return f"CSV with {SEPARATORS[self.separator]}, {self.encoding}"

    @property
    def remarks(self) -> list[str]:
        """What is unusual about how the file is written."""
        if self.separator == ",":
            return []
        decimals = ", with decimal commas" if self._has_decimal_commas or self._marks[2] else ""
        return [f"its columns are parted by {SEPARATORS[self.separator]}{decimals}"]

    def number(self, text: str, line: int, column: str) -> float:
        """Value of a cell, as `Table.number`, with a decimal comma where it can be nothing else."""
        if "," in text and self.separator != "," and self._is_decimal_comma(text.strip(), column):
            text = text.replace(",", ".")
        return super().number(text, line, column)

    def rows(self, mentioning: tuple[str, ...] = ("",)) -> Iterator[tuple[int, list[str]]]:
        """Line number and fields of each row that is not blank, or of separators alone.

        Fields that are empty may stand, or lack, at the end of a row below columns without name.

        Parameters
        ----------
        mentioning : tuple of str
            Rows that have none of these as a field are checked and passed over, which is a great
            deal faster in files of which a small part is wanted; all rows by default.

        Raises
        ------
        InputError
            At a row with another number of fields than the header.
        """
        separator = self.separator
        wanted = tuple(f"{separator}{text}{separator}" if text else "" for text in mentioning)
        for number, line, fields in self._quoted_lines() if '"' in self.text else self.lines():
            found = line.count(separator) + 1 if fields is None else len(fields)
            if line.startswith((separator, " ")) and not line.strip(f"{separator} \t"):
                continue
            if found != len(self.header):
                fields = self._without_empty_end(number, fields or line.split(separator))
            if line.endswith(CUT_CHARACTER):
                raise InputError(f"{self.at(number)} ends within a character; get the file again")
            if any(text in line for text in wanted):
                yield number, line.split(separator) if fields is None else fields

    def _without_empty_end(self, line: int, fields: list[str]) -> list[str]:
        """As many fields as the header has, where those too many or too few have no name."""
        size = len(self.header)
        lacking, surplus = self.header[len(fields) :], fields[size:]
        # A row that was cut off may lack the end of a value.
        if any(lacking) or "".join(surplus).strip() or line == self.cells.cut_line:
            advice = "the file may be cut off - get it again"
            if len(fields) > size and self.separator == ",":
                advice = (
                    "if numbers have decimal commas, part the columns by semicolons; if texts have "
                    "commas, put them in quotes"
                )
            raise InputError(
                f"{self.at(line)}: {len(fields)} fields where the header has {size}; {advice}"
            )
        return [*fields[:size], *lacking]

    def lines(self, first: int | None = None) -> Iterator[tuple[int, str, None]]:
        """Number and text of each line that is not blank, in a file without quotes.

        Parameters
        ----------
        first : int, optional
            Number of the first line that counts; the one below the header by default.
        """
        first = self.header_line + 1 if first is None else first
        for number, line in enumerate(io.StringIO(self.text, newline=None), start=1):
            if number >= first and line != "\n":
                yield number, line.rstrip("\n"), None

    def without_cut_line(self) -> tuple[str, int] | None:
        """The text without a last line that has no end, and its number; None where all have one."""
        if self.text.endswith(("\n", "\r")):
            return None
        whole = self.text[: max(self.text.rfind("\n"), self.text.rfind("\r")) + 1]
        return (whole, len(io.StringIO(whole, newline=None).readlines()) + 1) if whole else None

    def open_end(self) -> str | None:
        """The last field of a last line that has no end, if it is a number; it may lack digits."""
        if self.text.endswith(("\n", "\r")):
            return None
        last = self.text[self.text.rfind(self.separator) + 1 :].strip()
        return last if last[-1:].isdecimal() and len(last.split()) == 1 else None

    def _quoted_lines(self) -> Iterator[tuple[int, str, list[str]]]:
        """The same, with the fields, in a file with quotes."""
        above = max(self.header_line - 1, 0)
        lines = itertools.islice(io.StringIO(self.text, newline=None), above, None)
        reader = csv.reader(lines, strict=True, delimiter=self.separator)
        try:
            if self.header_line:
                next(reader)
            for fields in reader:
                if fields:
                    yield above + reader.line_num, self.separator.join(fields), fields
        except csv.Error as error:
            raise InputError(f"{self.at(above + reader.line_num)}: {error}") from error


def parse_csv(name: str, content: bytes, cells: UnreadableCells, notes: int = 0) -> CsvTable:
    """A CSV file and its header; what parts the columns is told from the header.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    content : bytes
        The whole file.
    cells : UnreadableCells
        Takes note of cells that cannot be read.
    notes : int
        Lines at the beginning that are none of the table.

    Raises
    ------
    UnreadableFileError
        If it is no text, or empty.
    """
    text, encoding = decoded(name, content)
    lines = iter(io.StringIO(text, newline=None))
    above = list(itertools.islice(lines, notes))
    above += itertools.takewhile(is_above_header, lines)
    headers = {separator: _header(text, len(above), separator) for separator in SEPARATORS}
    separator = max(headers, key=lambda key: len(headers[key]))
    for line in above:
        named = _NAMES_SEPARATOR.fullmatch(line)
        separator = named["separator"] if named else separator
    # A line that nothing parts as it should is one column, whose name tells what is wrong.
    line = next(itertools.islice(io.StringIO(text, newline=None), len(above), None), "")
    header = [printable(field.strip()) for field in headers[separator] or [line]]
    if not any(header):
        raise UnreadableFileError(f"{name} is empty or has no header; expected a CSV file")
    table = CsvTable(name, header, text, separator, len(above) + 1, encoding, cells=cells)
    _, cells.cut_line = table.without_cut_line() or ("", -1)
    return table


def is_above_header(line: str) -> bool:
    """Whether a line is a comment, blank, or Excel's ``sep=;``, as may stand above a header."""
    plain = line.removeprefix("\N{BYTE ORDER MARK}")
    return not plain.strip() or plain.startswith("#") or bool(_NAMES_SEPARATOR.fullmatch(plain))


def _header(text: str, above: int, separator: str) -> list[str]:
    """The fields of the line below some others; none where they cannot be parted so."""
    lines = itertools.islice(io.StringIO(text, newline=None), above, None)
    try:
        return next(csv.reader(lines, strict=True, delimiter=separator), [])
    except csv.Error:
        return []
