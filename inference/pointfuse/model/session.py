"""ONNX Runtime session on a device, checked for the provider that really runs.

ONNX Runtime is imported where it is needed, so that `pointfuse doctor` can say what is wrong with
it.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.freed_memory import return_freed_memory
from pointfuse.basics.threads.native_calls import interruptible
from pointfuse.errors import DeviceError, ModelFileError
from pointfuse.model.bound_run import Arrays, BoundRun
from pointfuse.model.devices import (
    PROVIDERS,
    Device,
    find_libraries,
    missing,
    provider_options,
    rtx_devices,
)
from pointfuse.model.engine_cache import cache_key, filling
from pointfuse.model.onnx_file.onnx_structure import OnnxStructure, TensorSignature, described
from pointfuse.model.runtime_errors import reason

logger = logging.getLogger(__name__)

_TIME = "time"
"""Name of the free dimension of inputs and outputs."""

_Named: TypeAlias = tuple[str, TensorSignature]

_FORMAT = ("session.load_model_format", "ONNX")
"""The format that was checked; left to itself, the runtime looks at the bytes and may find its own.
"""

_ELEMENT_TYPES = {
    f"tensor({name})": number
    for number, name in enumerate(
        [
            "float",
            "uint8",
            "int8",
            "uint16",
            "int16",
            "int32",
            "int64",
            "string",
            "bool",
            "float16",
            "double",
            "uint32",
            "uint64",
        ],
        start=1,
    )
}

_FATAL = 4
"""Severity below which the runtime writes no log. Its log goes past Python straight to the terminal
with names from the file as they are; what is wrong is in its exceptions too."""

_WARM_UP = 2
"""Runs before the first that counts: with a CUDA graph, one to make room and one to record."""


@dataclass(frozen=True)
class Program:
    """A model file as a session needs it.

    Parameters
    ----------
    content : bytes
        The ONNX file, already checked.
    sha256, precision : str
        Its hash and precision.
    outputs : tuple of str
        Outputs that are wanted, of which the file need not have all.
    """

    content: bytes
    sha256: str
    precision: str
    outputs: tuple[str, ...]


class Session:
    """A model on one device; `open_session` makes one.

    On a GPU days go through one at a time: the shape is then always the same, so that the graph
    has no parts for the CPU, engines fit, and a CUDA graph can be replayed. On a CPU a run can be
    interrupted; on a GPU it cannot, since a CUDA graph belongs to the thread that recorded it.

    Parameters
    ----------
    program : Program
        The model.
    device : str
        A key of `pointfuse.model.devices.PROVIDERS`.
    threads : int
        Threads on which the CPU runs it.
    profile : Path, optional
        Beginning of the name of a file to which the runtime writes what ran where.
    settings : mapping of str to str
        Options of the execution provider.

    Raises
    ------
    DeviceError
        If it cannot be run there, and there alone.
    ModelFileError
        If ONNX Runtime cannot load the file.
    """

    def __init__(
        self,
        program: Program,
        device: Device,
        threads: int,
        profile: Path | None,
        settings: Mapping[str, str],
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL
        options.add_session_config_entry(*_FORMAT)
        if profile is not None:
            options.enable_profiling = True
            options.profile_file_prefix = str(profile)
        self.device = device
        self.runtime = f"onnxruntime {onnxruntime.__version__}"
        self._on_gpu = device != "cpu"
        self._session = (
            _gpu_session(program.content, options, device, settings)
            if self._on_gpu
            else _cpu_session(program.content, options)
        )
        self.provider = str(self._session.get_providers()[0])
        if self.provider != PROVIDERS[device]:
            raise DeviceError(
                f"the device {device} cannot be used: expected the {PROVIDERS[device]}, ONNX "
                f"Runtime took {', '.join(self._session.get_providers())}; run pointfuse doctor"
            )
        given = {output.name for output in self._session.get_outputs()}
        self.outputs = tuple(name for name in program.outputs if name in given)
        self._bound: BoundRun | None = None
        if self._on_gpu:
            with _as_device_error(device):
                if settings.get("enable_cuda_graph") == "1":
                    self._bound = BoundRun(self._session, self.outputs, "cuda")
                self._warm_up()

    def run(self, feed: Arrays) -> list[NDArray[np.float32]]:
        """Outputs for inputs by name, in the order of `outputs`; the first axis is the time.

        Raises
        ------
        DeviceError
            If a GPU gives up, for want of memory for example.
        ModelFileError
            If the CPU cannot run it.
        KeyboardInterrupt
            If somebody stops it.
        """
        if not self._on_gpu:
            return self._compute_on_cpu(feed)
        days = range(len(next(iter(feed.values()))))
        with _as_device_error(self.device):
            results = [
                self._compute({name: array[day : day + 1] for name, array in feed.items()})
                for day in days
            ]
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]

    def kernels_by_provider(self) -> Counter[str]:
        """End the profile, and count the kernels that ran by their execution provider."""
        return kernels_by_provider(Path(self._session.end_profiling()))

    def bound(self) -> BoundRun:
        """Runs of this session whose copies and computation can be told apart.

        Whoever takes the three steps one by one has to be the only one who runs.

        Raises
        ------
        DeviceError
            If the memory of the device is out of reach, as that of a plugin is.
        """
        if self.device == "rtx":
            raise DeviceError(
                "the plugin of the device rtx gives no access to the memory of the GPU; use "
                "Session.run, which copies and computes"
            )
        return self._bound or BoundRun(
            self._session, self.outputs, "cuda" if self._on_gpu else "cpu"
        )

    def check_is(self, structure: OnnxStructure) -> None:
        """Make sure that the runtime has the inputs and outputs that were found in the file.

        Raises
        ------
        ModelFileError
            If it has others: it then runs something else than what was checked.
        """
        for found, checked in (
            (self._session.get_inputs(), structure.inputs),
            (self._session.get_outputs(), structure.outputs),
        ):
            for seen, expected in zip_longest(map(_signature, found), checked.items()):
                if not (seen and expected and _are_alike(seen, expected)):
                    raise ModelFileError(
                        "ONNX Runtime sees another model in the file than pointfuse: expected "
                        f"{_described(expected)}, got {_described(seen)}; export the model again"
                    )

    def _compute(self, feed: Arrays, options: Any = None) -> list[NDArray[np.float32]]:
        options = options or _run_options()
        if self._bound:
            return self._bound.run(feed, options)
        outputs: list[NDArray[np.float32]] = self._session.run(
            list(self.outputs), dict(feed), options
        )
        return outputs

    def _compute_on_cpu(self, feed: Arrays) -> list[NDArray[np.float32]]:
        options = _run_options()

        def end() -> None:
            options.terminate = True

        try:
            return interruptible(lambda: self._compute(feed, options), end)
        except Exception as error:  # onnxruntime's exceptions share no other base
            raise ModelFileError(
                f"{self.runtime} cannot run the model: {reason(error)}; do not use it"
            ) from error

    def _warm_up(self) -> None:
        """Compile, choose kernels and record before the first run that counts."""
        feed = {
            given.name: np.ones([1, *given.shape[1:]], np.float32)
            for given in self._session.get_inputs()
        }
        for _ in range(_WARM_UP):
            self._compute(feed)


def open_session(
    program: Program, device: Device, threads: int = 1, profile: Path | None = None
) -> Session:
    """Open a session on a device.

    Parameters
    ----------
    program, device, threads, profile
        As `Session`.

    Raises
    ------
    DeviceError
        If the device cannot be used, with what is missing.
    ModelFileError
        If ONNX Runtime cannot load the file.
    """
    if problem := missing(device):
        raise DeviceError(f"the device {device} cannot be used: {problem}")
    if device == "cuda":
        return _open_cuda(program, threads, profile)
    if device == "cpu":
        return Session(program, device, threads, profile, {})
    # They have no option for it. Set before the first session, it holds for the whole process.
    os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")
    with filling(cache_key(device, program.sha256, program.precision)) as cache:
        settings = provider_options(device, program.precision, cache)
        return Session(program, device, threads, profile, settings)


def kernels_by_provider(profile: Path) -> Counter[str]:
    """Count the kernels in a profile of ONNX Runtime by the execution provider that ran them."""
    events = json.loads(profile.read_text(encoding="utf-8"))
    found = (event["args"].get("provider") for event in events if event.get("cat") == "Node")
    return Counter(provider for provider in found if provider)


def _open_cuda(program: Program, threads: int, profile: Path | None) -> Session:
    find_libraries()
    settings = provider_options("cuda", program.precision, None)
    try:
        return Session(program, "cuda", threads, profile, settings | {"enable_cuda_graph": "1"})
    except DeviceError as error:
        unrecorded = Session(program, "cuda", threads, profile, settings)
        logger.warning("it runs without a CUDA graph, which cannot be recorded: %s", error)
        return unrecorded


@contextmanager
def _as_device_error(device: Device) -> Iterator[None]:
    """Say which device gave up, whatever exception it did so with."""
    try:
        yield
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise DeviceError(
            f"the device {device} failed: {reason(error)}; free its memory, or use --device cpu"
        ) from error


def _signature(found: Any) -> _Named:
    """Name and type of an input or output of the runtime, whose free sizes are names."""
    shape = tuple(size if isinstance(size, int) else None for size in found.shape)
    return found.name, TensorSignature(_ELEMENT_TYPES.get(found.type, 0), shape)


def _are_alike(found: _Named, declared: _Named) -> bool:
    """Whether an input or output has the name and type that were declared."""
    (name, has), (expected, should) = found, declared
    return (
        (name, has.element_type, len(has.shape))
        == (expected, should.element_type, len(should.shape))
        # Of the free ones the runtime may know more, and on a GPU the times are fixed.
        and all(size in (None, known) for known, size in zip(has.shape, should.shape, strict=True))
    )


def _described(named: _Named | None) -> str:
    return described(dict([named] if named else []))


def _run_options() -> Any:
    """Options of one run: what ends a run would end all others that share them."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL
    options.only_execute_path_to_fetches = True
    return options


