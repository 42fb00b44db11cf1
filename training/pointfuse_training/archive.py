"""Archives of simulated days: a folder of CF netCDF files on one grid.

Each file holds consecutive days; a day of a variable is a chunk of its own, packed into integers
of 16 bits, so that any day is read at the cost of that day alone. The first variable is the target,
which a network learns to fill in; humidity and wind speed may be absent. Days have dates, or, where
they were drawn at random, only a day of the year.
"""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.atomic import replacing
from pointfuse.cf import CONVENTIONS, place_variables
from pointfuse.errors import InputError, InputFileNotFoundError, OutputError
from pointfuse.grid import Grid
from pointfuse.grid_mapping import grid_axes
from pointfuse.timezones import parse_timezone, utc_midnights, zone_name

_LOWEST, _HIGHEST = -32767, 32767  # -32768 is kept for missing values
_NAMELESS = "noleap"

_MOST_OPEN = 64
"""Files that an archive keeps open: opening one takes longer than reading a day of it."""


@dataclass(frozen=True)
class ArchiveVariable:
    """A variable of the archive.

    Parameters
    ----------
    name, units, standard_name, long_name : str
        Its names, and units in CF spelling.
    resolution : float
        Step of the packed values, in `units`; they range from 0 to 65,534 steps.
    """

    name: str
    units: str
    standard_name: str
    long_name: str
    resolution: float

    def pack(self, values: NDArray[np.float32]) -> NDArray[np.int16]:
        """Values as integers; what is beyond the range becomes its end."""
        steps = np.rint(values.astype(np.float64) / self.resolution) + _LOWEST
        return steps.clip(_LOWEST, _HIGHEST).astype(np.int16)


PM25 = ArchiveVariable(
    "pm25",
    "ug m-3",
    "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
    "daily mean PM2.5",
    0.05,
)
RELATIVE_HUMIDITY = ArchiveVariable(
    "relative_humidity", "%", "relative_humidity", "daily mean relative humidity", 0.01
)
WIND_SPEED = ArchiveVariable("wind_speed", "m s-1", "wind_speed", "daily mean wind speed", 0.005)
WEATHER = (RELATIVE_HUMIDITY, WIND_SPEED)
VARIABLES = (PM25, *WEATHER)


def packing_resolution(highest: float) -> float:
    """Finest step of 1, 2 or 5 times a power of ten that reaches from 0 to a value."""
    if not highest > 0:
        return 1.0
    finest = highest / (_HIGHEST - _LOWEST)
    power = 10.0 ** np.floor(np.log10(finest))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= finest))


class ArchiveWriter:
    """Writes one file of consecutive days, day by day; see `writing`."""

    def __init__(
        self,
        dataset: netCDF4.Dataset,
        grid: Grid,
        bounds: _Bounds,
        variables: Sequence[ArchiveVariable],
    ) -> None:
        self._dataset = dataset
        self._bounds = bounds
        self._variables = variables
        dataset.createDimension("time", None)
        dataset.createDimension("bounds", 2)
        dataset.createDimension("y", grid.rows)
        dataset.createDimension("x", grid.columns)
        for place in place_variables(grid):
            created = dataset.createVariable(
                place.name,
                place.values.dtype,
                place.dimensions,
                compression="zlib" if place.dimensions else None,
            )
            created.setncatts(place.attributes)
            created[...] = place.values
        time = dataset.createVariable("time", "f8", ("time",))
        time.setncatts({"standard_name": "time", "axis": "T", "bounds": "time_bnds"})
        time.setncatts(bounds.attributes)
        dataset.createVariable("time_bnds", "f8", ("time", "bounds"))
        for variable in variables:
            self._create(variable, grid)

    def _create(self, variable: ArchiveVariable, grid: Grid) -> None:
        created = self._dataset.createVariable(
            variable.name,
            "i2",
            ("time", "y", "x"),
            compression="zlib",
            complevel=1,  # higher levels take longer and make the file hardly smaller
            chunksizes=(1, *grid.shape),
            fill_value=_LOWEST - 1,
        )
        created.set_auto_maskandscale(False)
        created.setncatts(
            {
                "standard_name": variable.standard_name,
                "long_name": variable.long_name,
                "units": variable.units,
                "cell_methods": "time: mean",
                "grid_mapping": "crs",
                "coordinates": "lat lon",
                "scale_factor": np.float64(variable.resolution),
                "add_offset": np.float64(-_LOWEST * variable.resolution),
            }
        )

    def append(self, fields: Tensor) -> None:
        """Write the next day.

        Parameters
        ----------
        fields : Tensor, shape (variables, rows, columns)
            The variables in their order, in their units: PM2.5 (ug/m3), relative humidity (%) and
            wind speed (m/s) of a simulation.

        Raises
        ------
        InputError
            If a value is not finite.
        """
        values = fields.float().cpu().numpy()
        if not np.isfinite(values).all():
            raise InputError(
                "a day holds values that are not finite, which no archive may have; report how it "
                "was made"
            )
        day = len(self._dataset.dimensions["time"])
        bounds = self._bounds.of(day)
        self._dataset["time"][day] = sum(bounds) / 2
        self._dataset["time_bnds"][day] = bounds
        for variable, layer in zip(self._variables, values, strict=True):
            self._dataset[variable.name][day] = variable.pack(layer)


