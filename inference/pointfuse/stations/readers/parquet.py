"""Read Parquet files with the columns of tidy CSV (extra `[parquet]`)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError, MissingExtraError, UnreadableFileError
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers import tidy
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import list_layout
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import Table, cell_text, shortened

LAYOUT = "Parquet with the columns station,longitude,latitude,date|time,<variables>"
COLUMNS = ()
SIGN = "its first bytes are those of Parquet"

_MAGIC = b"PAR1"


def recognises(file: StationFile) -> bool:
    """Whether a file is Parquet."""
    return file.content.startswith(_MAGIC)


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read the daily or hourly values of a tidy table in Parquet.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    InputError
        If the file is damaged, or its table not tidy.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            f"{file.name} needs pyarrow; install it with pip install 'pointfuse[parquet]'"
        ) from error
    try:
        columns = parquet.read_table(pyarrow.BufferReader(file.content))
        header = [printable(name.strip()) for name in columns.column_names]
        table = _ArrowTable(file.name, header, columns, request.timezone, cells=file.cells)
        if tidy.is_tidy(table.header):
            return tidy.read_table(table, request, "parquet")
    except InputError:
        raise
    # The library says what is wrong with a file in errors of many kinds.
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0][:120]
        raise UnreadableFileError(
            f"{file.name} is a damaged Parquet file ({reason}); get it again"
        ) from error
    if list_layout(table.header):
        raise UnreadableFileError(
            f"{file.name} is a station list; save it as CSV and give it with --stations (stations=)"
        )
    raise UnreadableFileError(
        f"{file.name}: expected {LAYOUT}, its columns are {shortened(table.header)}"
    )


@dataclass(frozen=True)
class _ArrowTable(Table):
    """A table of pyarrow, whose cells are read as a CSV file would show them."""

    columns: Any
    zone: datetime.tzinfo

    counted: ClassVar[str] = "row"

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row, some at a time; numbers count from 0."""
        number = 0
        for batch in self.columns.to_batches():
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield (
                    number,
                    [cell_text(*pair, self.zone) for pair in zip(self.header, cells, strict=True)],
                )
                number += 1
