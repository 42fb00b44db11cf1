"""The list of the model files in a folder, with what each must be."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pointfuse.errors import ModelFileError
from pointfuse.metadata import ModelMetadata

MANIFEST_NAME = "manifest.json"
SCHEMA_VERSION = 1


def updated_manifest(path: Path, metadata: ModelMetadata, content: bytes) -> str:
    """The manifest with a model file added, or replaced if it was there.

    Parameters
    ----------
    path : Path
        The manifest as it is; it need not exist.
    metadata : ModelMetadata
        Metadata of the model.
    content : bytes
        The file.

    Raises
    ------
    ModelFileError
        If there is a manifest that cannot be read.
    """
    entry = {
        "file": f"{metadata.name}.onnx",
        "name": metadata.name,
        "version": metadata.version,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    models = _models(path)
    models[f"{metadata.name}.onnx"] = entry
    manifest = {"schema_version": SCHEMA_VERSION, "models": list(models.values())}
    return json.dumps(manifest, indent=2) + "\n"


def _models(path: Path) -> dict[str, dict[str, object]]:
    """Entries of the manifest by file."""
    if not path.exists():
        return {}
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {model["file"]: model for model in models}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path} is no manifest of models ({error}); repair it, or remove it to start anew"
        ) from error
