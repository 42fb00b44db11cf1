"""Counts and times for Prometheus, in its text format.

The format is https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

_BOUNDS = (0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Of classes of durations, s."""

_STATM = Path("/proc/self/statm")


class Metrics:
    """What has happened since the start; used by the thread of the event loop alone."""

    def __init__(self) -> None:
        self._began = time.time()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._classes: dict[str, list[int]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Parameters
        ----------
        method, route : str
            How it was asked for; the route as it is described, without the names in it.
        status : int
            Its answer.
        seconds : float
            How long it took.
        """
        self._requests[method, route, status] += 1
        self._seconds[route] += seconds
        classes = self._classes.setdefault(route, [0] * (len(_BOUNDS) + 1))
        classes[bisect_left(_BOUNDS, seconds)] += 1

    def text(self, more: Mapping[str, tuple[str, str, float]]) -> str:
        """All that is known.

        Parameters
        ----------
        more : mapping of str to tuple
            What others know: kind (counter, gauge), what it is, and its value, by name.
        """
        memory = resident_bytes()
        if memory is not None:
            name = "process_resident_memory_bytes"
            more = {**more, name: ("gauge", "Memory of the process", memory)}
        started = "Seconds from 1970 to the start"
        more = {**more, "process_start_time_seconds": ("gauge", started, self._began)}
        lines = [*self._counted(), *self._timed()]
        for name, (kind, what, value) in more.items():
            lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}", f"{name} {value:.10g}"]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterator[str]:
        name = "pointfuse_requests_total"
        yield f"# HELP {name} Requests by method, route and status of the answer"
        yield f"# TYPE {name} counter"
        for (method, route, status), number in sorted(self._requests.items()):
            yield f'{name}{{method="{method}",route="{route}",status="{status}"}} {number}'

    def _timed(self) -> Iterator[str]:
        name = "pointfuse_request_seconds"
        yield f"# HELP {name} Seconds from the head of a request to the end of its answer"
        yield f"# TYPE {name} histogram"
        for route, classes in sorted(self._classes.items()):
            total = 0
            for bound, number in zip([*map(str, _BOUNDS), "+Inf"], classes, strict=True):
                total += number
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {total}'


def resident_bytes() -> int | None:
    """Memory that this process has now; None where the system does not tell as Linux does."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
