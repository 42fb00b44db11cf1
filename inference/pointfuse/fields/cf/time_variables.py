"""CF variables that have a value a time: when it was, and whether there is a field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.timezones import utc_hours, utc_midnights
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.stations.all_hours import hours_end

PROVISIONAL = "day_provisional"
"""Name of the variable that says which days were not over."""

DAY_STATUS, HOUR_STATUS = "day_status", "hour_status"
"""Names of the variable that says whether there is a field."""

_TIME_UNITS = "hours since 1970-01-01 00:00:00"


def whole_bounds(fields: TimedFields) -> NDArray[np.datetime64]:
    """Begin and end of each local day or hour in UTC, datetime64[s], shape (time, 2)."""
    zone = fields.stations.observations.timezone
    if not fields.hourly:
        following = fields.days + np.timedelta64(1, "D")
        return np.stack([utc_midnights(fields.days, zone), utc_midnights(following, zone)], axis=1)
    stamps = utc_hours(fields.times, zone)
    hour = np.timedelta64(1, "h")
    ends = hours_end(fields.stations.listed.files)
    return np.stack([stamps - hour, stamps] if ends else [stamps, stamps + hour], axis=1)


def _time_bounds(fields: TimedFields) -> NDArray[np.datetime64]:
    """As `whole_bounds`, but a day that is not over ends with its last hour."""
    bounds, hours = whole_bounds(fields), fields.stations.hours
    so_far = bounds[:, 0] + hours.length.astype("timedelta64[h]")
    bounds[hours.unfinished, 1] = so_far[hours.unfinished]
    return bounds


def time_variables(fields: TimedFields) -> list[CFVariable]:
    """The times of the fields, and when each begins and ends."""
    bounds = _time_bounds(fields).astype("datetime64[s]").astype(np.float64) / 3600
    times, what = bounds.mean(axis=1), "middle of the local day, UTC"
    if fields.hourly:
        stamps = utc_hours(fields.times, fields.stations.observations.timezone)
        times = stamps.astype(np.float64) / 3600
        what = f"{'end' if (times == bounds[:, 1]).all() else 'beginning'} of the hour, UTC"
    return [
        CFVariable(
            "time",
            ("time",),
            times,
            {
                "standard_name": "time",
                "long_name": what,
                "units": _TIME_UNITS,
                "calendar": "standard",
                "axis": "T",
                "bounds": "time_bnds",
            },
        ),
        CFVariable("time_bnds", ("time", "bounds"), bounds),
    ]


def _status(fields: TimedFields, name: str) -> CFVariable:
    """Variable that says of each time whether there is a field."""
    return CFVariable(
        name,
        ("time",),
        fields.status,
        {
            "standard_name": "status_flag",
            "long_name": f"whether there is a field of {fields.model.target.name}, or why not",
            "flag_values": np.array(list(DayStatus), np.int8),
            "flag_meanings": " ".join(status.label for status in DayStatus),
        },
    )


def status_variables(fields: TimedFields, prefix: str) -> list[CFVariable]:
    """What there is to say of each day, or hour, as a whole; names begin with a prefix."""
    target = fields.model.target
    if fields.hourly:
        return [_status(fields, prefix + HOUR_STATUS)]
    return [
        _status(fields, prefix + DAY_STATUS),
        CFVariable(
            prefix + "day_hours",
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
        provisional_variable(fields.stations.hours.unfinished, prefix),
    ]


def provisional_variable(unfinished: NDArray[np.bool_], prefix: str = "") -> CFVariable:
    """Variable that says which days were not over, from flags of shape (day,)."""
    return CFVariable(
        prefix + PROVISIONAL,
        ("time",),
        unfinished.astype(np.int8),
        {
            "long_name": "whether the day was not over when its hours were read",
            "flag_values": np.array([0, 1], np.int8),
            "flag_meanings": "final provisional",
            "comment": "The bounds of a provisional day end with its last hour.",
        },
    )
