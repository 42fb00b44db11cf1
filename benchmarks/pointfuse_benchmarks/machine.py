"""What numbers were measured on: the machine, and the real data."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pointfuse import __version__
from pointfuse.cpus import usable_cpus

REAL_DATA = Path(
    os.environ.get("POINTFUSE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data")
)
"""Folder of the real data, which is no part of the project."""


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "processor": _processor(),
        "threads": usable_cpus(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "pointfuse": __version__,
        **{package: version(package) for package in ("onnxruntime", "numpy", "netCDF4")},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
