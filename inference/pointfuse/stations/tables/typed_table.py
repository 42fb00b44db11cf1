"""Tables whose cells are numbers and times, not text: Parquet files, tables in memory."""

from __future__ import annotations

import abc
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from pointfuse.basics.printable import printable
from pointfuse.errors import MissingExtraError, UnreadableFileError
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.table import Table, cell_text

PARQUET = b"PAR1"
"""How a Parquet file begins."""


@dataclass(frozen=True)
class TypedTable(Table):
    """A table of values of many types, whose cells are read as a CSV file would show them.

    Parameters
    ----------
    zone : datetime.tzinfo
        Where days begin: a date may be kept as the instant of its midnight there.
    """

    zone: datetime.tzinfo = datetime.UTC

    counted: ClassVar[str] = "row"

    def in_zone(self, zone: datetime.tzinfo) -> TypedTable:
        """The same table, with days that begin elsewhere."""
        return replace(self, zone=zone)

    @abc.abstractmethod
    def cells_of_rows(self) -> Iterable[Sequence[Any]]:
        """The values of each row."""

    def rows(self, mentioning: tuple[str, ...] = ("",)) -> Iterator[tuple[int, list[str]]]:
        """Number, from 0, and cells of each row."""
        for number, cells in enumerate(self.cells_of_rows()):
            yield (
                number,
                [cell_text(*pair, self.zone) for pair in zip(self.header, cells, strict=True)],
            )


@dataclass(frozen=True)
class ArrowTable(TypedTable):
    """A table of pyarrow, read some rows at a time.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    """

    table: Any = None
    written: ClassVar[str] = "Parquet"

    def cells_of_rows(self) -> Iterator[Sequence[Any]]:
        """The values of each row."""
        try:
            for batch in self.table.to_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
        except (ValueError, OverflowError) as error:  # such as a time that no calendar has
            raise _damaged(self.name, error) from error


def parse_parquet(name: str, content: bytes, cells: UnreadableCells) -> ArrowTable:
    """The table in a Parquet file.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    UnreadableFileError
        If the file is damaged.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            f"{name} needs pyarrow; install it with pip install 'pointfuse[parquet]'"
        ) from error
    # The library says what is wrong with a file in errors of many kinds.
    try:
        table = parquet.read_table(pyarrow.BufferReader(content))
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _damaged(name, error) from error
    header = [printable(each.strip()) for each in table.column_names]
    return ArrowTable(name, header, table=table, cells=cells)


def _damaged(name: str, error: Exception) -> UnreadableFileError:
    reason = str(error).splitlines()[0][:120]
    return UnreadableFileError(f"{name} is a damaged Parquet file ({reason}); get it again")
