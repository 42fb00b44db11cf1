"""The packages belong together, and depend on each other one way only."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from pointfuse import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "inference/pointfuse": set(),
    "training/pointfuse_training": {"pointfuse"},
    "export/pointfuse_export": {"pointfuse", "pointfuse_training"},
    "benchmarks/pointfuse_benchmarks": {"pointfuse", "pointfuse_training", "pointfuse_export"},
}
OURS = {Path(package).name for package in PACKAGES}


def imported(package: str) -> set[str]:
    """Top-level names that the modules of a package import."""
    names = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_dependencies_point_one_way(package: str) -> None:
    assert imported(package) & OURS - {Path(package).name} == PACKAGES[package]


def test_the_light_package_needs_four_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=!~ ]", requirement)[0] for requirement in project["dependencies"]}
    assert names == {"onnxruntime", "numpy", "netCDF4", "click"}


@pytest.mark.parametrize("package", ["training", "export", "benchmarks"])
def test_versions_agree(package: str) -> None:
    project = tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


def test_the_changelog_tells_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = text.split("\n## ")[1]
    # A version that is not released yet is named in the section of what is to come.
    assert newest.startswith((f"{__version__} - ", "Unreleased\n"))
    assert __version__ in newest
