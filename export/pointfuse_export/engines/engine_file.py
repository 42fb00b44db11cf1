"""Engine files: a TensorRT engine behind a header that says what it is, and what it is for.

An engine is native code: whoever can write one decides what runs. The hashes here find damage and
mix-ups, not malice, so engines belong to sources that are trusted. Nothing in this module gives an
engine to TensorRT.

The layout, with whole numbers in little-endian order:

====== ====== =========================================
offset bytes  what
====== ====== =========================================
0      8      ``PFENGINE``
8      4      version of the layout, 1
12     4      length n of the header
16     32     SHA-256 of the header
48     n      header: JSON in UTF-8
48 + n        the engine, to the end of the file
====== ====== =========================================
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import DeviceError, InputFileNotFoundError, ModelFileError
from pointfuse.model.metadata import ModelMetadata

MAGIC = b"PFENGINE"
LAYOUT_VERSION = 1

_PREFIX = struct.Struct("<8sII32s")

AMPERE_PLUS = "ampere-plus"
SAME_CAPABILITY = "same-compute-capability"
HARDWARE_COMPATIBILITY = ("none", AMPERE_PLUS, SAME_CAPABILITY)
"""Which GPUs besides the one that it was built on an engine of TensorRT is for."""

_AMPERE = (8, 0)

AGAIN = "build it again with pointfuse-export engine, or get it again from where it came from"


@dataclass(frozen=True)
class Profile:
    """How many times an engine takes in one run.

    Parameters
    ----------
    minimum, optimum, maximum : int
        Least and most, and the number that it is made for.
    """

    minimum: int
    optimum: int
    maximum: int

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.optimum <= self.maximum:
            raise ValueError(
                "expected 1 <= minimum <= optimum <= maximum times in a run, got "
                f"{self.minimum}, {self.optimum}, {self.maximum}"
            )


@dataclass(frozen=True)
class Layer:
    """A layer of an engine.

    Parameters
    ----------
    name, kind : str
        Names of the ONNX nodes in it, joined by `` + ``, and what it does in the words of TensorRT.
    precision : str
        Of what it computes with: ``fp32``, ``fp16``, or a type of whole numbers.
    """

    name: str
    kind: str
    precision: str


@dataclass(frozen=True)
class EngineHeader:
    """What an engine file says of itself.

    Parameters
    ----------
    model : ModelMetadata
        The model that it computes, with name, version, precision, grid and variables.
    model_sha256 : str
        Hash of the ONNX file that it was built from.
    library, library_version : str
        ``tensorrt`` or ``tensorrt_rtx``, and the version that built it.
    platform : str
        Operating system and processor that it was built on.
    targets : tuple of str
        Compute capabilities of the GPUs that it is for, such as ``8.9``.
    hardware_compatibility : str
        One of `HARDWARE_COMPATIBILITY`.
    version_compatible : bool
        Whether later versions of the library run it too.
    profile : Profile
        How many times it takes in one run.
    tf32 : bool
        Whether convolutions in fp32 may round their input to 10 bits.
    layers_from : str
        Where the layers were read: in the ``engine`` that was built, or, where that cannot be
        looked into, in the ``network`` that it was built from.
    layers : tuple of Layer
        The layers with their precision.
    """

    model: ModelMetadata
    model_sha256: str
    library: str
    library_version: str
    platform: str
    targets: tuple[str, ...]
    hardware_compatibility: str
    version_compatible: bool
    profile: Profile
    tf32: bool
    layers_from: str
    layers: tuple[Layer, ...]

    def runs_on(self, capability: str) -> bool:
        """Whether the engine is for GPUs of a compute capability."""
        if self.hardware_compatibility == AMPERE_PLUS:
            parts = re.fullmatch(r"(\d+)\.(\d)", capability)
            return parts is not None and (int(parts[1]), int(parts[2])) >= _AMPERE
        return capability in self.targets

    def to_dict(self, engine: bytes) -> dict[str, object]:
        """The header of a file with this engine, as JSON types."""
        return {
            "model": self.model.to_dict(),
            "model_sha256": self.model_sha256,
            "library": self.library,
            "library_version": self.library_version,
            "platform": self.platform,
            "targets": list(self.targets),
            "hardware_compatibility": self.hardware_compatibility,
            "version_compatible": self.version_compatible,
            "precision": self.model.precision,
            "tf32": self.tf32,
            "profile": vars(self.profile),
            "engine_bytes": len(engine),
            "engine_sha256": hashlib.sha256(engine).hexdigest(),
            "layers_from": self.layers_from,
            "layers": [[layer.name, layer.kind, layer.precision] for layer in self.layers],
        }


def write_engine(path: Path, header: EngineHeader, engine: bytes) -> None:
    """Write an engine file, which appears under its name only when it is complete.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = json.dumps(header.to_dict(engine), ensure_ascii=False, allow_nan=False).encode()
    prefix = _PREFIX.pack(MAGIC, LAYOUT_VERSION, len(text), hashlib.sha256(text).digest())
    with replacing(path) as temporary:
        temporary.write_bytes(prefix + text + engine)


