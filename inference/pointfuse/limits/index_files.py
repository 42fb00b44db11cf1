"""Indices of files of fields, and days above a level, as CF netCDF."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.printable import listed, printable
from pointfuse.basics.progress import Progress
from pointfuse.errors import InputError
from pointfuse.fields.cf.time_variables import provisional_variable
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.derived_file import define_places, define_times, inherited_attributes
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.fields.netcdf import create_variable
from pointfuse.limits.concentrations import pollutant_of
from pointfuse.limits.indices import AirQuality, sub_index, worst
from pointfuse.limits.standards import Standard

INDEX, LEVEL, MAIN, DAYS = "air_quality_index", "air_quality_level", "main_pollutant", "days_above"
_ON_CELLS = ("time", "y", "x")
_PLACED = {"grid_mapping": "crs", "coordinates": "lat lon"}


@dataclass(frozen=True)
class IndexChoices:
    """What is computed of files.

    Parameters
    ----------
    standard : Standard
        The standard.
    days_above : str, optional
        A level: the number of days that are worse, in place of the index of each day.
    variables : sequence of str
        Variables to read of each file; the fused one by default.
    first, last : datetime64[D], optional
        First and last day; all by default.
    """

    standard: Standard
    days_above: str | None = None
    variables: Sequence[str] = ()
    first: np.datetime64 | None = None
    last: np.datetime64 | None = None


def write_index(
    files: Sequence[Path], output: Path, choices: IndexChoices, history: str, progress: Progress
) -> int:
    """Write the index of one or several pollutants to a CF netCDF file.

    Parameters
    ----------
    files : sequence of Path
        netCDF files of daily fields on one grid.
    output : Path
        File to write.
    choices : IndexChoices
        What is computed.
    history : str
        What was done, for the file's history.
    progress : callable
        Shows how far it is.

    Returns
    -------
    int
        Days that were read.

    Raises
    ------
    InputFileNotFoundError, InputError
        If a file is missing, holds no pollutant of the standard, or does not fit the others.
    OutputError
        If the file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        sources = [
            stack.enter_context(opened(path, variable))
            for path in files
            for variable in choices.variables or (None,)
        ]
        days = _common_days(sources, choices)
        with (
            replacing(output) as temporary,
            netCDF4.Dataset(temporary, "w") as dataset,
            progress(len(days), "computing") as bar,
        ):
            define_places(dataset, sources[0])
            write = _write_daily if choices.days_above is None else _write_count
            write(dataset, sources, days, choices, bar.update)
            dataset.setncatts(_attributes(sources, choices, history))
    return len(days)


def _write_daily(
    dataset: netCDF4.Dataset,
    sources: Sequence[MapFile],
    days: NDArray[np.datetime64],
    choices: IndexChoices,
    advance: Callable[[int], object],
) -> None:
    """Write the index of each day."""
    define_times(dataset, sources[0], _times_of(sources[0], days))
    for variable in _daily_variables(sources, choices.standard):
        create_variable(dataset, variable)
    unfinished = np.concatenate([source.provisional_days for source in sources])
    provisional = provisional_variable(np.isin(days, unfinished))
    create_variable(dataset, provisional)[:] = provisional.values
    for number, day in enumerate(days):
        quality = _quality_of(sources, choices.standard, day)
        missing = quality.level == 0
        dataset[INDEX][number] = np.ma.masked_where(missing, quality.index)
        dataset[LEVEL][number] = np.ma.masked_where(missing, quality.level)
        if MAIN in dataset.variables:
            dataset[MAIN][number] = np.ma.masked_where(missing, quality.main_pollutant)
        advance(1)


def _write_count(
    dataset: netCDF4.Dataset,
    sources: Sequence[MapFile],
    days: NDArray[np.datetime64],
    choices: IndexChoices,
    advance: Callable[[int], object],
) -> None:
    """Write the number of days that are worse than a level."""
    name = str(choices.days_above)
    best = _number_of(choices.standard, name)
    above = np.zeros(sources[0].grid.shape, np.float32)
    known = np.zeros(sources[0].grid.shape, bool)
    for day in days:
        level = _quality_of(sources, choices.standard, day).level
        above += level > best
        known |= level > 0
        advance(1)
    define_times(dataset, sources[0], _times_of(sources[0], days), whole=True)
    variable = _days_variable(sources, choices.standard, name, days)
    create_variable(dataset, variable)[0] = np.ma.masked_where(~known, above)


