"""The model's description of itself, written into the file."""

from __future__ import annotations

import onnx
import torch

from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.version import __version__
from pointfuse_export.errors import VerificationError

PRODUCER = "pointfuse-export"


def export_facts(opset: int, commit: str) -> dict[str, object]:
    """How a file came to be, for its metadata."""
    return {
        "code": f"{PRODUCER} {__version__}",
        "commit": commit,
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "opset": opset,
    }


def stamp(model: onnx.ModelProto, metadata: ModelMetadata) -> None:
    """Write the metadata into a model, and name who made it."""
    model.producer_name = PRODUCER
    model.producer_version = __version__
    model.graph.name = metadata.name
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})


def check_stamp(model: onnx.ModelProto, metadata: ModelMetadata) -> None:
    """Make sure that the light package reads from a model what was written into it.

    Raises
    ------
    VerificationError
        If it reads something else.
    ModelFileError
        If it cannot read it at all.
    """
    entries = _entries(model)
    if set(entries) != {METADATA_KEY} or read_stamp(model) != metadata:
        raise VerificationError(
            f"the model should carry one metadata entry '{METADATA_KEY}' that reads as it was "
            f"written, got {', '.join(entries) or 'none'}; check the description"
        )


def read_stamp(model: onnx.ModelProto) -> ModelMetadata:
    """The metadata that a model carries.

    Raises
    ------
    ModelFileError
        If it carries none that can be read.
    """
    return ModelMetadata.from_json(_entries(model).get(METADATA_KEY, ""))


def _entries(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
