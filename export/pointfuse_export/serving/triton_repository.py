"""Model repositories for NVIDIA Triton Inference Server: folders that it serves as they stand.

The fields of `config.pbtxt` are those of
https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pointfuse.errors import OutputError

# Triton counts versions of what it serves; the model's own version is in the comment.
_VERSION = "1"

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of tensors by name, without the time; all of them are float32."""


@dataclass(frozen=True)
class ServedModel:
    """A model as Triton is to serve it.

    Parameters
    ----------
    name : str
        Name under which clients ask for it.
    backend : str
        ``onnxruntime`` or ``tensorrt``.
    content : bytes
        The file that the backend loads.
    comment : str
        What the file is, for people who read the configuration.
    inputs, outputs : mapping of str to tuple of int
        Shapes of the tensors, without the time.
    on_gpu : bool
        Where its instances run.
    instances : int
        How many there are, on each GPU or on the CPU.
    most_times : int
        Times that go through in one run at most.
    queue_delay : int
        How long a request may wait for others to share a run with, microseconds.
    cuda_options : mapping of str to str
        Options of ONNX Runtime's provider for CUDA; empty where it does not run the model.
    """

    name: str
    backend: str
    content: bytes
    comment: str
    inputs: Shapes
    outputs: Shapes
    on_gpu: bool
    instances: int
    most_times: int
    queue_delay: int
    cuda_options: Mapping[str, str]

    @property
    def file(self) -> str:
        """Name of the file that the backend looks for."""
        return "model.plan" if self.backend == "tensorrt" else "model.onnx"


def write_repository(folder: Path, models: list[ServedModel]) -> None:
    """Write a model repository, which appears under its name only when it is complete.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet, or is empty.
    models : list of ServedModel
        What it is to hold, each under a name of its own.

    Raises
    ------
    OutputError
        If there is something in the folder already, or it cannot be written.
    """
    with _appearing(folder) as temporary:
        for model in models:
            place = temporary / model.name
            (place / _VERSION).mkdir(parents=True)
            (place / _VERSION / model.file).write_bytes(model.content)
            (place / "config.pbtxt").write_text(configuration(model), encoding="utf-8")


def configuration(model: ServedModel) -> str:
    """The text of `config.pbtxt`.

    The time is the dimension that Triton batches, so that it stands in none of the shapes.
    """
    batches = sorted({1, model.most_times})
    parts = [
        f"# {model.comment}",
        f'name: "{model.name}"',
        f'backend: "{model.backend}"',
        f'default_model_filename: "{model.file}"',
        f"max_batch_size: {model.most_times}",
        _tensors("input", model.inputs),
        _tensors("output", model.outputs),
        f"instance_group [ {{ kind: {'KIND_GPU' if model.on_gpu else 'KIND_CPU'} "
        f"count: {model.instances} }} ]",
        f"dynamic_batching {{ max_queue_delay_microseconds: {model.queue_delay} }}",
        *(_warm_up(model.inputs, times) for times in batches),
    ]
    if model.cuda_options:
        parts.append(_cuda(model.cuda_options))
    return "\n".join(parts) + "\n"


def _tensors(kind: str, shapes: Shapes) -> str:
    entries = (
        f'  {{ name: "{name}" data_type: TYPE_FP32 dims: {list(shape)} }}'
        for name, shape in shapes.items()
    )
    return f"{kind} [\n" + ",\n".join(entries) + "\n]"


def _warm_up(inputs: Shapes, times: int) -> str:
    """A run without any observation, before the first request."""
    entries = (
        f'  inputs {{ key: "{name}" value {{ data_type: TYPE_FP32 dims: {list(shape)} '
        "zero_data: true } }"
        for name, shape in inputs.items()
    )
    return "\n".join(
        ["model_warmup {", f'  name: "{times} at once"', f"  batch_size: {times}", *entries, "}"]
    )


def _cuda(options: Mapping[str, str]) -> str:
    entries = (
        f'    parameters {{ key: "{key}" value: "{value}" }}' for key, value in options.items()
    )
    return "\n".join(
        [
            "optimization { execution_accelerators {",
            '  gpu_execution_accelerator { name: "cuda"',
            *entries,
            "  }",
            "} }",
        ]
    )


@contextlib.contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Folder to fill; it is renamed to `folder` at the end, or removed after an error."""
    final = folder.resolve()
    if final.exists() and not (final.is_dir() and not any(final.iterdir())):
        raise OutputError(
            f"{folder} is there already; expected a new or empty folder, so name another one or "
            "remove it"
        )
    if not final.parent.is_dir():
        raise OutputError(f"the folder {folder.parent} does not exist; make it first")
    # Beside the final name, since a rename is atomic within a file system only.
    temporary = final.with_name(f".{final.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        temporary.mkdir()
        yield temporary
        if final.exists():
            final.rmdir()
        temporary.rename(final)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error}; check the name, and the rights and space of "
            "the folder it is in"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