def _cpu_session(content: bytes, options: Any) -> Any:
    import onnxruntime

    # Planning the memory of a run in advance takes half as much again (for the shipped model
    # 725 MB in all in place of 440) and wins no time.
    options.enable_mem_pattern = False
    try:
        # Whatever does not depend on the input is computed here, and may take its time.
        session = interruptible(
            lambda: onnxruntime.InferenceSession(content, options, providers=[PROVIDERS["cpu"]])
        )
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise ModelFileError(
            f"ONNX Runtime {onnxruntime.__version__} cannot load the model: {reason(error)}"
        ) from error
    return_freed_memory()
    return session


def _gpu_session(content: bytes, options: Any, device: Device, settings: Mapping[str, str]) -> Any:
    import onnxruntime

    # With the number of times fixed, nothing is left that would be computed on the CPU ...
    options.add_free_dimension_override_by_name(_TIME, 1)
    # ... and if something is, the session fails in place of running it there.
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    providers = None
    if device == "rtx":
        options.add_provider_for_devices(rtx_devices()[:1], dict(settings))
    else:
        providers = [(PROVIDERS[device], dict(settings))]
    try:
        # Without the last word, its Python layer tries again on the CPU and prints so.
        return onnxruntime.InferenceSession(
            content, options, providers=providers, enable_fallback=0
        )
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise DeviceError(
            f"the device {device} cannot be used: ONNX Runtime {onnxruntime.__version__} cannot "
            f"open the model on it ({reason(error)}); pointfuse doctor shows what is installed"
        ) from error
