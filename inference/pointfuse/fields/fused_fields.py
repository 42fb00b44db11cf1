"""Fused fields for users: daily fields with methods to write and open them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from pointfuse.basics.shown import Shown
from pointfuse.errors import MissingExtraError
from pointfuse.fields.cf import day_variables, grid_variables
from pointfuse.fields.cf_global_attributes import global_attributes
from pointfuse.fields.daily_fields import DailyFields
from pointfuse.fields.netcdf import write_netcdf

if TYPE_CHECKING:
    import xarray


class FusedFields(DailyFields, Shown):
    """Complete daily fields, and the observations they were made from.

    What they hold is described at `DailyFields`.
    """

    def to_netcdf(self, path: str | PathLike[str], *, history: str = "fuse") -> Path:
        """Write the fields to a CF netCDF file, under its name only once it is complete.

        Parameters
        ----------
        path : path
            File to write; an existing one is replaced.
        history : str
            What was done, for the file's history.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        return write_netcdf(path, [self], history=history)

    def to_xarray(self, *, history: str = "fuse") -> xarray.Dataset:
        """The fields as a dataset with the variables and attributes of the netCDF file.

        Parameters
        ----------
        history : str
            What was done, for the dataset's history.

        Raises
        ------
        MissingExtraError
            If xarray is not installed.
        """
        try:
            import xarray
        except ImportError as error:
            raise MissingExtraError(
                "a dataset needs xarray; install it with pip install 'pointfuse[xarray]'"
            ) from error
        dataset = xarray.Dataset(
            {
                variable.name: (variable.dimensions, variable.values, dict(variable.attributes))
                for variable in (*grid_variables(self), *day_variables(self))
            },
            attrs=global_attributes(self, history),
        )
        return xarray.decode_cf(dataset, decode_coords="all")
