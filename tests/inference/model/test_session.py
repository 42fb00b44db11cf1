"""Sessions: no run reports a provider that did not run.

What ran is what the runtime's own profile says. Without a GPU, runtimes that claim to have one, or
that quietly go to the CPU, stand in for one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner, Result
from fake_runtimes import ClaimsAGpu, Options, QuietlyOnCpu

from pointfuse import (
    DeviceError,
    InputError,
    ModelFileError,
    Observations,
    fuse,
    load_model,
    read_stations,
)
from pointfuse.commands.main import main
from pointfuse.model import devices, session
from pointfuse.model.bound_run import BoundRun
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.session import Program, kernels_by_provider, open_session

Write = Callable[[str, str | bytes], Path]
STATIONS = (
    "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\nB,108,36.5,2019-01-06,30\n"
)
ON_GPU = [name for name in devices.PROVIDERS if name != "cpu"]
CPU = "CPUExecutionProvider"
MESSAGE = "the device {} cannot be used: expected the {}, ONNX Runtime took CPUExecutionProvider"


@pytest.fixture
def observations(write: Write) -> Observations:
    return read_stations(write("stations.csv", STATIONS))


def day(value: float, metadata: ModelMetadata) -> tuple[np.ndarray, np.ndarray]:
    """One station."""
    values = np.zeros((1, len(metadata.variables), *metadata.grid.shape), np.float32)
    observed = np.zeros_like(values)
    values[0, 0, 5, 5], observed[0, 0, 5, 5] = value, 1
    return values, observed


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing seems to be missing for any device."""
    for module in (devices, session):
        monkeypatch.setattr(module, "missing", lambda _: None)
    monkeypatch.setattr(devices, "_is_installed", lambda name: name != "rtx")
    monkeypatch.setattr(session, "rtx_devices", lambda: [object()])
    monkeypatch.setattr(session, "find_libraries", lambda: None)
    monkeypatch.setattr(onnxruntime, "SessionOptions", Options)
    monkeypatch.setattr(onnxruntime, "InferenceSession", QuietlyOnCpu)
    return monkeypatch


def test_what_a_fusion_reports_is_what_the_profile_says(
    scale_model_file: Path, observations: Observations, tmp_path: Path
) -> None:
    model = Model(*read_model_file(scale_model_file), threads=1, profile=tmp_path / "profile")
    fields = fuse(observations, model)
    kernels = model.kernels_by_provider()
    assert set(kernels) == {fields.provider} == {CPU}
    # The graph has nine nodes, of which the runtime may fold some.
    assert 1 <= kernels[CPU] <= 9
    assert (model.device, fields.device) == ("cpu", "cpu")
    assert model.runtime == f"onnxruntime {onnxruntime.__version__}"
    attributes = netCDF4.Dataset(fields.to_netcdf(tmp_path / "out.nc"))
    with attributes as dataset:
        assert dataset.device == "cpu"
        assert dataset.execution_provider == CPU
        assert dataset.runtime == model.runtime
        assert dataset.model_precision == "fp32"
        assert dataset.model_sha256 == model.sha256


