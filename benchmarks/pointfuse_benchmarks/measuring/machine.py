"""What numbers were measured on: the machine, and the real data."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnxruntime

from pointfuse import __version__
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.model.devices import cuda_version, installed_wheels
from pointfuse.model.nvidia import driver_version, gpus
from pointfuse_benchmarks.measuring.checkout import ROOT

REAL_DATA = Path(os.environ.get("POINTFUSE_REAL_DATA", ROOT.parent / "shared" / "data"))
"""Folder of the real data, which is no part of the project."""


def machine() -> dict[str, Any]:
    """What the numbers depend on; of GPUs only where there are any."""
    found = {
        "processor": _processor(),
        "threads": usable_cpus(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "pointfuse": __version__,
        # The distribution has another name where it is made for GPUs.
        "onnxruntime": onnxruntime.__version__,
        **{package: version(package) for package in ("numpy", "netCDF4")},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    if gpus():
        found |= {
            "gpus": [gpu.name for gpu in gpus()],
            "driver": driver_version(),
            "cuda": cuda_version(),
            "wheels": installed_wheels(),
        }
    return found


def _processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
