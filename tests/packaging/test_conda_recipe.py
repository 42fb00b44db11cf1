"""The conda recipe: what it needs is what pyproject.toml says, and its steps run.

Its own tool, rattler-build, reads and renders it. Packages of conda-forge cannot be had without
that channel, so the build script and the test commands run in a clean virtual environment.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from light_install import FOOTPRINT, check_installation
from rattler_build import RenderConfig, Stage0Recipe, VariantConfig

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


@pytest.mark.slow
def test_its_script_and_its_tests_run_in_a_clean_environment(
    recipe: dict[str, Any], tmp_path: Path
) -> None:
    host, run = tmp_path / "host", tmp_path / "run"
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "seed")
    for name in ("inference", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1"}

    def shell(command: str, environment: Path) -> str:
        path = f"{environment / 'bin'}{os.pathsep}{clean['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            cwd=source,
            env=clean | {"PATH": path, "PREFIX": str(environment)},
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def pip_names(requirements: list[str]) -> str:
        names = (each for each in requirements if each.split()[0] not in ("python", "pip"))
        return " ".join(f"'{each.replace(' ', '')}'" for each in names)

    # The host environment builds the package without a network; it goes to that of the users.
    for environment in (host, run):
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    shell(f"python -m pip install --quiet {pip_names(recipe['requirements']['host'])}", host)
    shell(f"python -m pip install --quiet {pip_names(recipe['requirements']['run'])}", run)
    script = recipe["build"]["script"]
    assert "--no-index" in script
    assert "--no-deps" in script
    build = script.replace("${{ PYTHON }}", "python")
    shell(f"{build} --target '{tmp_path / 'built'}'", host)
    (site,) = (run / "lib").glob("python3.*/site-packages")
    shutil.copytree(tmp_path / "built", site, dirs_exist_ok=True, ignore=lambda *_: {"bin"})
    # Conda makes the programs of a package without architecture itself.
    (entry,) = recipe["build"]["python"]["entry_points"]
    name, module, function = re.fullmatch(r"(\w+) = ([\w.]+):(\w+)", entry).groups()
    program = run / "bin" / name
    program.write_text(
        f"#!{run}/bin/python\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
    )
    program.chmod(0o755)
    python, commands = recipe["tests"]
    for imported in python["python"]["imports"]:
        shell(f"cd / && python -c 'import {imported}'", run)
    printed = [shell(f"cd / && {command}", run) for command in commands["script"]]
    assert printed[0].startswith(f"pointfuse {__version__}") or __version__ in printed[0]
    check_installation(run / "bin" / "python", tmp_path, FOOTPRINT)
