"""CF variables, dimensions and attributes of fused fields.

One description serves the netCDF writer and the xarray dataset.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.rounding import SIGNIFICANT_BITS, rounded
from pointfuse.basics.timezones import utc_midnights
from pointfuse.fields.daily_fields import DailyFields
from pointfuse.fields.day_status import DayStatus
from pointfuse.grid.grid_mapping import (
    axis_attributes,
    axis_values,
    degrees_attributes,
    mapping_attributes,
)
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid
from pointfuse.stations.observations import Observations
from pointfuse.stations.pollutants import cell_methods
from pointfuse.stations.quality.reasons import Reason, State, states

CONVENTIONS = "CF-1.8"
PROVISIONAL = "day_provisional"
"""Name of the variable that says which days were not over."""

_TIME_UNITS = "hours since 1970-01-01 00:00:00"
_PLACED = {"grid_mapping": "crs", "coordinates": "lat lon"}
_AT_STATIONS = {"coordinates": "station_id station_lat station_lon"}

_UNCERTAINTY = (
    "Standard deviation of the difference to what a station in the cell would measure, as the "
    "network tells it for a logistic distribution: 90 in 100 stations should be within 1.62 times "
    "this. Do not trust a cell where it is of the size of the value."
)


@dataclass(frozen=True)
class CFVariable:
    """A variable of the file.

    Parameters
    ----------
    name : str
        Its name.
    dimensions : tuple of str
        Names of its dimensions.
    values : ndarray
        Its values.
    attributes : mapping
        Its attributes.
    gaps : bool
        Whether values may be missing (NaN).
    """

    name: str
    dimensions: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    gaps: bool = False


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


def grid_variables(fields: DailyFields) -> list[CFVariable]:
    """Variables that do not change with time: coordinates, projection, stations."""
    stations = _listed(fields).stations
    return [
        *place_variables(fields.model.grid),
        CFVariable(
            "station_id",
            ("station",),
            stations.code.astype(object),
            {"long_name": "station code in its network"},
        ),
        CFVariable(
            "station_lat",
            ("station",),
            stations.latitude,
            degrees_attributes("latitude", "north") | {"long_name": "latitude of the station"},
        ),
        CFVariable(
            "station_lon",
            ("station",),
            stations.longitude,
            degrees_attributes("longitude", "east") | {"long_name": "longitude of the station"},
        ),
    ]


def day_bounds(fields: DailyFields) -> NDArray[np.datetime64]:
    """Begin and end of each local day in UTC, datetime64[s], shape (day, 2)."""
    zone = fields.stations.observations.timezone
    following = fields.days + np.timedelta64(1, "D")
    return np.stack([utc_midnights(fields.days, zone), utc_midnights(following, zone)], axis=1)


def _time_bounds(fields: DailyFields) -> NDArray[np.datetime64]:
    """As `day_bounds`, but a day that is not over ends with its last hour."""
    bounds, hours = day_bounds(fields), fields.stations.hours
    so_far = bounds[:, 0] + hours.length.astype("timedelta64[h]")
    bounds[hours.unfinished, 1] = so_far[hours.unfinished]
    return bounds


def day_variables(fields: DailyFields) -> list[CFVariable]:
    """Variables with a value a day: time, the fused field, its support, the observations."""
    bounds = _time_bounds(fields).astype("datetime64[s]").astype(np.float64) / 3600
    target = fields.model.target
    support = _support_variables(fields)
    return [
        CFVariable(
            "time",
            ("time",),
            bounds.mean(axis=1),
            {
                "standard_name": "time",
                "long_name": "middle of the local day, UTC",
                "units": _TIME_UNITS,
                "calendar": "standard",
                "axis": "T",
                "bounds": "time_bnds",
            },
        ),
        CFVariable("time_bnds", ("time", "bounds"), bounds),
        CFVariable(
            target.name,
            ("time", "y", "x"),
            rounded(fields.values),
            {
                "standard_name": target.standard_name,
                "long_name": target.long_name,
                "units": target.units,
                "cell_methods": cell_methods(target),
                "valid_min": np.float32(0),
                "significant_bits": np.int32(SIGNIFICANT_BITS),
                "ancillary_variables": " ".join(
                    [
                        "station_count",
                        "station_distance",
                        "day_status",
                        "day_hours",
                        PROVISIONAL,
                        *(each.name for each in support),
                    ]
                ),
            }
            | _PLACED,
            gaps=True,
        ),
        CFVariable(
            "day_status",
            ("time",),
            fields.status,
            {
                "standard_name": "status_flag",
                "long_name": f"whether there is a field of {target.name}, or why not",
                "flag_values": np.array(list(DayStatus), np.int8),
                "flag_meanings": " ".join(status.label for status in DayStatus),
            },
        ),
        CFVariable(
            "day_hours",
            ("time",),
            fields.stations.hours.count,
            {
                "long_name": f"hours of the local day with a value of {target.name} at any station",
                "units": "1",
                "comment": "The daily means are of these hours alone: a whole day has 24, or 23 "
                "where clocks are put forward. Missing where the files give daily means.",
            },
            gaps=True,
        ),
        provisional_variable(fields.stations.hours.unfinished),
        CFVariable(
            "station_count",
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
            "station_distance",
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
        *support,
        *_station_variables(fields),
    ]


def provisional_variable(unfinished: NDArray[np.bool_]) -> CFVariable:
    """Variable that says which days were not over, from flags of shape (day,)."""
    return CFVariable(
        PROVISIONAL,
        ("time",),
        unfinished.astype(np.int8),
        {
            "long_name": "whether the day was not over when its hours were read",
            "flag_values": np.array([0, 1], np.int8),
            "flag_meanings": "final provisional",
            "comment": "The bounds of a provisional day end with its last hour.",
        },
    )


def _support_variables(fields: DailyFields) -> list[CFVariable]:
    """How sure the field is in each cell, where the model says so."""
    # What a file holds follows from the model, not from what its first day is like.
    if not fields.gives_uncertainty:
        return []
    target = fields.model.target
    return [
        CFVariable(
            f"{target.name}_uncertainty",
            ("time", "y", "x"),
            rounded(fields.uncertainty),
            {
                "standard_name": f"{target.standard_name} standard_error",
                "long_name": f"standard uncertainty of {target.long_name}",
                "units": target.units,
                "valid_min": np.float32(0),
                "significant_bits": np.int32(SIGNIFICANT_BITS),
                "comment": _UNCERTAINTY,
            }
            | _PLACED,
            gaps=True,
        )
    ]


def now() -> datetime.datetime:
    """The time to write into files: SOURCE_DATE_EPOCH where that is set.

    So two runs can be the same to the bit; see
    https://reproducible-builds.org/specs/source-date-epoch.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    return datetime.datetime.now(datetime.UTC)


