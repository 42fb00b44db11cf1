"""Options for reading station files, shared by all commands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import click
import numpy as np
from click.core import ParameterSource

from pointfuse.basics.timezones import parse_period, parse_timezone, utc_midnights
from pointfuse.basics.units import REFERENCE_CELSIUS
from pointfuse.commands.shared.inputs_and_outputs import InputFile
from pointfuse.commands.shared.running import gathered, model_file_option, running_options
from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata, Variable
from pointfuse.stations.eight_hour_means import RULES, RuleName
from pointfuse.stations.files.sources import expanded
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.formats import READERS
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.station_list import read_station_lists
from pointfuse.stations.reading import DEFAULT_TIMEZONE, read_request, read_stations

logger = logging.getLogger(__name__)

_FARTHEST_NOON = 4.0
"""Hours that clocks may be ahead of the sun or behind it: no country's are farther."""

days_option = click.option(
    "--days", metavar="A:B", help="First and last day: 2019-01-01:2019-01-31."
)
"""The option that `parse_days` reads, the same for every command."""

stations_option = click.option(
    "--stations",
    type=InputFile(),
    multiple=True,
    help="Station list, for files without coordinates; repeat it for each network.",
)
"""The option that names station lists, the same for every command."""

domain_option = click.option(
    "--domain",
    metavar="FILE|auto",
    help="Where to make fields with the model of any place: a file of 'pointfuse domain', or "
    "auto for around the stations.",
)
"""The option that says where fields are made, the same for every command."""

min_hours_option = click.option(
    "--min-hours",
    type=click.IntRange(1, 24),
    default=18,
    show_default=True,
    help="Least number of valid hours for a daily mean.",
)
timezone_option = click.option(
    "--timezone",
    default=DEFAULT_TIMEZONE,
    show_default=True,
    help="Time zone of the days; longitude takes the sun at each station.",
)

low_cost_option = click.option(
    "--low-cost",
    is_flag=True,
    help="Use files of low-cost sensors too, which have larger errors.",
)
gas_temperature_option = click.option(
    "--gas-temperature",
    type=click.FloatRange(-100, 100, min_open=True, max_open=True),
    default=REFERENCE_CELSIUS,
    show_default=True,
    help="Degrees Celsius at which ppb of a gas become ug m-3; 20 in Europe.",
)
mda8_option = click.option(
    "--mda8",
    type=click.Choice([*RULES]),
    default="china",
    show_default=True,
    help="Rule for the largest 8-hour mean of a day.",
)

_READING = (
    click.argument("files", nargs=-1, required=True, type=InputFile()),
    stations_option,
    click.option(
        "--format",
        type=click.Choice(["auto", *READERS]),
        default="auto",
        show_default=True,
        help="Format of the files.",
    ),
    model_file_option,
    domain_option,
    days_option,
    click.option(
        "--units",
        multiple=True,
        metavar="VARIABLE=UNIT",
        help="Unit of a variable without one in the header, such as pm25=mg/m3.",
    ),
    min_hours_option,
    timezone_option,
    click.option(
        "--strict",
        is_flag=True,
        help="End with an error if a file, line, cell or place would be left out.",
    ),
    low_cost_option,
    gas_temperature_option,
    mda8_option,
)


@dataclass(frozen=True)
class ReadingOptions:
    """What is read, how, and for which model, as it was typed.

    Parameters
    ----------
    files : tuple of Path
        Files of observations, and patterns such as '2019/*.csv'.
    stations : tuple of Path
        Station lists.
    format : str
        Format of the files, or ``auto``.
    model : Path, optional
        File of the model that they are read for; the shipped one by default.
    days : str, optional
        First and last day.
    units : tuple of str
        Units of variables: VARIABLE=UNIT.
    min_hours : int
        Valid hours that make a daily mean.
    timezone : str
        Time zone in which days begin and end.
    domain : str, optional
        File of a domain, or ``auto``; the grid of the model by default.
    strict : bool
        Whether files, lines and places that would be left out are errors.
    low_cost : bool
        Whether files of low-cost sensors are used too.
    gas_temperature : float
        Degrees Celsius at which shares of the air become masses.
    mda8 : str
        The rule for largest 8-hour means of a day.
    """

    files: tuple[Path, ...]
    stations: tuple[Path, ...]
    format: str
    model: Path | None
    days: str | None
    units: tuple[str, ...]
    min_hours: int
    timezone: str
    domain: str | None = None
    strict: bool = False
    low_cost: bool = False
    gas_temperature: float = REFERENCE_CELSIUS
    mda8: RuleName = "china"


reading_options = gathered("reading", ReadingOptions, _READING)
"""Give a command the argument ``reading``: `ReadingOptions`."""


