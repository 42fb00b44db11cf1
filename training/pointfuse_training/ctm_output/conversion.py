"""From files of a transport model to an archive: what is there is left alone."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.basics.timezones import zone_name
from pointfuse.errors import InputError
from pointfuse.grid.projections import Projection
from pointfuse.version import __version__
from pointfuse_training.archives.archive import Archive, check_origin
from pointfuse_training.archives.archive_variables import (
    RELATIVE_HUMIDITY,
    WIND_SPEED,
    ArchiveVariable,
    packing_resolution,
)
from pointfuse_training.archives.archive_writer import make_folder, writing
from pointfuse_training.ctm_output import quantities
from pointfuse_training.ctm_output.daily_means import DailyMeans, daily_means
from pointfuse_training.ctm_output.formats import open_output
from pointfuse_training.ctm_output.output_file import OutputFile
from pointfuse_training.ctm_output.quantities import Recipe
from pointfuse_training.ctm_output.targets import find_target

_NEGATIVE = 1e-3
"""Share of the highest value that a daily mean may be below 0: advection schemes undershoot."""

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Conversion:
    """What is to be converted.

    Parameters
    ----------
    variables : tuple of ArchiveVariable
        The target, then relative humidity and wind speed where they are wanted.
    sources : tuple of DailyMeans
        Where each of them is read.
    timezone : tzinfo
        Time zone in which days begin and end.
    scenarios : list of ndarray of datetime64[D]
        Consecutive days that make a file each.
    incomplete : list of str
        Days that are left out, with what they have of each quantity.
    """

    variables: tuple[ArchiveVariable, ...]
    sources: tuple[DailyMeans, ...]
    timezone: datetime.tzinfo
    scenarios: list[Days]
    incomplete: list[str]

    @property
    def days(self) -> int:
        """Number of days of the archive."""
        return sum(map(len, self.scenarios))


def plan_conversion(
    paths: Sequence[Path],
    *,
    target: str = "pm25",
    standard_name: str | None = None,
    projection: Projection | None = None,
    timezone: datetime.tzinfo = datetime.UTC,
    weather: bool = True,
    on_file: Callable[[int], None] = lambda files: None,
) -> Conversion:
    """Look at files of a model, and settle what an archive of them holds.

    Parameters
    ----------
    paths : sequence of Path
        Files of any known formats, in any order: those of the chemistry, and of the meteorology
        where it has files of its own.
    target : str
        What to make the archive for; see `find_target`.
    standard_name : str, optional
        CF standard name of a target that is not known.
    projection : Projection, optional
        Projection of files that name none.
    timezone : tzinfo
        Time zone in which days begin and end.
    weather : bool
        Whether the archive has humidity and wind speed.
    on_file : callable
        Told 1 after each file.

    Raises
    ------
    InputFileNotFoundError
        If a file does not exist.
    InputError
        If a file cannot be used, a field is lacking, or no day is complete.
    """
    files = []
    for path in dict.fromkeys(paths):
        files.append(open_output(path, projection))
        on_file(1)
    _check_grids(files)
    found = find_target(target, files, standard_name)
    wanted: list[tuple[ArchiveVariable, tuple[Recipe, ...]]] = [(found.variable, (found.recipe,))]
    if weather:
        wanted.append((RELATIVE_HUMIDITY, quantities.RELATIVE_HUMIDITY))
        wanted.append((WIND_SPEED, quantities.WIND_SPEED))
    sources = []
    for variable, recipes in wanted:
        means = daily_means(variable.name, recipes, files, timezone)
        if means is None:
            raise InputError(
                f"no file has {variable.long_name}: expected fields {quantities.needed(recipes)}; "
                "give the files of the meteorology too, or ask for an archive without weather"
            )
        sources.append(means)
    complete, incomplete = _complete_days(sources)
    variables = tuple(variable for variable, _ in wanted)
    return Conversion(variables, tuple(sources), timezone, _scenarios(complete), incomplete)


def convert(
    conversion: Conversion, folder: Path, *, on_day: Callable[[int], None] = lambda days: None
) -> list[Path]:
    """Write the archive, a file for the consecutive days of a month.

    Files that are there are not made again: an interrupted run goes on where it was, and an archive
    can grow by further months.

    Parameters
    ----------
    conversion : Conversion
        What `plan_conversion` settled.
    folder : Path
        Folder of the archive; made where it does not exist.
    on_day : callable
        Told how many days have been written, or were there.

    Returns
    -------
    list of Path
        The files, in the order of their days.

    Raises
    ------
    InputError
        If a file cannot be read, or the folder holds other days.
    OutputError
        If the archive cannot be written.
    """
    make_folder(folder)
    paths = [folder / f"days_{str(days[0]).replace('-', '')}.nc" for days in conversion.scenarios]
    _check_others(conversion, folder, paths)
    for path, days in zip(paths, conversion.scenarios, strict=True):
        origin = _origin(conversion, days)
        if path.exists():
            check_origin(path, origin)
            on_day(len(days))
        else:
            _write(conversion, days, path, origin, on_day)
    return paths


def _check_grids(files: Sequence[OutputFile]) -> None:
    first = files[0].layout.axes.grid
    for file in files[1:]:
        grid = file.layout.axes.grid
        if not first.coincides(grid):
            raise InputError(
                f"{file.path.name} has other cells ({grid.rows} x {grid.columns} of "
                f"{grid.cell_size:g} m) than {files[0].path.name} ({first.rows} x {first.columns} "
                f"of {first.cell_size:g} m); give files of one grid"
            )


def _complete_days(sources: Sequence[DailyMeans]) -> tuple[Days, list[str]]:
    """Days that all quantities have in full, and what others have of each.

    Raises
    ------
    InputError
        If there is no such day.
    """
    days = sorted({day for source in sources for day in source.records})
    complete = [day for day in days if all(source.is_complete(day) for source in sources)]
    incomplete = [
        f"{day}: {', '.join(source.count(day) for source in sources)}"
        for day in days
        if day not in set(complete)
    ]
    if not complete:
        raise InputError(
            f"no day is complete; the files have {'; '.join(incomplete[:3])}; give all files of a "
            "day, and the time zone in which it begins"
        )
    return np.array(complete), incomplete


def _scenarios(days: Days) -> list[Days]:
    """Runs of consecutive days, parted at the end of each month."""
    months = days.astype("datetime64[M]")
    gaps = (np.diff(days) != np.timedelta64(1, "D")) | (months[1:] != months[:-1])
    return np.split(days, np.flatnonzero(gaps) + 1)


def _check_others(conversion: Conversion, folder: Path, paths: Sequence[Path]) -> None:
    """Other files of the archive must be alike, and must not hold the same days."""
    if not any(path.name[0] != "." for path in folder.glob("*.nc")):
        return
    archive = Archive(folder)
    grid, target = conversion.sources[0].files[0].layout.axes.grid, conversion.variables[0]
    if not archive.grid.coincides(grid) or archive.target.name != target.name:
        raise InputError(
            f"{folder} holds an archive of {archive.target.name} on {archive.grid.rows} x "
            f"{archive.grid.columns} cells, this run makes one of {target.name} on {grid.rows} x "
            f"{grid.columns} cells; name another folder"
        )
    wanted = np.concatenate(conversion.scenarios)
    for path in set(archive.files) - set(paths):
        if (twice := np.intersect1d(archive.dates_in(path), wanted)).size:
            raise InputError(
                f"{path} has {twice[0]} already, which this run would write to another file; name "
                "another folder, or remove the file"
            )


def _origin(conversion: Conversion, days: Days) -> dict[str, Any]:
    """All that a file depends on."""
    inputs = _inputs(conversion, days)
    listed = "\n".join(f"{file.path.name} {file.path.stat().st_size}" for file in inputs)
    target = conversion.sources[0]
    return {
        "code_version": __version__,
        "fields": " + ".join(target.recipe.names_in(target.files[0]) or ()),
        "variables": " ".join(variable.name for variable in conversion.variables),
        "day_timezone": zone_name(conversion.timezone),
        "days": len(days),
        "inputs_sha256": hashlib.sha256(listed.encode()).hexdigest(),
    }


def _inputs(conversion: Conversion, days: Days) -> list[OutputFile]:
    """Files that some days are made of, each once."""
    files = [file for source in conversion.sources for file in source.inputs(list(days))]
    return list({file.path: file for file in files}.values())


def _write(
    conversion: Conversion,
    days: Days,
    path: Path,
    origin: dict[str, Any],
    on_day: Callable[[int], None],
) -> None:
    inputs = _inputs(conversion, days)
    formats = ", ".join(sorted({file.format for file in inputs}))
    target, *weather = conversion.variables
    names = ", ".join(variable.long_name for variable in conversion.variables)
    attributes = origin | {
        "title": f"Simulated {names}",
        "source": f"output of a chemical transport model ({formats})",
        # Without a date: the same run makes the same file.
        "history": f"pointfuse-train archive: {len(inputs)} files, {inputs[0].path.name} to "
        f"{inputs[-1].path.name}",
    }
    variables = (replace(target, resolution=_resolution(conversion, days)), *weather)
    grid = conversion.sources[0].files[0].layout.axes.grid
    first = days[0].astype(datetime.date)
    with writing(
        path, grid, first, attributes, variables=variables, timezone=conversion.timezone
    ) as writer:
        for fields in _fields(conversion, days):
            writer.append(fields)
            on_day(1)


def _resolution(conversion: Conversion, days: Days) -> float:
    """Resolution in which all values of the target fit.

    Raises
    ------
    InputError
        If there are concentrations below 0, beyond what rounding explains.
    """
    lowest, highest = np.inf, 0.0
    for day in days:
        field = conversion.sources[0].mean(day)
        lowest, highest = min(lowest, float(field.min())), max(highest, float(field.max()))
    if lowest < -_NEGATIVE * highest:
        target = conversion.variables[0]
        raise InputError(
            f"{target.name} is {lowest:g} {target.units} at a cell between {days[0]} and "
            f"{days[-1]}; expected a concentration, which is not negative"
        )
    return packing_resolution(highest)


def _fields(conversion: Conversion, days: Days) -> Iterator[torch.Tensor]:
    """Fields of one day after the other, shape (variables, rows, columns)."""
    for day in days:
        yield torch.from_numpy(np.stack([source.mean(day) for source in conversion.sources]))