def _station_variables(fields: DailyFields) -> list[CFVariable]:
    """Daily means of the stations as they went into the fields, and what became of the others."""
    listed = _listed(fields)
    found = []
    for variable in fields.model.variables:
        if variable.name not in listed.values:
            continue
        name = f"station_{variable.name}"
        attributes = {
            "standard_name": variable.standard_name,
            "long_name": f"{variable.long_name} at the station, as used",
            "units": variable.units,
            "cell_methods": cell_methods(variable),
        }
        values = listed.values[variable.name].astype(np.float32)
        flags = _flag_variables(name, variable.long_name, listed.reasons.get(variable.name))
        if flags:
            attributes["ancillary_variables"] = " ".join(flag.name for flag in flags)
        dimensions = ("time", "station")
        found.append(CFVariable(name, dimensions, values, attributes | _AT_STATIONS, gaps=True))
        found += flags
    return found


def _flag_variables(
    name: str, long_name: str, reasons: NDArray[np.uint8] | None
) -> list[CFVariable]:
    """State and reason of each value; nothing where quality control was switched off."""
    if reasons is None:
        return []
    return [
        CFVariable(
            f"{name}_{kind}",
            ("time", "station"),
            codes.astype(np.int8),
            {
                "standard_name": standard_name,
                "long_name": f"{text} of {long_name} at the station",
                "flag_values": np.array([meaning.value for meaning in meanings], np.int8),
                "flag_meanings": " ".join(meaning.name.lower() for meaning in meanings),
            }
            | _AT_STATIONS,
        )
        for kind, standard_name, text, codes, meanings in (
            ("quality", "quality_flag", "quality", states(reasons), tuple(State)),
            ("reason", "status_flag", "reason for the quality", reasons, tuple(Reason)),
        )
    ]


def has_place(observations: Observations) -> NDArray[np.bool_]:
    """Which stations have coordinates that are a place on Earth."""
    stations = observations.stations
    return np.isfinite(stations.longitude) & (np.abs(stations.latitude) <= 90)


def _listed(fields: DailyFields) -> Observations:
    """The stations of the file: all that were read and have a place."""
    return fields.stations.listed.at_stations(has_place(fields.stations.listed))
