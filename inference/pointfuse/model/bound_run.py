"""Run a session with inputs and outputs in device memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Inputs by name."""


class BoundRun:
    """Runs with inputs and outputs that stay where they are on a device.

    A CUDA graph repeats what was recorded, addresses included.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The session.
    outputs : sequence of str
        Outputs that are wanted.
    memory : str
        ONNX Runtime's name of the device's memory: ``cuda`` or ``cpu``.
    """

    def __init__(self, session: Any, outputs: Sequence[str], memory: str) -> None:
        import onnxruntime

        def buffer(shape: Sequence[int | str]) -> Any:
            return onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                [1, *shape[1:]], np.float32, memory, 0
            )

        self._session, self._binding = session, session.io_binding()
        self._inputs = {given.name: buffer(given.shape) for given in session.get_inputs()}
        self._outputs = [
            buffer(given.shape)
            for name in outputs
            for given in session.get_outputs()
            if given.name == name
        ]
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in zip(outputs, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)
        # The buffers are shared by all who run.
        self._lock = threading.Lock()

    def run(self, feed: Arrays, options: Any) -> list[NDArray[np.float32]]:
        """Outputs for inputs of one time."""
        with self._lock:
            self.upload(feed)
            self.compute(options)
            return self.download()

    def upload(self, feed: Arrays) -> None:
        """Copy inputs of one time to the device, and wait until they are there."""
        for name, value in self._inputs.items():
            value.update_inplace(np.ascontiguousarray(feed[name]))

    def compute(self, options: Any = None) -> None:
        """Run on what is on the device, and wait for the end."""
        self._session.run_with_iobinding(self._binding, options)

    def download(self) -> list[NDArray[np.float32]]:
        """Copies of the outputs."""
        # The memory of a CPU's buffer is that of the array, and will be written again.
        return [np.array(value.numpy()) for value in self._outputs]
