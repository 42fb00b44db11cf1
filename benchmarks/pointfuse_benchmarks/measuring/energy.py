"""What a GPU tells of itself while it works: energy and memory, through NVML."""

from __future__ import annotations

import ctypes
from typing import Any

from pointfuse.model.nvidia import gpus, management


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


def joules() -> float | None:
    """Energy that the GPU has taken since its driver was loaded, J.

    None where there is not exactly one GPU, so that it is clear which was meant, or where it does
    not count (those older than Volta).
    """
    found = ctypes.c_ulonglong()
    handle, library = _only_gpu()
    if handle is None or library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(found)):
        return None
    return found.value / 1000


def gpu_megabytes() -> float | None:
    """Memory of the GPU in use, by all programs, MiB; None as for `joules`."""
    found = _Memory()
    handle, library = _only_gpu()
    if handle is None or library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(found)):
        return None
    return float(found.used / 2**20)


def _only_gpu() -> tuple[ctypes.c_void_p | None, Any]:
    library, handle = management(), ctypes.c_void_p()
    if library is None or len(gpus()) != 1:
        return None, None
    failed = library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(handle))
    return (None if failed else handle), library