@dataclass(frozen=True)
class _Bounds:
    """When the days of a file begin and end: attributes of time, and both ends of each day."""

    attributes: Mapping[str, str]
    of: Callable[[int], tuple[float, float]]


def _nameless_days(first: int) -> _Bounds:
    attributes = {
        "long_name": "middle of the local day, in a year without a name",
        "units": "days since 2001-01-01 00:00:00",
        "calendar": _NAMELESS,
    }
    return _Bounds(attributes, lambda day: (float(first + day), float(first + day + 1)))


def _dated_days(first: datetime.date, timezone: datetime.tzinfo) -> _Bounds:
    attributes = {
        "long_name": "middle of the local day, UTC",
        "units": "hours since 1970-01-01 00:00:00",
        "calendar": "standard",
    }

    def bounds(day: int) -> tuple[float, float]:
        ends = utc_midnights(np.datetime64(first, "D") + day + np.arange(2), timezone)
        start, end = ends.astype(np.int64) / 3600
        return float(start), float(end)

    return _Bounds(attributes, bounds)


@contextlib.contextmanager
def writing(
    path: Path,
    grid: Grid,
    first_day: int | datetime.date,
    attributes: Mapping[str, Any],
    *,
    variables: Sequence[ArchiveVariable] = VARIABLES,
    timezone: datetime.tzinfo = datetime.UTC,
) -> Iterator[ArchiveWriter]:
    """Writer of a file that appears under its name only when it is complete.

    Parameters
    ----------
    path : Path
        File to write.
    grid : Grid
        Grid of the fields.
    first_day : int or date
        First day: a date, or for days without one the day of the year, 0 for 1 January.
    attributes : mapping
        Global attributes, strings and numbers.
    variables : sequence of ArchiveVariable
        The target, and those of `WEATHER` that there are.
    timezone : tzinfo
        Time zone in which days with a date begin and end.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    if isinstance(first_day, int):
        days = _nameless_days(first_day)
    else:
        days = _dated_days(first_day, timezone)
        attributes = {"day_timezone": zone_name(timezone), **attributes}
    with replacing(path) as temporary, netCDF4.Dataset(temporary, "w") as dataset:
        dataset.setncatts({"Conventions": CONVENTIONS, **attributes})
        yield ArchiveWriter(dataset, grid, days, variables)


def make_folder(folder: Path) -> None:
    """Make the folder of an archive, where it does not exist.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} cannot be made: {error}; name another") from error


