"""Whole fields of a real transport model, sampled at station cells: the truth is known."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from pointfuse.errors import InputError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations, Stations

CMAQ = LambertConformal(
    standard_parallel=(25.0, 40.0),
    longitude_of_central_meridian=110.0,
    # Any latitude near the middle of the domain: a shift of the origin changes nothing here.
    latitude_of_projection_origin=34.0,
    earth_radius=6_370_000.0,
)
"""Plane in which the cells of the CMAQ files are regular."""

_TOLERANCE = 10.0
"""The files give coordinates in single precision: some metres, m."""


def read_cmaq_days(folder: Path, grid: Grid) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Daily fields on another grid, bilinear in the plane of the model that made them.

    Parameters
    ----------
    folder : Path
        Folder of files ``cmaq_*.nc``, one a day.
    grid : Grid
        Grid to interpolate to.

    Returns
    -------
    days : ndarray of datetime64[D], shape (day,)
    fields : ndarray of float64, shape (day, row, column)
        ug/m3; NaN outside the domain of the files.

    Raises
    ------
    InputError
        If there is no such file, or the cells of one are not regular in that plane.
    """
    files = sorted(folder.glob("cmaq_*.nc"))
    if not files:
        raise InputError(f"expected files cmaq_*.nc in {folder}, got none; name their folder")
    to_x, to_y = CMAQ.forward(*grid.longitude_latitude())
    days, fields = [], []
    for file in files:
        with netCDF4.Dataset(file) as dataset:
            days.append(np.datetime64(dataset.date, "D"))
            x, y = CMAQ.forward(dataset["lon"][:].filled(), dataset["lat"][:].filled())
            field = dataset["PM25_cmaq"][:].filled(np.nan).astype(np.float64)
        axis_x, axis_y = x.mean(axis=0), y.mean(axis=1)
        if max(np.abs(x - axis_x).max(), np.abs(y - axis_y[:, None]).max()) > _TOLERANCE:
            raise InputError(
                f"{file.name}: expected cells that are regular in a Lambert plane with parallels "
                "25 and 40 and meridian 110, got others; the file is of another domain"
            )
        interpolate = RegularGridInterpolator((axis_y, axis_x), field, bounds_error=False)
        fields.append(interpolate((to_y, to_x)))
    return np.array(days), np.stack(fields)


def sampled(
    fields: NDArray[np.float64],
    days: NDArray[np.datetime64],
    cells: NDArray[np.int64],
    metadata: ModelMetadata,
) -> PlacedObservations:
    """Pseudo-stations at the centres of some cells.

    Parameters
    ----------
    fields : ndarray of float64, shape (day, row, column)
        Fields of the fused variable.
    days : ndarray of datetime64[D], shape (day,)
        Their days.
    cells : ndarray of int64, shape (station,)
        ``row * columns + column``.
    metadata : ModelMetadata
        The model that is to take them.
    """
    longitude, latitude = (table.ravel()[cells] for table in metadata.grid.longitude_latitude())
    stations = Stations(np.array([f"cell {cell}" for cell in cells]), longitude, latitude)
    values = fields.reshape(len(fields), -1)[:, cells]
    return place(Observations(stations, days, {metadata.target.name: values}), metadata)
