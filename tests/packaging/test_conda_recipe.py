"""The conda recipe: what it needs is what pyproject.toml says, and its steps run.

Its own tool, rattler-build, renders it, builds the package and runs its tests.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conda_channel import make_channel
from rattler_build import (
    Package,
    RenderConfig,
    Stage0Recipe,
    ToolConfiguration,
    VariantConfig,
)

from pointfuse.version import __version__

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "packaging" / "conda" / "recipe.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    """The recipe as rattler-build renders it."""
    (rendered,) = Stage0Recipe.from_file(str(RECIPE)).render(VariantConfig(), RenderConfig())
    return dict(rendered.recipe.to_dict())


def bounds(requirements: list[str]) -> dict[str, str]:
    """Lower bounds by the names of packages, which conda writes in small letters."""
    found = [re.fullmatch(r"([\w.-]+) *(?:>=([\d.]+))?", each) for each in requirements]
    return {match[1].lower(): match[2] for match in found if match}


def test_it_needs_what_the_package_needs(recipe: dict[str, Any]) -> None:
    project = PROJECT["project"]
    expected = bounds(project["dependencies"])
    assert len(expected) == 4
    python = project["requires-python"].removeprefix(">=")
    assert bounds(recipe["requirements"]["run"]) == {"python": python} | expected
    build = bounds(PROJECT["build-system"]["requires"])
    host = bounds(recipe["requirements"]["host"])
    assert host == {"python": python, "pip": None} | build


def test_it_is_the_package_of_this_checkout(recipe: dict[str, Any]) -> None:
    project = PROJECT["project"]
    assert recipe["package"] == {"name": project["name"], "version": __version__}
    assert (RECIPE.parent / recipe["source"][0]["path"]).resolve() == ROOT
    programs = [f"{name} = {place}" for name, place in project["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == programs
    assert recipe["build"]["noarch"] == "python"
    assert recipe["about"]["summary"] == project["description"]
    assert recipe["about"]["license"] == project["license"]
    assert recipe["about"]["license_file"] == project["license-files"]


# The packages of the recipe, and what their wheels need; with conda-forge that is known.
HELD = {
    "pip": ["pip"],
    "hatchling": ["hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"],
    "click": ["click"],
    "netcdf4": ["netCDF4", "cftime", "certifi"],
    "numpy": ["numpy"],
    "onnxruntime": ["onnxruntime", "flatbuffers", "protobuf", "packaging"],
}


@pytest.mark.slow
@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the channel is of linux-64"
)
def test_the_package_is_built_and_passes_its_tests(
    recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By rattler-build, with packages of PyPI in place of those of conda-forge."""
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        monkeypatch.delenv(name)
    needed = recipe["requirements"]["host"] + recipe["requirements"]["run"]
    assert set(HELD) == set(bounds(needed)) - {"python"}
    # What it keeps of stand-ins is for nobody else.
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "cache"))
    channel = make_channel(tmp_path, HELD)
    (rendered,) = Stage0Recipe.from_file(str(RECIPE)).render(VariantConfig(), RenderConfig())
    rendered.run_build(
        tool_config=ToolConfiguration(use_sharded=False, use_zstd=False, use_bz2=False),
        output_dir=str(tmp_path / "out"),
        channels=[channel],
    )
    (built,) = (tmp_path / "out" / "noarch").glob("pointfuse-*.conda")
    package = Package.from_file(str(built))
    assert bounds(package.depends) == bounds(recipe["requirements"]["run"])
    models = json.loads((ROOT / "models" / "manifest.json").read_text())["models"]
    expected = {f"site-packages/pointfuse/models/{model['file']}" for model in models}
    assert expected <= {str(path) for path in package.files}
    # In an environment of its own: import, `pip check`, doctor, verify.
    results = package.run_tests(channel=[channel], use_sharded=False)
    assert len(results) == len(recipe["tests"]) == 2
    for result in results:
        assert result.success, result.output
