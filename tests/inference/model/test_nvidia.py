"""What is asked of NVIDIA's driver, with libraries that answer as its own do."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pytest

from pointfuse.model import nvidia


class Management:
    """NVML with two GPUs, the second of which has fallen off the bus."""

    def nvmlInit_v2(self) -> int:  # noqa: N802
        return 0

    def nvmlSystemGetDriverVersion(self, text: Any, size: int) -> int:  # noqa: N802
        assert size <= len(text)
        text.value = b"580.65.06"
        return 0

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:  # noqa: N802
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: int, handle: Any) -> int:  # noqa: N802
        handle._obj.value = 1000 + index
        return 15 if index == 1 else 0

    def nvmlDeviceGetName(self, handle: Any, text: Any, size: int) -> int:  # noqa: N802
        assert handle.value == 1000
        assert size <= len(text)
        text.value = b"NVIDIA GeForce RTX 4090"
        return 0

    def nvmlDeviceGetCudaComputeCapability(  # noqa: N802
        self, handle: Any, major: Any, minor: Any
    ) -> int:
        major._obj.value, minor._obj.value = 8, 9
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: Any, memory: Any) -> int:  # noqa: N802
        memory._obj.total = 24 * 2**30
        return 0


class Driver:
    version, failure = 12040, 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = self.version
        return self.failure


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Answers are kept for the process; these are of libraries that it does not have."""
    cached = (nvidia.management, nvidia.gpus, nvidia.driver_version, nvidia.cuda_of_driver)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def test_gpus_that_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Management())
    (gpu,) = nvidia.gpus()
    assert gpu == nvidia.Gpu("NVIDIA GeForce RTX 4090", "8.9", 24 * 2**30)
    assert nvidia.driver_version() == "580.65.06"


@pytest.mark.parametrize(
    ("version", "failure", "major"), [(12040, 0, 12), (13000, 0, 13), (0, 3, 0)]
)
def test_what_the_driver_runs(
    monkeypatch: pytest.MonkeyPatch, version: int, failure: int, major: int
) -> None:
    driver = Driver()
    driver.version, driver.failure = version, failure
    monkeypatch.setattr(ctypes, "CDLL", lambda _: driver)
    assert nvidia.cuda_of_driver() == major
    assert nvidia.driver_problem() is None


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert nvidia.gpus() == ()
    assert (nvidia.driver_version(), nvidia.cuda_of_driver()) == ("", 0)
    assert "cannot open shared object file" in (nvidia.driver_problem() or "")


def test_a_driver_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that has the library and no GPU."""
    monkeypatch.setattr(Management, "nvmlInit_v2", lambda _: 9)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Management())
    assert nvidia.gpus() == ()
