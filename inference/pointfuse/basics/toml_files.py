"""Files in TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pointfuse.errors import InputError, InputFileNotFoundError


def read_toml(path: Path, kind: str) -> dict[str, Any]:
    """Content of a file in TOML.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What it is, for messages, such as ``recipe``.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no {kind} {path}; check the path") from error
    except (OSError, ValueError) as error:
        raise InputError(f"the {kind} {path} cannot be read as TOML: {error}") from error
