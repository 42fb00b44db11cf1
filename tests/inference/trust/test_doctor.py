"""The doctor: what an installation consists of, what it lacks, and whether it computes."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pointfuse.commands.main import main
from pointfuse.model import devices
from pointfuse.model.nvidia import Gpu
from pointfuse.model.shipped import shipped_models
from pointfuse.trust import doctor


@pytest.fixture
def untested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the golden case out, which takes the most time."""
    passed = doctor.Finding("self-test", "golden case", "left out"), None
    monkeypatch.setattr(doctor, "_self_test", lambda *_: passed)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["doctor", *map(str, arguments)])


@pytest.mark.slow
def test_a_sound_installation() -> None:
    result = run("--device", "cpu", "--precision", "fp32")
    assert result.exit_code == 0, result.output
    model = shipped_models()[0]
    assert f"ok    {model.file}" in result.output
    assert f"{model.version}, fp32, sha256 {model.sha256}" in result.output
    assert f"{model.name} {model.version} in fp32 on cpu (CPUExecutionProvider, " in result.output
    assert "from the golden field, 0.05 allowed" in result.output
    assert "FAIL" not in result.output
    lines = result.output.splitlines()
    parts = [line for line in lines if not line.startswith(" ")]
    assert parts == ["installation", "machine", "devices", "models", "self-test"]
    # Findings are said in one column, and so are their remedies.
    column = next(line.index("1.") for line in lines if "onnxruntime  " in line)
    assert all(line[column - 1] == " " != line[column] for line in lines if line not in parts)


@pytest.mark.slow
def test_findings_for_programs() -> None:
    content = json.loads(run("--json", "--device", "cpu", "--precision", "fp32").stdout)
    assert content["good"] is True
    assert content["problems"] == []
    facts = {finding["name"]: finding["facts"] for finding in content["findings"]}
    assert facts["onnxruntime"]["providers"][-1] == "CPUExecutionProvider"
    assert facts["cpu"]["usable"] is True
    assert facts["cuda"]["usable"] is False
    assert "pip install" in facts["cuda"]["missing"]
    assert facts["processors"]["threads"] <= facts["processors"]["allowed"]
    assert facts["golden case"]["good"] is True
    assert set(facts["engine cache"]) == {"folder", "engines", "bytes"}


@pytest.mark.slow
@pytest.mark.parametrize("device", ["cuda", "tensorrt", "rtx"])
def test_a_named_device_that_is_not_there_ends_with_3(device: str) -> None:
    result = run("--device", device)
    assert result.exit_code == 3
    assert f"pointfuse: the device {device} cannot be used: " in result.stderr
    assert "FAIL  golden case" in result.stdout
    assert json.loads(run("--device", device, "--json").stdout)["good"] is False


@pytest.mark.usefixtures("untested")
def test_a_quota_and_a_gpu_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "allowed_cpus", lambda: 64)
    monkeypatch.setattr(doctor, "cpu_quota", lambda: 1.5)
    monkeypatch.setattr(doctor, "usable_cpus", lambda: 2)
    monkeypatch.setattr(doctor, "has_integer_dot_products", lambda: True)
    gpu = Gpu("NVIDIA GeForce RTX 4090", "8.9", 24 * 2**30)
    for module in (doctor, devices):
        monkeypatch.setattr(module, "gpus", lambda: (gpu,))
    monkeypatch.setattr(doctor, "driver_problem", lambda: None)
    monkeypatch.setattr(doctor, "driver_version", lambda: "580.65.06")
    texts = {finding.name: finding.text for finding in doctor.examine(device="cpu").findings}
    assert texts["processors"] == (
        "64 allowed, control group grants 1.5; 2 threads, with instructions for int8"
    )
    assert texts["GPU"] == "NVIDIA GeForce RTX 4090 (8.9), driver 580.65.06"


@pytest.mark.parametrize("remains", ["missing", "empty"])
def test_a_missing_runtime(tmp_path: Path, remains: str) -> None:
    """In a process of its own, where nothing has imported the runtime yet."""
    package = tmp_path / "onnxruntime"
    package.mkdir()
    if remains == "missing":
        (package / "__init__.py").write_text("raise ImportError('no such file: libort')")
        expected = "cannot be imported (no such file: libort)"
    else:  # as a half-finished uninstall leaves it
        (package / "__init__.py").write_text("")
        expected = "cannot be imported (module 'onnxruntime' has no attribute"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-m", "pointfuse", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert run.returncode == 1
    assert re.search(rf"  FAIL  onnxruntime +{re.escape(expected)}", run.stdout)
    assert "FAIL  golden case" in run.stdout
    assert "pip install --force-reinstall onnxruntime" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.usefixtures("untested")
def test_both_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def with_gpu(name: str) -> str:
        return "1.31.1" if name == "onnxruntime-gpu" else version(name)

    monkeypatch.setattr(importlib.metadata, "version", with_gpu)
    result = run("--device", "cpu")
    assert result.exit_code == 1
    assert "overwrite each other; pip uninstall -y onnxruntime onnxruntime-gpu, then" in " ".join(
        result.output.split()
    )
    assert "this installation is not fit for use" in result.output


def test_a_broken_list_of_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pointfuse.model.shipped.model_folder", lambda: tmp_path)
    findings = {finding.name: finding for finding in doctor.examine().findings}
    assert findings["manifest.json"].state == doctor.BAD
    assert "cannot be read" in findings["manifest.json"].text
    assert "install pointfuse again" in findings["manifest.json"].text
    assert findings["golden case"].text.startswith("not run: the list of shipped models")


def test_an_altered_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = shipped_models()[0]
    (tmp_path / model.file).write_bytes(b"\x08\x09 altered")
    for module in ("trust.doctor", "model.precisions"):
        monkeypatch.setattr(f"pointfuse.{module}.model_folder", lambda: tmp_path)
    result = run("--precision", "fp32")
    assert result.exit_code == 1
    assert f"FAIL  {model.file}" in result.output
    assert "download it again" in result.output
