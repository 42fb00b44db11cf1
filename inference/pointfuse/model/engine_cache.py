"""Cache of compiled engines: one folder for each model, device and set of versions.

Engines run native code. The folders belong to the user alone, and nothing is ever taken from
elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import platform
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pointfuse.model.devices import Device, cuda_version, installed_wheels
from pointfuse.model.nvidia import driver_version, gpus

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheState:
    """What there is of compiled engines.

    Parameters
    ----------
    folder : str
        Folder of the cache, which need not exist.
    engines : int
        Number of models and devices that there are engines for.
    bytes : int
        Size of all files.
    """

    folder: str
    engines: int
    bytes: int


def cache_root() -> Path:
    """Folder of all compiled engines: ``$POINTFUSE_CACHE``, or one in the user's cache folder."""
    if given := os.environ.get("POINTFUSE_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pointfuse" / "engines"


def cache_key(device: Device, model_sha256: str, precision: str) -> dict[str, object]:
    """All that an engine depends on, as JSON types."""
    import onnxruntime

    return {
        "device": device,
        "model_sha256": model_sha256,
        "precision": precision,
        "tf32": False,
        "onnxruntime": onnxruntime.__version__,
        "cuda": cuda_version(),
        "wheels": installed_wheels(),
        "driver": driver_version(),
        "gpus": [f"{gpu.name} {gpu.compute_capability}" for gpu in gpus()],
        "system": f"{platform.system()} {platform.machine()}",
    }


def cache_folder(key: dict[str, object]) -> Path:
    """Folder of the engines with a key."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_root() / f"{key['device']}-{digest[:32]}"


@contextlib.contextmanager
def filling(key: dict[str, object]) -> Iterator[Path | None]:
    """Folder with the engines of a key, or an empty one that becomes it if all goes well.

    Engines with which something fails are removed, so that damaged ones are not met again. Yields
    None, with a warning, where no folder can be made.
    """
    folder = cache_folder(key)
    known = folder.is_dir()
    # The plugin for RTX writes when its session ends, under the name that it was given.
    part = folder if known or key["device"] == "rtx" else _part_of(folder)
    try:
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(part)
        (part / "key.json").write_text(json.dumps(key, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        logger.warning(
            "compiled engines cannot be kept in %s (%s); name another folder with POINTFUSE_CACHE",
            folder.parent,
            error.strerror or error,
        )
        yield None
        return
    if not known:
        logger.warning(
            "compiling the model for %s; this happens once and may take minutes", key["device"]
        )
    try:
        yield part
    except BaseException as error:
        # A stop from outside says nothing of engines that were there before.
        if not known or isinstance(error, Exception):
            shutil.rmtree(part, ignore_errors=True)
        raise
    if part != folder:
        try:
            part.rename(folder)
        except OSError:
            # Another process was quicker; its engines are as good.
            shutil.rmtree(part, ignore_errors=True)


def _check_private(folder: Path) -> None:
    """Make sure that nobody else can put engines into a folder.

    Raises
    ------
    PermissionError
        If it belongs to somebody else, or others may write to it.
    """
    if sys.platform != "win32":
        found = folder.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise PermissionError(f"other users can write to {folder}")


def _part_of(folder: Path) -> Path:
    """Name of a folder that is not complete yet, unlike that of any other run."""
    return folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}.part")


def cache_state() -> CacheState:
    """Look into the cache."""
    root = cache_root()
    folders = [entry for entry in root.glob("[!.]*") if entry.is_dir()] if root.is_dir() else []
    size = sum(
        file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file()
    )
    return CacheState(str(root), len(folders), size)
