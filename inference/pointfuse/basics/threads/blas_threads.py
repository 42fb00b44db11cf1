"""Limit linear algebra to one thread per call, inside threads of our own.

The OpenBLAS inside NumPy starts as many threads as the machine has processors, whatever a container
may use, and its threads and a pool of ours get in each other's way. Its own setting is reached
through the symbols that NumPy is linked with; other libraries (Accelerate, MKL, and OpenBLAS on
Windows, whose symbols are not found this way) are left as they are.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

# OpenBLAS as NumPy 2 brings it, as NumPy 1 brings it, and as systems and conda have it.
_PREFIX_AND_SUFFIX = (("scipy_", "64_"), ("", "64_"), ("", ""))

_lock = threading.Lock()
_inside = 0
_threads_before = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have each call of linear algebra run on the thread that makes it.

    The setting is that of the process. It may be entered by several threads, and again by one that
    is inside; the last to leave restores what the first found.
    """
    global _inside, _threads_before
    with _lock:
        if _inside == 0:
            _threads_before = blas_threads()
            _set_threads(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _set_threads(_threads_before)


def blas_threads() -> int:
    """Threads that a call of linear algebra runs on; 0 where the library is not OpenBLAS."""
    function = _function("get_num_threads")
    return int(function()) if function else 0


def _set_threads(threads: int) -> None:
    function = _function("set_num_threads")
    if function:
        function(threads)


@cache
def _function(name: str) -> Any | None:
    """A function of OpenBLAS, None where it is not the library of NumPy."""
    # Looking into the extension module also looks into the libraries that it is linked with.
    library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    for prefix, suffix in _PREFIX_AND_SUFFIX:
        try:
            return getattr(library, f"{prefix}openblas_{name}{suffix}")
        except AttributeError:
            continue
    return None
