"""What is odd about a file that can be read, said in remarks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pointfuse.basics.counted import counted
from pointfuse.basics.units import is_share_of_air
from pointfuse.model.metadata import Variable
from pointfuse.stations.observations import Observations, SourceFile
from pointfuse.stations.quality.hour_checks import range_reasons
from pointfuse.stations.quality.reasons import Reason
from pointfuse.stations.readers.china import cnemc
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.tables.columns import own_name, split_unit
from pointfuse.stations.tables.station_file import StationFile


def with_range_remarks(hourly: Observations, variables: Iterable[Variable]) -> Observations:
    """Say of a file how many of its hourly values are none, such as 9999."""
    remarks = []
    for variable in variables:
        if variable.name not in hourly.values:
            continue
        reasons = range_reasons(hourly.values[variable.name], variable)
        outside = int((reasons == Reason.OUT_OF_RANGE).sum())
        if outside:
            low, high = variable.valid_range
            remarks.append(
                f"{counted(outside, 'hourly value')} of {variable.name} outside {low:g} to "
                f"{high:g} "
                f"{variable.units} left out"
            )
    return replace(hourly, files=(hourly.files[0].with_remarks(remarks),))


def on_gases(file: SourceFile, request: ReadRequest) -> Iterator[str]:
    """A remark on each gas whose shares of the air were turned into masses."""
    for name, units in file.units.items():
        wanted = request.variables[name].units
        given = next(filter(is_share_of_air, re.split(", | and ", units)), None)
        if given is not None and not is_share_of_air(wanted):
            factor = request.factor(name, given)
            yield (
                f"{name} given in {given[:20]}: 1 of it is {factor:.4g} {wanted} at "
                f"{request.celsius:g} degrees Celsius and 1013.25 hPa"
            )


def on_open_end(file: StationFile, request: ReadRequest) -> list[str]:
    """A remark on a value at the end of a file that ends within a line: 12 may have been 120."""
    last, title = file.table.open_end(), file.header[-1]
    of_value = own_name(split_unit(title)[0]) in request.variables or title == "value"
    if last is None or not (of_value or cnemc.recognises(file)):
        return []
    return [f"its last line has no end; the last value, {last[:20]}, may be cut off"]
