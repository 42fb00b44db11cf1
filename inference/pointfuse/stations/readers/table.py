"""Tables of texts: a header and rows of cells, wherever they come from."""

from __future__ import annotations

import abc
import datetime
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError

_MISSING = frozenset({"", "-", "--", "—", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True)
class Table(abc.ABC):
    """A table with a header, whose cells are texts.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    header : list of str
        Column names, without surrounding blanks.
    """

    name: str
    header: list[str]

    @abc.abstractmethod
    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of each row."""

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

    def code(self, text: str, line: int, column: str) -> str:
        """Code of a station, printable.

        Raises
        ------
        InputError
            If the cell is empty.
        """
        code = printable(text.strip())
        if not code:
            raise InputError(
                f"{self.name}, line {line}, column '{column}': expected a code, got {code[:40]!r}"
            )
        return code

    def day(self, text: str, line: int, column: str) -> np.datetime64:
        """Calendar day of a cell, ``2019-01-06`` or ``20190106``.

        Raises
        ------
        InputError
            If the cell holds no such day.
        """
        try:
            return np.datetime64(datetime.date.fromisoformat(text.strip()), "D")
        except ValueError as error:
            raise self._no_time("date", "2019-01-06", text, line, column) from error

    def instant(
        self, text: str, line: int, column: str, timezone: datetime.tzinfo
    ) -> datetime.datetime:
        """Instant of a cell in ISO 8601, of the given time zone where the cell names none.

        Raises
        ------
        InputError
            If the cell holds no such instant, or one at the ends of the calendar.
        """
        try:
            time = datetime.datetime.fromisoformat(text.strip())
            time = time.replace(tzinfo=timezone) if time.tzinfo is None else time
            if not datetime.MINYEAR < time.year < datetime.MAXYEAR:
                raise OverflowError(time)  # other time zones could not show it
            return time.astimezone(datetime.UTC)
        except (ValueError, OverflowError) as error:
            raise self._no_time("time", "2019-01-06T13:00+08:00", text, line, column) from error

    def _no_time(self, kind: str, example: str, text: str, line: int, column: str) -> InputError:
        return InputError(
            f"{self.name}, line {line}, column '{column}': expected a {kind} such as {example}, "
            f"got {text[:40]!r}"
        )


def shortened(names: list[str]) -> str:
    """The first few of many names, on one line whatever they hold."""
    return repr(",".join(names[:8])[:120])[1:-1] + (",..." if len(names) > 8 else "")
