"""docs/guide/service.md: its commands run as they stand, and it lists what there is."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click import Context
from documents import ROOT, blocks
from light_install import EXAMPLE
from PIL import Image

from pointfuse import load_model, read_stations
from pointfuse.commands.serve import serve
from pointfuse.fusion.fuse import fuse
from pointfuse.service.asked import NAMES
from pointfuse.service.description import described
from pointfuse.service.metrics import Metrics

PAGE = "docs/guide/service.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def of(language: str) -> list[str]:
    # The indented block installs the extra.
    found = [block for block in blocks(PAGE) if block.language == language and not block.not_run]
    return [block.text for block in found if not block.text.startswith("pip install")]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    *before, stop = of("sh")
    (python,) = of("python")
    # The command of this environment, which knows where the packages are.
    ours = f'pointfuse() {{ exec "{sys.executable}" -m pointfuse "$@"; }}\n'
    script = ours + "\n".join([*before, f'"{sys.executable}" page.py > python.txt', stop])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    (tmp_path / "page.py").write_text(python.replace("8000", port))
    completed = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("8000", port)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    log = (tmp_path / "serve.log").read_text()
    assert completed.returncode == 0, completed.stderr + log
    assert "error" not in log
    # What was taken in the shell and in Python is that of the library.
    model = load_model()
    fields = fuse(read_stations(EXAMPLE[0]), model)
    with netCDF4.Dataset(tmp_path / "pm25.nc") as file:
        # A file has 12 bits of a value.
        np.testing.assert_allclose(file["pm25"][:], fields.values, rtol=2.0**-12)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["stations"]["read"] == 900
    assert str(summary["days"]) in (tmp_path / "python.txt").read_text()
    both = json.loads((tmp_path / "both.json").read_text())
    assert [file["name"] for file in both["files"]] == ["air_quality.csv", "weather.csv"]
    (here,) = json.loads((tmp_path / "beijing.json").read_text())["days"]
    cell = fields.model.grid.cells([116.4], [39.9])[0]
    assert here["pm25"] == pytest.approx(float(fields.values.ravel()[cell]))
    assert len((tmp_path / "pm25.csv").read_text().splitlines()) == 1 + 372 * 426
    for name in ("pm25.png", "tile.png"):
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) >= 256
    health = json.loads((tmp_path / "health.json").read_text())
    assert health["models"]["pm25"]["golden_difference"] is not None
    assert "pointfuse_computations_total 2\n" in (tmp_path / "metrics.txt").read_text()


def rows(begin: str) -> list[str]:
    """First cells of the table that begins with a cell."""
    table = TEXT[TEXT.index(f"| {begin} |") :].partition("\n\n")[0]
    return [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()[2:]]


def test_the_tables_name_what_there_is() -> None:
    assert [row.strip("`") for row in rows("parameter")] == [*NAMES]
    description = described(["pm25"])
    statuses = {
        int(status)
        for methods in description["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
    }
    listed = {int(status) for row in rows("status") for status in row.split(", ")}
    # What nobody expects is in no description.
    assert listed == {status for status in statuses if status >= 400} | {500}
    said = " ".join(rows("address"))
    for path in description["paths"]:
        assert path.replace("{address}", "ID").removeprefix("/") in said, path


def test_the_metrics_are_named() -> None:
    named = set(re.findall(r"`((?:pointfuse|process)_\w+)`", TEXT))
    metrics = Metrics()
    metrics.count("GET", "/", 200, 0.1)
    own = set(re.findall(r"# TYPE (\S+)", metrics.text({})))
    answers = (ROOT / "inference" / "pointfuse" / "service" / "answers.py").read_text()
    assert named == own | set(re.findall(r'"(pointfuse_\w+)"', answers))


def test_options_and_defaults_are_those_of_the_command() -> None:
    options = {option: p for p in serve.get_params(Context(serve)) for option in p.opts}
    table = TEXT[TEXT.index("| option |") :].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        cells = line.strip("| ").split(" | ")
        named = re.findall(r"--[\w-]+", cells[0])
        assert set(named) <= set(options), line
        if cells[-1].isdigit():
            assert [options[name].default for name in named] == [int(cells[-1])], line


def test_the_unit_file(tmp_path: Path) -> None:
    (unit,) = of("ini")
    assert "SuccessExitStatus=143" in unit
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    (tmp_path / "pm25-service.service").write_text(unit)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    checked = subprocess.run(
        [*command, str(tmp_path / "pm25-service.service")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    # The program is not installed here.
    faults = [line for line in checked.stderr.splitlines() if "not executable" not in line]
    assert not [line for line in faults if "pm25-service" in line], checked.stderr
