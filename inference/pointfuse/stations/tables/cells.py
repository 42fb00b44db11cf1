"""Cells that cannot be read: a few are left out and counted, many show a wrong column."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import listed
from pointfuse.errors import InputError

UNREADABLE = "that cannot be read"
"""Stands in the remark on a file behind the count of cells and rows that were left out."""

_MANY = 0.1
_FEW = 3
"""Part of the cells of a column, or of the rows, from which on it is the column that is wrong; of
a small file so many are few all the same, unless they are more than half."""

_ROWS, IN_ROWS, _SKIPPED = "\0", "\1", "\2"
"""Rows, cells of rows that hold one quantity, and rows at hours that clocks skip, among the
columns; no header has such names."""


class CellError(InputError):
    """A cell that holds no number, time or code, in a file that may be sound otherwise.

    Parameters
    ----------
    message : str
        What is wrong, as a sentence.
    found : str
        The same without the name of the file and advice.
    line : int
        Number of the row.
    """

    def __init__(self, message: str, found: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.found, self.line = found, line


class SkippedHourError(CellError):
    """A time of the clock that no clock has shown, for it was put forward."""


class UnreadableCells:
    """What cannot be read in a file, counted by columns, and in rows.

    A value that is no number is missing. A time, a code or a unit that cannot be read costs its
    row: ``with cells: ...`` is around what reads a row, and ends it there.
    """

    def __init__(self) -> None:
        self.cut_line = -1
        """Number of a last line that has no end: what is wrong there is left for others to say."""
        self.read_as = ""
        """How the file was taken, which stands behind what is wrong with it."""
        self._rows = 0
        self._in_rows = 0
        self._empty: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._first: dict[str, CellError] = {}
        self._earliest: CellError | None = None

    def __enter__(self) -> None:
        self._rows += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None or not isinstance(error, CellError):
            return False
        if isinstance(error, SkippedHourError):
            self._rows -= 1  # however many there are, they show no wrong column
            self.leave_out(error, _SKIPPED)
        else:
            self.leave_out(error, _ROWS)
        return True

    def count_empty(self, column: str) -> None:
        """Count a cell that holds nothing, in a row that can be read."""
        self._empty[column] += 1

    def count_in_row(self, cells: int) -> None:
        """Count cells of a row that hold numbers of one quantity."""
        self._in_rows += cells

    def leave_out(self, error: CellError, column: str) -> None:
        """Take note of a cell of a column that holds none.

        Raises
        ------
        CellError
            The error, if the cell is in a last line that was cut off.
        """
        if error.line == self.cut_line:
            raise error
        self._unread[column] += 1
        self._first.setdefault(column, error)
        if column != _SKIPPED:
            self._take_earliest(error)

    def _take_earliest(self, error: CellError) -> None:
        if self._earliest is None or error.line < self._earliest.line:
            self._earliest = error

    @property
    def columns(self) -> set[str]:
        """Columns with such cells, of which the first is known."""
        return {*self._first}

    def add(self, others: UnreadableCells) -> None:
        """Add what was found in another part of the file.

        Its numbers of lines are those of the file where it has a column that this has not.
        """
        if others._earliest and others.columns - self.columns:
            self._take_earliest(others._earliest)
        self._rows += others._rows
        self._in_rows += others._in_rows
        self._empty += others._empty
        self._unread += others._unread
        self._first = others._first | self._first
        self.read_as = others.read_as

    def clear(self) -> None:
        """Forget what was found, since the file is read once more."""
        self._rows = self._in_rows = 0
        self._empty, self._unread = Counter(), Counter()
        self._first, self._earliest = {}, None

    @property
    def no_row_left(self) -> bool:
        """Whether there were rows, and none of them can be read."""
        return self._rows == self._unread[_ROWS] and bool(self._rows + self._unread[_SKIPPED])

    def _total(self, column: str) -> int:
        """Cells of a column with something in them, or rows."""
        if column == _ROWS:
            return self._rows
        if column == _SKIPPED:
            return self._rows + self._unread[column]
        if column == IN_ROWS:
            return self._in_rows + self._unread[column]
        return self._rows - self._unread[_ROWS] - self._empty[column]

    def _is_many(self, column: str) -> bool:
        unread, total = self._unread[column], self._total(column)
        return column != _SKIPPED and (unread > max(_FEW, _MANY * total) or 2 * unread > total)

    def refuse(self, *, strict: bool = False) -> None:
        """Make sure that they are few.

        Parameters
        ----------
        strict : bool
            Whether there are to be none.

        Raises
        ------
        CellError
            The first, if they are many.
        """
        for column, error in self._first.items():
            if strict or self._is_many(column):
                unread, kind = (
                    self._unread[column],
                    "rows" if column in (_ROWS, _SKIPPED) else "cells",
                )
                so = f"; {unread} of {self._total(column)} {kind} are so" if unread > 1 else ""
                raise CellError(f"{error}{so}{self.read_as}")

    def remarks(self) -> list[str]:
        """What was left out, once all rows are read: a sentence, and one on hours of no clock."""
        skipped, rows = self._unread[_SKIPPED], self._unread[_ROWS]
        found = []
        if self._earliest is not None:
            total = self._unread.total() - skipped
            counts = {"row": rows, "cell": total - rows}
            shown = listed(counted(number, noun) for noun, number in counts.items() if number)
            found.append(
                f"{shown} {UNREADABLE} {'was' if total == 1 else 'were'} left out"
                f"{',' if total == 1 else ', such as'} on {self._earliest.found}"
            )
        if skipped:
            found.append(
                f"{counted(skipped, 'row')} at an hour that the clocks skip left out, first on "
                f"{self._first[_SKIPPED].found}"
            )
        return found
