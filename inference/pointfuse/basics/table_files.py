"""Write tables, some rows at a time: CSV, or Parquet (extra `[parquet]`)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.output_formats import TABLE, check_name
from pointfuse.errors import InputError, MissingExtraError

Columns = Mapping[str, NDArray[Any]]
"""Columns of one length by their names: texts, whole numbers, numbers, days (datetime64[D])."""

Append = Callable[[Columns], None]
"""Writes further rows; all calls have the same columns."""


@contextmanager
def writing_table(path: Path) -> Iterator[Append]:
    """Write a table, which appears under its name once it is complete.

    Numbers have the fewest digits that tell them from their neighbours, so whoever reads them gets
    the same bits. What is missing is an empty cell, or a null in Parquet.

    Parameters
    ----------
    path : Path
        File to write; its suffix decides: ``.parquet`` or, by default, CSV.

    Raises
    ------
    MissingExtraError
        If Parquet is asked for, and pyarrow is not installed.
    InputError
        If its suffix is that of another format, or no rows were written.
    OutputError
        If it cannot be written.
    """
    check_name(path, TABLE)
    writing = _writing_parquet if path.suffix.lower() == ".parquet" else _writing_csv
    rows = 0
    with replacing(path) as temporary, writing(temporary) as write:

        def append(columns: Columns) -> None:
            nonlocal rows
            rows += len(next(iter(columns.values())))
            write(columns)

        yield append
        if not rows:
            raise InputError(f"there are no rows to write to {path.name}")


@contextmanager
def _writing_csv(path: Path) -> Iterator[Append]:
    with path.open("w", encoding="utf-8", newline="") as file:

        def append(columns: Columns) -> None:
            append_csv(file, columns)

        yield append


def append_csv(file: TextIO, columns: Columns) -> None:
    """Write further rows of a table to an open CSV file, whose first row is its header.

    Parameters
    ----------
    file : text file
        Where to; with nothing in it, it gets the header.
    columns : mapping of str to ndarray
        As those of `writing_table`.
    """
    writer = csv.writer(file, lineterminator="\n")
    if not file.tell():
        writer.writerow(columns)
    writer.writerows(zip(*map(_texts, columns.values()), strict=True))


def _texts(column: NDArray[Any]) -> list[str]:
    """The cells of a column."""
    texts = column.astype(np.str_)
    if column.dtype.kind == "f":
        texts[np.isnan(column)] = ""
    found: list[str] = texts.tolist()
    return found


@contextmanager
def _writing_parquet(path: Path) -> Iterator[Append]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "a Parquet file needs pyarrow; install it with pip install 'pointfuse[parquet]', or "
            "name a file *.csv"
        ) from error
    writer: Any = None

    def append(columns: Columns) -> None:
        nonlocal writer
        # NaN is what is missing here, which Parquet tells from numbers.
        table = pyarrow.table(
            {
                # Arrow knows no hours.
                name: pyarrow.array(
                    cells.astype("datetime64[s]") if cells.dtype == "datetime64[h]" else cells,
                    from_pandas=True,
                )
                for name, cells in columns.items()
            }
        )
        if writer is None:
            writer = parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)

    try:
        yield append
    finally:
        if writer is not None:
            writer.close()
