"""Read a variable, its grid and its days from a netCDF file."""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.by_value import ByValue
from pointfuse.basics.netcdf_files.classic_netcdf import check_classic_file
from pointfuse.basics.netcdf_files.netcdf_values import open_netcdf, read_numbers
from pointfuse.basics.netcdf_files.time_units import calendar_dates
from pointfuse.basics.printable import printable
from pointfuse.basics.timezones import parse_timezone
from pointfuse.basics.units import typeset_units
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.fields.cf.station_variables import STATIONS
from pointfuse.fields.cf.time_variables import DAY_STATUS, HOUR_STATUS, PROVISIONAL
from pointfuse.fields.day_status import DayStatus
from pointfuse.grid.grid_mapping import grid_axes
from pointfuse.grid.regular_grid import Grid

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class StationMeans(ByValue):
    """Means of what stations measured.

    Parameters
    ----------
    x, y : ndarray of float64, shape (station,)
        Where the stations are, m in the plane of the grid.
    values : ndarray of float64, shape (station,)
        Means, each over the days that the station has; NaN for a station without a value.
    complete : ndarray of bool, shape (station,)
        Whether these are all the days, so that the mean compares with that of the field.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: NDArray[np.float64]
    complete: NDArray[np.bool_]

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Which stations have some of the days, shape (station,)."""
        partial: NDArray[np.bool_] = np.isfinite(self.values) & ~self.complete
        return partial


