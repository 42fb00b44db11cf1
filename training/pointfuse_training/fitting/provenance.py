"""Where a network comes from: what a checkpoint must know before it may be published."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from pointfuse.errors import ModelFileError
from pointfuse.version import __version__
from pointfuse_training.archives.archive import Archive
from pointfuse_training.network.weights import network_weights

REQUIRED = ("archive_sha256", "recipe", "seed", "code", "code_sha256")
"""Without these nobody could tell how a network came to be, or make it again."""

NO_OBSERVATIONS = "none"
"""What `observations_used` says of a network that has learned from simulations alone."""


def archive_sha256(archive: Archive) -> str:
    """Hash of an archive, wherever it lies.

    SHA-256 over its files in the order of their names: for each the name in UTF-8, a zero byte,
    and the SHA-256 of its content as 32 bytes.
    """
    digest = hashlib.sha256()
    for path in archive.files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        digest.update(path.name.encode() + b"\0" + content)
    return digest.hexdigest()


def weights_sha256(network: nn.Module) -> str:
    """Hash of the trained weights, the same whatever file they end up in.

    SHA-256 over the floating-point entries of the network's state dict (before batch
    normalisations are folded; static layers are no part of it) in the order of their names: the
    name in UTF-8, then the values as little-endian float32, last axis fastest.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(network_weights(network).items()):
        digest.update(name.encode())
        digest.update(tensor.numpy().astype("<f4").tobytes())
    return digest.hexdigest()


def code_sha256() -> str:
    """Hash of the code of this package: SHA-256 over its modules, each as name, zero and text."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        # Read as text, since line ends differ between checkouts.
        digest.update(name.encode() + b"\0" + path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def git_commit(folder: Path) -> str:
    """Commit checked out in a folder, ``unknown`` where there is none."""
    try:
        run = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", "HEAD"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "unknown"
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def code_facts() -> dict[str, str]:
    """Version of the code and of what it rests on."""
    return {
        "code": f"pointfuse_training {__version__}",
        "code_sha256": code_sha256(),
        "commit": git_commit(Path(__file__).parent),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def hardware(device: torch.device, processes: int) -> str:
    """The machine in words."""
    if device.type == "cuda":
        return f"{processes} x {torch.cuda.get_device_name(device)}"
    machine = platform.processor() or platform.machine()
    return f"{processes} x {machine}, {torch.get_num_threads()} threads each"


def observations_used(*stories: str) -> str:
    """What several trainings, one after the other, have used: nothing is forgotten."""
    return "; then ".join(s for s in stories if s != NO_OBSERVATIONS) or NO_OBSERVATIONS


def check_provenance(provenance: Mapping[str, Any]) -> None:
    """Refuse a network of which nobody knows how it came to be.

    Raises
    ------
    ModelFileError
        If one of `REQUIRED` is lacking or empty.
    """
    if lacking := [name for name in REQUIRED if provenance.get(name) in (None, "")]:
        raise ModelFileError(
            f"the checkpoint does not know its {', '.join(lacking)}; expected one that "
            "'pointfuse-train fit' wrote, so train it again"
        )
