"""The wheel: what it holds, and that it works with the oldest versions that it allows.

With the newest it is installed by the commands of the deployment page: `test_deploy_document`.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from light_install import FOOTPRINT, ROOT, check_installation, modules_of_a_fusion

pytestmark = pytest.mark.slow

# Of doctor, verify and GPUs, which take their time to import.
OF_OTHER_COMMANDS = {
    "pointfuse.trust.doctor",
    "pointfuse.trust.verification",
    "pointfuse.trust.golden_case",
}
# Needs of older ONNX Runtimes: they computed shapes with sympy and coloured their logs.
OLD_FOOTPRINT = FOOTPRINT | {"sympy", "mpmath", "coloredlogs", "humanfriendly"}
# The lower bounds of pyproject.toml.
OLDEST = ["click==8.2.0", "netCDF4==1.7.0", "numpy==1.26.0", "onnxruntime==1.20.0"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("pointfuse-*.whl")
    return path


def pip(python: str | Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def test_wheel_is_light_and_holds_the_model_and_nothing_foreign(wheel: Path) -> None:
    assert wheel.stat().st_size < 20e6
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for precision in ("", ".int8", ".fp16"):
        assert f"pointfuse/models/pointfuse-china12{precision}.onnx" in names
    for pollutant in ("pm10", "so2", "no2", "co", "o3", "o3_mda8"):
        for ending in ("int8.onnx", "golden.json"):
            assert f"pointfuse/models/pointfuse-china12-{pollutant}.{ending}" in names
    assert "pointfuse/models/manifest.json" in names
    assert "pointfuse/py.typed" in names
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"pointfuse"}


def test_a_whole_fusion_with_the_oldest_packages(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip(python, "install", "--no-compile", str(wheel), *OLDEST)
    check_installation(python, tmp_path, OLD_FOOTPRINT)


def test_a_fusion_in_a_fresh_interpreter_imports_nothing_heavy(tmp_path: Path) -> None:
    """The same in this environment, where the heavy packages are at hand."""
    assert not OF_OTHER_COMMANDS & modules_of_a_fusion(Path(sys.executable), tmp_path)
