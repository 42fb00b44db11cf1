"""The most memory that a program has had, which Linux does not tell of itself.

To Linux a new program has had as much memory as the one that started it (`getrusage` keeps the
larger of both through `exec`): what a large test or a notebook starts seems large too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STARTER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
told = [os.waitstatus_to_exitcode(status), time.perf_counter() - began, usage.ru_maxrss]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""
"""A program of ten megabytes between this one and the one that is measured."""


@dataclass(frozen=True)
class Ended:
    """What a command took: its exit status, its time in seconds and its peak memory in MiB."""

    status: int
    seconds: float
    peak_memory_mb: float


def run_measured(command: Sequence[str], **options: Any) -> Ended:
    """Run a command in a new process and tell its time and its memory, not those of this one.

    Parameters
    ----------
    command : sequence of str
        The path of the program, and its arguments.
    options
        As of `subprocess.run`: where its output goes, its folder, its environment.
    """
    read, write = os.pipe()
    starter = [sys.executable, "-S", "-E", "-c", _STARTER, str(write), *command]
    with os.fdopen(read) as pipe:
        try:
            subprocess.run(starter, pass_fds=(write,), check=True, **options)
        finally:
            os.close(write)
        status, seconds, peak = json.loads(pipe.read())
    return Ended(status, seconds, _megabytes(peak))


def own_peak_memory_mb() -> int:
    """The most memory that this process has had, MiB."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return round(int(line.split()[1]) / 2**10)
    import resource

    return round(_megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _megabytes(peak: int) -> float:
    # macOS counts bytes, Linux kilobytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
