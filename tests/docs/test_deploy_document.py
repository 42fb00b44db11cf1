"""docs/guide/deploy.md takes a deployer from the wheel to a field every day: its commands run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from light_install import FOOTPRINT, check_installation

from pointfuse.model.devices import DEVICES, PROVIDERS
from pointfuse.trust.verification import TOLERANCE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guide" / "deploy.md").read_text(encoding="utf-8")

# What a wheel is built from, and the example.
CHECKOUT = (
    *("inference", "models", "examples", "pyproject.toml"),
    *("README.md", "CHANGELOG.md", "LICENSE", "NOTICE"),
)
NOT_RUN = re.compile(r"\*Not run by a test: [^*]+\*\n\n```sh\n.*?```\n", re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the commands are those of a Linux server")
def test_from_the_wheel_to_a_field_every_day(tmp_path: Path) -> None:
    checkout, opt, data = tmp_path / "checkout", tmp_path / "opt", tmp_path / "data"
    checkout.mkdir()
    for name in CHECKOUT:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "seed")
            shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, checkout)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # Bytecode would be compiled for what is hardly used.
    clean |= {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    printed = ""
    for block in blocks(NOT_RUN.sub("", TEXT), "sh"):
        if "systemctl" in block:
            # `test_deploy_timer` starts the timer.
            continue
        script = block.replace("/opt/pointfuse", str(opt)).replace("/var/lib/pm25", str(data))
        completed = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            cwd=checkout,
            env=clean | {"PATH": path},
        )
        assert completed.returncode == 0, f"{script}\n{completed.stdout}\n{completed.stderr}"
        printed += completed.stdout
    pinned = (checkout / "wheelhouse" / "requirements.txt").read_text().splitlines()
    assert len(pinned) == 10, "the document counts ten wheels"
    assert all(re.search(r"==[\w.]+ --hash=sha256:[0-9a-f]{64}$", line) for line in pinned)
    assert json.loads((checkout / "verify.json").read_text())["good"] is True
    summary = json.loads((data / "log" / "2020-01-15.json").read_text())
    assert (summary["device"], summary["threads"]) == ("cpu", 2)
    assert summary["days"][0]["stations"] > 800
    assert "mean 0.000, largest 0.000" in printed
    assert sorted(file.name for file in (data / "out").iterdir()) == [
        ".lock",
        "pm25_2020-01-15.nc",
    ]
    check_installation(opt / "current" / "bin" / "python", tmp_path, FOOTPRINT)


def test_the_unit_files(tmp_path: Path) -> None:
    service, timer = blocks(TEXT, "ini")
    assert "fuse-day" in service
    # In a unit file a dollar and a per cent sign occur twice.
    assert """'/opt/pointfuse/fuse-day "$$(date -d yesterday +%%F)"'""" in service
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for name, text in (("pm25.service", service), ("pm25.timer", timer)):
        (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    checked = subprocess.run(
        [*command, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "pm25." not in checked.stderr, checked.stderr


def test_the_limit_of_memory_is_twice_of_what_was_measured() -> None:
    machines = (ROOT / "benchmarks" / "machines").glob("*.json")
    measured = [row for path in machines for row in json.loads(path.read_text())["files_to_file"]]
    (limit,) = re.findall(r"^MemoryMax=(\d+)M$", TEXT, re.MULTILINE)
    assert int(limit) > 2 * max(case["peak_memory_mb"] for case in measured)


def test_every_block_is_run_or_says_why_not() -> None:
    assert TEXT.count("*Not run by a test: ") == len(NOT_RUN.findall(TEXT))
    for needs_more in ("cron", "verify --device cuda", "verify --device rtx"):
        assert not any(needs_more in block for block in blocks(NOT_RUN.sub("", TEXT), "sh"))


def test_devices_and_tolerances_are_those_of_the_code() -> None:
    for device in DEVICES:
        assert f"| `{device}` |" in TEXT
    for provider in PROVIDERS.values():
        assert f"`{provider}`" in TEXT
    allowed = (
        "The largest difference that it allows is {fp32:g} ug m-3 in fp32, {fp16:g} in fp16, {"
    )
    assert (allowed + "int8:g} in int8").format(**TOLERANCE) in TEXT.replace("\n", " ")
