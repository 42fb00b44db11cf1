"""Days as few, as clustered and as high as real ones may be, and every tensor of a graph on them.

A runtime hides values that are not finite: a ReLU or a maximum may make a plausible number of NaN,
and a mean error over cells that are far from it stays small. So each tensor is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from pointfuse_export.checks.simulated_days import SimulatedDays
from pointfuse_export.checks.verify import Days, open_file
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import INPUTS

USUAL, DUST = 35.0, 1500.0
"""An ordinary day, and the highest that a model takes, ug/m3."""

CLUSTER, MOST, CITY = 60, 1500, 20
"""Stations of a delta, of a country, and of a city that lies in one cell."""

_FLOATING = (TensorProto.FLOAT, TensorProto.FLOAT16)


def extreme_days(days: SimulatedDays) -> list[Days]:
    """One station, a cluster, and all of a country, each on an ordinary day and in a dust storm.

    Two more have a single station in the dust among many that are not, and calm air besides; in
    the last one every cell of the country has as many stations as a city.

    Parameters
    ----------
    days : SimulatedDays
        Whose stations and weather they have.
    """
    cells = days.cells[:MOST]
    row, column = np.divmod(days.stations, days.shape[1])
    # Around the station that has its neighbours nearest.
    apart = np.sort((row[:, None] - row) ** 2 + (column[:, None] - column) ** 2, axis=1)
    count = min(CLUSTER, len(row))
    middle = int(apart[:, count - 1].argmin())
    nearest = np.argsort((row - row[middle]) ** 2 + (column - column[middle]) ** 2)[:count]
    networks = {
        "one station": days.stations[:1],
        f"{count} stations in a cluster": days.stations[nearest],
        f"{len(cells)} stations": cells,
    }
    found = [
        _day(f"{name}, {value:g} ug/m3", days, known, np.full(len(known), value), weather=False)
        for name, known in networks.items()
        for value in (USUAL, DUST)
    ]
    peak = np.full(len(cells), USUAL)
    peak[0] = DUST
    crowded = found[-1]
    return [
        *found,
        _day("one station in the dust", days, cells, peak, weather=False),
        _day("one station in the dust, calm and moist air", days, cells, peak, weather=True),
        replace(crowded, name="a city in every cell", observed=CITY * crowded.observed),
    ]


def check_finite(file: str, model: onnx.ModelProto, days: Sequence[Days]) -> None:
    """Make sure that no tensor of a graph holds infinities or NaN.

    Parameters
    ----------
    file : str
        Name of its file.
    model : onnx.ModelProto
        The graph.
    days : sequence of Days
        What it is run on, each alone, on the CPU.

    Raises
    ------
    VerificationError
        If one does.
    """
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    typed = onnx.shape_inference.infer_shapes(probe, strict_mode=True).graph.value_info
    seen = {value.name: value.type.tensor_type.elem_type for value in typed}
    kinds = {name: kind for name, kind in seen.items() if kind in _FLOATING}
    del probe.graph.output[:]
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()
    )
    probe.graph.output.extend(model.graph.output)
    session = open_file(probe.SerializeToString())
    names = [output.name for output in session.get_outputs()]
    for day in days:
        feed = dict(zip(INPUTS, (day.observations, day.observed), strict=True))
        for name, values in zip(names, session.run(names, feed), strict=True):
            if bad := int((~np.isfinite(values)).sum()):
                raise VerificationError(
                    f"{file}: '{name}' holds {bad} values that are infinite or no number on a day "
                    f"of {day.name}; expected none; nothing was written; leave this precision out "
                    "with --precision"
                )


def _day(
    name: str,
    days: SimulatedDays,
    cells: NDArray[np.int32],
    values: NDArray[np.float64],
    *,
    weather: bool,
) -> Days:
    observations = np.zeros((1, 3, days.shape[0] * days.shape[1]), np.float32)
    observed = np.zeros_like(observations)
    observations[0, 0, cells], observed[0, 0, cells] = values, 1
    if weather:
        # All of it at 100 % and without wind, which counts as observed.
        observations[0, 1, days.weather], observed[0, 1:, days.weather] = 100, 1
    return Days(name, *(table.reshape(1, 3, *days.shape) for table in (observations, observed)))
