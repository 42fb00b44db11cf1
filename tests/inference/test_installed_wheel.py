"""The built wheel, installed alone, as a user gets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "onnx", "tensorrt", "pandas", "scipy", "xarray", "matplotlib", "dask"}
# Of doctor, verify and GPUs, which take their time to import.
OF_OTHER_COMMANDS = {
    f"pointfuse.{name}" for name in ("doctor", "verification", "golden", "engine_cache")
}
# The four packages of pyproject.toml, and what they need themselves.
FOOTPRINT = {
    *("pointfuse", "onnxruntime", "numpy", "netcdf4", "click"),
    *("cftime", "certifi", "flatbuffers", "packaging", "protobuf"),
}
# Needs of older ONNX Runtimes: they computed shapes with sympy and coloured their logs.
OLD_FOOTPRINT = FOOTPRINT | {"sympy", "mpmath", "coloredlogs", "humanfriendly"}
# The lower bounds of pyproject.toml.
OLDEST = ["click==8.2.0", "netCDF4==1.7.0", "numpy==1.26.0", "onnxruntime==1.20.0"]

FUSE = """
import json, sys
import pointfuse
observations = pointfuse.read_stations(sys.argv[1:3])
fields = pointfuse.fuse(observations, model=pointfuse.load_model())
fields.to_netcdf("out.nc")
print(json.dumps({"modules": sorted(sys.modules), "file": pointfuse.__file__,
                  "mean": float(fields.values.mean())}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("pointfuse-*.whl")
    return path


def pip(python: str | Path, *arguments: str) -> str:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def environment(folder: Path, *requirements: str) -> Path:
    """Python of a new virtual environment with some packages."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip(python, "install", "--quiet", *requirements)
    return python


def run(python: Path, *arguments: str, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    completed = subprocess.run(
        [str(python), *arguments], capture_output=True, text=True, cwd=cwd, env=clean, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.mark.slow
def test_wheel_is_light_and_holds_the_model_and_nothing_foreign(wheel: Path) -> None:
    assert wheel.stat().st_size < 20e6
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for precision in ("", ".int8", ".fp16"):
        assert f"pointfuse/models/pointfuse-china12{precision}.onnx" in names
    assert "pointfuse/models/manifest.json" in names
    assert "pointfuse/py.typed" in names
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"pointfuse"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("versions", "footprint"), [([], FOOTPRINT), (OLDEST, OLD_FOOTPRINT)], ids=["newest", "oldest"]
)
def test_a_whole_fusion_with_nothing_else_installed(
    wheel: Path, tmp_path: Path, versions: list[str], footprint: set[str]
) -> None:
    python = environment(tmp_path / "venv", str(wheel), *versions)
    listed = json.loads(pip(python, "list", "--format", "json"))
    installed = {package["name"].lower() for package in listed} - {"pip", "setuptools"}
    assert installed <= footprint, "pip brought more than the four packages need"
    example = [str(ROOT / "examples" / name) for name in ("air_quality.csv", "weather.csv")]
    result = json.loads(run(python, "-c", FUSE, *example, cwd=tmp_path))
    assert Path(result["file"]).is_relative_to(tmp_path), "the source tree was imported"
    assert not HEAVY & {name.split(".")[0] for name in result["modules"]}
    assert (tmp_path / "out.nc").stat().st_size > 100_000
    # Of the example's 900 stations the mean is 29.4; the field reaches over cleaner land and sea.
    assert 5 < result["mean"] < 30
    assert run(python, "-m", "pointfuse", "--help", cwd=tmp_path).startswith("Usage: pointfuse")


def test_a_fusion_in_a_fresh_interpreter_imports_nothing_heavy(tmp_path: Path) -> None:
    """The same in this environment, where the heavy packages are at hand."""
    example = [str(ROOT / "examples" / name) for name in ("air_quality.csv", "weather.csv")]
    result = json.loads(run(Path(sys.executable), "-c", FUSE, *example, cwd=tmp_path))
    assert not HEAVY & {name.split(".")[0] for name in result["modules"]}
    assert not OF_OTHER_COMMANDS & set(result["modules"])
