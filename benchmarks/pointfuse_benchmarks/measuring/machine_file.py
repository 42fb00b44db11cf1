"""The file of a machine: what was measured on it, a row a case, each with all that it depends on.

The files of several machines lie side by side, and no number is ever made from two of them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.errors import InputError
from pointfuse.model.shipped import shipped_models
from pointfuse_benchmarks.measuring.checkout import MACHINES
from pointfuse_benchmarks.measuring.machine import machine

"""Folder of the files."""

PARTS = ("latency", "files_to_file", "precision", "scores", "peers")
"""What a file may hold, in the order in which it is shown."""

BUSY = 0.3
"""Processors that others keep busy from which on timings are of them too."""

_STAT = Path("/proc/stat")
_LOOK = 2.0
"""How long to look at what others do, s."""

Row = dict[str, Any]


def machine_file(asked: Path | None, models: Path | None = None) -> Path:
    """The file to write to: one that was asked for, or that of this machine.

    That is named after its GPU or processor and the threads used.

    Parameters
    ----------
    asked : Path or None
        The file, if one was asked for.
    models : Path, optional
        Folder of another model than the shipped one, whose name the file gets too.

    Raises
    ------
    OutputError
        If it cannot be written, which is better known before hours than after.
    """
    path = asked
    if path is None:
        found = machine()
        words = f"{found.get('gpus', [found['processor']])[0]} {found['threads']} threads"
        if models is not None:
            words += f" {shipped_models(models)[0].name}"
        MACHINES.mkdir(exist_ok=True)
        path = MACHINES / f"{re.sub('[^a-z0-9]+', '-', words.lower()).strip('-')}.json"
    check_place(path)
    return path


def origin(program: str, load: float) -> Row:
    """What every row of a run carries: machine, versions, date, load before the run and command.

    Parameters
    ----------
    program : str
        Room and name of the module that was run.
    load : float
        Processors that were busy before the run.
    """
    words = [Path(word).name if os.sep in word else word for word in sys.argv[1:]]
    command = shlex.join(["python", "-m", f"pointfuse_benchmarks.{program}", *words])
    return {"machine": machine(), "load": round(load, 2), "command": command}


def load_of_machine() -> float:
    """Processors that others keep busy now, with a warning on the standard error if there are any.

    Where the system does not tell, the load of the last minute, which may be one's own.
    """
    if _STAT.is_file():
        busy, everything, count = _ticks()
        time.sleep(_LOOK)
        busy_then, everything_then, _ = _ticks()
        load = count * (busy_then - busy) / (everything_then - everything)
    else:
        load = os.getloadavg()[0]
    if load > BUSY:
        print(
            f"others are busy on {load:.1f} processors; the timings will show it", file=sys.stderr
        )
    return load


def _ticks() -> tuple[int, int, int]:
    """Ticks that processors were busy, all ticks, and the number of processors."""
    first, *lines = _STAT.read_text().splitlines()
    # user, nice, system, idle, waiting for disks, interrupts of two kinds, taken by other machines
    ticks = [int(word) for word in first.split()[1:9]]
    count = sum(line.startswith("cpu") for line in lines)
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks), count


def record(path: Path, part: str, rows: Sequence[Row], key: Sequence[str] = ()) -> None:
    """Put rows into the file of a machine.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    part : str
        One of `PARTS`.
    rows : sequence of dict
        What was measured.
    key : sequence of str
        Entries that tell what a row is of: rows of the file that are of something else stay. None
        of them stays where there is no key.

    Raises
    ------
    InputError
        If there is such a file, and it is none of a machine.
    OutputError
        If it cannot be written.
    """
    report = read_machine(path) if path.exists() else {}
    measured = [[row[name] for name in key] for row in rows]
    kept = [
        row for row in report.get(part, []) if key and [row[name] for name in key] not in measured
    ]
    report[part] = [*kept, *rows]
    ordered = {name: report[name] for name in PARTS if name in report}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def read_machine(path: Path) -> dict[str, list[Row]]:
    """The parts of a machine's file.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report, Mapping) or set(report) - {*PARTS}:
            raise ValueError(f"parts other than {', '.join(PARTS)}")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no file of a machine's measurements ({error}); name another, or remove it"
        ) from error
    return dict(report)


def read_machines(folder: Path = MACHINES) -> dict[str, dict[str, list[Row]]]:
    """All machines by the names of their files."""
    return {path.stem: read_machine(path) for path in sorted(folder.glob("*.json"))}
