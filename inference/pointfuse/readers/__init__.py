"""Readers of station files: from any known format to one table of daily means.

A new format is one new module with `LAYOUT`, `recognises` and `read`, and one line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from pointfuse.daily import daily_table
from pointfuse.errors import InputError
from pointfuse.metadata import Variable
from pointfuse.observations import Observations, warn_of_moved_stations
from pointfuse.quality.hours import range_reasons
from pointfuse.quality.reasons import Reason
from pointfuse.readers import cnemc, tidy
from pointfuse.readers.csv_table import CsvTable, read_csv_table, shortened
from pointfuse.readers.request import ReadRequest
from pointfuse.readers.station_list import StationList, read_station_list
from pointfuse.timezones import parse_timezone

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


class Reader(NamedTuple):
    """A format: how its header looks, whether a header is one, and how to read a file."""

    layout: str
    recognises: Callable[[list[str]], bool]
    read: Callable[[CsvTable, ReadRequest], Observations]


READERS: dict[str, Reader] = {
    "cnemc": Reader(cnemc.LAYOUT, cnemc.recognises, cnemc.read),
    "tidy": Reader(tidy.LAYOUT, tidy.recognises, tidy.read),
}


def read_stations(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    stations: str | PathLike[str] | StationList | None = None,
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
    stations : path or StationList, optional
        Station list, for files that hold no coordinates.
    format : str
        A key of `READERS`, or ``auto`` to tell from the header of each file.
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
    station_list = (
        read_station_list(Path(stations)) if isinstance(stations, str | PathLike) else stations
    )
    request = ReadRequest(by_name, units or {}, parse_timezone(timezone), station_list)
    parts = (_read_file(path, format, request) for path in files)
    merged = daily_table(
        [_with_range_remarks(part, variables) if part.hourly else part for part in parts],
        variables,
        min_hours=min_hours,
        quality_control=quality_control,
    )
    warn_of_moved_stations(merged.stations)
    return replace(merged, files=(*merged.files, station_list.file)) if station_list else merged


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
    table = read_csv_table(path)
    if name != "auto":
        reader = READERS[name]
        if not reader.recognises(table.header):
            raise InputError(
                f"{table.name} is not laid out as '{name}': expected the header {reader.layout}, "
                f"got {shortened(table.header)}"
            )
        return reader.read(table, request)
    for reader in READERS.values():
        if reader.recognises(table.header):
            return reader.read(table, request)
    layouts = " or ".join(f"{reader.layout} ({key})" for key, reader in READERS.items())
    raise InputError(
        f"{table.name} is in no known format: expected the header {layouts}, got "
        f"{shortened(table.header)}"
    )