def reading_and_running(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what is read and how a model runs: ``reading`` and ``running``."""
    return reading_options(running_options(command))


no_qc_option = click.option("--no-qc", is_flag=True, help="Use suspect observations too.")
"""The option of commands that can do without quality control."""


def station_files(options: ReadingOptions) -> list[Path]:
    """The files that the arguments name, with patterns such as '2019/*.csv' expanded, in order.

    Raises
    ------
    InputFileNotFoundError
        If nothing matches a pattern.
    """
    return expanded(options.files)


def station_list(options: ReadingOptions) -> StationList | None:
    """The station lists that the arguments name as one; None without any.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `pointfuse.stations.readers.station_list.read_station_lists`.
    """
    if not options.stations:
        return None
    return read_station_lists(options.stations, strict=options.strict)


class _ReadingArguments(TypedDict):
    """Arguments of `pointfuse.read_stations` but the files, the station list and the checks."""

    format: str
    variables: Sequence[Variable]
    units: Mapping[str, str]
    min_hours: int
    timezone: str
    strict: bool
    low_cost: bool
    gas_temperature: float
    mda8: RuleName


def requested(options: ReadingOptions, metadata: ModelMetadata) -> ReadRequest:
    """What the arguments ask of each file, with the station lists that they name read.

    Raises
    ------
    InputFileNotFoundError, InputError
        As `pointfuse.stations.readers.station_list.read_station_lists`.
    """
    return read_request(stations=station_list(options), **_reading_arguments(options, metadata))


def _reading_arguments(options: ReadingOptions, metadata: ModelMetadata) -> _ReadingArguments:
    """What the arguments ask of each file, whatever model and stations it is read for.

    A warning tells who left the time zone to its default on a grid where the sun is elsewhere.
    """
    if metadata.own_grid is not None:
        warn_of_default_timezone(options.timezone, metadata.own_grid)
    return {
        "format": options.format,
        "variables": metadata.variables,
        "units": _parse_units(options.units),
        "min_hours": options.min_hours,
        "timezone": options.timezone,
        "strict": options.strict,
        "low_cost": options.low_cost,
        "gas_temperature": options.gas_temperature,
        "mda8": options.mda8,
    }


def warn_of_default_timezone(timezone: str, grid: Grid) -> None:
    """Tell who left the time zone to its default, on a grid where the sun is elsewhere."""
    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source("timezone") != ParameterSource.DEFAULT:
        return
    day = np.array(["2000-01-01"], "datetime64[D]")
    midnight = utc_midnights(day, parse_timezone(timezone))
    clock = float((day - midnight)[0] / np.timedelta64(1, "h"))
    longitude, _ = grid.longitude_latitude()
    middle = float(longitude[longitude.shape[0] // 2, longitude.shape[1] // 2])
    ahead = (clock - middle / 15 + 12) % 24 - 12
    if abs(ahead) > _FARTHEST_NOON:
        logger.warning(
            "days begin and end in the time zone %s, by default, but the middle of the grid lies "
            "at %.0f degrees east, where noon is %.0f hours from that of its clocks; name the time "
            "zone of the stations with --timezone",
            timezone,
            middle,
            abs(ahead),
        )


def read_observations(
    options: ReadingOptions,
    model: Model,
    *,
    stations: StationList | None = None,
    quality_control: bool = True,
    hourly: bool = False,
) -> Observations:
    """Daily means, or hours, that the arguments name; only their hours are checked.

    Parameters
    ----------
    options : ReadingOptions
        The arguments.
    model : Model
        The model that they are read for.
    stations : StationList, optional
        The station lists that the arguments name, where they have been read before.
    quality_control : bool
        Whether to leave stuck and isolated hourly values out.
    hourly : bool
        Whether hours are wanted.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, or it cannot be read.
    """
    period = parse_days(options.days)
    return read_stations(
        station_files(options),
        stations=stations or station_list(options),
        quality_control=quality_control,
        hourly=hourly,
        **_reading_arguments(options, model.metadata),
    ).between(*period)


def parse_days(text: str | None) -> tuple[np.datetime64 | None, np.datetime64 | None]:
    """A period as it is typed: 2019-01-01:2019-01-31, open where a day is left out."""
    if text is None:
        return None, None
    try:
        return parse_period(text)
    except InputError as error:
        raise click.BadParameter(str(error), param_hint="--days") from error


def _parse_units(options: tuple[str, ...]) -> dict[str, str]:
    units = {}
    for option in options:
        variable, equals, unit = option.partition("=")
        if not (variable and equals and unit):
            raise click.BadParameter(
                f"expected VARIABLE=UNIT, got '{option}'", param_hint="--units"
            )
        units[variable] = unit
    return units
