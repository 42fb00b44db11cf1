"""Writer of the files of an archive: day by day, visible only when complete."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from torch import Tensor

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.timezones import utc_midnights, zone_name
from pointfuse.errors import InputError, OutputError
from pointfuse.fields.cf.field_variables import CONVENTIONS, place_variables
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive_variables import LOWEST, VARIABLES, ArchiveVariable

NAMELESS = "noleap"
"""Calendar of days without a date."""

STATION_NOISE = "station_noise"
"""Variable of days whose stations have a known noise."""


class ArchiveWriter:
    """Writes one file of consecutive days, day by day; see `writing`."""

    def __init__(
        self,
        dataset: netCDF4.Dataset,
        grid: Grid,
        bounds: _Bounds,
        variables: Sequence[ArchiveVariable],
        station_noise: bool,
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
        if station_noise:
            dataset.createVariable(STATION_NOISE, "f8", ("time",)).setncatts(
                {
                    "long_name": "standard deviation of the noise of a station on the scale of "
                    "2 (sqrt(v / u + 1) - 1), with the concentration v and the unit u of the "
                    "pollutant",
                    "units": "1",
                }
            )

    def _create(self, variable: ArchiveVariable, grid: Grid) -> None:
        created = self._dataset.createVariable(
            variable.name,
            "i2",
            ("time", "y", "x"),
            compression="zlib",
            complevel=1,  # higher levels take longer and make the file hardly smaller
            chunksizes=(1, *grid.shape),
            fill_value=LOWEST - 1,
        )
        created.set_auto_maskandscale(False)
        created.setncatts(
            {
                "standard_name": variable.standard_name,
                "long_name": variable.long_name,
                "units": variable.units,
                "cell_methods": variable.cell_methods,
                "grid_mapping": "crs",
                "coordinates": "lat lon",
                "scale_factor": np.float64(variable.resolution),
                "add_offset": np.float64(-LOWEST * variable.resolution),
            }
        )

    def append(self, fields: Tensor, station_noise: float | None = None) -> None:
        """Write the next day.

        Parameters
        ----------
        fields : Tensor, shape (variables, rows, columns)
            The variables in their order, in their units: PM2.5 (ug/m3), relative humidity (%) and
            wind speed (m/s) of a simulation.
        station_noise : float, optional
            Standard deviation of the noise of a station on the scale of
            ``2 (sqrt(v / u + 1) - 1)`` with the unit u of the pollutant, in a file that has it.

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
        if station_noise is not None:
            self._dataset[STATION_NOISE][day] = station_noise


@dataclass(frozen=True)
class _Bounds:
    """When the days of a file begin and end: attributes of time, and both ends of each day."""

    attributes: Mapping[str, str]
    of: Callable[[int], tuple[float, float]]


def _nameless_days(first: int) -> _Bounds:
    attributes = {
        "long_name": "middle of the local day, in a year without a name",
        "units": "days since 2001-01-01 00:00:00",
        "calendar": NAMELESS,
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
    station_noise: bool = False,
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
    station_noise : bool
        Whether each day has the noise of its stations, a number.

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
        yield ArchiveWriter(dataset, grid, days, variables, station_noise)


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
