"""Read and check model files before ONNX Runtime opens them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from pointfuse.basics.printable import printable
from pointfuse.errors import InputFileNotFoundError, ModelFileError, require_path
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.onnx_file.onnx_structure import (
    FLOAT32,
    OnnxStructure,
    TensorSignature,
    described,
    read_onnx_structure,
)
from pointfuse.model.shipped import ShippedModel, model_folder, shipped_models

logger = logging.getLogger(__name__)

_LFS_POINTER = b"version https://git-lfs"
# A protocol buffer with the IR version as first field, as every ONNX writer begins a model.
_MAGIC = b"\x08"


def read_model_file(
    path: str | PathLike[str] | None = None,
) -> tuple[bytes, ModelMetadata, str]:
    """Content, self-description and hash of a model file, after all checks of `load_model`.

    Parameters
    ----------
    path : path, optional
        ONNX file; the shipped model by default.

    Raises
    ------
    InputFileNotFoundError, ModelFileError
        As `load_model`.
    """
    if path is not None:
        require_path(path, "a model file")
    shipped = shipped_models()
    path = model_folder() / shipped[0].file if path is None else Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no model file {path}; check the path") from error
    except (OSError, ValueError) as error:  # no name of a file holds a null character
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{path} cannot be read: {reason}") from error
    _check_magic(path.name, content)
    sha256 = hashlib.sha256(content).hexdigest()
    _check_origin(path.name, content, sha256, shipped)
    try:
        structure = read_onnx_structure(content)
        metadata = _metadata(structure)
        _check_signatures(structure, metadata)
    except ModelFileError as error:
        raise ModelFileError(f"{path.name}: {error}") from error
    return content, metadata, sha256


def _check_magic(name: str, content: bytes) -> None:
    if content.startswith(_LFS_POINTER):
        raise ModelFileError(
            f"{name} is a Git LFS pointer, not the model itself; run 'git lfs pull' or download "
            "the file"
        )
    if not content.startswith(_MAGIC):
        raise ModelFileError(
            f"{name} ({len(content)} bytes) does not begin like an ONNX file; check the path, or "
            "download the file again"
        )


def _check_origin(
    name: str, content: bytes, sha256: str, shipped: tuple[ShippedModel, ...]
) -> None:
    if any(model.sha256 == sha256 for model in shipped):
        return
    for model in shipped:
        if model.file == name:
            raise ModelFileError(
                f"{name} is not the {model.name} {model.version} that came with pointfuse: "
                f"expected {model.bytes} bytes with sha256 {model.sha256}, got {len(content)} "
                f"bytes with {sha256}; download it again, or rename it if it is your own model"
            )
    logger.warning(
        "%s is not a model that came with pointfuse; its sha256 is %s", printable(name), sha256
    )


def _metadata(structure: OnnxStructure) -> ModelMetadata:
    if METADATA_KEY not in structure.metadata:
        raise ModelFileError(
            f"this ONNX file is not a pointfuse model: it has no metadata entry '{METADATA_KEY}'; "
            "export one with pointfuse-export"
        )
    return ModelMetadata.from_json(structure.metadata[METADATA_KEY])


def _check_signatures(structure: OnnxStructure, metadata: ModelMetadata) -> None:
    shape = (None, None) if metadata.own_grid is None else metadata.own_grid.shape
    rows, columns = shape
    channels = len(metadata.variables)
    stack = TensorSignature(FLOAT32, (None, channels, rows, columns))
    inputs = {"observations": stack, "observed": stack}
    if metadata.takes_static:
        inputs["static"] = TensorSignature(FLOAT32, (len(metadata.static_layers), rows, columns))
    _check_tensors("inputs", structure.inputs, inputs)
    field = TensorSignature(FLOAT32, (None, 1, rows, columns))
    # The scale may be absent, and further outputs are of no concern here.
    known = (metadata.target.name, metadata.scale_name)
    outputs = {name: found for name, found in structure.outputs.items() if name in known}
    expected = {metadata.target.name: field} | dict.fromkeys(outputs, field)
    _check_tensors("outputs", outputs, expected)


def _check_tensors(
    kind: str, found: Mapping[str, TensorSignature], expected: Mapping[str, TensorSignature]
) -> None:
    if found != expected:
        raise ModelFileError(
            f"the model's {kind} do not fit the grid and variables that it declares: expected "
            f"{described(expected)}, got {described(found)}; export the model again"
        )
