"""Devices: what is missing is said, and `auto` takes what works."""

from __future__ import annotations

import importlib.metadata
import logging
from pathlib import Path

import onnxruntime
import pytest

from pointfuse import DeviceError
from pointfuse.model import devices
from pointfuse.model.nvidia import Gpu

RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", "8.9", 24 * 2**30)
ON_GPU = [name for name in devices.PROVIDERS if name != "cpu"]


@pytest.fixture
def gpu_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime says that it is made for GPUs."""
    everything = [devices.PROVIDERS[name] for name in ("tensorrt", "cuda", "cpu")]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: everything)
    monkeypatch.setattr(devices, "cuda_version", lambda: "13.0")


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "driver_problem", lambda: "libcuda.so.1: cannot open")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "driver_problem", lambda: None)
    monkeypatch.setattr(devices, "driver_version", lambda: "550.54")
    monkeypatch.setattr(devices, "cuda_of_driver", lambda: 13)


def test_every_device_has_a_provider() -> None:
    assert list(devices.DEVICES) == ["auto", *devices.PROVIDERS]


def test_the_cpu_misses_nothing() -> None:
    assert devices.missing("cpu") is None


@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_wheel_for_cpus(device: str) -> None:
    problem = devices.missing(device) or ""
    assert problem.startswith("the installed ONNX Runtime is made for CPUs (expected the ")
    assert devices.PROVIDERS[device] in problem
    assert "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install" in problem


def test_the_plugin_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    problem = devices.missing("rtx") or ""
    assert problem.startswith("its plugin is not installed: pip install 'pointfuse[rtx]'")


@pytest.mark.usefixtures("no_driver")
def test_the_plugin_needs_a_runtime_that_takes_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    assert "there is no NVIDIA driver (libcuda.so.1: cannot open)" in (devices.missing("rtx") or "")
    monkeypatch.delattr(onnxruntime, "register_execution_provider_library")
    assert "needs ONNX Runtime 1.24 or newer, got" in (devices.missing("rtx") or "")


@pytest.mark.usefixtures("gpu_wheel", "no_driver")
@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_wheel_for_gpus_without_a_driver(device: str) -> None:
    problem = devices.missing(device) or ""
    assert "there is no NVIDIA driver (libcuda.so.1: cannot open); install NVIDIA's dri" in problem
    assert "580 or newer (for CUDA 13)" in problem


@pytest.mark.usefixtures("gpu_wheel", "driver")
def test_a_driver_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cuda_of_driver", lambda: 12)
    problem = devices.missing("cuda") or ""
    assert problem == (
        "the driver 550.54 is made for CUDA 12; expected NVIDIA's driver 580 or newer (for CUDA 13)"
    )


@pytest.mark.usefixtures("gpu_wheel", "driver")
@pytest.mark.parametrize(
    ("device", "remedy"),
    [("cuda", "onnxruntime-gpu[cuda,cudnn]"), ("tensorrt", "needs CUDA 13 and cuDNN 9, and Tens")],
)
def test_a_library_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str, remedy: str
) -> None:
    monkeypatch.setattr(onnxruntime, "__file__", str(tmp_path / "__init__.py"))
    problem = devices.missing(device) or ""
    assert problem.startswith("a library is missing (")
    assert remedy in problem


def test_both_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.both_runtimes() is None
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.31.1")
    expected = "onnxruntime 1.31.1 and onnxruntime-gpu 1.31.1 overwrite each other"
    assert devices.both_runtimes() == expected
    assert (devices.missing("cuda") or "").startswith(f"{expected} (expected the CUDAExecution")


def test_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.candidates("auto") == ("cpu",)
    assert devices.candidates("tensorrt") == ("tensorrt",)
    with pytest.raises(
        DeviceError, match="no device 'gpu'; expected one of auto, cpu, cuda, tenso"
    ):
        devices.candidates("gpu")
    monkeypatch.setattr(devices, "_is_installed", lambda _: True)
    assert devices.candidates("auto") == ("rtx", "cuda", "cpu")


def test_auto_falls_back_aloud(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(devices, "_is_installed", lambda name: name == "cuda")
    monkeypatch.setattr(devices, "gpus", lambda: ())

    def use(name: str) -> str:
        if name == "cuda":
            raise DeviceError("the device cuda cannot be used: no driver")
        return name

    assert devices.on_device("auto", use) == "cpu"
    assert caplog.messages == ["the device cuda cannot be used: no driver; trying the next device"]
    with pytest.raises(DeviceError, match="no driver"):
        devices.on_device("cuda", use)
    assert len(caplog.messages) == 1


def test_a_gpu_that_is_not_used_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: (RTX_4090,))
    with caplog.at_level(logging.WARNING):
        assert devices.on_device("auto", lambda name: name) == "cpu"
    assert "the GPU NVIDIA GeForce RTX 4090 is not used, since the inst" in caplog.text
    caplog.clear()
    assert devices.on_device("cpu", lambda name: name) == "cpu"
    assert not caplog.messages


def test_options_say_whatever_changes_the_numbers(tmp_path: Path) -> None:
    assert devices.provider_options("cuda", "fp32", None)["use_tf32"] == "0"
    for precision in ("fp32", "fp16", "int8"):
        options = devices.provider_options("tensorrt", precision, tmp_path)
        switched = {
            name for name in ("fp16", "int8", "bf16") if options[f"trt_{name}_enable"] == "1"
        }
        assert switched == {precision} - {"fp32"}
        assert options["trt_engine_cache_path"] == str(tmp_path)
    assert "trt_engine_cache_path" not in devices.provider_options("tensorrt", "fp32", None)
    assert devices.provider_options("rtx", "fp16", tmp_path) == {
        "nv_runtime_cache_path": str(tmp_path)
    }
    assert devices.provider_options("cpu", "fp32", None) == {}
