"""List of the model files in the package, with sizes and hashes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pointfuse.errors import ModelFileError


@dataclass(frozen=True)
class ShippedModel:
    """A model file that comes with pointfuse, as the manifest describes it.

    Parameters
    ----------
    file, name, version, sha256 : str
        File name; name and version of the model, which may have several files; hash of the file.
    bytes : int
        Size of the file.
    precision : str
        Of its weights and sums: ``fp32``, ``fp16`` or ``int8``.
    variable : str
        What it fuses, such as ``pm25``.
    anywhere : bool
        Whether it is a model of any place.
    """

    file: str
    name: str
    version: str
    bytes: int
    sha256: str
    precision: str
    variable: str
    anywhere: bool = False


def model_folder() -> Path:
    """Folder of the shipped models: inside the installed package, or of a source checkout."""
    package = Path(__file__).parents[1]
    installed = package / "models"
    return installed if installed.is_dir() else package.parents[1] / "models"


def shipped_models(folder: Path | None = None) -> tuple[ShippedModel, ...]:
    """Model files that come with this pointfuse; the first is the default.

    Parameters
    ----------
    folder : Path, optional
        Another folder of models with a manifest.

    Raises
    ------
    ModelFileError
        If the manifest is missing or damaged.
    """
    path = (folder or model_folder()) / "manifest.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["models"]
        return tuple(ShippedModel(**entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"the list of shipped models {path} cannot be read ({error}); install pointfuse again"
        ) from error
