"""TensorRT engines from model files, with TensorRT (10 or 11) or TensorRT for RTX.

The two libraries share one interface, so everything here takes the module, whichever it is. A
network is strongly typed: each layer computes in the type that the ONNX graph gives it.
"""

from __future__ import annotations

import importlib
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import DeviceError, MissingExtraError, ModelFileError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.nvidia import gpus
from pointfuse_export.engines.engine_file import EngineHeader, Layer, Profile
from pointfuse_export.engines.engine_layers import (
    check_layers,
    given_layers,
    inspected_layers,
    read_program,
)
from pointfuse_export.engines.matrix_products import with_sums_of_products
from pointfuse_export.errors import EngineError, VerificationError

RTX, TENSORRT = "tensorrt_rtx", "tensorrt"
LIBRARIES = {
    RTX: "pip install 'pointfuse-export[rtx]'",
    TENSORRT: "pip install tensorrt-cu13, whose libraries come from NVIDIA's own package index",
}
"""Modules that build engines, and how to get them; the first that is installed is the default."""

RTX_TARGETS = ("8.6", "8.9", "12.0")
"""What TensorRT for RTX builds for unless it is told: the GPUs that one engine serves well."""

_TURING = "7.5"
"""Compute capability of GPUs for which no matrix product in fp32 is built."""

PRECISIONS = ("fp32", "fp16")
"""Precisions of models that engines are built from; int8 is made for CPUs."""


@dataclass(frozen=True)
class EngineOptions:
    """What an engine is to be for.

    Parameters
    ----------
    profile : Profile
        How many times it is to take in one run.
    targets : tuple of str
        Compute capabilities of the GPUs; none for the default of the library.
    hardware_compatibility : str
        One of `pointfuse_export.engines.engine_file.HARDWARE_COMPATIBILITY`.
    version_compatible : bool
        Whether later versions of the library are to run it too.
    timing_cache : Path or None
        File with measurements of layers, which is read and written.
    """

    profile: Profile
    targets: tuple[str, ...] = ()
    hardware_compatibility: str = "none"
    version_compatible: bool = False
    timing_cache: Path | None = None


