"""Read tables of pandas, polars or pyarrow with the columns of tidy CSV."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from pointfuse.basics.printable import printable
from pointfuse.errors import UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers import tidy
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.table import Table, cell_text, shortened

NAME = "the table"

_LISTS = ("to_pylist", "to_list", "tolist")
"""Methods that give a column as a list: of pyarrow, of pandas and polars, of numpy."""


@runtime_checkable
class Frame(Protocol):
    """A table with named columns, whatever library it is of."""

    @property
    def columns(self) -> Any:
        """Names of the columns; in pyarrow their values."""

    def __getitem__(self, name: Any, /) -> Any:
        """A column."""


def read_frame(frame: Frame, request: ReadRequest, cells: UnreadableCells) -> Observations:
    """Read the daily or hourly values of a tidy table in memory.

    Parameters
    ----------
    frame : Frame
        The table, with ``columns`` and a column for each of their names. An index is not read.
    request : ReadRequest
        What was asked for.
    cells : UnreadableCells
        Takes note of cells that cannot be read.

    Raises
    ------
    InputError
        As for a tidy CSV file, with the row, counted from 0, in place of the line.
    """
    table = frame_table(frame, request.timezone, cells)
    if not tidy.is_tidy(table.header):
        raise UnreadableFileError(
            f"{NAME} is not tidy: expected the columns station, longitude, latitude, date or time, "
            f"and pm25, got {shortened(table.header) or 'none'}; what is in its index counts only "
            "after reset_index()"
        )
    return tidy.read_table(table, request, "table")


def frame_table(frame: Frame, zone: datetime.tzinfo, cells: UnreadableCells) -> FrameTable:
    """A table in memory as readers take it.

    Parameters
    ----------
    frame : Frame
        The table.
    zone : datetime.tzinfo
        Where days begin.
    cells : UnreadableCells
        Takes note of cells that cannot be read.
    """
    # In pyarrow the columns are the values.
    names = list(getattr(frame, "column_names", None) or frame.columns)
    header = [printable(str(name).strip()) for name in names]
    return FrameTable(NAME, header, frame, names, zone, cells=cells)


@dataclass(frozen=True)
class FrameTable(Table):
    """A table in memory, whose cells are read as a CSV file would show them.

    Parameters
    ----------
    frame : Frame
        The table.
    names : sequence
        Names of its columns, of any type.
    zone : datetime.tzinfo
        Where days begin.
    """

    frame: Frame
    names: Sequence[Any]
    zone: datetime.tzinfo

    counted: ClassVar[str] = "row"

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number, from 0, and cells of each row."""
        columns = [self._cells(name) for name in self.names]
        for number, cells in enumerate(zip(*columns, strict=True)):
            yield (
                number,
                [cell_text(*pair, self.zone) for pair in zip(self.header, cells, strict=True)],
            )

    def _cells(self, name: Any) -> list[Any]:
        column = self.frame[name]
        if self.names.count(name) > 1:
            return [None] * len(column)  # one of those that nobody asked for
        return next(getattr(column, method)() for method in _LISTS if hasattr(column, method))
