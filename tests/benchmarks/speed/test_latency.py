"""The measurements themselves, on a model of a dozen rows that can be checked by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pointfuse import DeviceError
from pointfuse.model import nvidia
from pointfuse.trust.golden_case import SUFFIX, GoldenCase, Values
from pointfuse_benchmarks.measuring import energy, machine_file
from pointfuse_benchmarks.measuring.machine_file import read_machine
from pointfuse_benchmarks.measuring.timings import WARM_UP
from pointfuse_benchmarks.speed import files_to_file, latency, one_process, workload


@pytest.fixture
def model(scale_model_file, tmp_path) -> Path:
    """With its golden case: the mean of one station of 50 is 50 everywhere."""
    path = tmp_path / scale_model_file.name
    shutil.copy(scale_model_file, path)
    case = GoldenCase(
        "0" * 64,
        "by hand",
        {"pm25": Values((5,), (7,), (50.0,))},
        Values((1,), (2,), (50.0,)),
        50.0,
    )
    path.with_name(f"tiny{SUFFIX}").write_text(case.to_json())
    return path


RUNS = """
import json, sys
from pointfuse_benchmarks.speed import one_process
print(json.dumps(one_process.runs(sys.argv[1], "cpu", 1, 4, 60.0)))
"""


def test_runs_are_counted_verified_and_told_with_their_memory(model):
    # In a process of its own, as in life: that of the tests has done much else.
    command = [sys.executable, "-c", RUNS, model]
    row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert row["network"]["n"] == 4
    assert 0 < row["network"]["p50"] <= row["network"]["slowest"]
    assert row["provider"] == "CPUExecutionProvider"
    assert set(row["kernels"]) == {"CPUExecutionProvider"}
    assert row["golden_difference"] < 1e-4
    assert (row["precision"], row["threads"], row["warm_up"]) == ("fp32", 1, WARM_UP)
    assert 30 < row["peak_memory_mb"] < 2000
    # A processor copies nothing to itself: the row has no such time, not even zero.
    assert not {"compute", "host_to_device", "device_to_host", "joules_per_field"} & set(row)


def test_on_a_gpu_the_three_steps_are_told_apart(model, tiny_metadata, monkeypatch):
    session = one_process._session(str(model), "cpu", 1)
    # The memory that it copies to and from is still that of the processor.
    monkeypatch.setattr(session, "device", "cuda")
    counter = iter([100.0, 107.0])
    monkeypatch.setattr(energy, "joules", lambda: next(counter))
    row = one_process._network(session, tiny_metadata, 4, 60.0)
    assert [row[name]["n"] for name in ("host_to_device", "compute", "device_to_host")] == [4] * 3
    # Seven runs: those that warm up take energy too.
    assert row["joules_per_field"] == 1.0


class Nvml:
    """Two joules and 3 MiB."""

    def nvmlDeviceGetHandleByIndex_v2(self, index, handle):  # noqa: N802
        handle._obj.value = 7 + index
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, found):  # noqa: N802
        assert handle.value == 7
        found._obj.value = 2000
        return self.failure

    def nvmlDeviceGetMemoryInfo(self, handle, found):  # noqa: N802
        found._obj.used = 3 * 2**20
        return self.failure

    failure = 0


def test_energy_and_memory_are_those_of_the_only_gpu(monkeypatch):
    assert (energy.joules(), energy.gpu_megabytes()) == (None, None) or nvidia.gpus()
    monkeypatch.setattr(energy, "management", Nvml)
    monkeypatch.setattr(energy, "gpus", lambda: (nvidia.Gpu("G", "8.9", 0),))
    assert (energy.joules(), energy.gpu_megabytes()) == (2.0, 3.0)
    monkeypatch.setattr(energy, "gpus", lambda: (nvidia.Gpu("G", "8.9", 0),) * 2)
    assert (energy.joules(), energy.gpu_megabytes()) == (None, None)
    monkeypatch.setattr(energy, "gpus", lambda: (nvidia.Gpu("G", "7.5", 0),))
    monkeypatch.setattr(Nvml, "failure", 3)
    assert (energy.joules(), energy.gpu_megabytes()) == (None, None)


def test_a_fast_row_of_wrong_fields_is_no_row(model):
    golden = model.with_name(f"tiny{SUFFIX}")
    golden.write_text(golden.read_text().replace("50.0], ", "51.0], ").replace("[50.0]", "[51.0]"))
    with pytest.raises(DeviceError, match=r"differs by .* its time means nothing"):
        one_process.runs(str(model), "cpu", 1, 1, 0.0)


def test_days_are_handed_over_at_once(model):
    found = one_process.days(str(model), "cpu", 1, 2, 60.0)
    assert [entry["days"] for entry in found] == [1, 2, 4, 8, 16]
    assert all(entry["n"] == 2 and entry["fields_per_s"] > 0 for entry in found)
    memory = [entry["peak_memory_mb"] for entry in found]
    assert memory == sorted(memory)


def test_steps_of_a_start_are_within_its_process(model, tmp_path):
    seconds, steps = latency.in_process(str(tmp_path), "start", str(model), "cpu", "1")
    assert set(steps) == {"imports_s", "session_s", "reading_s", "first_run_s"}
    assert min(steps.values()) >= 0
    # Not in the steps: the start of the interpreter.
    assert 0 < sum(steps.values()) < seconds


def test_a_device_that_is_not_there_ends_its_row_with_the_reason(model, tmp_path):
    with pytest.raises(DeviceError, match="the device rtx cannot be used"):
        latency.in_process(str(tmp_path), "start", str(model), "rtx", "1")


def test_engines_are_compiled_in_the_first_process_alone(monkeypatch):
    """The time of the first is kept apart, and the others find its engine in the same folder."""
    sessions = iter([60.0, 1.0, 3.0, 2.0])
    folders = []

    def in_process(cache, *_):
        folders.append(cache)
        return 9.0, {"imports_s": 0.5, "session_s": next(sessions)}

    monkeypatch.setattr(latency, "in_process", in_process)
    found = latency.started(("m.onnx", "tensorrt", "2"), 3, "folder")
    assert found["engine_s"] == 60.0
    assert found["session_s"] == 2.0
    assert folders == ["folder"] * 4
    sessions = iter([1.0, 2.0, 3.0])
    assert "engine_s" not in latency.started(("m.onnx", "cpu", "2"), 3, "folder")


@pytest.mark.slow
def test_a_whole_measurement_is_written_with_its_origin(model, tmp_path, monkeypatch):
    for name in ("shipped_files", "usable_devices"):
        monkeypatch.setattr(
            latency,
            name,
            {"shipped_files": lambda _: {"fp32": model}, "usable_devices": lambda: ["cpu"]}[name],
        )
    path = tmp_path / "machine.json"
    options = ["-o", str(path), "--starts", "1", "--runs", "1", "--seconds", "1", "--files", "0"]
    result = CliRunner().invoke(latency.main, [*options, "--threads", "1"], catch_exceptions=False)
    assert result.exit_code == 0
    (row,) = read_machine(path)["latency"]
    assert row["command"].startswith("python -m pointfuse_benchmarks.speed.latency")
    assert row["start"]["n"] == 1
    assert len(row["days_at_once"]) == 5
    assert "| cpu, fp32 |" in result.output


@pytest.mark.slow
def test_files_to_file_runs_the_command_line_and_tells_its_own_memory(model, tmp_path, monkeypatch):
    monkeypatch.setattr(files_to_file, "REAL_DATA", tmp_path / "none")
    (one,) = files_to_file.cases(tmp_path)
    assert len(one.one_day) == 2
    # The same stations under four dates.
    lines = [line for file in one.four_days for line in Path(file).read_text().splitlines()]
    assert len({line.split(",")[3] for line in lines} - {"date"}) == 4
    options = ["--model", str(model), "--threads", "1"]
    row = files_to_file.measured(one, tmp_path, 1, options)
    assert 0 < row["one_day_s"] == row["slowest_one_day_s"]
    assert 30 < row["peak_memory_mb"] < 2000
    assert (row["provider"], row["threads"], row["n"]) == ("CPUExecutionProvider", 1, 1)


def test_the_file_of_another_model_is_named_after_it_too(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_file, "MACHINES", tmp_path / "machines")
    entry = {
        "file": "m.onnx",
        "name": "small",
        "version": "1",
        "precision": "fp32",
        "variable": "pm25",
    }
    manifest = {"models": [entry | {"bytes": 1, "sha256": "0"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert workload.shipped_files(tmp_path) == {"fp32": tmp_path / "m.onnx"}
    shipped, other = machine_file.machine_file(None), machine_file.machine_file(None, tmp_path)
    assert other.stem == f"{shipped.stem}-small"


def test_a_failed_fusion_is_no_measurement(tmp_path):
    with pytest.raises(DeviceError, match="ended with status 1"):
        files_to_file.fuse(["nowhere.csv"], tmp_path)


def test_the_example_is_the_same_day_in_each_place(tiny_metadata):
    feed = workload.example_feed(tiny_metadata, 3)
    assert feed["observed"].shape == (3, 3, 12, 16)
    assert (feed["observations"][0] == feed["observations"][2]).all()
    assert feed["observed"][0].any(axis=(1, 2)).all()
    precisions = list(workload.shipped_files())
    assert precisions[0] == "fp32"
    assert workload.usable_devices()[0] == "cpu"
