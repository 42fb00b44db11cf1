"""Fused fields: the result of a fusion, with all that is needed to judge and repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import MissingExtraError
from pointfuse.fields.day_status import DayStatus
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.stations.observations import join_times

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class FusedFields:
    """Complete daily fields, and the observations they were made from.

    Parameters
    ----------
    values : ndarray of float32, shape (day, row, column)
        The fused variable in the units of the model; row 0 is south, column 0 is west.
    uncertainty : ndarray of float32, shape (day, row, column)
        Standard deviation of the difference to what a station in the cell would measure; NaN
        where it is not known.
    effective_stations : ndarray of float32, shape (day, row, column)
        Number of stations in the cell itself that would tell as much; NaN where it is not known.
    station_count : ndarray of int16, shape (day, row, column)
        Stations of the fused variable in each cell.
    station_distance : ndarray of float32, shape (day, row, column)
        Distance from each cell centre to the nearest cell with a station, m; NaN on a day without
        any.
    status : ndarray of int8, shape (day,)
        Whether each day was fused, and if not, why, as numbers of `DayStatus`; the other arrays
        are NaN on a day that was not.
    stations : PlacedObservations
        The stations used, their cells and daily means.
    model_sha256 : str
        Hash of the model file.
    device, provider : str
        Device that ran the network, such as ``cpu``, and execution provider of ONNX Runtime.
    """

    values: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    effective_stations: NDArray[np.float32]
    station_count: NDArray[np.int16]
    station_distance: NDArray[np.float32]
    status: NDArray[np.int8]
    stations: PlacedObservations
    model_sha256: str
    device: str
    provider: str

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Days of the fields in the time zone of the observations, datetime64[D], shape (day,)."""
        return self.stations.observations.times

    @property
    def fused(self) -> NDArray[np.bool_]:
        """On which days there is a field, shape (day,)."""
        fused: NDArray[np.bool_] = self.status == DayStatus.FUSED
        return fused

    @property
    def model(self) -> ModelMetadata:
        """The model that made the fields: its grid, variables and provenance."""
        return self.stations.metadata

    @property
    def x(self) -> NDArray[np.float64]:
        """Cell centres along a row, m in the plane of the projection, shape (column,)."""
        return self.model.grid.x

    @property
    def y(self) -> NDArray[np.float64]:
        """Cell centres along a column, m in the plane of the projection, shape (row,)."""
        return self.model.grid.y

    @property
    def longitude(self) -> NDArray[np.float64]:
        """Degrees east of the cell centres, shape (row, column)."""
        return self.model.grid.longitude_latitude()[0]

    @property
    def latitude(self) -> NDArray[np.float64]:
        """Degrees north of the cell centres, shape (row, column)."""
        return self.model.grid.longitude_latitude()[1]

    def _repr_html_(self) -> str:
        """What a notebook shows of the fields."""
        from pointfuse.pictures.notebook_cards import fields_html

        return fields_html(self)

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
        from pointfuse.fields.netcdf import write_netcdf

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
        from pointfuse.fields.cf import day_variables, global_attributes, grid_variables

        dataset = xarray.Dataset(
            {
                variable.name: (variable.dimensions, variable.values, dict(variable.attributes))
                for variable in (*grid_variables(self), *day_variables(self))
            },
            attrs=global_attributes(self, history),
        )
        return xarray.decode_cf(dataset, decode_coords="all")


def concatenate(parts: Sequence[FusedFields]) -> FusedFields:
    """Fields of successive days as one.

    Parameters
    ----------
    parts : sequence of FusedFields
        At least one; of one model and the same stations.
    """
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        uncertainty=np.concatenate([part.uncertainty for part in parts]),
        effective_stations=np.concatenate([part.effective_stations for part in parts]),
        station_count=np.concatenate([part.station_count for part in parts]),
        station_distance=np.concatenate([part.station_distance for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        stations=replace(
            parts[0].stations,
            observations=join_times([part.stations.observations for part in parts]),
            listed=join_times([part.stations.listed for part in parts]),
        ),
    )
