"""CF variables of the stations: where they are, what they measured, and what became of it.

They are in a group of their own. Files of other days list other stations, and a library that joins
files along time would have to make one of dimensions that are not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.grid.grid_mapping import degrees_attributes
from pointfuse.stations.observations import Observations
from pointfuse.stations.pollutants import cell_methods, long_name
from pointfuse.stations.quality.reasons import Reason, State, states

STATIONS = "stations"
"""Name of the group of the stations."""

_AT_STATIONS = {"coordinates": "station_id station_lat station_lon"}


def has_place(observations: Observations) -> NDArray[np.bool_]:
    """Which stations have coordinates that are a place on Earth."""
    stations = observations.stations
    return np.isfinite(stations.longitude) & (np.abs(stations.latitude) <= 90)


def station_places(fields: TimedFields) -> list[CFVariable]:
    """Codes and coordinates of the stations: all that were read and have a place."""
    stations = _listed(fields).stations
    return [
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


def station_variables(fields: TimedFields) -> list[CFVariable]:
    """Values of the stations as they went into the fields, and what became of the others."""
    listed = _listed(fields)
    found = []
    for variable in fields.model.variables:
        if variable.name not in listed.values:
            continue
        name = f"station_{variable.name}"
        said = long_name(variable, hourly=fields.hourly)
        attributes = {
            "standard_name": variable.standard_name,
            "long_name": f"{said} at the station, as used",
            "units": variable.units,
            "cell_methods": cell_methods(variable),
        }
        values = listed.values[variable.name].astype(np.float32)
        flags = _flag_variables(name, said, listed.reasons.get(variable.name))
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


def _listed(fields: TimedFields) -> Observations:
    """The stations of the file."""
    return fields.stations.listed.at_stations(has_place(fields.stations.listed))
