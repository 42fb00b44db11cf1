"""NVIDIA driver and GPUs, through the driver's own library."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_MANAGEMENT = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
_TEXT = 96  # bytes that NVML's names and versions fit into


@dataclass(frozen=True)
class Gpu:
    """A GPU as the driver describes it.

    Parameters
    ----------
    name : str
        Name of the product.
    compute_capability : str
        Such as ``8.9``.
    memory : int
        Bytes.
    """

    name: str
    compute_capability: str
    memory: int


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


def driver_problem() -> str | None:
    """Why programs find no NVIDIA driver here, None where they do."""
    try:
        ctypes.CDLL(_DRIVER)
    except OSError as error:
        return str(error)
    return None


@cache
def cuda_of_driver() -> int:
    """Newest major version of CUDA that the driver runs; 0 where it cannot be told."""
    version = ctypes.c_int()
    try:
        failed = ctypes.CDLL(_DRIVER).cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return 0
    # 12040 is 12.4
    return 0 if failed else version.value // 1000


@cache
def driver_version() -> str:
    """Version of the driver; empty without a driver."""
    library = management()
    if library is None:
        return ""
    text = ctypes.create_string_buffer(_TEXT)
    failed = library.nvmlSystemGetDriverVersion(text, _TEXT)
    return "" if failed else text.value.decode()


@cache
def gpus() -> tuple[Gpu, ...]:
    """GPUs of this machine in the order of their slots; empty without a driver."""
    library = management()
    count = ctypes.c_uint()
    if library is None or library.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return ()
    return tuple(gpu for i in range(count.value) if (gpu := _gpu(library, i)))


def _gpu(library: Any, index: int) -> Gpu | None:
    handle, name, memory = ctypes.c_void_p(), ctypes.create_string_buffer(_TEXT), _Memory()
    major, minor = ctypes.c_int(), ctypes.c_int()
    failed = (
        library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(handle))
        or library.nvmlDeviceGetName(handle, name, _TEXT)
        or library.nvmlDeviceGetCudaComputeCapability(
            handle, ctypes.byref(major), ctypes.byref(minor)
        )
    )
    if failed:
        return None
    # GPUs that share the memory of the processor do not tell it.
    library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
    return Gpu(name.value.decode(), f"{major.value}.{minor.value}", int(memory.total))


@cache
def management() -> Any | None:
    """NVIDIA's management library (NVML), initialised; None without a driver."""
    try:
        library = ctypes.CDLL(_MANAGEMENT)
        return None if library.nvmlInit_v2() else library
    except (OSError, AttributeError):
        return None
