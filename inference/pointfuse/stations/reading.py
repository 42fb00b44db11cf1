"""Read files and tables in memory into one table of daily means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from pointfuse.basics.printable import printable
from pointfuse.basics.timezones import parse_timezone
from pointfuse.basics.units import REFERENCE_CELSIUS
from pointfuse.errors import ArgumentError, InputError, UnreadableFileError, kind_of, require
from pointfuse.model.metadata import Variable
from pointfuse.stations.all_hours import (
    hourly_table,
    hours_of_parts,
    refuse_daily_statistics,
    stamped,
    warn_of_hours,
)
from pointfuse.stations.daily_means import unfinished_day
from pointfuse.stations.eight_hour_means import RULES, RuleName
from pointfuse.stations.files.left_out import LeftOut
from pointfuse.stations.files.remarks import on_gases, on_open_end, with_range_remarks
from pointfuse.stations.files.sources import Source, expanded, listed_sources
from pointfuse.stations.hours_to_days import daily_table
from pointfuse.stations.merging import warn_of_moved_stations
from pointfuse.stations.observations import Observations
from pointfuse.stations.own_clocks import by_own_clocks, refuse_own_clocks
from pointfuse.stations.pollutants import (
    POLLUTANTS,
    as_variables,
    with_hourly,
)
from pointfuse.stations.readers.formats import READERS, format_of
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_list import read_station_lists, warn_of_foreign_list
from pointfuse.stations.tables.cells import UnreadableCells
from pointfuse.stations.tables.station_file import (
    StationFile,
    open_station_file,
    read_whole_lines,
)

DEFAULT_VARIABLES = (
    POLLUTANTS["pm25"],
    Variable(
        "relative_humidity", "%", "relative_humidity", "daily mean relative humidity", (0.0, 100.0)
    ),
    Variable("wind_speed", "m s-1", "wind_speed", "daily mean wind speed", (0.0, 60.0)),
)
"""Variables of the shipped model."""

DEFAULT_TIMEZONE = "Asia/Shanghai"

LOW_COST = "low-cost sensors: values as they came, without a correction for humidity"
"""The remark on a file of them."""


def read_stations(
    paths: Source | Iterable[Source],
    *,
    stations: str | PathLike[str] | StationList | Sequence[str | PathLike[str]] | None = None,
    format: str = "auto",  # noqa: A002 - the word that users look for
    variables: Sequence[Variable | str] = DEFAULT_VARIABLES,
    units: Mapping[str, str] | None = None,
    min_hours: int = 18,
    timezone: str = DEFAULT_TIMEZONE,
    quality_control: bool = True,
    strict: bool = False,
    low_cost: bool = False,
    gas_temperature: float = REFERENCE_CELSIUS,
    mda8: RuleName = "china",
    partial: bool = False,
    hourly: bool = False,
) -> Observations:
    """Read station files, or a table in memory, into one table of daily means, or of hours.

    A file that cannot be read as a whole, a few cells or rows of a file, a last line that was cut
    off and a station at no place are left out with a warning or a remark on the file
    (`Observations.files`).

    Parameters
    ----------
    paths : path, open file, table, or iterable of them
        Files of any mix of formats, packed or not, and patterns such as ``2019/*.csv``. Networks
        may come as files of their own, and their stations need not coincide. A table of pandas,
        polars, pyarrow, geopandas or xarray has the columns of a tidy file, or of another format;
        messages count its rows from 0.
    stations : path, StationList or sequence of paths, optional
        Station list, for files that hold no coordinates; several for several networks.
    format : str
        A key of `READERS`, or ``auto`` to tell from the first bytes, header and name of each file.
    variables : sequence of Variable or str
        Variables to look for, the units in which to give them, and the range outside which an
        hourly value is missing; or names of `pointfuse.POLLUTANTS`: ``["no2", "o3_mda8"]``.
    units : mapping of str to str, optional
        Units in which the files give a variable, where their header does not say; the units in
        `variables` by default.
    min_hours : int
        Valid hours that make a daily mean.
    timezone : str
        Time zone of the calendar days, and of times that name none; a name such as
        ``Asia/Shanghai``, an offset such as ``+08:00``, or ``longitude``: days by the sun at each
        station, for stations that are zones apart. Times that name no zone are then UTC.
    quality_control : bool
        Whether to leave stuck and isolated hourly values out of the daily means.
    strict : bool
        Whether what would be left out is an error.
    low_cost : bool
        Whether to use files of low-cost sensors too, whose errors are larger.
    gas_temperature : float
        Temperature (degrees Celsius, at 1013.25 hPa) of the masses that ppb and ppm of gases are
        turned into: 25 in China (since September 2018) and the United States, 20 in Europe.
    mda8 : str
        The rule for the largest 8-hour mean of a day: ``china`` (HJ 663-2013), ``us`` (40 CFR 50)
        or ``eu`` (directive 2008/50/EC).
    partial : bool
        Whether the last day, if it is not over, counts as what it is: the mean of its hours so far,
        of which a station needs the share that `min_hours` is of a day.
    hourly : bool
        Whether to give the hours themselves, checked, in place of means over days: every hour from
        the first to the last of the days in the files, as the network stamps it.

    Returns
    -------
    Observations
        Hours; or daily means, and the hourly values they were made of, with what is wrong with
        these; a variable that no file holds has no table.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    ArgumentError
        If an argument is of another kind, such as a dictionary in place of a table.
    InputError
        If many cells of a file cannot be read, no file can, or the files contradict each other.

    Examples
    --------
    >>> observations = read_stations("examples/air_quality.csv")
    >>> len(observations.stations)
    900
    """
    sources = listed_sources(paths)
    if not sources:
        raise InputError("no station files were given; expected at least one")
    request = read_request(
        stations=stations,
        variables=variables,
        units=units,
        min_hours=min_hours,
        timezone=timezone,
        strict=strict,
        format=format,
        low_cost=low_cost,
        gas_temperature=gas_temperature,
        mda8=mda8,
    )
    require(partial, bool, "partial, True or False", source="for a last day that is not over")
    require(hourly, bool, "hourly, True or False", source="for hours in place of days")
    if partial and hourly:
        raise InputError("partial=True is for days; hourly=True gives the hours that there are")
    if hourly:
        refuse_own_clocks(request.timezone)
        refuse_daily_statistics(as_variables(variables))
    left_out = LeftOut(strict=strict)
    parts = []
    for source in sources:
        with left_out.trying(printable(source.name)):
            parts.append(read_source(source, request))
    left_out.refuse_or_warn([file for part in parts for file in part.files])
    wanted = as_variables(variables)
    if hourly:
        warn_of_hours(stamped(parts), request.timezone)
        merged = hourly_table(parts, wanted, hours_of_parts(parts), quality_control=quality_control)
    else:
        unfinished = unfinished_day(parts, wanted[0]) if partial and wanted else None
        merged = daily_table(
            parts,
            wanted,
            min_hours=min_hours,
            quality_control=quality_control,
            mda8=mda8,
            unfinished=unfinished,
        )
    warn_of_moved_stations(merged.stations)
    if request.station_list is not None:
        warn_of_foreign_list(merged.stations, request.station_list)
    lists = request.station_list.files if request.station_list else ()
    return replace(merged, files=(*merged.files, *left_out.files, *lists))


def read_request(
    *,
    stations: str | PathLike[str] | StationList | Sequence[str | PathLike[str]] | None = None,
    variables: Sequence[Variable | str] = DEFAULT_VARIABLES,
    units: Mapping[str, str] | None = None,
    min_hours: int = 18,
    timezone: str = DEFAULT_TIMEZONE,
    strict: bool = False,
    format: str = "auto",  # noqa: A002 - as in `read_stations`
    low_cost: bool = False,
    gas_temperature: float = REFERENCE_CELSIUS,
    mda8: RuleName = "china",
) -> ReadRequest:
    """What `read_stations` is asked for, once its arguments are checked and its list is read.

    Parameters
    ----------
    stations, variables, units, min_hours, timezone, strict, format, low_cost, gas_temperature, mda8
        As for `read_stations`.

    Raises
    ------
    InputFileNotFoundError, ArgumentError, InputError
        As `read_stations`.
    """
    require(format, str, "a format as text", source=f"one of auto, {', '.join(READERS)}")
    if format != "auto" and format not in READERS:
        raise InputError(f"the format '{format}' is not known; expected auto, {', '.join(READERS)}")
    require(timezone, str, "a time zone such as 'Asia/Shanghai'", source="name it as text")
    if mda8 not in RULES:
        raise InputError(f"the rule {mda8!r} is not known; expected one of {', '.join(RULES)}")
    require(gas_temperature, (int, float), "a temperature in degrees Celsius", source="such as 25")
    if not -100 < gas_temperature < 100:
        raise InputError(
            f"expected a temperature from -100 to 100 degrees Celsius, got {gas_temperature}"
        )
    require(min_hours, int, "min_hours, a whole number", source="a day has 1 to 24 of them")
    return ReadRequest(
        _by_name(variables, units),
        units or {},
        parse_timezone(timezone),
        _station_list(stations, strict=strict),
        min_hours,
        strict,
        format,
        low_cost,
        gas_temperature,
        mda8,
    )


def _by_name(
    variables: Sequence[Variable | str], units: Mapping[str, str] | None
) -> dict[str, Variable]:
    """Variables by their names, once it is sure that all units are of one of them."""
    own = "by default those of the shipped model; those of another are model.metadata.variables"
    require(variables, Sequence, "a sequence of variables (pointfuse.Variable)", source=own)
    if units is not None:
        require(units, Mapping, "units by variable", source="such as {'pm25': 'mg/m3'}")
    by_name = with_hourly(as_variables(variables))
    strangers = set(units or {}) - set(by_name)
    if strangers:
        raise InputError(
            f"units were given for {', '.join(sorted(map(str, strangers)))}; the variables are "
            f"{', '.join(by_name)}"
        )
    return by_name


def _station_list(
    given: str | PathLike[str] | StationList | Sequence[str | PathLike[str]] | None,
    *,
    strict: bool,
) -> StationList | None:
    """The station list that an argument names."""
    if given is None or isinstance(given, StationList):
        return given
    paths = [given] if isinstance(given, str | PathLike) else given
    if not isinstance(paths, Sequence) or not all(isinstance(p, str | PathLike) for p in paths):
        raise ArgumentError(
            "expected a station list - a path, several, or what read_station_list gives - got "
            f"{kind_of(given)}"
        )
    return read_station_lists(expanded(paths), strict=strict)


def read_source(source: Path | StationFile, request: ReadRequest) -> Observations:
    """Hourly values or daily means of one file or table, unchecked, but for few that are left out.

    Parameters
    ----------
    source : Path or StationFile
        What to read.
    request : ReadRequest
        What was asked for.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `read_stations`.
    """
    cells = UnreadableCells()
    try:
        found = read_part(source, request, cells)
    except UnreadableFileError:
        cells.refuse(strict=request.strict)  # where all rows were left out, that is why
        raise
    cells.refuse(strict=request.strict)
    return replace(found, files=(found.files[0].with_remarks(cells.remarks()),))


def read_part(
    source: Path | StationFile, request: ReadRequest, cells: UnreadableCells
) -> Observations:
    """Hourly values or daily means of one file or table, or of a part of a file, unchecked.

    Parameters
    ----------
    source : Path or StationFile
        What to read.
    request : ReadRequest
        What was asked for.
    cells : UnreadableCells
        Takes note of cells and rows that are left out since they cannot be read.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `read_stations`.
    """
    file = (
        source.noted_in(cells)
        if isinstance(source, StationFile)
        else open_station_file(source, cells)
    )
    found = by_own_clocks(_read_file(file, request))
    return with_range_remarks(found, request.variables.values()) if found.hourly else found


def _read_file(file: StationFile, request: ReadRequest) -> Observations:
    file, key = format_of(file, request.format)
    if READERS[key].low_cost and not request.low_cost:
        raise UnreadableFileError(
            f"{file.name} holds low-cost sensors ({key}), whose errors are larger; give --low-cost "
            "(low_cost=True) to use them among the others"
        )
    read_as = f" (read as '{key}': {READERS[key].sign})" if request.format == "auto" else ""
    file.cells.read_as = read_as
    try:
        found, remarks = read_whole_lines(
            file, lambda whole: READERS[key].read(whole, request), strict=request.strict
        )
    except InputError as error:
        raise type(error)(f"{error}{read_as}") from error
    if remarks and found.hourly and len(found.times) and found.times[-1].item().hour < 23:
        remarks.append(f"its hours go up to {found.times[-1]}")
    if READERS[key].columns:
        remarks = remarks or on_open_end(file, request)
        remarks = [*remarks, *file.table.remarks]
    if READERS[key].low_cost:
        remarks = [*remarks, LOW_COST]
    remarks = [*remarks, *on_gases(found.files[0], request)]
    written = "netCDF" if key == "cf" else file.table.written
    read_file = replace(found.files[0].with_remarks(remarks), written=written)
    return replace(found, files=(read_file,))
