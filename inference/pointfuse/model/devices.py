"""Devices for the network: availability, options, and how to install them.

A device is a word of the command line; behind it stands an execution provider of ONNX Runtime.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import io
import logging
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pointfuse.errors import DeviceError
from pointfuse.model.nvidia import cuda_of_driver, driver_problem, driver_version, gpus

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

Device = Literal["cpu", "cuda", "tensorrt", "rtx"]
"""What can run a network."""

DeviceChoice = Literal["auto", Device]
"""A device, or the best that works."""

PROVIDERS: dict[Device, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rtx": "NvTensorRTRTXExecutionProvider",
}
"""Execution provider behind each device."""

DEVICES: tuple[DeviceChoice, ...] = get_args(DeviceChoice)
"""Devices that may be asked for."""

# TensorRT compiles for minutes, so it is taken by name alone.
_AUTOMATIC: tuple[Device, ...] = ("rtx", "cuda", "cpu")

_RTX_PLUGIN = "onnxruntime_ep_nv_tensorrt_rtx"
_RTX_WHEELS = ("onnxruntime-ep-nv-tensorrt-rtx-cu13", "onnxruntime-ep-nv-tensorrt-rtx-cu12")
_RUNTIME_WHEELS = ("onnxruntime", "onnxruntime-gpu")
_TENSORRT_WHEELS = ("tensorrt-cu13", "tensorrt-cu13-libs", "tensorrt-cu12", "tensorrt-cu12-libs")
WHEELS = (*_RUNTIME_WHEELS, *_RTX_WHEELS, *_TENSORRT_WHEELS)
"""Distributions that make a device usable, or get in its way."""

# The first of NVIDIA's drivers that runs programs for a major version of CUDA.
_NEWEST_CUDA = 13
_DRIVERS = {12: "525", _NEWEST_CUDA: "580"}

UNINSTALL = "pip uninstall -y onnxruntime onnxruntime-gpu"
SWAP = f"{UNINSTALL}, then pip install 'onnxruntime-gpu[cuda,cudnn]'"
"""How to come from the wheel for the CPU, or from both, to the one for GPUs."""


def installed_wheels() -> dict[str, str]:
    """Version of each distribution of `WHEELS` that is installed."""
    # Here and not above, since it takes longer to import than all of this package.
    import importlib.metadata

    found = {}
    for name in WHEELS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def both_runtimes() -> str | None:
    """What is wrong where the wheels for CPU and GPU are installed together, None elsewhere.

    They install the same module over each other, and what is left is a mixture of both.
    """
    found = installed_wheels()
    if not all(name in found for name in _RUNTIME_WHEELS):
        return None
    named = " and ".join(f"{name} {found[name]}" for name in _RUNTIME_WHEELS)
    return f"{named} overwrite each other"


def candidates(device: DeviceChoice) -> tuple[Device, ...]:
    """Devices to try, in order, for one that was asked for.

    For ``auto`` these are those that the installed packages are made for; the last is the CPU.

    Raises
    ------
    DeviceError
        If there is no such device.
    """
    if device not in DEVICES:
        raise DeviceError(f"there is no device '{device}'; expected one of {', '.join(DEVICES)}")
    if device != "auto":
        return (device,)
    return tuple(name for name in _AUTOMATIC if name == "cpu" or _is_installed(name))


def on_device(device: DeviceChoice, use: Callable[[Device], Result]) -> Result:
    """Use the device that was asked for, or the best that works.

    Parameters
    ----------
    device : str
        One of `DEVICES`. ``auto`` tries those that the installed packages are made for, and says
        in a warning why one of them cannot be used.
    use : callable
        Takes a key of `PROVIDERS`, and raises a `DeviceError` if that cannot be used.

    Raises
    ------
    DeviceError
        If the device was named and cannot be used.
    """
    if device == "auto" and (idle := idle_gpu()):
        logger.warning("%s", idle)
    *others, last = candidates(device)
    for name in others:
        try:
            return use(name)
        except DeviceError as error:
            logger.warning("%s; trying the next device", error)
    return use(last)


def missing(device: Device) -> str | None:
    """What is missing for a device and how to install it, in one sentence; None if nothing.

    Parameters
    ----------
    device : str
        A key of `PROVIDERS`.
    """
    if device == "cpu":
        return None
    if device == "rtx":
        return _missing_plugin() or _missing_driver(_plugin_cuda()) or _plugin_problem()
    return _missing_provider(device) or _missing_driver(_cuda()) or _missing_library(device)


def idle_gpu() -> str | None:
    """Sentence about a GPU that no installed package can use; None without one."""
    if not gpus() or len(candidates("auto")) > 1:
        return None
    return (
        f"the GPU {gpus()[0].name} is not used, since the installed ONNX Runtime is made for CPUs "
        f"({SWAP}; or ask for the CPU with --device cpu)"
    )


def provider_options(device: Device, precision: str, cache: Path | None) -> dict[str, str]:
    """Options of the execution provider.

    Whatever changes the numbers is said, and not left to a default.

    Parameters
    ----------
    device : str
        A key of `PROVIDERS`.
    precision : str
        Of the model, ``fp32``, ``fp16`` or ``int8``.
    cache : Path or None
        Folder for compiled engines; None to keep none.
    """
    if device == "cuda":
        return {
            "use_tf32": "0",
            # The exhaustive search of the default takes seconds in the first run.
            "cudnn_conv_algo_search": "HEURISTIC",
            # What the matrix units of half precision take.
            "prefer_nhwc": "1" if precision == "fp16" else "0",
        }
    if device == "tensorrt":
        options = {
            "trt_fp16_enable": "1" if precision == "fp16" else "0",
            "trt_int8_enable": "1" if precision == "int8" else "0",
            "trt_bf16_enable": "0",
        }
        if cache:
            options |= {
                "trt_engine_cache_enable": "1",
                "trt_engine_cache_path": str(cache),
                "trt_timing_cache_enable": "1",
                "trt_timing_cache_path": str(cache),
            }
        return options
    if device == "rtx" and cache:
        return {"nv_runtime_cache_path": str(cache)}
    return {}


def rtx_devices() -> list[Any]:
    """Devices that the plugin of TensorRT for RTX offers to ONNX Runtime.

    Raises
    ------
    DeviceError
        If it offers none.
    """
    if problem := missing("rtx"):
        raise DeviceError(f"the device rtx cannot be used: {problem}")
    return _offered_by_plugin()


def find_libraries() -> None:
    """Let ONNX Runtime find CUDA and cuDNN where NVIDIA's wheels install them."""
    import onnxruntime

    if hasattr(onnxruntime, "preload_dlls"):
        # It prints what it does not find; what matters of that is looked for here.
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()


