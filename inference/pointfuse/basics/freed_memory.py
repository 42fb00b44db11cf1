"""Memory that was freed, back to the system."""

from __future__ import annotations

import contextlib
import ctypes
import sys


def return_freed_memory() -> None:
    """Give back what the C library keeps of freed memory, where it can be told to (glibc).

    Loading the shipped model computes constants in 130 MB that are free afterwards. The process
    would hold them until its end, beside what the runs of the model take.
    """
    if sys.platform == "linux":
        # Other C libraries have no such function, and return memory by themselves.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
