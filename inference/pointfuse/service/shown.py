"""Fields as netCDF, CSV, picture, and values at a place."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from pointfuse.basics.counted import counted
from pointfuse.basics.table_files import append_csv
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.netcdf import netcdf_bytes
from pointfuse.fields.places.points import Places
from pointfuse.fields.places.series import Method, PlaceSeries
from pointfuse.pictures.field_figure import fields_figure
from pointfuse.pictures.map_drawing import plain_text
from pointfuse.pictures.maps import DOTS_PER_INCH
from pointfuse.service.fused import NETCDF, Fused

_DECIMALS = 5
"""Of degrees in a table of cells: a metre."""


def netcdf(fused: Fused) -> bytes:
    """The file that `pointfuse fuse` writes."""
    with NETCDF:
        return netcdf_bytes(fused.fields, history=fused.call, time=fused.made)


def table(fields: FusedFields, day: str | None) -> bytes:
    """All cells of a day, or of an hour, as CSV.

    Parameters
    ----------
    fields : FusedFields
        The fields.
    day : str, optional
        Which, where there are several.

    Returns
    -------
    bytes
        The columns of `pointfuse extract`; a place is ``row * columns + column`` of its cell, row 0
        is south.
    """
    time = time_of(fields, day)
    grid = fields.model.grid
    number = np.arange(grid.rows * grid.columns).astype(np.str_)
    degrees = (np.round(part.ravel(), _DECIMALS) for part in grid.longitude_latitude())
    series = PlaceSeries(
        fields.model.target.name,
        fields.model.target.units,
        Places(number, *degrees),
        fields.times[[time]],
        fields.values[time].reshape(1, -1),
        fields.uncertainty[time].reshape(1, -1) if fields.gives_uncertainty else None,
        fields.station_distance[time].reshape(1, -1) / np.float32(1000),
    )
    text = io.StringIO(newline="")
    append_csv(text, series.columns())
    return text.getvalue().encode()


def picture(fields: FusedFields, day: str | None, *, stations: bool) -> bytes:
    """A map of a day, or of the mean of all, as PNG.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    if day is not None:
        time_of(fields, day)
    content = io.BytesIO()
    with plain_text():
        figure = fields_figure(fields, day=day, stations=stations)
        figure.savefig(content, format="png", dpi=DOTS_PER_INCH)
    return content.getvalue()


def values_at(
    fields: FusedFields, longitude: float, latitude: float, method: Method
) -> dict[str, object]:
    """Values at a place, day by day, in JSON types.

    Raises
    ------
    HTTPException
        404, if the place is outside the grid.
    """
    if fields.model.grid.cells([longitude], [latitude])[0] < 0:
        east, north = fields.model.grid.longitude_latitude()
        raise HTTPException(
            404,
            f"{longitude:g}, {latitude:g} is outside the grid, whose cells are at longitudes from "
            f"{east.min():.1f} to {east.max():.1f} and latitudes from {north.min():.1f} to "
            f"{north.max():.1f}",
        )
    series = fields.at([(longitude, latitude)], method=method)
    columns = series.columns()
    known = {name: columns[name] for name in columns if name not in _ABOUT_PLACE}
    unit = fields.stations.observations.step.unit
    return {
        "variable": series.variable,
        "units": series.units,
        "longitude": longitude,
        "latitude": latitude,
        "method": method,
        f"{unit}s": [
            {unit: str(time), **{name: _number(cells[row]) for name, cells in known.items()}}
            for row, time in enumerate(series.days)
        ],
    }


_ABOUT_PLACE = ("place", "longitude", "latitude", "date")
"""Columns of a series that are the same for all that is said here, or said otherwise."""


def time_of(fields: FusedFields, day: str | None) -> int:
    """Place of a day, or an hour, along the time axis.

    Raises
    ------
    HTTPException
        400, if none is named and there are several; 404, if it is not there.
    """
    times, unit = fields.times, fields.stations.observations.step.unit
    held = f"there are fields from {times[0]} to {times[-1]}"
    if day is None:
        if len(times) > 1:
            raise HTTPException(
                400, f"{held}, {counted(len(times), unit)}; name one with day={times[-1]}"
            )
        return 0
    found: NDArray[np.intp] = np.flatnonzero(times.astype(np.str_) == day)
    if not len(found):
        raise HTTPException(404, f"there is no field of '{day}'; {held}")
    return int(found[0])


def method_of(query: Mapping[str, str]) -> Method:
    """How a place is read.

    Raises
    ------
    HTTPException
        400, if there is no such way.
    """
    match query.get("method", "nearest"):
        case "nearest":
            return "nearest"
        case "bilinear":
            return "bilinear"
        case other:
            raise HTTPException(400, f"expected method nearest or bilinear, got '{other}'")


def _number(value: Any) -> float | None:
    """A number with the digits that single precision has; None for what is not known."""
    return float(str(value)) if math.isfinite(value) else None
