"""Write all values of stations as a table: what was read, and what became of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pointfuse.basics.table_files import writing_table
from pointfuse.stations.observations import Observations
from pointfuse.stations.quality.flags import no_formula
from pointfuse.stations.quality.reasons import Reason

_AT_ONCE = 500_000
"""Rows that are made at once: some 100 MB."""


def write_values(path: Path, observations: Observations, used: Observations) -> int:
    """Write a row for each variable, time and station, in this order.

    Parameters
    ----------
    path : Path
        Table to write; its suffix decides: ``.parquet`` or, by default, CSV.
    observations : Observations
        Checked daily means or hours.
    used : Observations
        Of these the values that a model takes, NaN elsewhere.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    InputError, MissingExtraError, OutputError
        As for `writing_table`.
    """
    stations, codes = observations.stations, observations.stations.code
    if path.suffix.lower() != ".parquet":
        codes = np.array([no_formula(code) for code in codes.tolist()], np.str_)
    states = np.array([reason.state.name.lower() for reason in Reason])
    labels = np.array([reason.label for reason in Reason])
    step, count = max(1, _AT_ONCE // max(1, len(stations))), 0
    with writing_table(path) as append:
        for name, reasons in observations.reasons.items():
            for first in range(0, len(observations.times), step):
                some = slice(first, first + step)
                times, reason = observations.times[some], reasons[some].ravel()
                append(
                    {
                        "station": np.tile(codes, len(times)),
                        "longitude": np.tile(stations.longitude, len(times)),
                        "latitude": np.tile(stations.latitude, len(times)),
                        observations.step.unit: np.repeat(times, len(stations)),
                        "variable": np.full(reason.size, name),
                        "value": observations.values[name][some].ravel(),
                        "used": np.isfinite(used.values[name][some]).ravel(),
                        "state": states[reason],
                        "reason": labels[reason],
                    }
                )
                count += reason.size
    return count
