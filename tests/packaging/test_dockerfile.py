"""The steps of packaging/Dockerfile, run one after the other below a folder in place of the root.

No daemon is needed. What is not done: the base image is this Python in a clean environment, and no
user is made.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import netCDF4
import pytest
from light_install import FOOTPRINT, check_installation

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "packaging" / "Dockerfile").read_text(encoding="utf-8")
# Another name for the interpreter of the base image, which is outside the root.
PYTHON = f"{sys.executable} "


def instructions() -> list[tuple[str, str]]:
    """Words and arguments, without comments, continued lines joined."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(" ", 1)) for line in lines.splitlines() if line.strip()]


def stages() -> list[list[tuple[str, str]]]:
    """Instructions of each stage, beginning with its FROM."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


class Root:
    """A folder that stands for the root of an image."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place = folder, folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
        }
        folder.mkdir()

    def at(self, path: str) -> Path:
        return self.folder / path.removeprefix("/") if path.startswith("/") else self.place / path

    def here(self, text: str) -> str:
        """Absolute paths of the image, below the folder."""
        return re.sub(r"(?<![\w.])/(?=(opt|data|checkout)\b)", f"{self.folder}/", text)

    def workdir(self, path: str) -> None:
        self.place = self.at(path)
        self.place.mkdir(parents=True, exist_ok=True)

    def copy(self, arguments: str, stages: Mapping[str, Root]) -> None:
        words = shlex.split(arguments)
        stage = stages[words.pop(0).removeprefix("--from=")] if words[0][:2] == "--" else None
        *sources, target = words
        for source in sources:
            real = stage.at(source) if stage else ROOT / source
            if real.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "node_modules", "seed")
                shutil.copytree(real, self.at(target), symlinks=True, ignore=ignored)
            else:
                shutil.copy(real, self.at(target))

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-euc", self.here(command).replace("python -m venv", f"{PYTHON}-m venv")],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.place,
            env=self.environment,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="images are those of Linux")
def test_the_steps_make_an_installation_that_fuses(tmp_path: Path) -> None:
    done: dict[str, Root] = {}
    made_user = False
    for number, stage in enumerate(stages()):
        name = stage[0][1].partition(" AS ")[2] or str(number)
        root = done[name] = Root(tmp_path / name)
        for word, rest in stage[1:]:
            match word:
                case "WORKDIR":
                    root.workdir(rest)
                case "COPY":
                    root.copy(rest, done)
                case "ENV":
                    variable, value = rest.split("=", 1)
                    value = root.here(value).replace("$PATH", root.environment["PATH"])
                    root.environment[variable] = value
                case "RUN" if "useradd" in rest:
                    made_user = "useradd --uid 10001 " in rest and "chown pointfuse /data" in rest
                    root.at("/data").mkdir()
                case "RUN":
                    if number:
                        # A virtual environment knows its own place, which has moved with the root.
                        moved(root.at("/opt/pointfuse"), tmp_path / "build")
                    root.run(rest)
                case "USER":
                    assert made_user
                    assert rest == "pointfuse"
                case "ENTRYPOINT" | "CMD":
                    root.environment[word] = " ".join(json.loads(rest))
                case _:
                    pytest.fail(f"the test does not know {word} {rest}")
    entry, default = root.environment["ENTRYPOINT"], root.environment["CMD"]
    assert root.run(f"{entry} {default}").startswith("Usage: pointfuse")

    # As the comment at the top has it, with the examples in the folder of the data.
    (command,) = re.findall(r"pointfuse \\\n#\s+(fuse .*)\n", DOCKERFILE)
    assert root.place == root.at("/data")
    for example in ("air_quality.csv", "weather.csv"):
        shutil.copy(ROOT / "examples" / example, root.place)
    assert "899 stations of pm25" in root.run(f"{entry} {command}")
    with netCDF4.Dataset(root.place / "pm25.nc") as dataset:
        assert dataset["pm25"].shape == (1, 372, 426)
    check_installation(root.at("/opt/pointfuse/bin/python"), tmp_path, FOOTPRINT)


def moved(environment: Path, old: Path) -> None:
    """Let the programs of a virtual environment that was copied start with its own Python."""
    for program in (environment / "bin").iterdir():
        if program.is_file() and not program.is_symlink():
            text = program.read_text(encoding="utf-8")
            new = str(environment.parents[1])
            program.write_text(text.replace(str(old), new), encoding="utf-8")


def test_the_image_runs_as_a_user_without_rights_and_without_a_shell() -> None:
    last = dict(stages()[-1])
    assert last["USER"] == "pointfuse"
    assert json.loads(last["ENTRYPOINT"]) == ["pointfuse"]
    # After it no step has the rights of root.
    words = [word for word, _ in stages()[-1]]
    assert "RUN" not in words[words.index("USER") :]


def test_the_base_is_a_python_that_the_package_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = int(project["requires-python"].removeprefix(">=3."))
    bases = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
    (version,) = {int(re.fullmatch(r"python:3\.(\d+)-slim", base)[1]) for base in bases}
    assert version >= least


def test_everything_that_the_wheel_is_built_from_is_copied() -> None:
    """Or the package of the image would lack a model that the wheel has."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, wheel = settings["project"], settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {project["readme"], *project["license-files"], *wheel["force-include"]}
    needed |= set(wheel["packages"]) | {settings["tool"]["hatch"]["version"]["path"]}
    copied = {
        word
        for instruction, rest in stages()[0]
        if instruction == "COPY"
        for word in shlex.split(rest)[:-1]
    }
    assert {Path(path).parts[0] for path in needed} <= copied
