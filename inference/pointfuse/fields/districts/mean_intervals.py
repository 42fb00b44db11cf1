"""Intervals of means over districts of fields in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pointfuse.errors import InputError
from pointfuse.fields.districts.means import DistrictMeans, DistrictReader
from pointfuse.fields.members.field_members import FieldMembers, interval_of, require_members
from pointfuse.fields.timed_fields import TimedFields


def with_intervals(
    means: DistrictMeans, reader: DistrictReader, fields: TimedFields, members: int
) -> DistrictMeans:
    """The means with their intervals.

    Parameters
    ----------
    means : DistrictMeans
        Means of the fields.
    reader : DistrictReader
        What they were read with.
    fields : TimedFields
        The fields.
    members : int
        Number of members, at least 20.

    Raises
    ------
    ArgumentError, InputError
        If there are too few members, or the model does not tell how its errors go together.
    """
    correlation = fields.model.error_correlation
    require_members(members)
    if correlation is None or not fields.gives_uncertainty:
        raise InputError(
            f"the model {fields.model.name} does not tell how its errors go together, so there are "
            "no members; leave them out"
        )
    cells = np.unique(reader.overlap.cell)
    drawn = FieldMembers(correlation, fields.model.grid, cells, members)
    ends = np.empty((2, 2, *means.values.shape))
    for number, time in enumerate(fields.times):
        of_time = drawn.at(
            time,
            fields.values[number],
            fields.uncertainty[number],
            fields.station_count[number],
        )
        on_grid = list(drawn.on_grid(of_time.T))
        for by_people in (False, True) if reader.people is not None else (False,):
            of_members = [reader.mean(field, by_people=by_people) for field in on_grid]
            ends[int(by_people), :, number] = interval_of(np.stack(of_members))
    (low, high), (low_by_population, high_by_population) = ends
    means = replace(means, low=low, high=high)
    if reader.people is None:
        return means
    return replace(
        means, low_by_population=low_by_population, high_by_population=high_by_population
    )
