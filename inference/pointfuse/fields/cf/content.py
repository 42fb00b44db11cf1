"""What a file that grows holds: groups of variables as fields come, and attributes in the end.

The fields are in the root. The stations are in a group of their own (`cf_stations`).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pointfuse.errors import InputError
from pointfuse.fields.cf.field_variables import field_variables, place_variables
from pointfuse.fields.cf.global_attributes import global_attributes, partial_days
from pointfuse.fields.cf.station_variables import STATIONS, station_places, station_variables
from pointfuse.fields.cf.time_variables import time_variables
from pointfuse.fields.cf.variable import CFVariable
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.stations.quality.flags import Counts, add_counts

Groups = dict[str, list[CFVariable]]
"""Variables of the groups of a file by the names of these; that of the root is empty."""


def constant_groups(fields: TimedFields) -> Groups:
    """Variables that do not change with time: coordinates, projection, stations."""
    return {"": place_variables(fields.model.grid), STATIONS: station_places(fields)}


def growing_groups(bundle: Sequence[TimedFields]) -> Groups:
    """Variables with a value a time, which is their first dimension.

    Parameters
    ----------
    bundle : sequence of TimedFields
        Fields of each variable, of the same times.
    """
    times, several = time_variables(bundle[0]), len(bundle) > 1
    fields = [each for one in bundle for each in field_variables(one, others=several)]
    stations = [each for one in bundle for each in station_variables(one)]
    # The times stand in both, so that who opens the stations alone has them.
    return {"": [*times, *fields], STATIONS: [*times, *_once(stations)]}


def _once(variables: Sequence[CFVariable]) -> list[CFVariable]:
    """Of variables with one name, such as the wind that supports several fields, the first."""
    return list({each.name: each for each in reversed(variables)}.values())[::-1]


class CFContent:
    """Checks fields on their way into a file, and collects what its attributes say of them."""

    def __init__(self) -> None:
        self._last: Sequence[TimedFields] = ()
        self._quality: list[Counts] = []
        self._partial: dict[str, None] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return not self._last

    def add(self, bundle: Sequence[TimedFields]) -> Groups:
        """The variables of fields of the next times.

        Parameters
        ----------
        bundle : sequence of TimedFields
            Of each variable those of the same times, in the same order each time.

        Raises
        ------
        InputError
            If they cannot stand in one file: their times, grids or stations differ, or their
            variables are not those of the times before.
        """
        _check(bundle, self._last)
        if self.empty:
            self._quality = [{} for _ in bundle]
        for quality, fields in zip(self._quality, bundle, strict=True):
            add_counts(quality, fields.stations.quality)
            self._partial |= dict.fromkeys(partial_days(fields))
        self._last = bundle
        return growing_groups(bundle)

    def attributes(self, history: str, time: datetime.datetime | None) -> dict[str, str]:
        """What the file is and how it came to be: its global attributes, at the end."""
        whole = [
            replace(fields, stations=replace(fields.stations, quality=quality))
            for fields, quality in zip(self._last, self._quality, strict=True)
        ]
        return global_attributes(whole, history, time, list(self._partial))


def _check(bundle: Sequence[TimedFields], before: Sequence[TimedFields]) -> None:
    """Make sure that fields can stand in one file, behind others."""
    names = [fields.model.target.name for fields in bundle]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"expected fields of one variable or more, each once, got {', '.join(names) or 'none'}"
        )
    first = bundle[0]
    if any(not np.array_equal(fields.times, first.times) for fields in bundle):
        told = (f"{len(fields.times)} of {fields.model.target.name}" for fields in bundle)
        raise InputError(
            "expected fields of the same times of all variables in a file, got "
            f"{', '.join(told)}; write a file each"
        )
    for fields in (*bundle, *before[:1]):
        if fields.hourly != first.hourly:
            raise InputError("expected days or hours in a file, got both; write a file each")
        if fields.model.grid != first.model.grid:
            raise InputError("expected fields on one grid in a file; write a file each")
        if fields.stations.listed.stations != first.stations.listed.stations:
            raise InputError("expected fields of the same stations in a file; write a file each")
    known = [fields.model.target.name for fields in before]
    if known and known != names:
        raise InputError(
            f"expected fields of {', '.join(known)} at all times of a file, got "
            f"{', '.join(names)}; write a file each"
        )
