"""Results of quality control: counts by state and reason, table of flagged values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.counted import counted
from pointfuse.errors import require_path
from pointfuse.stations.observations import Observations, require_observations
from pointfuse.stations.quality.reasons import Reason, State

COLUMNS = (
    "station",
    "variable",
    "step",
    "first",
    "last",
    "values",
    "state",
    "reason",
    "lowest",
    "highest",
)
"""Columns of the table of flagged values."""

Counts = dict[str, dict[str, dict[str, dict[str, int]]]]
"""Numbers by step (hour, day), variable, state and reason."""


def count_reasons(observations: Observations) -> Counts:
    """Number of values in each state and for each reason; empty without quality control.

    Parameters
    ----------
    observations : Observations
        Checked daily means, and the hours they were made from, if any.
    """
    counts: Counts = {}
    for step, part in _steps(observations):
        for name, reasons in part.reasons.items():
            found = np.bincount(reasons.ravel(), minlength=len(Reason))
            by_state: dict[str, dict[str, int]] = {state.name.lower(): {} for state in State}
            for reason in Reason:
                if found[reason]:
                    by_state[reason.state.name.lower()][reason.label] = int(found[reason])
            counts.setdefault(step, {})[name] = by_state
    return counts


def add_counts(counts: Counts, more: Counts) -> None:
    """Add the numbers of other values to those of `count_reasons`."""
    for step, variables in more.items():
        for name, states in variables.items():
            known = counts.setdefault(step, {}).setdefault(name, {})
            for state, reasons in states.items():
                total = known.setdefault(state, {})
                for reason, number in reasons.items():
                    total[reason] = total.get(reason, 0) + number


def write_flags(path: str | PathLike[str], observations: Observations) -> int:
    """Write a row for every run of consecutive values of a station that share a reason.

    Good values are not listed. The file appears under its name once it is complete.

    Parameters
    ----------
    path : path
        CSV file to write.
    observations : Observations
        Checked daily means, and the hours they were made from, if any.

    Returns
    -------
    int
        Rows below the header.

    Raises
    ------
    ArgumentError
        If the path or the observations are of another kind.
    OutputError
        If the file cannot be written.
    """
    require_path(path, "the CSV file to write")
    require_observations(observations)
    count = 0
    with (
        replacing(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for step, part in _steps(observations):
            for name in part.reasons:
                for row in _runs(part, name):
                    writer.writerow([no_formula(str(row[0])), name, step, *row[1:]])
                    count += 1
    return count


def no_formula(code: str) -> str:
    """A code with an apostrophe where a spreadsheet would compute it: a file may hold anything."""
    return f"'{code}" if code.startswith(("=", "+", "-", "@")) and not _is_number(code) else code


def _is_number(code: str) -> bool:
    return code[1:].replace(".", "", 1).isdecimal()


def _steps(observations: Observations) -> Iterator[tuple[str, Observations]]:
    if observations.hours is not None:
        yield "hour", observations.hours
    yield observations.step.unit, observations


def _runs(part: Observations, name: str) -> Iterator[tuple[object, ...]]:
    """Station, first and last time, number, state, reason and range of each run of a variable."""
    # Station by station, in the order of time.
    reasons, values = part.reasons[name].T.ravel(), part.values[name].T.ravel()
    gaps = np.ones(len(part.times), bool)
    gaps[1:] = np.diff(part.times.astype(np.int64)) != 1
    begins = np.tile(gaps, len(part.stations))
    begins[1:] |= reasons[1:] != reasons[:-1]
    first = np.flatnonzero(begins)
    if not len(first):
        return
    last = np.append(first[1:], len(reasons)) - 1
    lowest = np.fmin.reduceat(values, first)
    highest = np.fmax.reduceat(values, first)
    times = part.times.astype(str)
    flagged = reasons[first] != Reason.PASSED
    for run in np.flatnonzero(flagged):
        station, row = divmod(int(first[run]), len(times))
        reason = Reason(reasons[first[run]])
        yield (
            part.stations.code[station],
            times[row],
            times[last[run] % len(times)],
            int(last[run] - first[run] + 1),
            reason.state.name.lower(),
            reason.label,
            *("" if np.isnan(end) else f"{end:.6g}" for end in (lowest[run], highest[run])),
        )


def quality_lines(counts: Counts) -> list[str]:
    """Counts of quality control for people, a line a variable and step; none without it."""
    return [
        f"{name}, {counted(sum(sum(by.values()) for by in states.values()), f'{step} value')}: "
        + ", ".join(
            f"{sum(reasons.values())} {state.replace('_', ' ')}"
            + (f" ({_reasons_text(reasons)})" if reasons and state != "good" else "")
            for state, reasons in states.items()
        )
        for step, variables in counts.items()
        for name, states in variables.items()
    ]


def _reasons_text(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {reason.replace('_', ' ')}" for reason, number in reasons.items())