def test_kernels_are_counted_by_provider(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(
        '[{"cat": "Session", "args": {}}, {"cat": "Node", "args": {"op_name": "Conv"}},'
        '{"cat": "Node", "args": {"provider": "A"}}, {"cat": "Node", "args": {"provider": "B"}},'
        '{"cat": "Node", "args": {"provider": "A"}}]'
    )
    assert kernels_by_provider(path) == {"A": 2, "B": 1}


@pytest.mark.parametrize("device", ON_GPU)
def test_a_runtime_that_quietly_goes_to_the_cpu_is_found_out(
    installed: pytest.MonkeyPatch, tiny_model_file: Path, tmp_path: Path, device: str
) -> None:
    installed.setenv("POINTFUSE_CACHE", str(tmp_path))
    message = MESSAGE.format(device, devices.PROVIDERS[device])
    with pytest.raises(DeviceError, match=message):
        load_model(tiny_model_file, threads=1, device=device)


def test_auto_then_takes_the_cpu_and_reports_it(
    installed: pytest.MonkeyPatch,
    tiny_model_file: Path,
    observations: Observations,
    caplog: pytest.LogCaptureFixture,
) -> None:
    installed.setattr(devices, "gpus", lambda: ())
    model = load_model(tiny_model_file, threads=1)
    assert fuse(observations, model).provider == CPU
    fallen = [text for text in caplog.messages if "trying the next device" in text]
    assert [text.split(";")[0] for text in fallen] == [
        MESSAGE.format("cuda", devices.PROVIDERS["cuda"])
    ]
    # The file is read once, so its warning is given once.
    assert sum("is not a model that came with" in text for text in caplog.messages) == 1


def test_the_profile_of_a_runtime_that_claims_a_gpu_tells_the_truth(
    installed: pytest.MonkeyPatch,
    tiny_metadata: ModelMetadata,
    tiny_model_file: Path,
    tmp_path: Path,
) -> None:
    installed.setattr(onnxruntime, "InferenceSession", ClaimsAGpu)
    content = tiny_model_file.read_bytes()
    model = Model(content, tiny_metadata, "0" * 64, 1, "cuda", tmp_path / "profile")
    assert model.provider == devices.PROVIDERS["cuda"]
    model.run(*day(1.0, tiny_metadata))
    assert set(model.kernels_by_provider()) == {CPU}


def test_times_go_through_a_gpu_one_by_one(
    installed: pytest.MonkeyPatch, tiny_metadata: ModelMetadata, tiny_model_file: Path
) -> None:
    shapes = []

    class Recording(ClaimsAGpu):
        def run(self, outputs: list[str], feed: dict[str, np.ndarray], options: object) -> Any:
            shapes.append({array.shape for array in feed.values()})
            return self._session.run(outputs, feed, options)

    installed.setattr(onnxruntime, "InferenceSession", Recording)
    model = Model(tiny_model_file.read_bytes(), tiny_metadata, "0" * 64, 1, "cuda")
    assert shapes == [{(1, 3, 12, 16)}] * 2, "two runs to warm up"
    days = [day(value, tiny_metadata) for value in (1, 2, 3)]
    three = [np.concatenate(parts) for parts in zip(*days, strict=True)]
    np.testing.assert_array_equal(model.run(*three).field[:, 0, 0], [1, 2, 3])
    assert shapes == [{(1, 3, 12, 16)}] * 5


def test_a_gpu_that_gives_up(
    installed: pytest.MonkeyPatch, tiny_metadata: ModelMetadata, tiny_model_file: Path
) -> None:
    class Full(ClaimsAGpu):
        left = 3

        def run(self, *arguments: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("CUDA failure 2:\nout of memory\n")
            return self._session.run(*arguments)

    installed.setattr(onnxruntime, "InferenceSession", Full)
    model = Model(tiny_model_file.read_bytes(), tiny_metadata, "0" * 64, 1, "cuda")
    model.run(*day(1.0, tiny_metadata))
    with pytest.raises(DeviceError, match="the device cuda failed: CUDA failure 2: out of memory"):
        model.run(*day(1.0, tiny_metadata))


def test_bound_runs_give_what_other_runs_give(
    tiny_model_file: Path, tiny_metadata: ModelMetadata
) -> None:
    """On the memory of the CPU, where the buffers are those that the next run writes to."""
    real = onnxruntime.InferenceSession(tiny_model_file, providers=[CPU])
    bound = BoundRun(real, ["pm25"], "cpu")
    fields = []
    for value in (10.0, 30.0):
        values, observed = day(value, tiny_metadata)
        feed = {"observations": values, "observed": observed}
        fields.append(bound.run(feed, onnxruntime.RunOptions())[0])
        np.testing.assert_array_equal(fields[-1], real.run(["pm25"], feed)[0])
    assert [field[0, 0, 0, 0] for field in fields] == [10.0, 30.0]


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (("pm25", "pm25_scale"), ("pm25", "pm25_scale")),
        (("pm25",), ("pm25",)),
        (("pm25", "ozone"), ("pm25",)),
    ],
)
def test_outputs_are_those_that_are_wanted_and_there(
    tiny_proto_with_scale: onnx.ModelProto,
    tiny_metadata: ModelMetadata,
    wanted: tuple[str, ...],
    given: tuple[str, ...],
) -> None:
    program = Program(tiny_proto_with_scale.SerializeToString(), "0" * 64, "fp32", wanted)
    opened = open_session(program, "cpu")
    assert opened.outputs == given
    values, observed = day(10.0, tiny_metadata)
    found = opened.run({"observations": values, "observed": observed})
    assert [output[0, 0, 0, 0] for output in found] == [10.0, 2.5][: len(given)]


def test_a_file_that_the_runtime_does_not_know(tiny_model_bytes: bytes) -> None:
    program = Program(tiny_model_bytes.replace(b"ReduceSum", b"ReduceSun"), "0", "fp32", ("pm25",))
    with pytest.raises(ModelFileError, match=r"ONNX Runtime .* cannot load the model"):
        open_session(program, "cpu")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("device", ON_GPU)
@pytest.mark.parametrize("command", ["fuse", "crossval", "qc"])
def test_a_named_device_that_is_not_there_ends_with_3_and_no_file(
    write: Write, tmp_path: Path, tiny_model_file: Path, command: str, device: str
) -> None:
    stations = write("stations.csv", STATIONS)
    model = ["--model", tiny_model_file, "--device", device]
    result = run(command, stations, "-o", tmp_path / "out", *model)
    assert result.exit_code == 3
    error = [line for line in result.stderr.splitlines() if "is not a model that" not in line]
    assert len(error) == 1
    assert error[0].startswith(f"pointfuse: the device {device} cannot be used: ")
    assert "pip install" in error[0]
    assert list(tmp_path.glob("*out*")) == []


def test_a_device_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    result = run("fuse", "a.csv", "-o", tmp_path / "out.nc", "--device", "gpu")
    assert result.exit_code == 2
    with pytest.raises(DeviceError, match="there is no device 'gpu'"):
        load_model(device="gpu")


def test_fuse_on_a_device(observations: Observations, tiny_model: Model) -> None:
    with pytest.raises(DeviceError, match="the device cuda cannot be used"):
        fuse(observations, device="cuda")
    with pytest.raises(InputError, match="the model fuses pm25, on cpu in fp32; give"):
        fuse(observations, tiny_model, device="cpu")