def _common_days(sources: Sequence[MapFile], choices: IndexChoices) -> NDArray[np.datetime64]:
    """Days of all sources, which are on one grid.

    Raises
    ------
    InputError
        If they are not, or have no day in common.
    """
    first = sources[0]
    days = np.unique(first.days)
    for source in sources:
        if source.hourly:
            raise InputError(
                f"expected fields of days, got hours in {source.path.name}: an index is of the "
                "values of days; fuse it without --hourly"
            )
    for source in sources[1:]:
        if not first.grid.coincides(source.grid):
            raise InputError(
                f"{first.path.name} and {source.path.name} are on different grids; regrid one of "
                "them"
            )
        days = np.intersect1d(days, source.days)
    chosen = np.ones(len(days), bool)
    if choices.first is not None:
        chosen &= days >= choices.first
    if choices.last is not None:
        chosen &= days <= choices.last
    if not chosen.any():
        names = listed(dict.fromkeys(source.path.name for source in sources))
        raise InputError(
            f"{names} hold no common day of {choices.first or ''}:{choices.last or ''}; the first "
            f"holds {first.days[0]} to {first.days[-1]}"
        )
    found: NDArray[np.datetime64] = days[chosen]
    return found


def _times_of(source: MapFile, days: NDArray[np.datetime64]) -> list[int]:
    """Places of days along the time axis; the first where one stands there twice."""
    return [int(np.flatnonzero(source.days == day)[0]) for day in days]


def _quality_of(sources: Sequence[MapFile], standard: Standard, day: np.datetime64) -> AirQuality:
    """Air quality of a day from all sources."""
    indices = []
    for source in sources:
        (time,) = _times_of(source, np.array([day]))
        variable = source.dataset[source.variable]
        pollutant = pollutant_of(source.variable, str(getattr(variable, "standard_name", "")))
        units = str(getattr(variable, "units", "ug m-3"))
        values = source.field(source.variable, time)
        try:
            indices.append(sub_index(standard, pollutant, values, units))
        except InputError as error:
            raise InputError(f"{source.path.name}: {error}") from error
    return worst(standard, indices, tuple(source.variable for source in sources))


def _daily_variables(sources: Sequence[MapFile], standard: Standard) -> list[CFVariable]:
    """Definitions of the index, its level and, of several pollutants, the main one."""
    names = [source.variable for source in sources]
    several = len(sources) > 1
    companions = f"{LEVEL} {MAIN}" if several else LEVEL
    levels = {
        "flag_values": np.arange(1, len(standard.levels) + 1, dtype=np.int8),
        "flag_meanings": " ".join(level.name for level in standard.levels),
        "flag_colors": " ".join(level.colour for level in standard.levels),
    }
    empty = np.zeros((0, 0, 0))
    variables = [
        CFVariable(
            INDEX,
            _ON_CELLS,
            empty.astype(np.float32),
            {
                "long_name": f"{standard.title} of {listed(names)}",
                "units": "1",
                "ancillary_variables": companions,
                "index_standard": standard.name,
                **_PLACED,
            },
            gaps=True,
        ),
        CFVariable(
            LEVEL,
            _ON_CELLS,
            empty.astype(np.int8),
            {"long_name": f"level of the {standard.title}", **levels, **_PLACED},
            gaps=True,
        ),
    ]
    if several:
        of_names = {
            "flag_values": np.arange(len(names), dtype=np.int8),
            "flag_meanings": " ".join(names),
        }
        title = f"pollutant with the highest {standard.title}"
        variables.append(
            CFVariable(
                MAIN,
                _ON_CELLS,
                empty.astype(np.int8),
                {"long_name": title, **of_names, **_PLACED},
                gaps=True,
            )
        )
    return variables


def _number_of(standard: Standard, level: str) -> int:
    """Number of a level.

    Raises
    ------
    InputError
        If the standard has no level of that name, or none is worse.
    """
    names = [each.name for each in standard.levels][:-1]
    if level not in names:
        raise InputError(
            f"expected a level of the {standard.title} that others are worse than ("
            f"{', '.join(names)}), got '{printable(level)}'"
        )
    return 1 + names.index(level)


def _days_variable(
    sources: Sequence[MapFile], standard: Standard, level: str, days: NDArray[np.datetime64]
) -> CFVariable:
    """Definition of the number of days that are worse than a level."""
    names = listed(source.variable for source in sources)
    worse = level.replace("_", " ")
    return CFVariable(
        DAYS,
        _ON_CELLS,
        np.zeros((0, 0, 0), np.float32),
        {
            "long_name": f"days of {len(days)} with {names} worse than '{worse}' "
            f"({standard.source}), {days[0]} to {days[-1]}",
            "units": "day",
            "cell_methods": "time: sum",
            "valid_min": np.float32(0),
            **_PLACED,
        },
        gaps=True,
    )


def _attributes(sources: Sequence[MapFile], choices: IndexChoices, history: str) -> dict[str, str]:
    """Global attributes: what the file is, and what it was made of."""
    standard, first = choices.standard, sources[0]
    averaging = (
        " The bands are those of hourly concentrations; here they are applied to what the files "
        "hold."
        if standard.any_averaging
        else ""
    )
    return {
        **inherited_attributes(first, history),
        "title": f"{standard.title[:1].upper()}{standard.title[1:]} ({standard.source})",
        "source": "; ".join(dict.fromkeys(source.source for source in sources)),
        "references": standard.source,
        "comment": f"From {listed(dict.fromkeys(source.path.name for source in sources))}."
        + averaging,
    }