def cuda_version() -> str:
    """Version of CUDA that the installed ONNX Runtime is built with; empty for one without."""
    try:
        from onnxruntime.capi import build_and_package_info
    except ImportError:
        return ""
    return str(getattr(build_and_package_info, "cuda_version", ""))


def _is_installed(device: Device) -> bool:
    """Whether there is a package for the device, which may still lack what it needs itself."""
    import onnxruntime

    if device == "rtx":
        return _missing_plugin() is None
    return PROVIDERS[device] in onnxruntime.get_available_providers()


def _missing_provider(device: Device) -> str | None:
    import onnxruntime

    if _is_installed(device):
        return None
    return (
        f"{both_runtimes() or 'the installed ONNX Runtime is made for CPUs'} (expected the "
        f"{PROVIDERS[device]}, got {', '.join(onnxruntime.get_available_providers())}); {SWAP}"
    )


def _missing_driver(cuda: int) -> str | None:
    """What keeps the driver from running programs for a major version of CUDA."""
    enough = f"NVIDIA's driver {_DRIVERS.get(cuda, 'of this year')} or newer (for CUDA {cuda})"
    if problem := driver_problem():
        return (
            f"there is no NVIDIA driver ({problem}); install {enough}, and let the container see "
            "the GPU if this is one"
        )
    if 0 < (found := cuda_of_driver()) < cuda:
        return f"the driver {driver_version()} is made for CUDA {found}; expected {enough}"
    return None


def _cuda() -> int:
    """Major version of CUDA that the installed ONNX Runtime is built with."""
    return int(cuda_version().split(".")[0] or _NEWEST_CUDA)


def _plugin_cuda() -> int:
    """Major version of CUDA that the installed plugin for RTX is built with."""
    return 12 if _RTX_WHEELS[1] in installed_wheels() else _NEWEST_CUDA


def _missing_library(device: Device) -> str | None:
    """A library that the provider is linked with and that is not there."""
    import onnxruntime

    find_libraries()
    folder = Path(onnxruntime.__file__).parent / "capi"
    shared, provider = (
        folder / (f"onnxruntime_providers_{name}.dll" if sys.platform == "win32" else
                  f"libonnxruntime_providers_{name}.so")
        for name in ("shared", device)
    )  # fmt: skip
    try:
        ctypes.CDLL(str(shared), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(provider))
    except OSError as error:
        major = _cuda()
        remedy = "pip install 'onnxruntime-gpu[cuda,cudnn]'"
        if "nvinfer" in str(error) or "nvonnxparser" in str(error):
            remedy = f"pip install 'tensorrt-cu{major}<11'"
        return (
            f"a library is missing ({error}); this onnxruntime-gpu needs CUDA {major} and cuDNN 9"
            f"{', and TensorRT 10' if device == 'tensorrt' else ''}: {remedy}"
        )
    return None


def _missing_plugin() -> str | None:
    import onnxruntime

    if importlib.util.find_spec(_RTX_PLUGIN) is None:
        return (
            "its plugin is not installed: pip install 'pointfuse[rtx]' (CUDA 13), or "
            "pip install onnxruntime-ep-nv-tensorrt-rtx-cu12, beside onnxruntime 1.24 or newer"
        )
    if not hasattr(onnxruntime, "register_execution_provider_library"):
        return (
            f"its plugin needs ONNX Runtime 1.24 or newer, got {onnxruntime.__version__}; "
            "pip install --upgrade onnxruntime"
        )
    return None


@cache
def _plugin_problem() -> str | None:
    """Why the plugin cannot be used, after an attempt to register it, once in a process."""
    import onnxruntime

    try:
        plugin = importlib.import_module(_RTX_PLUGIN)
        onnxruntime.register_execution_provider_library(
            plugin.get_ep_name(), plugin.get_library_path()
        )
    except Exception as error:  # onnxruntime's exceptions share no other base
        return f"its plugin cannot be loaded ({error}); install it again"
    if not _offered_by_plugin():
        seen = ", ".join(gpu.name for gpu in gpus()) or "no GPU"
        return f"its plugin needs an RTX GPU (30xx or newer), and finds none here ({seen})"
    return None


def _offered_by_plugin() -> list[Any]:
    import onnxruntime

    return [device for device in onnxruntime.get_ep_devices() if device.ep_name == PROVIDERS["rtx"]]