class Archive:
    """The days of an archive, in any order.

    Parameters
    ----------
    folder : Path
        Folder of the archive.

    Attributes
    ----------
    files : list of Path
        Its files, in the order of their names.
    target : ArchiveVariable
        What a network learns to fill in; its resolution is that of the coarsest file.
    grid : Grid
        Grid of all fields, as its files tell it.
    dates : ndarray of datetime64[D], shape (days,)
        Local dates; NaT for days that have none.

    Raises
    ------
    InputFileNotFoundError
        If the folder has no netCDF file.
    InputError
        If a file is none of an archive, or has another grid or target than the first.

    Examples
    --------
    >>> archive = Archive(Path("archive"))  # doctest: +SKIP
    >>> pm25, humidity, wind = archive[17]  # doctest: +SKIP
    """

    def __init__(self, folder: Path) -> None:
        # Hidden files are those that are being written.
        self.files = sorted(path for path in folder.glob("*.nc") if path.name[0] != ".")
        if not self.files:
            raise InputFileNotFoundError(
                f"there is no archive in {folder}; expected netCDF files such as 'pointfuse-train "
                "simulate' and 'archive' write"
            )
        self._days: list[tuple[Path, int]] = []
        self._open: dict[Path, netCDF4.Dataset] = {}
        dates = []
        for path in self.files:
            with _opened(path) as dataset:
                target = _target(path, dataset)
                grid = grid_axes(dataset, target.name).grid
                if path == self.files[0]:
                    self.target, self.grid = target, grid
                self._check_alike(path, target, grid)
                if target.resolution > self.target.resolution:
                    self.target = target
                dates.append(_dates(path, dataset))
                self._days += [(path, day) for day in range(len(dates[-1]))]
        self.dates = np.concatenate(dates)

    def _check_alike(self, path: Path, target: ArchiveVariable, grid: Grid) -> None:
        if not self.grid.coincides(grid):
            raise InputError(
                f"{path.name} has other cells ({grid.rows} x {grid.columns}) than the files before "
                f"it ({self.grid.rows} x {self.grid.columns}); keep one grid in an archive"
            )
        if (target.name, target.units) != (self.target.name, self.target.units):
            raise InputError(
                f"{path.name} has {target.name} in {target.units}, the files before it "
                f"{self.target.name} in {self.target.units}; keep one target in an archive"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.grid.shape

    @property
    def variables(self) -> tuple[ArchiveVariable, ...]:
        """Target, relative humidity, wind speed: the layers of a day."""
        return self.target, *WEATHER

    def __len__(self) -> int:
        return len(self._days)

    def __getitem__(self, index: int) -> Tensor:
        """Fields of a day: target, relative humidity, wind speed, shape (3, rows, columns).

        Humidity and wind speed are NaN where the archive has none.
        """
        path, day = self._days[index]
        dataset = self._kept_open(path)
        return torch.stack(
            [
                _unpacked(dataset[variable.name], day)
                if variable.name in dataset.variables
                else torch.full(self.shape, torch.nan)
                for variable in self.variables
            ]
        )

    def _kept_open(self, path: Path) -> netCDF4.Dataset:
        if path not in self._open:
            if len(self._open) == _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            dataset = _opened(path)
            for variable in self.variables:
                if variable.name in dataset.variables:
                    # A chunk is a whole day: to keep it would cost memory, and save nothing.
                    dataset[variable.name].set_var_chunk_cache(size=0)
            self._open[path] = dataset
        return self._open[path]

    def dates_in(self, path: Path) -> NDArray[np.datetime64]:
        """Dates of the days in one of the files."""
        return self.dates[[file == path for file, _ in self._days]]

    def days_in(self, path: Path) -> int:
        """Number of consecutive days in one of the files."""
        return sum(file == path for file, _ in self._days)


def read_attributes(path: Path) -> dict[str, Any]:
    """Global attributes of a file of an archive; those in JSON as mappings."""
    with _opened(path) as dataset:
        attributes = {name: dataset.getncattr(name) for name in dataset.ncattrs()}
    if "parameters" in attributes:
        attributes["parameters"] = json.loads(attributes["parameters"])
    return attributes


def check_origin(path: Path, expected: Mapping[str, Any]) -> None:
    """Make sure that a file of an archive came to be as it would now.

    Raises
    ------
    InputError
        If one of its global attributes is not as expected.
    """
    found = read_attributes(path)
    for name, value in expected.items():
        if found.get(name) != value:
            raise InputError(
                f"{path} has the {name} {found.get(name, 'unknown')}, this run {value}; name "
                "another folder, or remove the file"
            )


def _unpacked(variable: netCDF4.Variable[Any], day: int) -> Tensor:
    variable.set_auto_maskandscale(False)
    packed = torch.from_numpy(variable[day])
    return packed.float().mul_(float(variable.scale_factor)).add_(float(variable.add_offset))


def _opened(path: Path) -> netCDF4.Dataset:
    try:
        return netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(
            f"{path} is no netCDF file that can be read ({error}); make it again"
        ) from error


def _target(path: Path, dataset: netCDF4.Dataset) -> ArchiveVariable:
    """The daily field that is neither humidity nor wind speed."""
    weather = {variable.name for variable in WEATHER}
    fields = [
        variable
        for name, variable in dataset.variables.items()
        if variable.dimensions == ("time", "y", "x") and name not in weather
    ]
    attributes = {"units", "standard_name", "long_name", "scale_factor", "add_offset"}
    if len(fields) != 1 or not attributes <= set(fields[0].ncattrs()):
        raise InputError(
            f"{path.name} should have one packed field beside humidity and wind speed, got "
            f"{len(fields)}; expected an archive such as 'pointfuse-train simulate' and 'archive' "
            "write"
        )
    (field,) = fields
    return ArchiveVariable(
        field.name, field.units, field.standard_name, field.long_name, float(field.scale_factor)
    )


def _dates(path: Path, dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    """Local dates of the days of a file, those of their middles."""
    try:
        time = dataset["time"]
        if time.calendar == _NAMELESS:
            return np.full(len(time), "NaT", "datetime64[D]")
        zone = parse_timezone(dataset.day_timezone)
    except (LookupError, AttributeError) as error:
        raise InputError(
            f"{path.name} does not say when its days are ({error}); expected an archive such as "
            "'pointfuse-train simulate' and 'archive' write"
        ) from error
    middles = [
        datetime.datetime.fromtimestamp(3600 * float(hours), datetime.UTC) for hours in time[:]
    ]
    return np.array([middle.astimezone(zone).date() for middle in middles], "datetime64[D]")
