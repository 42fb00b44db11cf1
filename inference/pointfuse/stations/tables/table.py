"""Tables of texts: a header and rows of cells, wherever they come from."""

from __future__ import annotations

import abc
import datetime
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import listed, printable, quoted
from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError
from pointfuse.stations.observations import YEARS
from pointfuse.stations.tables.cells import (
    IN_ROWS,
    CellError,
    SkippedHourError,
    UnreadableCells,
)

_MISSING = frozenset({"", "-", "--", "—", "na", "n/a", "<na>", "nan", "null", "none"})

_NO_CODE = frozenset({"nan", "NaN", "<NA>", "NaT", "None", "NULL", "null"})
"""How programs write a cell that is missing; NA and Nan may be codes, and are names of places."""

_NAMED = 4
"""Columns that a message names of those that lack."""

# Year, month and day in this order, with or without padding, and a time of the day.
_WRITTEN = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:[T ]\s*(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
# Day, month by its name, and year, as spreadsheets write them.
_NAMED_MONTH = re.compile(
    r"(?P<day>\d{1,2})[- ](?P<month>[a-z]{3})[a-z]*[- ](?P<year>\d{4})(?P<clock>\b.*)",
    re.ASCII | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL = re.compile(r"[2-7]\d{4}(\.\d+)?", re.ASCII)
"""A day as Excel counts them: from 1954 to 2119."""
_EITHER_ORDER = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}\b.*", re.ASCII)


@dataclass(frozen=True)
class Table(abc.ABC):
    """A table with a header, whose cells are texts.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    header : list of str
        Column names, without surrounding blanks.
    cells : UnreadableCells
        Takes note of cells that cannot be read.
    """

    name: str
    header: list[str]
    cells: UnreadableCells = field(default_factory=UnreadableCells, kw_only=True, compare=False)
    _units: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    counted: ClassVar[str] = "line"
    """What the numbers of `rows` count."""

    @abc.abstractmethod
    def rows(self, mentioning: tuple[str, ...] = ("",)) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of each row.

        Parameters
        ----------
        mentioning : tuple of str
            Rows that have none of these as a cell may be passed over; all rows by default.
        """

    @property
    @abc.abstractmethod
    def written(self) -> str:
        """How the table is written: CSV, JSON, Parquet, in memory."""

    @property
    def remarks(self) -> list[str]:
        """What is unusual about how the table is written."""
        return []

    def in_zone(self, zone: datetime.tzinfo) -> Table:
        """The same table, with days that begin in a time zone where it holds them as instants."""
        return self

    def without_cut_line(self) -> tuple[str, int] | None:
        """The text without a last line that has no end, and its number; None where all have one."""
        return None

    def open_end(self) -> str | None:
        """The last field of a last line that has no end, if it is a number; it may lack digits."""
        return None

    def at(self, line: int, column: str | None = None) -> str:
        """Where something stands, for messages."""
        return f"{self.name}, {self.counted} {line}" + (
            "" if column is None else f", column {quoted(column)}"
        )

    def find(self, *names: str) -> list[int]:
        """Positions of columns.

        Raises
        ------
        InputError
            If one of them is missing or stands there more than once, with the names of all such.
        """
        lacking = [name for name in names if name not in self.header]
        twice = [name for name in names if self.header.count(name) > 1]
        if lacking or twice:
            wrong = [f"lacks {_some(lacking)}"] if lacking else []
            wrong += [f"has {_some(twice)} twice or more"] if twice else []
            raise InputError(
                f"{self.name}: the header {' and '.join(wrong)}; expected one column of each, got "
                f"{shortened(self.header)}"
            )
        return [self.header.index(name) for name in names]

    def number(self, text: str, line: int, column: str) -> float:
        """Value of a cell, NaN where it is empty or says that it is missing.

        Raises
        ------
        CellError
            If the cell holds something else than a finite number.
        """
        try:
            # Python takes 1_000 for a number.
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if math.isfinite(value) or text.strip().lower() in _MISSING:
            return value
        raise self.cell_error(
            line,
            column,
            f"expected a number, got {quoted(text)}",
            "; leave the cell empty where the value is missing",
        )

    def value(self, text: str, line: int, column: str) -> float:
        """Value of a cell, as `number` gives it; NaN, and counted, where it is no number."""
        try:
            value = self.number(text, line, column)
        except CellError as error:
            self.cells.leave_out(error, column)
            return math.nan
        if value != value:
            self.cells.count_empty(column)
        return value

    def values(self, texts: list[str], line: int, columns: list[str]) -> NDArray[np.float64]:
        """Values of cells of a row that hold one quantity, as `value` gives them, but faster."""
        try:
            values = np.array([float(text) if text else math.nan for text in texts])
        except ValueError:
            values = None
        # Whatever is not plainly a number or empty goes the careful way.
        if values is None or np.isinf(values).any() or "_" in "".join(texts):
            named = zip(texts, columns, strict=True)
            values = np.array([self._one_of(text, line, column) for text, column in named])
        self.cells.count_in_row(int(np.isfinite(values).sum()))
        return values

    def _one_of(self, text: str, line: int, column: str) -> float:
        try:
            return self.number(text, line, column)
        except CellError as error:
            self.cells.leave_out(error, IN_ROWS)
            return math.nan

    def factor(
        self, convert: Callable[[str, str], float], variable: str, given: str, line: int
    ) -> float:
        """Factor from the unit in a cell to that asked for, of a function of variable and unit.

        Raises
        ------
        CellError
            If the unit is not known for this variable.
        """
        try:
            factor = convert(variable, given)
        except InputError as error:
            found, mark, known = str(error).partition("; ")
            raise self.cell_error(line, None, found, f"{mark}{known}") from error
        self._units.setdefault(variable, set()).add(given.strip())
        return factor

    @property
    def units(self) -> dict[str, str]:
        """Units of the variables of which `factor` was asked for, for people."""
        return {variable: listed(sorted(given)) for variable, given in self._units.items()}

    def cell_error(self, line: int, column: str | None, found: str, advice: str = "") -> CellError:
        """The error that a cell, or a row, cannot be read.

        Parameters
        ----------
        line : int
            Number of the row.
        column : str, optional
            Name of the column.
        found : str
            What was expected, and what it holds.
        advice : str
            What to do, after a semicolon.
        """
        where = self.at(line, column)
        return CellError(
            f"{where}: {found}{advice}", f"{where.removeprefix(f'{self.name}, ')}: {found}", line
        )

    def code(self, text: str, line: int, column: str) -> str:
        """Code of a station, printable.

        Raises
        ------
        CellError
            If the cell is empty or missing.
        """
        code = plain_code(text)
        if not code:
            raise self.cell_error(line, column, f"expected a code, got {quoted(text.strip())}")
        return code

    def day(self, text: str, line: int, column: str) -> np.datetime64:
        """Calendar day of a cell, such as ``2019-01-06``, ``20190106`` or ``2019/1/6``.

        A time of midnight, as programs write days that they keep as instants, is passed over.

        Raises
        ------
        CellError
            If the cell holds no such day, or another time of it.
        """
        try:
            written = _parsed(text.strip())
        except ValueError as error:
            raise self._no_time("date", "2019-01-06", text, line, column) from error
        if written.time() != datetime.time():
            raise self.cell_error(
                line,
                column,
                f"expected a date, got a time of the day, {quoted(text)}",
                "; name the column 'time' if its rows are hours or instants",
            )
        return np.datetime64(written.date(), "D")

    def instant(
        self, text: str, line: int, column: str, timezone: datetime.tzinfo, fold: int = 0
    ) -> datetime.datetime:
        """Instant of a cell in ISO 8601, of the given time zone where the cell names none.

        Year, month, day and hour may lack their padding. With `fold` 1 an hour that clocks show
        twice is the second one.

        Raises
        ------
        SkippedHourError
            If no clock of the time zone has shown that time.
        CellError
            If the cell holds no such instant, or one at the ends of the calendar.
        """
        try:
            time = _parsed(text.strip())
            given = time.replace(tzinfo=timezone, fold=fold) if time.tzinfo is None else time
            instant = given.astimezone(datetime.UTC)
            shown = instant.astimezone(timezone) if time.tzinfo is None else time
        except ValueError as error:
            raise self._no_time("time", "2019-01-06T13:00+08:00", text, line, column) from error
        if shown.replace(tzinfo=time.tzinfo, fold=time.fold) != time:
            where = f"{self.counted} {line}"
            raise SkippedHourError(
                f"{self.name}, {where}: {quoted(text)} does not exist in {zone_name(timezone)}, "
                "where clocks are put forward; name the offset of the times (such as Z), or their "
                "zone (--timezone)",
                f"{where} ({text.strip()[:40]}, which {zone_name(timezone)} does not have)",
                line,
            )
        return instant

    def _no_time(self, kind: str, example: str, text: str, line: int, column: str) -> CellError:
        advice = ""
        if _EITHER_ORDER.fullmatch(text.strip()):
            advice = ", in which day and month may be either; write the year first"
        elif _SERIAL.fullmatch(text.strip()):
            advice = (
                ", which may be a day as Excel counts them; format its cells as dates, yyyy-mm-dd"
            )
        return self.cell_error(
            line, column, f"expected a {kind} such as {example}, got {quoted(text)}", advice
        )


def _parsed(text: str) -> datetime.datetime:
    """A date or instant as it is written; ValueError if it is none, or a typing error."""
    written = _written(text)
    if written.year not in YEARS:
        raise ValueError(text)
    return written


def _written(text: str) -> datetime.datetime:
    named = _NAMED_MONTH.fullmatch(text)
    if named and named["month"].lower() in _MONTHS:
        month = _MONTHS.index(named["month"].lower()) + 1
        text = f"{named['year']}-{month}-{int(named['day'])}{named['clock']}"
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        found = _WRITTEN.fullmatch(text)
        # 2019-01-1 is no way of writing a day, but 2019-01-15 cut off.
        if found is None or (found["month"][0] == "0" and len(found["day"]) == 1):
            raise
    clock = [int(found[part] or 0) for part in ("hour", "minute", "second")]
    date = [int(found[part]) for part in ("year", "month", "day")]
    return datetime.datetime(*date, *clock, tzinfo=_zone(found["zone"]))  # type: ignore[arg-type, misc]


def _zone(text: str | None) -> datetime.tzinfo | None:
    """An offset such as +8:00, +0800, +08 or Z."""
    if not text:
        return None
    if text.upper() in ("Z", "UTC"):
        return datetime.UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = datetime.timedelta(hours=int(hours), minutes=int(minutes))
    return datetime.timezone(-offset if text[0] == "-" else offset)


def plain_code(text: str) -> str:
    """Code of a station, printable; empty where the cell is missing."""
    code = printable(text.strip())
    return "" if code in _NO_CODE else code


def cell_text(column: str, cell: Any, zone: datetime.tzinfo) -> str:
    """A cell of a table in memory as text: numbers in full, times in ISO 8601, nothing if missing.

    Parameters
    ----------
    column : str
        Name of the column: codes that became floats, as whole numbers beside missing ones do, are
        whole numbers again.
    cell : object
        What stands there.
    zone : datetime.tzinfo
        Where days begin: a date may be kept as the instant of its midnight there.
    """
    if cell is None or (not isinstance(cell, str) and str(cell) in _NO_CODE):
        return ""  # NaN, NaT and the NA of pandas are each of another type
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if column == "station" and isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and column == "date" and cell.tzinfo:
        there = cell.astimezone(zone)
        cell = there if there.time() == datetime.time() != cell.time() else cell
    return cell.isoformat() if isinstance(cell, datetime.date) else str(cell)


def _some(names: list[str]) -> str:
    """Names of columns; of more than a few the first."""
    more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return listed([*names[:_NAMED], *more])


def shortened(names: list[str]) -> str:
    """The first few of many names, on one line whatever they hold."""
    return quoted(",".join(names[:8]), 60).strip("'\"") + (",..." if len(names) > 8 else "")
