"""Scenarios of a run: a file each, and which of them are lacking."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pointfuse_training.archives.archive import check_origin


def scenario_files(folder: Path, scenarios: int) -> list[Path]:
    """Files of the scenarios of an archive, in their order."""
    return [folder / f"scenario_{number:05d}.nc" for number in range(scenarios)]


def lacking_scenarios(paths: list[Path], origin: Callable[[int], Mapping[str, Any]]) -> list[int]:
    """Numbers of the scenarios that have no file: an interrupted run goes on with these.

    Parameters
    ----------
    paths : list of Path
        Files of all scenarios, in their order.
    origin : callable
        All that a scenario depends on, by its number: attributes of its file.

    Raises
    ------
    InputError
        If a file is of another run.
    """
    lacking = []
    for number, path in enumerate(paths):
        if path.exists():
            check_origin(path, origin(number))
        else:
            lacking.append(number)
    return lacking


def code_sha256(folder: Path) -> str:
    """Hash of the modules in a folder and below: another code makes another archive."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        # Line ends differ between checkouts.
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()