def read_engine(
    path: Path, target: str | None = None, model_sha256: str | None = None
) -> tuple[EngineHeader, bytes]:
    """Header and engine of a file, after every check that takes no GPU.

    Parameters
    ----------
    path : Path
        Engine file from a source that is trusted: an engine is native code.
    target : str, optional
        Compute capability of the GPU that is to run it, such as ``8.9``.
    model_sha256 : str, optional
        Hash of the model file that it has to be of.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    ModelFileError
        If it is no engine file, is cut off or altered, or is of another model.
    DeviceError
        If it is not for such a GPU.
    """
    text, engine = _parts(path, _content(path))
    header, size, sha256 = _parsed(path, text)
    _check_engine(path, engine, size, sha256)
    if model_sha256 is not None and header.model_sha256 != model_sha256:
        raise ModelFileError(
            f"{path} is an engine of another model than expected: it was built from the "
            f"{header.model.name} {header.model.version} with sha256 {header.model_sha256}, the "
            f"model given has {model_sha256}; build an engine of that"
        )
    if target is not None and not header.runs_on(target):
        raise DeviceError(
            f"{path} is not for GPUs of compute capability {target}, but for "
            f"{', '.join(header.targets)}; build an engine with --target {target}"
        )
    return header, engine


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no engine file {path}; check the path") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error


def _parts(path: Path, content: bytes) -> tuple[bytes, bytes]:
    """Header and engine as they lie in the file; the header is what was written."""
    if not content.startswith(MAGIC):
        raise ModelFileError(
            f"{path} ({len(content)} bytes) does not begin like an engine file; check the path, or "
            f"{AGAIN}"
        )
    if len(content) < _PREFIX.size:
        raise ModelFileError(f"{path} is cut off within its first bytes; {AGAIN}")
    _, layout, length, digest = _PREFIX.unpack_from(content)
    if layout != LAYOUT_VERSION:
        raise ModelFileError(
            f"{path} has the layout {layout} of engine files, this pointfuse-export reads "
            f"{LAYOUT_VERSION}; use one that matches, or build the engine again"
        )
    text, engine = content[_PREFIX.size :][:length], content[_PREFIX.size + length :]
    if len(text) < length:
        raise ModelFileError(
            f"{path} is cut off within its header: expected {length} bytes, got {len(text)}; "
            f"{AGAIN}"
        )
    if hashlib.sha256(text).digest() != digest:
        raise ModelFileError(f"the header of {path} was altered after it was written; {AGAIN}")
    return text, engine


def _parsed(path: Path, text: bytes) -> tuple[EngineHeader, int, str]:
    """The header, and size and hash of the engine that it was written for."""
    try:
        stored = json.loads(text)
        header = EngineHeader(
            model=ModelMetadata.from_json(json.dumps(stored["model"])),
            model_sha256=stored["model_sha256"],
            library=stored["library"],
            library_version=stored["library_version"],
            platform=stored["platform"],
            targets=tuple(stored["targets"]),
            hardware_compatibility=stored["hardware_compatibility"],
            version_compatible=stored["version_compatible"],
            profile=Profile(**stored["profile"]),
            tf32=stored["tf32"],
            layers_from=stored["layers_from"],
            layers=tuple(Layer(*layer) for layer in stored["layers"]),
        )
        return header, stored["engine_bytes"], stored["engine_sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"the header of {path} is not that of an engine file ({error}); {AGAIN}"
        ) from error


def _check_engine(path: Path, engine: bytes, size: int, sha256: str) -> None:
    """Make sure that an engine is the one that its header was written for."""
    if len(engine) != size:
        raise ModelFileError(
            f"{path} is {'cut off' if len(engine) < size else 'too long'}: expected {size} bytes "
            f"of engine, got {len(engine)}; {AGAIN}"
        )
    found = hashlib.sha256(engine).hexdigest()
    if found != sha256:
        raise ModelFileError(
            f"the engine in {path} was altered after it was built: expected sha256 {sha256}, got "
            f"{found}; {AGAIN}"
        )
