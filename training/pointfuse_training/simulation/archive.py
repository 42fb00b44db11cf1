"""Archives of simulated days: a folder of CF netCDF files on one grid.

Each file holds consecutive days; a day of a variable is a chunk of its own, packed into integers
of 16 bits, so that any day is read at the cost of that day alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
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
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid import Grid

_MOST_OPEN = 64
"""Files that an archive keeps open: opening one takes longer than reading a day of it."""

_LOWEST, _HIGHEST = -32767, 32767  # -32768 is kept for missing values


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


VARIABLES = (
    ArchiveVariable(
        "pm25",
        "ug m-3",
        "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
        "daily mean PM2.5",
        0.05,
    ),
    ArchiveVariable(
        "relative_humidity", "%", "relative_humidity", "daily mean relative humidity", 0.01
    ),
    ArchiveVariable("wind_speed", "m s-1", "wind_speed", "daily mean wind speed", 0.005),
)


class ArchiveWriter:
    """Writes one file of consecutive days, day by day; see `writing`."""

    def __init__(
        self, dataset: netCDF4.Dataset, grid: Grid, first_day: int, attributes: Mapping[str, Any]
    ) -> None:
        self._dataset = dataset
        self._first_day = first_day
        dataset.setncatts({"Conventions": CONVENTIONS, **attributes})
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
        time.setncatts(
            {
                "standard_name": "time",
                "long_name": "middle of the local day, in a year without a name",
                "units": "days since 2001-01-01 00:00:00",
                "calendar": "noleap",
                "axis": "T",
                "bounds": "time_bnds",
            }
        )
        dataset.createVariable("time_bnds", "f8", ("time", "bounds"))
        for variable in VARIABLES:
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
        fields : Tensor, shape (3, rows, columns)
            PM2.5 (ug/m3), relative humidity (%) and wind speed (m/s).

        Raises
        ------
        InputError
            If a value is not finite.
        """
        values = fields.float().cpu().numpy()
        if not np.isfinite(values).all():
            raise InputError("a simulated day holds values that are not finite; report the seed")
        day = len(self._dataset.dimensions["time"])
        start = float(self._first_day + day)
        self._dataset["time"][day] = start + 0.5
        self._dataset["time_bnds"][day] = [start, start + 1]
        for variable, layer in zip(VARIABLES, values, strict=True):
            self._dataset[variable.name][day] = variable.pack(layer)


@contextlib.contextmanager
def writing(
    path: Path, grid: Grid, first_day: int, attributes: Mapping[str, Any]
) -> Iterator[ArchiveWriter]:
    """Writer of a file that appears under its name only when it is complete.

    Parameters
    ----------
    path : Path
        File to write.
    grid : Grid
        Grid of the fields.
    first_day : int
        Day of the year of the first day, 0 for 1 January.
    attributes : mapping
        Global attributes, strings and numbers.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with replacing(path) as temporary, netCDF4.Dataset(temporary, "w") as dataset:
        yield ArchiveWriter(dataset, grid, first_day, attributes)


class Archive:
    """The days of an archive, in any order.

    Parameters
    ----------
    folder : Path
        Folder of the archive.

    Raises
    ------
    InputFileNotFoundError
        If the folder has no netCDF file.
    InputError
        If a file lacks a variable, or has another grid than the first.

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
                "simulate' writes"
            )
        self._days: list[tuple[Path, int]] = []
        self._open: dict[Path, netCDF4.Dataset] = {}
        self.shape: tuple[int, int] | None = None
        for path in self.files:
            with _opened(path) as dataset:
                shape = _checked_shape(path, dataset)
                if self.shape not in (None, shape):
                    raise InputError(
                        f"{path.name} has the grid {shape}, the files before it {self.shape}; keep "
                        "one grid in an archive"
                    )
                self.shape = shape
                self._days += [(path, day) for day in range(len(dataset.dimensions["time"]))]

    def __len__(self) -> int:
        return len(self._days)

    def __getitem__(self, index: int) -> Tensor:
        """Fields of a day: PM2.5, relative humidity, wind speed, shape (3, rows, columns)."""
        path, day = self._days[index]
        if path not in self._open:
            if len(self._open) == _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[path] = _opened(path)
        dataset = self._open[path]
        return torch.stack([_unpacked(dataset[variable.name], day) for variable in VARIABLES])

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


def _checked_shape(path: Path, dataset: netCDF4.Dataset) -> tuple[int, int]:
    if lacking := [
        variable.name for variable in VARIABLES if variable.name not in dataset.variables
    ]:
        raise InputError(
            f"{path.name} lacks {', '.join(lacking)}; expected an archive such as 'pointfuse-train "
            "simulate' writes"
        )
    _, rows, columns = dataset[VARIABLES[0].name].shape
    return rows, columns
