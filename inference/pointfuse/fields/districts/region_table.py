"""From files of fields to a table of means over districts, a row a period and district."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.progress import Progress
from pointfuse.basics.table_files import writing_table
from pointfuse.errors import InputError
from pointfuse.fields.districts.means import DistrictReader, Floats
from pointfuse.fields.districts.periods import Step, period_names
from pointfuse.fields.districts.population import read_population
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.fields.members.field_members import FieldMembers, correlation_of, interval_of
from pointfuse.grid.districts import District
from pointfuse.grid.regular_grid import Grid


@dataclass(frozen=True)
class RegionChoices:
    """What is computed of files.

    Parameters
    ----------
    districts : sequence of District
        The districts.
    step : str
        How long the periods are.
    above : float, optional
        A threshold, in the units of the variable: shares above it.
    population : Path, optional
        Raster of counts of people.
    variable : str, optional
        Variable to read; the fused one by default.
    first, last : datetime64[D], optional
        First and last day; all by default.
    members : int, optional
        Members from which intervals are made; none by default.
    """

    districts: Sequence[District]
    step: Step = "day"
    above: float | None = None
    population: Path | None = None
    variable: str | None = None
    first: np.datetime64 | None = None
    last: np.datetime64 | None = None
    members: int | None = None


@dataclass(frozen=True, eq=False)
class _PeriodMean:
    """Mean field of a period.

    Parameters
    ----------
    period : str
        Its name.
    days : int
        Its days with a field.
    field : ndarray of float64, shape (row, column)
        Mean over them; NaN where there is no value.
    members : iterable of ndarray of float64, shape (row, column)
        The same of each member, in the cells of districts; none where none are asked for.
    variable : str
        What it is of.
    """

    period: str
    days: int
    field: Floats
    members: Iterable[Floats]
    variable: str


def write_region_table(
    files: Sequence[Path], output: Path, choices: RegionChoices, progress: Progress
) -> tuple[int, int]:
    """Write means over districts to a CSV or Parquet file.

    Parameters
    ----------
    files : sequence of Path
        netCDF files of fields of one variable on one grid, in the order of their days.
    output : Path
        Table to write; its suffix decides.
    choices : RegionChoices
        What is computed.
    progress : callable
        Shows how far it is.

    Returns
    -------
    tuple of int
        Districts and periods in the table.

    Raises
    ------
    InputFileNotFoundError, InputError
        If a file is missing, does not hold what is asked for, or does not fit the others.
    MissingExtraError, OutputError
        If the table cannot be written.
    """
    tables: list[dict[str, NDArray[Any]]] = []
    with writing_table(output) as append:
        for reader, mean in _period_means(files, choices, progress):
            tables.append(_rows(reader, mean, choices.above))
        append({name: np.concatenate([each[name] for each in tables]) for name in tables[0]})
    return len(tables[0]["region"]), len(tables)


def _reader(grid: Grid, choices: RegionChoices) -> DistrictReader:
    population = choices.population
    people = None if population is None else read_population(population, grid)
    return DistrictReader.of(grid, choices.districts, people)


def _rows(
    reader: DistrictReader, mean: _PeriodMean, above: float | None
) -> dict[str, NDArray[Any]]:
    """Rows of a period, in single precision, which has all the digits that mean anything."""
    names = reader.overlap.names
    table: dict[str, NDArray[Any]] = {
        "region": np.array(names),
        "period": np.full(len(names), mean.period),
        "days": np.full(len(names), mean.days),
    }
    if reader.people is not None:
        table["population"] = np.rint(reader.overlap.sums(reader.people)).astype(np.int64)
    of_members = [_quantities(reader, member, mean.variable, above) for member in mean.members]
    for name, values in _quantities(reader, mean.field, mean.variable, above).items():
        table[name] = values.astype(np.float32)
        if of_members:
            low, high = interval_of(np.stack([member[name] for member in of_members]))
            table[f"{name}_low"] = low.astype(np.float32)
            table[f"{name}_high"] = high.astype(np.float32)
    return table


def _quantities(
    reader: DistrictReader, field: Floats, variable: str, above: float | None
) -> dict[str, Floats]:
    """What is computed of a field for each district."""
    found = {variable: reader.mean(field)}
    if above is not None:
        found["area_above"] = reader.share_above(field, above)
    if reader.people is not None:
        found[f"{variable}_by_population"] = reader.mean(field, by_people=True)
        if above is not None:
            found["people_above"] = reader.share_above(field, above, by_people=True)
    return found


def _period_means(
    files: Sequence[Path], choices: RegionChoices, progress: Progress
) -> Iterator[tuple[DistrictReader, _PeriodMean]]:
    """Mean field of each period, one after the other, over all files, and what reads it."""
    reader: DistrictReader | None = None
    members: FieldMembers | None = None
    sums: _Sums | None = None
    for path in files:
        with opened(path, choices.variable) as file:
            if reader is None:  # all are on one grid
                reader = _reader(file.grid, choices)
                members = _members(file, reader, choices)
            elif members is not None:
                members.check(file)
            times = file.times_between(choices.first, choices.last)
            times.sort(key=lambda time: file.times[time])
            periods = period_names(file.days[times], choices.step).tolist()
            with progress(len(times), f"reading {path.name}") as bar:
                for time, period in zip(times, periods, strict=True):
                    if sums is not None:
                        sums.check_next(file, file.times[time])
                    if sums is not None and period != sums.period:
                        yield reader, sums.mean()
                        sums = None
                    sums = sums or _Sums(period, file, members)
                    sums.add(file, time)
                    bar.update(1)
    if reader is not None and sums is not None:
        yield reader, sums.mean()


def _members(file: MapFile, reader: DistrictReader, choices: RegionChoices) -> FieldMembers | None:
    """What draws members in the cells of districts, if they are asked for."""
    if choices.members is None:
        return None
    cells = np.unique(reader.overlap.cell)
    return FieldMembers(correlation_of(file), file.grid, cells, choices.members)


class _Sums:
    """Sum of the fields of a period, and of their members."""

    def __init__(self, period: str, file: MapFile, members: FieldMembers | None) -> None:
        self.period = period
        self._members = members
        cells, number = (0, 0) if members is None else (members.cells.size, members.number)
        self._of_members, self._member_count = np.zeros((number, cells)), np.zeros(cells)
        self._variable, self._file, self._grid = file.variable, file.path.name, file.grid
        self._total, self._count = np.zeros(file.grid.shape), np.zeros(file.grid.shape)
        self._days, self._last = set[np.datetime64](), file.times.min()

    def add(self, file: MapFile, time: int) -> None:
        """Add the field of a day or an hour."""
        field, self._last = file.field(file.variable, time), file.times[time]
        known = np.isfinite(field)
        self._total += np.where(known, field, 0.0)
        self._count += known
        if known.any():
            self._days.add(file.days[time])
            if self._members is not None:
                of_members = self._members.of_file(file, time, field).T
                self._of_members += np.nan_to_num(of_members)
                self._member_count += np.isfinite(of_members[0])

    def check_next(self, file: MapFile, time: np.datetime64) -> None:
        """Make sure that a time comes later, and is of the same variable on the same grid."""
        name = file.path.name
        if file.variable != self._variable:
            raise InputError(
                f"{self._file} has {self._variable}, {name} has {file.variable}; take them one by "
                "one"
            )
        if not self._grid.coincides(file.grid):
            raise InputError(
                f"{self._file} and {name} are on different grids; take them one by one"
            )
        if (time.dtype == np.dtype("datetime64[h]")) != (
            self._last.dtype == np.dtype("datetime64[h]")
        ):
            raise InputError(
                f"{self._file} and {name} are fields of hours and of days; take them one by one"
            )
        if time <= self._last:
            raise InputError(
                f"{name} has {time}, which is not after {self._last} of {self._file}; name each "
                "file once, in the order of their days"
            )

    def mean(self) -> _PeriodMean:
        """Mean of the days with a field."""
        mean = np.full(self._total.shape, np.nan)
        np.divide(self._total, self._count, out=mean, where=self._count > 0)
        members: Iterable[Floats] = ()
        if self._members is not None:
            count = self._member_count  # fewer where the uncertainty is missing
            means = np.where(count > 0, self._of_members / np.maximum(count, 1), np.nan)
            members = self._members.on_grid(means)
        return _PeriodMean(self.period, len(self._days), mean, members, self._variable)
