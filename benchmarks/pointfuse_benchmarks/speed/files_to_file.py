"""Time and memory from station files to a CF file, as a user of the command line sees them.

`pointfuse fuse` runs in new processes on the bundled example and - where real data is at hand - on
CNEMC files: one day, and four. A further day in the same call is a third of the difference of the
two.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pointfuse.errors import DeviceError
from pointfuse_benchmarks.measuring.machine import REAL_DATA
from pointfuse_benchmarks.measuring.machine_file import Row
from pointfuse_benchmarks.measuring.memory import run_measured
from pointfuse_benchmarks.speed.workload import example_files

DAY = "2020-01-15"
"""Day of the example."""

FURTHER_DAYS = ("2020-01-16", "2020-01-17", "2020-01-18")
"""The same stations once more, under other dates."""

_TOLD = ("model", "model_sha256", "precision", "device", "provider", "threads")
"""What the command says of itself."""


class Case(NamedTuple):
    """Something that users run.

    Parameters
    ----------
    name : str
        What it is called in the table.
    one_day, four_days : list of str
        Arguments of `pointfuse fuse` for one day and for four.
    """

    name: str
    one_day: list[str]
    four_days: list[str]


class Run(NamedTuple):
    """A process of `pointfuse fuse`: seconds from its start to its end, memory, and its summary."""

    seconds: float
    peak_memory_mb: float
    summary: dict[str, Any]


def files_to_file(runs: int, options: Sequence[str] = ()) -> list[Row]:
    """Measure all cases, so many times each after one run that fills the file cache.

    Parameters
    ----------
    runs : int
        Runs that count.
    options : sequence of str
        Further options of `pointfuse fuse`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [measured(case, folder, runs, options) for case in cases(folder)]


def cases(folder: Path) -> list[Case]:
    """The cases; files that they need and that are nowhere yet are written to a folder."""
    example = example_files()
    further = []
    for path in example:
        for day in FURTHER_DAYS:
            further.append(folder / f"{day}_{path.name}")
            further[-1].write_text(path.read_text().replace(DAY, day))
    one, four = [*map(str, example)], [*map(str, example + further)]
    found = [Case("example, tidy, with weather", one, four)]
    cnemc = REAL_DATA / "cnemc"
    if cnemc.is_dir():
        days = [str(path) for path in sorted(cnemc.glob("china_sites_*.csv"))[:4]]
        stations = ["--stations", str(cnemc / "station_list.csv")]
        found.append(
            Case("real days, CNEMC hourly", [days[0], *stations], [*days, *stations]),
        )
    return found


def measured(case: Case, folder: Path, runs: int, options: Sequence[str]) -> Row:
    """Median times of a case and the largest memory of any run."""
    one_day, four_days = [*case.one_day, *options], [*case.four_days, *options]
    fuse(one_day, folder)
    pairs = [(fuse(one_day, folder), fuse(four_days, folder)) for _ in range(runs)]
    summary = pairs[0][0].summary
    return {
        "case": case.name,
        "one_day_s": round(statistics.median(one.seconds for one, _ in pairs), 3),
        "slowest_one_day_s": round(max(one.seconds for one, _ in pairs), 3),
        "further_day_s": round(
            statistics.median((four.seconds - one.seconds) / 3 for one, four in pairs), 3
        ),
        "peak_memory_mb": round(max(run.peak_memory_mb for pair in pairs for run in pair)),
        "n": runs,
        **{name: summary[name] for name in _TOLD},
    }


def fuse(arguments: list[str], folder: Path) -> Run:
    """Run `pointfuse fuse`.

    Raises
    ------
    DeviceError
        If it fails.
    """
    command = [sys.executable, "-m", "pointfuse", "fuse", *arguments, "-o", str(folder / "out.nc")]
    summary = folder / "summary.json"
    with summary.open("w") as file:
        run = run_measured([*command, "--json"], stdout=file, cwd=folder)
    if run.status:
        raise DeviceError(f"pointfuse fuse ended with status {run.status}; see above")
    return Run(run.seconds, run.peak_memory_mb, json.loads(summary.read_text(encoding="utf-8")))
