"""Number of processors that this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_CGROUP = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def usable_cpus(cgroup: Path = _CGROUP, membership: Path = _MEMBERSHIP) -> int:
    """Processors that the scheduler and a quota leave to this process, at least 1.

    A container with a quota of two on a machine of 64 would otherwise start 64 threads that get in
    each other's way.

    Parameters
    ----------
    cgroup : Path
        Where the control group file system is mounted.
    membership : Path
        File that names the control groups of this process.
    """
    count = allowed_cpus()
    quota = cpu_quota(cgroup, membership)
    return max(1, min(count, math.ceil(quota))) if quota else count


def allowed_cpus() -> int:
    """Processors on which the scheduler may put this process, whatever its quota."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(cgroup: Path = _CGROUP, membership: Path = _MEMBERSHIP) -> float | None:
    """Processors that the control groups grant, None where they set no limit.

    A group may use no more than those that it is in: of a container, a service, a slice. Inside a
    container the group is mounted as if it were the outermost.

    Parameters
    ----------
    cgroup, membership
        As `usable_cpus`.
    """
    quotas = [_quota(folder) for folder in _folders(cgroup, membership)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _folders(cgroup: Path, membership: Path) -> Iterator[Path]:
    """Folders of the groups that this process is in, of version 2 and of version 1."""
    yield cgroup
    yield cgroup / "cpu"
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        # hierarchy:controllers:path; version 2 has the hierarchy 0 and names no controllers.
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if hierarchy == "0":
            mounted = cgroup
        elif "cpu" in controllers.split(","):
            mounted = cgroup / "cpu"
        else:
            continue
        group = PurePosixPath(path.lstrip("/"))
        # A path that leads out of the mounted tree is that of another container.
        if ".." not in group.parts:
            yield from (mounted / inner for inner in (group, *group.parents))


def _quota(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        except OSError:
            return None
    try:
        granted = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # the quota "max" means that there is none
        return None
    return granted if granted > 0 else None
