"""`pointfuse-export triton`: a model repository from a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFolder
from pointfuse.errors import ModelFileError
from pointfuse.model.devices import provider_options
from pointfuse.model.model_file import read_model_file
from pointfuse.model.onnx_file.onnx_structure import TensorSignature, read_onnx_structure
from pointfuse_export.engines.engine_file import read_engine
from pointfuse_export.serving.triton_repository import ServedModel, write_repository

# Triton's backend is linked with it.
_ENGINE_LIBRARY = "tensorrt"


@click.command(cls=Command)
@click.argument("model", type=InputFile())
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=OutputFolder(),
    help="Model repository to write: a new or empty folder.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "gpu"]),
    default="gpu",
    show_default=True,
    help="Device for ONNX Runtime.",
)
@click.option(
    "--engine",
    type=InputFile(),
    help="Engine of MODEL built with --library tensorrt; it is served beside MODEL, as "
    "NAME-tensorrt.",
)
@click.option(
    "--instances",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Instances of each model, on every GPU or on the CPU.",
)
@click.option(
    "--most-times",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Times that share a run at most; for an engine, what it was built for if that is less.",
)
@click.option(
    "--queue-delay",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    help="How long a request waits for others to share a run with, microseconds.",
)
def triton(
    model: Path,
    folder: Path,
    device: str,
    engine: Path | None,
    instances: int,
    most_times: int,
    queue_delay: int,
) -> None:
    """Write a model repository for NVIDIA Triton that serves MODEL (an ONNX file)."""
    content, metadata, sha256 = read_model_file(model)
    structure = read_onnx_structure(content)
    known = (metadata.target.name, metadata.scale_name)
    on_gpu = device == "gpu"
    onnx = ServedModel(
        name=metadata.name,
        backend="onnxruntime",
        content=content,
        comment=f"{metadata.name} {metadata.version}, {metadata.precision}, ONNX file {sha256}",
        inputs=_shapes(structure.inputs),
        outputs={
            name: shape for name, shape in _shapes(structure.outputs).items() if name in known
        },
        on_gpu=on_gpu,
        instances=instances,
        most_times=most_times,
        queue_delay=queue_delay,
        cuda_options=provider_options("cuda", metadata.precision, None) if on_gpu else {},
    )
    served = [onnx]
    if engine is not None:
        served.append(_with_engine(onnx, engine, sha256))
    write_repository(folder, served)
    for one in served:
        click.echo(f"wrote {folder / one.name} for the {one.backend} backend")


def _with_engine(onnx: ServedModel, engine: Path, model_sha256: str) -> ServedModel:
    """The same model, computed by an engine.

    Raises
    ------
    ModelFileError
        If the engine is not one that Triton can run.
    """
    header, plan = read_engine(engine, model_sha256=model_sha256)
    if header.library != _ENGINE_LIBRARY:
        raise ModelFileError(
            f"{engine} was built with {header.library}, and Triton runs engines of "
            f"{_ENGINE_LIBRARY} alone; build it with --library {_ENGINE_LIBRARY}"
        )
    if header.profile.minimum > 1:
        raise ModelFileError(
            f"{engine} takes {header.profile.minimum} times or more in a run, and Triton may have "
            "only one; build it with --times 1 ..."
        )
    return replace(
        onnx,
        name=f"{onnx.name}-tensorrt",
        backend="tensorrt",
        content=plan,
        comment=f"{onnx.comment}, engine of {header.library} {header.library_version} for "
        f"compute capability {', '.join(header.targets)}",
        on_gpu=True,
        most_times=min(onnx.most_times, header.profile.maximum),
        cuda_options={},
    )


def _shapes(tensors: Mapping[str, TensorSignature]) -> dict[str, tuple[int, ...]]:
    """Shapes without the time, which is the first and the only free dimension."""
    return {
        name: tuple(size for size in tensor.shape if size is not None)
        for name, tensor in tensors.items()
    }
