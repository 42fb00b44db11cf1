"""What an installation of the light package alone may hold, and that it fuses."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "onnx", "tensorrt", "pandas", "scipy", "xarray", "matplotlib", "dask"}
# The four packages of pyproject.toml, and what they need themselves.
FOOTPRINT = {
    *("pointfuse", "onnxruntime", "numpy", "netcdf4", "click"),
    *("cftime", "certifi", "flatbuffers", "packaging", "protobuf"),
}
EXAMPLE = [str(ROOT / "examples" / name) for name in ("air_quality.csv", "weather.csv")]

FUSE = """
import json, sys
import pointfuse
observations = pointfuse.read_stations(sys.argv[1:3])
fields = pointfuse.fuse(observations, model=pointfuse.load_model())
fields.to_netcdf("out.nc")
print(json.dumps({"modules": sorted(sys.modules), "file": pointfuse.__file__,
                  "mean": float(fields.values.mean())}))
"""


def run(python: Path, *arguments: str, cwd: Path) -> str:
    """What a Python prints that knows nothing of this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    completed = subprocess.run(
        [str(python), *arguments], capture_output=True, text=True, cwd=cwd, env=clean, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def modules_of_a_fusion(python: Path, folder: Path) -> set[str]:
    """Fuse the example, check the field, and return the modules that were imported."""
    result = json.loads(run(python, "-c", FUSE, *EXAMPLE, cwd=folder))
    assert (folder / "out.nc").stat().st_size > 100_000
    # Of the example's 900 stations the mean is 29.4; the field reaches over cleaner land and sea.
    assert 5 < result["mean"] < 30
    modules = set(result["modules"])
    assert not HEAVY & {name.split(".")[0] for name in modules}
    return modules


def check_installation(python: Path, folder: Path, footprint: set[str]) -> None:
    """Check that nothing but the light package is installed, and that it works."""
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json", cwd=folder))
    installed = {package["name"].lower() for package in listed} - {"pip", "setuptools"}
    assert installed <= footprint, "pip brought more than the four packages need"
    where = run(python, "-c", "import pointfuse; print(pointfuse.__file__)", cwd=folder)
    assert not Path(where).is_relative_to(ROOT), "the source tree was imported"
    modules_of_a_fusion(python, folder)
    assert run(python, "-m", "pointfuse", "--help", cwd=folder).startswith("Usage: pointfuse")
