"""Archives of simulated days: a folder of CF netCDF files on one grid.

Each file holds consecutive days; a day of a variable is a chunk of its own, packed into integers
of 16 bits, so that any day is read at the cost of that day alone. The first variable is the target,
which a network learns to fill in; humidity and wind speed may be absent. Days have dates, or, where
they were drawn at random, only a day of the year.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.basics.netcdf_files.classic_netcdf import check_classic_file
from pointfuse.basics.timezones import parse_timezone
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid.grid_mapping import grid_axes
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive_variables import WEATHER, ArchiveVariable
from pointfuse_training.archives.archive_writer import NAMELESS, STATION_NOISE

_MOST_OPEN = 64
"""Files that an archive keeps open: opening one takes longer than reading a day of it."""


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
    station_noise : ndarray of float64, shape (days,), or None
        Standard deviation of the noise of a station on the scale of ``2 (sqrt(v / u + 1) - 1)``
        with the unit u of the pollutant; NaN for the days of files without it, None if no file has
        it.

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
        dates, noise = [], []
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
                noise.append(_station_noise(dataset, len(dates[-1])))
                self._days += [(path, day) for day in range(len(dates[-1]))]
        self.dates = np.concatenate(dates)
        of_stations = np.concatenate(noise)
        self.station_noise = None if np.isnan(of_stations).all() else of_stations

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
        check_classic_file(path)
        return netCDF4.Dataset(path)
    except OSError as error:
        raise InputError(
            f"{path} is not a netCDF file that can be read ({error}); make it again"
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


def _station_noise(dataset: netCDF4.Dataset, days: int) -> NDArray[np.float64]:
    """Noise of the stations on the days of a file, NaN where it has none."""
    if STATION_NOISE not in dataset.variables:
        return np.full(days, np.nan)
    noise: NDArray[np.float64] = np.ma.filled(dataset[STATION_NOISE][:], np.nan)
    return noise


def _dates(path: Path, dataset: netCDF4.Dataset) -> NDArray[np.datetime64]:
    """Local dates of the days of a file, those of their middles."""
    try:
        time = dataset["time"]
        if time.calendar == NAMELESS:
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
