"""The list of the model files in a folder, with what each must be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pointfuse.errors import ModelFileError
from pointfuse.model.metadata import ModelMetadata

MANIFEST_NAME = "manifest.json"
SCHEMA_VERSION = 1


def updated_manifest(
    path: Path, metadata: ModelMetadata, files: Sequence[tuple[str, str, bytes]]
) -> str:
    """The manifest with the files of a model in place of those that it had.

    Parameters
    ----------
    path : Path
        The manifest as it is; it need not exist.
    metadata : ModelMetadata
        Metadata of the model.
    files : sequence of (str, str, bytes)
        Name, precision and content of each of its files; the first is the reference.

    Raises
    ------
    ModelFileError
        If there is a manifest that cannot be read.
    """
    entries = [
        {
            "file": file,
            "name": metadata.name,
            "version": metadata.version,
            "precision": precision,
            "variable": metadata.target.name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **({"anywhere": True} if metadata.takes_static else {}),
        }
        for file, precision, content in files
    ]
    models = _models(path)
    first = next((i for i, m in enumerate(models) if m["name"] == metadata.name), len(models))
    others = [model for model in models if model["name"] != metadata.name]
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "models": [*others[:first], *entries, *others[first:]],
    }
    return json.dumps(manifest, indent=2) + "\n"


def _models(path: Path) -> list[dict[str, object]]:
    """Entries of the manifest."""
    if not path.exists():
        return []
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return [{**model, "name": model["name"], "file": model["file"]} for model in models]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path} is no manifest of models ({error}); repair it, or remove it to start anew"
        ) from error
