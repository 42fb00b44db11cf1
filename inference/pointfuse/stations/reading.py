"""Readers of station files: from any known format to one table of daily means.

A new format is one new module with `LAYOUT`, `COLUMNS`, `SIGN`, `recognises` and `read`, and one
line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from pointfuse.basics.printable import listed
from pointfuse.basics.timezones import parse_timezone
from pointfuse.errors import InputError
from pointfuse.model.metadata import Variable
from pointfuse.stations.daily_table import daily_table
from pointfuse.stations.observations import Observations, warn_of_moved_stations
from pointfuse.stations.quality.hour_checks import range_reasons
from pointfuse.stations.quality.reasons import Reason
from pointfuse.stations.readers import (
    aqs,
    cnemc,
    gsod,
    isd,
    isd_lite,
    openaq,
    parquet,
    tidy,
)
from pointfuse.stations.readers.cf import series as cf_series
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_file import StationFile, open_station_file
from pointfuse.stations.readers.station_list import StationList, read_station_lists
from pointfuse.stations.readers.table import shortened

DEFAULT_VARIABLES = (
    Variable(
        "pm25",
        "ug m-3",
        "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
        "daily mean PM2.5",
        (0.0, 1500.0),
    ),
    Variable(
        "relative_humidity", "%", "relative_humidity", "daily mean relative humidity", (0.0, 100.0)
    ),
    Variable("wind_speed", "m s-1", "wind_speed", "daily mean wind speed", (0.0, 60.0)),
)
"""Variables of the shipped model."""

DEFAULT_TIMEZONE = "Asia/Shanghai"

_LEAST_LIKENESS = 0.75
"""Of 2, from which on a header is taken for a spoilt one of a format."""


class Reader(NamedTuple):
    """A format: how its files look, whether a file is one of them, and how to read it.

    Parameters
    ----------
    layout : str
        What is expected, after the word "expected".
    columns : tuple of str
        Columns by which a header that is not quite right is guessed to be meant so; none for files
        without header.
    sign : str
        What a file is recognised by, as a sentence.
    recognises : callable
        Whether a file is in this format, whole or broken.
    read : callable
        Reads such a file.
    """

    layout: str
    columns: tuple[str, ...]
    sign: str
    recognises: Callable[[StationFile], bool]
    read: Callable[[StationFile, ReadRequest], Observations]


def _reader(module: ModuleType) -> Reader:
    return Reader(module.LAYOUT, module.COLUMNS, module.SIGN, module.recognises, module.read)


READERS: dict[str, Reader] = {
    # Those first that are known by their first bytes: they have no header to look at.
    "cf": _reader(cf_series),
    "parquet": _reader(parquet),
    "isd-lite": _reader(isd_lite),
    "cnemc": _reader(cnemc),
    "openaq": _reader(openaq),
    "aqs": _reader(aqs),
    "isd": _reader(isd),
    "gsod": _reader(gsod),
    "tidy": _reader(tidy),
}


def read_stations(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    stations: str | PathLike[str] | StationList | Sequence[Path] | None = None,
    format: str = "auto",  # noqa: A002 - the word that users look for
    variables: Sequence[Variable] = DEFAULT_VARIABLES,
    units: Mapping[str, str] | None = None,
    min_hours: int = 18,
    timezone: str = DEFAULT_TIMEZONE,
    quality_control: bool = True,
) -> Observations:
    """Read station files into one table of daily means.

    Parameters
    ----------
    paths : path or iterable of paths
        Files of any mix of formats, plain or gzipped. Networks may come as files of their own,
        and their stations need not coincide.
    stations : path, StationList or sequence of Path, optional
        Station list, for files that hold no coordinates; several for several networks.
    format : str
        A key of `READERS`, or ``auto`` to tell from the first bytes, header and name of each file.
    variables : sequence of Variable
        Variables to look for, the units in which to give them, and the range outside which an
        hourly value is missing.
    units : mapping of str to str, optional
        Units in which the files give a variable, where their header does not say; the units in
        `variables` by default.
    min_hours : int
        Valid hours that make a daily mean.
    timezone : str
        Time zone of the calendar days, and of times that name none; a name such as
        ``Asia/Shanghai`` or an offset such as ``+08:00``.
    quality_control : bool
        Whether to leave stuck and isolated hourly values out of the daily means.

    Returns
    -------
    Observations
        Daily means, and the hourly values they were made of, with what is wrong with these; a
        variable that no file holds has no table.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If a file is damaged or in no known format, or the files contradict each other.

    Examples
    --------
    >>> observations = read_stations("examples/air_quality.csv")
    >>> len(observations.stations)
    900
    """
    files = [Path(paths)] if isinstance(paths, str | PathLike) else [Path(path) for path in paths]
    if not files:
        raise InputError("no station files were given; expected at least one")
    if format != "auto" and format not in READERS:
        raise InputError(f"the format '{format}' is not known; expected auto, {', '.join(READERS)}")
    by_name = {variable.name: variable for variable in variables}
    strangers = set(units or {}) - set(by_name)
    if strangers:
        raise InputError(
            f"units were given for {', '.join(sorted(strangers))}; the variables are "
            f"{', '.join(by_name)}"
        )
    if isinstance(stations, str | PathLike):
        stations = [Path(stations)]
    if stations is not None and not isinstance(stations, StationList):
        stations = read_station_lists(stations)
    request = ReadRequest(by_name, units or {}, parse_timezone(timezone), stations, min_hours)
    parts = (_read_file(path, format, request) for path in files)
    merged = daily_table(
        [_with_range_remarks(part, variables) if part.hourly else part for part in parts],
        variables,
        min_hours=min_hours,
        quality_control=quality_control,
    )
    warn_of_moved_stations(merged.stations)
    return replace(merged, files=(*merged.files, *stations.files)) if stations else merged


def _with_range_remarks(hourly: Observations, variables: Sequence[Variable]) -> Observations:
    """Say of a file how many of its hourly values are none, such as 9999."""
    remarks = []
    for variable in variables:
        if variable.name not in hourly.values:
            continue
        reasons = range_reasons(hourly.values[variable.name], variable)
        outside = int((reasons == Reason.OUT_OF_RANGE).sum())
        if outside:
            low, high = variable.valid_range
            remarks.append(
                f"{outside} hourly values of {variable.name} outside {low:g} to {high:g} "
                f"{variable.units} were left out"
            )
    file = hourly.files[0]
    return replace(hourly, files=(replace(file, remarks=(*file.remarks, *remarks)),))


def _read_file(path: Path, name: str, request: ReadRequest) -> Observations:
    file = open_station_file(path)
    if name != "auto":
        reader = READERS[name]
        if not reader.recognises(file):
            raise InputError(
                f"{file.name} is not laid out as '{name}': expected {reader.layout}, "
                f"got {shortened(file.header)}"
            )
        return reader.read(file, request)
    for key, reader in READERS.items():
        if reader.recognises(file):
            try:
                return reader.read(file, request)
            except InputError as error:
                raise InputError(f"{error} (read as '{key}': {reader.sign})") from error
    raise InputError(f"{file.name} is in no known format: {_expected(file.header)}")


def _expected(header: list[str]) -> str:
    """What a header should have been: that of the format that it is nearest to, if there is one."""
    present = {name.casefold() for name in header}
    likeness = {
        # Small and capital letters tell some apart, but people mix them up.
        key: np.mean([(column in header) + (column.casefold() in present) for column in columns])
        for key, reader in READERS.items()
        if (columns := reader.columns)
    }
    nearest = max(likeness, key=lambda key: likeness[key])
    if likeness[nearest] < _LEAST_LIKENESS:
        layouts = " or ".join(f"{reader.layout} ({key})" for key, reader in READERS.items())
        return f"expected {layouts}, got {shortened(header)}"
    reader = READERS[nearest]
    has = [name for name in header if name.casefold() in map(str.casefold, reader.columns)]
    lacks = [column for column in reader.columns if column not in header]
    differs = f"it lacks {listed(lacks)}" if lacks else "the rest does not follow"
    return (
        f"nearest is '{nearest}', as the header has {shortened(has)}, but {differs}; expected "
        f"{reader.layout}, got {shortened(header)}"
    )
