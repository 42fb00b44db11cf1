"""CF variables, dimensions and attributes of fused fields.

One description serves the netCDF writer and the xarray dataset.
"""

from __future__ import annotations

import datetime
import os

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.rounding import SIGNIFICANT_BITS, rounded
from pointfuse.fields.cf.time_variables import status_variables
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.grid.grid_mapping import (
    axis_attributes,
    axis_values,
    degrees_attributes,
    mapping_attributes,
)
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.pollutants import cell_methods, long_name

CONVENTIONS = "CF-1.8"
CRS_AMONG_COORDINATES = {"coordinates": "crs"}
"""Attribute of files. xarray takes the projection for a variable without it, and when it joins
files gives it a time, with a warning."""
STATION_COUNT, STATION_DISTANCE = "station_count", "station_distance"
"""Names of variables about the nearest stations, which only fused fields have."""

UNCERTAINTY = "_uncertainty"
"""Behind the name of a variable: that of its standard uncertainty."""

CORRELATION = {
    "error_correlation_length": "length",
    "error_own_share": "own",
    "error_hours": "hours",
    "error_passing_shares": "passing",
}
"""Attributes of the uncertainty that say how errors go together, and what they are of an
`ErrorCorrelation`, in its order."""

_PLACED = {"grid_mapping": "crs", "coordinates": "lat lon"}

_OF_HOURS = (
    "Standard deviation of the difference to what a station in the cell would measure, as the "
    "network tells it of days, which it has learned: of hours it is too small, and fewer than 90 "
    "in 100 stations are within 1.62 times this."
)
_UNCERTAINTY = (
    "Standard deviation of the difference to what a station in the cell would measure, as the "
    "network tells it for a logistic distribution: 90 in 100 stations should be within 1.62 times "
    "this. Do not trust a cell where it is of the size of the value."
)


def place_variables(grid: Grid) -> list[CFVariable]:
    """Variables that say where the cells of a grid are: projection and coordinates."""
    longitude, latitude = grid.longitude_latitude()
    (y, x), (of_y, of_x) = axis_values(grid), axis_attributes(grid)
    of_lat, of_lon = (
        degrees_attributes("latitude", "north"),
        degrees_attributes("longitude", "east"),
    )
    if isinstance(grid.projection, LatitudeLongitude):
        # The coordinates of rows and columns have these names already, which must be unique.
        del of_lat["standard_name"], of_lon["standard_name"]
    return [
        CFVariable("crs", (), np.array(0, np.int32), mapping_attributes(grid.projection)),
        CFVariable("y", ("y",), y, of_y),
        CFVariable("x", ("x",), x, of_x),
        CFVariable("lat", ("y", "x"), latitude.astype(np.float32), of_lat),
        CFVariable("lon", ("y", "x"), longitude.astype(np.float32), of_lon),
    ]


def field_variables(fields: TimedFields, others: bool = False) -> list[CFVariable]:
    """Variables with a value a time and cell, or a time: the fused field and its support.

    Parameters
    ----------
    fields : TimedFields
        Fields of one variable.
    others : bool
        Whether there are fields of other variables beside them, so that names of what supports
        each begin with that of its variable: ``no2_station_count``.
    """
    target = fields.model.target
    prefix = f"{target.name}_" if others else ""
    support = [
        *status_variables(fields, prefix),
        *_station_support(fields, prefix),
        *_uncertainty(fields),
    ]
    return [
        CFVariable(
            target.name,
            ("time", "y", "x"),
            rounded(fields.values),
            {
                "standard_name": target.standard_name,
                "long_name": long_name(target, hourly=fields.hourly),
                "units": target.units,
                "cell_methods": cell_methods(target),
                "valid_min": np.float32(0),
                "significant_bits": np.int32(SIGNIFICANT_BITS),
                "ancillary_variables": " ".join(each.name for each in support),
            }
            | _PLACED
            | (model_attributes(fields) if others else {}),
            gaps=True,
        ),
        *support,
    ]


def model_attributes(fields: TimedFields) -> dict[str, str]:
    """Which model made fields: attributes of the file, or of the variable in one of several."""
    return {
        "model_name": fields.model.name,
        "model_version": fields.model.version,
        "model_sha256": fields.model_sha256,
        "model_precision": fields.model.precision,
    }


def _station_support(fields: TimedFields, prefix: str) -> list[CFVariable]:
    """Where the stations of the fused variable are."""
    target = fields.model.target
    return [
        CFVariable(
            prefix + STATION_COUNT,
            ("time", "y", "x"),
            fields.station_count,
            {
                "standard_name": "number_of_observations",
                "long_name": f"stations of {target.name} averaged in the cell",
                "units": "1",
            }
            | _PLACED,
        ),
        CFVariable(
            prefix + STATION_DISTANCE,
            ("time", "y", "x"),
            rounded(fields.station_distance / np.float32(1000)),
            {
                "long_name": f"distance to the nearest cell with a station of {target.name}",
                "units": "km",
                "comment": "The field is supported by observations where this is small.",
                "significant_bits": np.int32(SIGNIFICANT_BITS),
            }
            | _PLACED,
            gaps=True,
        ),
    ]


def _uncertainty(fields: TimedFields) -> list[CFVariable]:
    """How sure the field is in each cell, where the model says so."""
    # What a file holds follows from the model, not from what its first day is like.
    if not fields.gives_uncertainty:
        return []
    target = fields.model.target
    known = not fields.hourly or fields.model.hourly_factor is not None
    return [
        CFVariable(
            target.name + UNCERTAINTY,
            ("time", "y", "x"),
            rounded(fields.uncertainty),
            {
                "standard_name": f"{target.standard_name} standard_error",
                "long_name": f"standard uncertainty of {long_name(target, hourly=fields.hourly)}",
                "units": target.units,
                "valid_min": np.float32(0),
                "significant_bits": np.int32(SIGNIFICANT_BITS),
                "comment": _UNCERTAINTY if known else _OF_HOURS,
            }
            | _correlation_attributes(fields)
            | _PLACED,
            gaps=True,
        )
    ]


def _correlation_attributes(fields: TimedFields) -> dict[str, NDArray[np.float64]]:
    """How errors go together, where the model says so."""
    correlation = fields.model.error_correlation
    if correlation is None:
        return {}
    told = correlation.to_dict()
    return {name: np.array(told[entry], np.float64) for name, entry in CORRELATION.items()}


def now() -> datetime.datetime:
    """The time to write into files: SOURCE_DATE_EPOCH where that is set.

    So two runs can be the same to the bit; see
    https://reproducible-builds.org/specs/source-date-epoch.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return datetime.datetime.now(datetime.UTC)
