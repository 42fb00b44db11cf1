"""A file of a transport model: where its cells are, when its records begin, and their values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.classic_netcdf import check_classic_file
from pointfuse.basics.netcdf_files.netcdf_values import open_netcdf, read_numbers
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse.grid.grid_mapping import GridAxes

_LARGEST = 1e30
"""Beyond this a number is a mark of a missing value, such as -9.999e36 in IOAPI files."""


@dataclass(frozen=True)
class Layout:
    """Where the records of a file are.

    Parameters
    ----------
    axes : GridAxes
        Grid, and the dimensions of its rows and columns.
    time : str or None
        Dimension of the records; None in a file of one record without it.
    starts : ndarray of datetime64[s], shape (records,)
        Begin of each record, UTC.
    step : timedelta64 or None
        Time that a record stands for, where the file says so.
    lowest_level : callable
        Gives the index of the level at the ground, for the file and a vertical dimension.
    """

    axes: GridAxes
    time: str | None
    starts: NDArray[np.datetime64]
    step: np.timedelta64 | None
    lowest_level: Callable[[netCDF4.Dataset, str], int] = lambda dataset, dimension: 0


@dataclass(frozen=True)
class FieldNames:
    """Units and CF standard name of a field; empty where the file is silent."""

    units: str
    standard_name: str


@dataclass(frozen=True)
class OutputFile:
    """A file of a transport model.

    Parameters
    ----------
    path : Path
        The file.
    format : str
        Name of its format.
    layout : Layout
        Where its records are.
    fields : dict of str to FieldNames
        Its variables on the grid.
    """

    path: Path
    format: str
    layout: Layout
    fields: dict[str, FieldNames]

    def read(self, names: tuple[str, ...], records: slice) -> list[NDArray[np.float64]]:
        """Values at the ground.

        Parameters
        ----------
        names : tuple of str
            Variables of `fields`.
        records : slice
            Which records.

        Returns
        -------
        list of ndarray, shape (records, rows, columns)
            Row 0 in the south, column 0 in the west; NaN where missing.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
        with opened(self.path) as dataset:
            return [self._values(dataset, name, records) for name in names]

    def _values(self, dataset: netCDF4.Dataset, name: str, records: slice) -> NDArray[np.float64]:
        variable = dataset[name]
        index: list[int | slice] = []
        for dimension in variable.dimensions:
            if dimension == self.layout.time:
                index.append(records)
            elif dimension in self.layout.axes.dimensions:
                index.append(slice(None))
            else:
                index.append(self.layout.lowest_level(dataset, dimension))
        values = read_numbers(variable, tuple(index))
        values[np.abs(values) > _LARGEST] = np.nan
        return values.reshape(-1, *values.shape[-2:])[:, *self.layout.axes.order]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[netCDF4.Dataset]:
    """A netCDF file, with errors that name it.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it is damaged, or something in it cannot be used.
    """
    if not path.is_file():
        raise InputFileNotFoundError(f"there is no file {path}; check the path")
    try:
        check_classic_file(path)
        with open_netcdf(path) as dataset:
            yield dataset
    # netCDF4 reports damage within a file as a RuntimeError.
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{path.name} is not a netCDF file that can be read ({error}); copy or make it again"
        ) from error
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
