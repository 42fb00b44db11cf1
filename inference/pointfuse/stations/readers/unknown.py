"""What is said of a file that is in no known format: what it is, what it is nearest to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pointfuse.basics.printable import listed
from pointfuse.stations.readers import tidy_header
from pointfuse.stations.tables.columns import (
    list_layout,
    own_name,
    parted_by,
    plain_name,
    split_unit,
)
from pointfuse.stations.tables.csv_table import SEPARATORS, CsvTable
from pointfuse.stations.tables.memory_table import MemoryTable
from pointfuse.stations.tables.station_file import StationFile
from pointfuse.stations.tables.table import shortened

DOCUMENTED_IN = "docs/guide/station-files.md"

_LEAST_LIKENESS = 0.4
"""Of 2, from which on a header is taken for a spoilt one of a format."""

_LACKS_NAMED = 2


def what_it_is(file: StationFile, columns: Mapping[str, Sequence[str]]) -> str:
    """What a file is that is in no known format, and what to do.

    Parameters
    ----------
    file : StationFile
        The file.
    columns : mapping of str to sequence of str
        Columns that tell each format that has a header.
    """
    names = {own_name(split_unit(name)[0]) for name in file.header}
    if isinstance(file.table, MemoryTable):
        return (
            "is not tidy: expected the columns station, longitude, latitude, date or time, and "
            f"pm25, got {shortened(file.header) or 'none'}; what is in its index counts only after "
            "reset_index()"
        )
    if list_layout(file.header) and names.isdisjoint({"date", "time"}):
        held = "" if names.isdisjoint(tidy_header.USUAL) else ", or lacks date or time"
        return f"is a station list{held}; give it with --stations (stations=)" + (
            held and ", or add the column"
        )
    if separator := parted_by(file.header):
        return has_other_separator(separator)
    table = file.table
    if isinstance(table, CsvTable):
        if table.text.lstrip().startswith("<"):
            return "is a web page or XML, no table; its download may have failed - get it again"
        if any(_is_number(field) for field in file.header):
            return (
                "has no header: expected the names of the columns on its first line, got "
                f"{shortened(file.header)}; see {DOCUMENTED_IN}"
            )
    return f"is in no known format: {_nearest(file, columns)}; see {DOCUMENTED_IN}"


def has_other_separator(separator: str) -> str:
    """What a file is whose columns are parted by something else, and what to do."""
    return (
        f"has columns parted by {separator}; expected commas, semicolons, tabs or bars - save it "
        "with one of these"
    )


def _nearest(file: StationFile, columns: Mapping[str, Sequence[str]]) -> str:
    """What the header should have been: that of the two formats that it is nearest to."""
    header = file.header
    present = {plain_name(name) for name in header} | {own_name(name) for name in header}
    likeness = {
        # Small and capital letters tell some apart, but people mix them up.
        key: np.mean([(name in header) + (plain_name(name) in present) for name in names])
        for key, names in columns.items()
    }
    nearest = sorted(likeness, key=lambda key: -likeness[key])[:2]
    lacks = [
        f"'{key}', {word} {_lack(header, present, key, columns[key])}"
        for key, word in zip(nearest, ("but it", "which"), strict=True)
        if likeness[key] >= _LEAST_LIKENESS
    ]
    table = file.table
    parted = f", parted by {SEPARATORS[table.separator]}" if isinstance(table, CsvTable) else ""
    found = f"the header is {shortened(header)}{parted}"
    if not lacks:
        return f"{found}, in which no column is one of a format"
    return f"nearest is {'; then '.join(lacks)}; {found}"


def _lack(header: list[str], present: set[str], key: str, columns: Sequence[str]) -> str:
    """What a header lacks to be that of a format."""
    lacks = [name for name in columns if plain_name(name) not in present]
    if not lacks and key != "tidy":  # then they are there in other letters
        lacks = [name for name in columns if name not in header]
    shown = ["date or time" if name == "date" and key == "tidy" else name for name in lacks]
    if len(shown) > _LACKS_NAMED:
        shown = [*shown[:_LACKS_NAMED], f"{len(shown) - _LACKS_NAMED} more"]
    return f"lacks {listed(shown)}" if shown else "does not follow in the rest"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
