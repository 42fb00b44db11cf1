"""Which pollutant files are of, where they are of one alone that is not the default."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

from pointfuse.basics.printable import printable
from pointfuse.errors import InputError
from pointfuse.stations.observations import Observations
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse.stations.readers.tidy_header import is_tidy
from pointfuse.stations.tables.columns import own_name, split_unit
from pointfuse.stations.tables.compression import unpacked
from pointfuse.stations.tables.station_file import StationFile

_BEGINNING = 65_536
"""Bytes that hold the header of a table."""


def only_pollutant(given: Observations | Sequence[Path | StationFile]) -> str | None:
    """The pollutant of observations or of a tidy table of one alone; None of all others.

    Parameters
    ----------
    given : Observations, or sequence of Path or StationFile
        Of files and tables the first is looked at, and of a file no more than its beginning.
    """
    if isinstance(given, Observations):
        return _only_one(set(given.values))
    if not given:
        return None
    try:
        header = _beginning(given[0]).header
    except InputError:
        # Whoever reads the file says what is wrong with it.
        return None
    if not is_tidy(header):
        return None
    names = {own_name(split_unit(title)[0]) for title in header}
    names |= {split_unit(title)[0].casefold() for title in header}
    return _only_one(names)


def _only_one(names: Set[str]) -> str | None:
    found = [name for name in POLLUTANTS if name in names]
    return found[0] if len(found) == 1 else None


def _beginning(source: Path | StationFile) -> StationFile:
    if isinstance(source, StationFile):
        return source
    name = printable(source.name)
    try:
        with source.open("rb") as raw, unpacked(raw, name) as file:
            content = file.read(_BEGINNING)
    except (OSError, ValueError) as error:  # no name of a file holds a null character
        raise InputError(f"{name} cannot be read: {error}") from error
    whole, end, _ = content.rpartition(b"\n")
    return StationFile(name, whole + end if end else content)