def load_library(name: str | None = None) -> Any:
    """The module `tensorrt_rtx` or `tensorrt`.

    Parameters
    ----------
    name : str, optional
        A key of `LIBRARIES`; the first that is installed by default.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    problems = []
    for candidate in [name] if name else LIBRARIES:
        try:
            return importlib.import_module(candidate)
        # The latter is raised where one of their native libraries is missing.
        except (ImportError, OSError) as error:
            problems.append(f"{candidate} cannot be imported ({error}): {LIBRARIES[candidate]}")
    raise MissingExtraError("; ".join(problems))


def build_engine(
    library: Any, content: bytes, metadata: ModelMetadata, sha256: str, options: EngineOptions
) -> tuple[EngineHeader, bytes]:
    """Build an engine, and check what was built as far as it can be seen on this machine.

    Parameters
    ----------
    library : module
        ``tensorrt_rtx`` or ``tensorrt``.
    content : bytes
        The ONNX file.
    metadata : ModelMetadata
        What it says of itself.
    sha256 : str
        Its hash.
    options : EngineOptions
        What the engine is to be for.

    Returns
    -------
    header : EngineHeader
        Header for the engine's file.
    engine : bytes
        The engine as the library gives it.

    Raises
    ------
    ModelFileError
        If the model is in a precision that no engine is made of.
    DeviceError
        If the library cannot build for the targets, or not on this machine.
    EngineError
        If it has no such option, or does not build the engine.
    VerificationError
        If a convolution does not compute in the precision that the model declares.
    """
    if metadata.precision not in PRECISIONS:
        raise ModelFileError(
            f"engines are built from models in {' or '.join(PRECISIONS)}, got one in "
            f"{metadata.precision}, which is for CPUs; take NAME.onnx or NAME.fp16.onnx"
        )
    targets = _targets(library, options)
    log = _log(library)
    log.problems.clear()
    try:
        builder = library.Builder(log)
    except TypeError as error:
        raise EngineError(f"{library.__name__} cannot begin to build: {log.told()}") from error
    readable = with_sums_of_products(content) if _TURING in targets else content
    # The weights of the network are the parser's.
    network, _parser = _read_network(library, builder, log, readable)
    given = given_layers(network)
    check_layers(given, metadata.precision)
    config = _configuration(library, builder, network, targets, options)
    timing = _timing_cache(library, config, options.timing_cache)
    serialized = builder.build_serialized_network(network, config)
    if serialized is None:
        raise EngineError(f"{library.__name__} built no engine: {log.told()}")
    engine = bytes(serialized)
    if timing is not None and options.timing_cache is not None:
        with replacing(options.timing_cache) as temporary:
            temporary.write_bytes(bytes(timing.serialize()))
    built = _built_layers(library, log, engine, targets)
    check_layers(built or given, metadata.precision)
    header = EngineHeader(
        model=metadata,
        model_sha256=sha256,
        library=library.__name__,
        library_version=library.__version__,
        platform=f"{platform.system()} {platform.machine()}",
        targets=targets,
        hardware_compatibility=options.hardware_compatibility,
        version_compatible=options.version_compatible,
        profile=options.profile,
        tf32=config.get_flag(library.BuilderFlag.TF32),
        layers_from="engine" if built else "network",
        layers=built or given,
    )
    return header, engine


def _read_network(library: Any, builder: Any, log: Any, content: bytes) -> tuple[Any, Any]:
    """A network, and the parser that read it."""
    # TensorRT 11 knows no other networks, and takes the flag all the same.
    flags = 1 << int(library.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = builder.create_network(flags)
    parser = library.OnnxParser(network, log)
    if not parser.parse(content):
        raise EngineError(f"{library.__name__} cannot read the model: {log.told()}")
    return network, parser


def _configuration(
    library: Any, builder: Any, network: Any, targets: tuple[str, ...], options: EngineOptions
) -> Any:
    config = builder.create_builder_config()
    # Explicitly, since the library's own default is on.
    config.clear_flag(library.BuilderFlag.TF32)
    config.profiling_verbosity = library.ProfilingVerbosity.DETAILED
    config.add_optimization_profile(_profile(builder, network, options.profile))
    if library.__name__ == RTX:
        _set_targets(library, config, targets)
    else:
        _set_compatibility(library, config, options)
    return config


def _targets(library: Any, options: EngineOptions) -> tuple[str, ...]:
    """Compute capabilities that the engine will be for."""
    if library.__name__ == RTX:
        for wanted, remedy in (
            (options.hardware_compatibility != "none", "name the GPUs with --target"),
            (options.version_compatible, "build the engine again for each version"),
            (options.timing_cache is not None, "leave out --timing-cache: nothing is measured"),
        ):
            if wanted:
                raise EngineError(f"{RTX} has no such option, {TENSORRT} alone has it; {remedy}")
        return tuple(dict.fromkeys(options.targets)) or RTX_TARGETS
    if options.targets:
        raise EngineError(
            f"{TENSORRT} builds for the GPU of this machine, got --target "
            f"{' --target '.join(options.targets)}; leave it out, or take --library {RTX}"
        )
    if not gpus():
        raise DeviceError(
            f"{TENSORRT} builds engines on a GPU, and there is none here; build where it will run, "
            f"or take --library {RTX}, which needs no GPU"
        )
    return (gpus()[0].compute_capability,)


def _set_targets(library: Any, config: Any, targets: tuple[str, ...]) -> None:
    known = {
        f"{name[2:-1]}.{name[-1]}": member
        for name, member in library.ComputeCapability.__members__.items()
        if name.startswith("SM")
    }
    config.num_compute_capabilities = len(targets)
    for i, target in enumerate(targets):
        if target not in known:
            raise DeviceError(
                f"{RTX} {library.__version__} builds for GPUs of compute capability "
                f"{', '.join(known)}, got {target}; choose among them"
            )
        config.set_compute_capability(known[target], i)


def _set_compatibility(library: Any, config: Any, options: EngineOptions) -> None:
    level = options.hardware_compatibility.replace("-", "_").upper()
    config.hardware_compatibility_level = getattr(library.HardwareCompatibilityLevel, level)
    if options.version_compatible:
        config.set_flag(library.BuilderFlag.VERSION_COMPATIBLE)


def _profile(builder: Any, network: Any, profile: Profile) -> Any:
    shapes = builder.create_optimization_profile()
    for i in range(network.num_inputs):
        tensor = network.get_input(i)
        _, *rest = tensor.shape
        times = (profile.minimum, profile.optimum, profile.maximum)
        shapes.set_shape(tensor.name, *((count, *rest) for count in times))
    return shapes


def _timing_cache(library: Any, config: Any, path: Path | None) -> Any:
    """The cache that a build fills, with what the file holds already; None without a file."""
    if path is None:
        return None
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror or error}") from error
    timing = config.create_timing_cache(content)
    if timing is None or not config.set_timing_cache(timing, False):
        raise EngineError(
            f"{path} is no timing cache of {library.__name__} {library.__version__} on this GPU; "
            "remove it, or name another file"
        )
    return timing


def _built_layers(
    library: Any, log: Any, engine: bytes, targets: tuple[str, ...]
) -> tuple[Layer, ...]:
    """Layers that are in the engine; none where they cannot be seen."""
    if library.__name__ != RTX:
        return inspected_layers(library, log, engine)
    program = read_program(engine)
    if program is None:
        return ()
    if set(program.targets) != set(targets) or program.tf32:
        raise VerificationError(
            f"expected an engine for {', '.join(targets)} without TF32, {RTX} built one for "
            f"{', '.join(program.targets)} {'with' if program.tf32 else 'without'} it"
        )
    return program.layers


@cache
def _log(library: Any) -> Any:
    """The logger of a library, one for the whole process, since it keeps the first it is given."""

    class Log(library.ILogger):  # type: ignore[misc]
        """Keeps what went wrong."""

        def __init__(self) -> None:
            library.ILogger.__init__(self)
            self.problems: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            """Take a message from the library."""
            if severity in (library.ILogger.INTERNAL_ERROR, library.ILogger.ERROR):
                self.problems.append(message)

        def told(self) -> str:
            """What it told since the last build began."""
            return " ".join(self.problems) or "it does not say why"

    return Log()