@dataclass(frozen=True)
class MapFile:
    """A variable of a netCDF file, and where and when its values are.

    Parameters
    ----------
    path : Path
        The file.
    dataset : netCDF4.Dataset
        The same, open.
    variable : str
        Name of a variable with the dimensions time, row and column.
    grid : Grid
        Its grid.
    order : tuple of two slices
        What brings its rows and columns into the order of the grid.
    times : ndarray of datetime64[D] or datetime64[h], shape (time,)
        Its days, or the hours of fused fields, in the time zone of the file.
    said : set of str
        Remarks that were made.
    """

    path: Path
    dataset: netCDF4.Dataset
    variable: str
    grid: Grid
    order: tuple[slice, slice]
    times: NDArray[np.datetime64]
    said: set[str] = field(default_factory=set, compare=False)

    def say(self, remarks: Iterable[str]) -> None:
        """Say what is odd about a variable in warnings, once however often it is read."""
        for remark in remarks:
            if remark not in self.said:
                self.said.add(remark)
                logger.warning("%s: %s", self.path.name, remark)

    @property
    def days(self) -> NDArray[np.datetime64]:
        """The day of each time, datetime64[D], shape (time,)."""
        return self.times.astype("datetime64[D]")

    @property
    def hourly(self) -> bool:
        """Whether it holds fused fields of hours."""
        return self.times.dtype == np.dtype("datetime64[h]")

    @property
    def title(self) -> str:
        """What the variable is, for people."""
        name = str(getattr(self.dataset[self.variable], "long_name", self.variable)).strip()
        return printable(name[:1].upper() + name[1:])

    @property
    def units(self) -> str:
        """Its units as people read them."""
        return self.units_of(self.variable)

    def units_of(self, name: str) -> str:
        """Units of any variable of the file as people read them."""
        units = str(getattr(self.dataset[name], "units", "1")).strip()
        return printable(typeset_units(units))

    @property
    def source(self) -> str:
        """What made the file."""
        variable = self.dataset[self.variable]
        facts = {
            name: str(of.getncattr(name))
            for of in (self.dataset, variable)
            for name in of.ncattrs()
        }
        if "model_name" in facts:
            return printable(f"{facts['model_name']} {facts.get('model_version', '')}")
        return printable(facts.get("source", self.path.name))

    @property
    def times_with_fields(self) -> NDArray[np.datetime64]:
        """Fused days, or hours, in order, each once; all times if the file has no status."""
        status = self.status
        return np.unique(self.times if status is None else self.times[status == DayStatus.FUSED])

    @property
    def status(self) -> NDArray[np.int8] | None:
        """Whether there is a field at each time, as numbers of `DayStatus`; None if not told."""
        name = self.support(HOUR_STATUS if self.hourly else DAY_STATUS)
        return None if name is None else read_numbers(self.dataset[name]).astype(np.int8)

    def support(self, name: str) -> str | None:
        """Name of what says something of the variable, in a file of one variable or of several.

        Parameters
        ----------
        name : str
            Such as ``station_distance``; None if the file has none. Of what itself says something
            of a variable, such as its uncertainty, it is that of the variable.
        """
        return support_of(self.dataset, self.variable, name)

    @property
    def provisional_days(self) -> NDArray[np.datetime64]:
        """Days that were not over when their hours were read."""
        name = self.support(PROVISIONAL)
        return self.days[:0] if name is None else self.days[read_numbers(self.dataset[name]) > 0]

    def field(self, name: str, time: int) -> NDArray[np.float64]:
        """A variable at one of the times.

        Parameters
        ----------
        name : str
            A variable on the grid.
        time : int
            Place along the time axis.

        Returns
        -------
        ndarray of float64, shape (rows, columns)
            Row 0 is south, column 0 is west; NaN where there is no value.
        """
        remarks = list[str]()
        values = read_numbers(self.dataset[name], time, remarks=remarks)
        self.say(remarks)
        return values[self.order]

    def times_between(self, first: np.datetime64 | None, last: np.datetime64 | None) -> list[int]:
        """Places of the days of a period along the time axis.

        Parameters
        ----------
        first, last : datetime64[D], optional
            First and last day, both included; open where None.

        Raises
        ------
        InputError
            If there is none.
        """
        days = self.days
        chosen = (days >= (first or days[0])) & (days <= (last or days[-1]))
        if not chosen.any():
            raise InputError(
                f"{self.path.name} has no day of {first or ''}:{last or ''}; it holds {days[0]} to "
                f"{days[-1]}"
            )
        places: list[int] = np.flatnonzero(chosen).tolist()
        return places

    def mean(
        self, name: str, chosen: NDArray[np.bool_], advance: Callable[[int], object]
    ) -> NDArray[np.float64]:
        """Mean of a variable over some times, read one at a time.

        Parameters
        ----------
        name : str
            A variable on the grid.
        chosen : ndarray of bool, shape (time,)
            The times.
        advance : callable
            Called with 1 after each of them.

        Returns
        -------
        ndarray of float64, shape (rows, columns)
            NaN where there is no value.
        """
        mean, _ = self._mean(self.dataset[name], chosen, advance)
        return mean[self.order]

    def station_means(self, chosen: NDArray[np.bool_]) -> StationMeans:
        """Means of the variable at the stations over some times.

        Raises
        ------
        InputError
            If the file has no stations.
        """
        name = f"station_{self.variable}"
        # The page in a browser writes classic netCDF, which has no groups.
        place = self.dataset.groups.get(STATIONS, self.dataset)
        if not {name, "station_lon", "station_lat"} <= set(place.variables):
            raise InputError(
                f"{self.path.name} holds no stations of {self.variable}; expected a file "
                "written by 'pointfuse fuse'; or use no --stations"
            )
        degrees = (read_numbers(place[f"station_{part}"]) for part in ("lon", "lat"))
        x, y = self.grid.projection.forward(*degrees)
        mean, count = self._mean(place[name], chosen, lambda _: None)
        return StationMeans(x, y, mean, count == chosen.sum())

    def _mean(
        self,
        variable: netCDF4.Variable[Any],
        chosen: NDArray[np.bool_],
        advance: Callable[[int], object],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean over the chosen times in the order of the file, and number of values."""
        remarks = list[str]()
        total = np.zeros(variable.shape[1:])
        count = np.zeros(variable.shape[1:])
        for time in np.flatnonzero(chosen):
            values = read_numbers(variable, time, remarks=remarks)
            total += np.nan_to_num(values)
            count += np.isfinite(values)
            advance(1)
        self.say(remarks)
        mean = np.full(total.shape, np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        return mean, count


@contextlib.contextmanager
def opened(path: Path, variable: str | None = None) -> Iterator[MapFile]:
    """Open a netCDF file of fields.

    Parameters
    ----------
    path : Path
        File of `pointfuse fuse`, or any CF netCDF file on a regular grid in a known projection.
    variable : str, optional
        Variable with the dimensions time, row and column; the fused one by default, or the only
        one.

    Raises
    ------
    InputFileNotFoundError, InputError
        If the file is missing, no netCDF file, or lacks such a variable.
    """
    if path.is_dir():
        raise InputError(
            f"expected a netCDF file, got the folder {path}; of a Zarr store xarray makes one: "
            f"open_datatree('{path.name}', engine='zarr').to_netcdf('{path.stem}.nc')"
        )
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        check_classic_file(path)
        dataset = open_netcdf(path)
    except OSError as error:
        raise InputError(f"{path.name} is not a netCDF file ({error}); check the path") from error
    with dataset:
        name = _chosen(path, dataset, variable)
        axes = grid_axes(dataset, name)
        file = MapFile(path, dataset, name, axes.grid, axes.order, _times(path, dataset, name))
        file.say(f"{day} was not over: it is provisional" for day in file.provisional_days)
        yield file


def _chosen(path: Path, dataset: netCDF4.Dataset, wanted: str | None) -> str:
    """Name of the variable to draw."""
    fields = [name for name in dataset.variables if _is_field(dataset, name)]
    if wanted is not None:
        if wanted not in fields:
            raise InputError(
                f"{path.name} has no fields of {wanted}; it holds "
                f"{', '.join(fields) or 'no variable with time, rows and columns'}"
            )
        return wanted
    # Such as the fused variable: that which others say something of.
    described = {
        name: set(str(getattr(dataset[name], "ancillary_variables", "")).split()) & set(fields)
        for name in fields
    }
    found = [name for name in fields if described[name]] or fields
    if not found:
        raise InputError(
            f"{path.name} has no field; expected a file written by 'pointfuse fuse', or a "
            "variable with the dimensions time, row and column"
        )
    if len(found) > 1:
        raise InputError(
            f"{path.name} holds {', '.join(found)}; select one with --variable {found[0]}"
        )
    return found[0]


def support_of(dataset: netCDF4.Dataset, variable: str, name: str) -> str | None:
    """As `MapFile.support`, for any variable of a file."""
    described = (
        owner
        for owner, each in dataset.variables.items()
        if variable in str(getattr(each, "ancillary_variables", "")).split()
    )
    owner = next(described, variable)
    names = (f"{owner}_{name}", name)
    return next((each for each in names if each in dataset.variables), None)


def _is_field(dataset: netCDF4.Dataset, name: str) -> bool:
    variable = dataset[name]
    return (
        len(variable.dimensions) == 3
        and "since" in getattr(dataset.variables.get(variable.dimensions[0]), "units", "")
        and np.issubdtype(variable.dtype, np.number)
    )


def _times(path: Path, dataset: netCDF4.Dataset, name: str) -> NDArray[np.datetime64]:
    """Day, or hour of fused fields, in the time zone of the file, or as the file has them."""
    time = dataset[dataset[name].dimensions[0]]
    if not len(time):
        raise InputError(f"{path.name} holds no day")
    calendar = str(getattr(time, "calendar", "standard"))
    told = "day_timezone" in dataset.ncattrs()
    try:
        numbers, units = read_numbers(time), str(time.units)
        dates = calendar_dates(numbers, units, calendar, local=not told).tolist()
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    if None in dates:
        raise InputError(f"{path.name} has a field without a time; give each field a time")
    if told:
        zone = parse_timezone(dataset.day_timezone)
        # Our own files have the usual calendar.
        dates = [
            datetime.datetime.fromisoformat(f"{date.isoformat()}+00:00").astimezone(zone)
            for date in dates
        ]
    hourly = support_of(dataset, name, HOUR_STATUS) is not None
    texts = [
        f"{date.year:04}-{date.month:02}-{date.day:02}" + (f"T{date.hour:02}" if hourly else "")
        for date in dates
    ]
    try:
        return np.array(texts, "datetime64[h]" if hourly else "datetime64[D]")
    except ValueError as error:
        raise InputError(
            f"{path.name} has the calendar '{calendar}' with days that do not exist in the "
            "standard calendar; convert the times first"
        ) from error
