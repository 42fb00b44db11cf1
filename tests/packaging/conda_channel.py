"""A conda channel in a folder, made of what PyPI has: a stand-in for conda-forge.

An environment of such a channel is a virtual environment of the Python that runs this, with
packages that were taken from wheels. The tools of conda resolve, link and use it as any other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from rattler_build import ArchiveType, assemble_package

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = Path(f"lib/python{VERSION}/site-packages")
PLATFORM = "linux-64"


def make_channel(folder: Path, packages: dict[str, list[str]]) -> str:
    """Make a channel.

    Parameters
    ----------
    folder : Path
        Where it is made.
    packages : dict of list of str
        What of PyPI each package holds, itself first; conda has no other names here.

    Returns
    -------
    str
        Its address.
    """
    channel, records = folder / "channel", dict[str, Any]()
    for part in (PLATFORM, "noarch"):
        (channel / part).mkdir(parents=True)

    def add(name: str, version: str, files: Path, depends: list[str]) -> None:
        made = assemble_package(
            name,
            version,
            PLATFORM,
            "0",
            str(channel / PLATFORM),
            files_dir=str(files),
            depends=depends,
            archive_type=ArchiveType.TarBz2,
            compression_level=1,
            detect_prefix=False,
        )
        content = Path(made.path).read_bytes()
        records[Path(made.path).name] = {
            "name": name,
            "version": version,
            "build": "0",
            "build_number": 0,
            "depends": depends,
            "subdir": PLATFORM,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    add("python", ".".join(map(str, sys.version_info[:3])), python(folder / "python"), [])
    for name, wheels in packages.items():
        files = folder / name
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
        subprocess.run([*install, "--target", str(files / SITE), *wheels], check=True)
        # Their programs would start the Python that installed them.
        shutil.rmtree(files / SITE / "bin", ignore_errors=True)
        (version,) = (
            path.name.split("-")[1]
            for path in (files / SITE).glob("*.dist-info")
            if path.name.lower().startswith(f"{name}-")
        )
        add(name, version, files, [f"python {VERSION}.*"])
    for part, held in ((PLATFORM, records), ("noarch", {})):
        content = {"info": {"subdir": part}, "packages": held, "packages.conda": {}}
        (channel / part / "repodata.json").write_text(json.dumps(content), encoding="utf-8")
    return channel.as_uri()


def python(files: Path) -> Path:
    """The files of a package that makes an environment a virtual one of this Python."""
    (files / "bin").mkdir(parents=True)
    base = Path(sys.base_prefix) / "bin" / f"python{VERSION}"
    (files / "bin" / "python").symlink_to(base)
    for name in ("python3", f"python{VERSION}"):
        (files / "bin" / name).symlink_to("python")
    settings = f"home = {base.parent}\ninclude-system-site-packages = false\n"
    (files / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    return files
