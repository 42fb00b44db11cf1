"""`pointfuse fuse` of another source tree, in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pointfuse_benchmarks.measuring.memory import Ended, run_measured


def fused_with(tree: Path, arguments: Sequence[str]) -> Ended:
    """Run `pointfuse fuse` of the package in a folder, which uses the model of its own.

    Raises
    ------
    SystemExit
        If it fails.
    """
    command = [sys.executable, "-m", "pointfuse", "fuse", *arguments, "--quiet"]
    environment = os.environ | {"PYTHONPATH": str(tree.resolve())}
    run = run_measured(command, env=environment, stdout=subprocess.DEVNULL)
    if run.status:
        raise SystemExit(f"{tree}: the run ended with {run.status}")
    return run
