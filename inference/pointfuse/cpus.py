"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = _CGROUP) -> int:
    """Processors that the scheduler and a container's quota leave to this process, at least 1.

    A container with a quota of two on a machine of 64 would otherwise start 64 threads that get in
    each other's way.

    Parameters
    ----------
    cgroup : Path
        Where the control group file system is mounted.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _cgroup_quota(cgroup)
    return max(1, min(count, math.ceil(quota))) if quota else count


def _cgroup_quota(cgroup: Path) -> float | None:
    """Processors that the control group grants (version 2, then 1), None where it sets no limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text()
        except OSError:
            return None
    try:
        granted = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # the quota "max" means that there is none
        return None
    return granted if granted > 0 else None
