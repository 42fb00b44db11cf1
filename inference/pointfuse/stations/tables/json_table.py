"""Tables in JSON: a list of records, or columns, in an answer of an interface or of pandas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from pointfuse.basics.printable import printable
from pointfuse.errors import UnreadableFileError
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.encoding import decoded
from pointfuse.stations.tables.table import Table

_DEEPEST = 4
"""Levels below which the records of an answer are looked for."""


@dataclass(frozen=True)
class JsonTable(Table):
    """A table in JSON, whose cells are read as a CSV file would show them.

    What a record holds in a record is a column of its own: ``coordinates.latitude``.

    Parameters
    ----------
    records : sequence of mapping
        The rows, by names of columns.
    """

    records: Sequence[Mapping[str, str]]

    counted: ClassVar[str] = "record"
    written: ClassVar[str] = "JSON"

    def rows(self, mentioning: tuple[str, ...] = ("",)) -> Iterator[tuple[int, list[str]]]:
        """Number, from 1, and cells of each record."""
        for number, record in enumerate(self.records, start=1):
            yield number, [record.get(name, "") for name in self.header]


def is_json(content: bytes) -> bool:
    """Whether a file begins as JSON does."""
    return content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def parse_json(name: str, content: bytes, cells: UnreadableCells) -> JsonTable:
    """The table that a JSON file holds.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    content : bytes
        The whole file.
    cells : UnreadableCells
        Takes note of cells that cannot be read.

    Raises
    ------
    UnreadableFileError
        If it is no JSON, damaged, or holds no table.
    """
    text, _ = decoded(name, content)
    try:
        found = _records(_loaded(text))
        records = [_flat(record) for record in found or []]
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(
            f"{name} is damaged or cut-off JSON ({str(error)[:60]}); get it again"
        ) from error
    header = list(dict.fromkeys(key for record in records for key in record))
    if not header:
        raise UnreadableFileError(
            f"{name} is JSON without a table; expected a list of records, such as "
            '[{"station": "A", "date": "2019-01-06", "pm25": 80}]'
        )
    return JsonTable(name, header, records, cells=cells)


def _loaded(text: str) -> Any:
    """The content, with numbers as they are written; of lines of JSON the list."""
    parsed = partial(json.loads, parse_float=str, parse_int=str, parse_constant=str)
    try:
        return parsed(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
        return [parsed(line) for line in text.splitlines() if line.strip()]


def _records(content: Any, depth: int = 0) -> Sequence[Mapping[str, Any]] | None:
    """The longest list of records that some content holds; None if there is none."""
    if isinstance(content, list):
        return content if content and all(isinstance(each, dict) for each in content) else None
    if not isinstance(content, dict) or depth > _DEEPEST:
        return None
    names: Any = content.get("fields", content.get("columns"))
    rows: Any = content.get("data")
    if _are(str, names) and _are(list, rows):
        return [dict(zip(names, row, strict=False)) for row in rows]
    if depth == 0 and (columns := _of_columns(content)):
        return columns
    found = [each for value in content.values() if (each := _records(value, depth + 1))]
    return max(found, key=len, default=None)


def _are(kind: type, values: Any) -> bool:
    """Whether some content is a list of one kind."""
    return isinstance(values, list) and all(isinstance(each, kind) for each in values)


def _of_columns(content: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Records of columns that are given by row, as pandas writes them by default."""
    columns = [*content.values()]
    if len(columns) < 2 or not all(isinstance(column, dict) for column in columns):
        return None
    keys = columns[0].keys()
    if not keys or any(column.keys() != keys for column in columns):
        return None
    return [{name: column[key] for name, column in content.items()} for key in keys]


def _flat(record: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """The cells of a record, by printable names; those of lists are nobody's columns."""
    cells: dict[str, str] = {}
    for key, value in record.items():
        name = printable(f"{above}{key}".strip())
        if isinstance(value, dict):
            cells |= _flat(value, f"{name}.")
        elif not isinstance(value, list):
            cells[name] = "" if value is None else str(value)
    return cells
