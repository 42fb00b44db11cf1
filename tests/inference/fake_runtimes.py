"""Runtimes that are not honest about where they run, in place of one with a GPU."""

from __future__ import annotations

from typing import Any

import onnxruntime

from pointfuse.model.devices import PROVIDERS

REAL = onnxruntime.InferenceSession


class Options(onnxruntime.SessionOptions):
    """Options that take the devices of a plugin which is not there."""

    def add_provider_for_devices(self, _devices: object, _options: object) -> None:
        pass


class QuietlyOnCpu:
    """A runtime that says nothing when it goes to the CPU."""

    def __init__(self, content: bytes, options: Any, **_: object) -> None:
        lenient = onnxruntime.SessionOptions()
        lenient.enable_profiling = options.enable_profiling
        lenient.profile_file_prefix = options.profile_file_prefix
        self._session = REAL(content, lenient, providers=[PROVIDERS["cpu"]])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class ClaimsAGpu(QuietlyOnCpu):
    """A runtime that also says that it runs on a GPU."""

    def get_providers(self) -> list[str]:
        return [PROVIDERS["cuda"], PROVIDERS["cpu"]]
