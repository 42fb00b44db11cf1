"""`pointfuse-export engine` and `inspect`: TensorRT engines, and a look at them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from pointfuse.basics.output_formats import ENGINE
from pointfuse.commands.shared.inputs_and_outputs import Command, InputFile, OutputFile
from pointfuse.model.model_file import read_model_file
from pointfuse_export.engines.engine_build import (
    LIBRARIES,
    EngineOptions,
    build_engine,
    load_library,
)
from pointfuse_export.engines.engine_file import (
    HARDWARE_COMPATIBILITY,
    EngineHeader,
    Profile,
    read_engine,
    write_engine,
)


@click.command(cls=Command)
@click.argument("model", type=InputFile())
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(ENGINE),
    help="Engine file to write, such as NAME.engine.",
)
@click.option(
    "--library",
    type=click.Choice(list(LIBRARIES)),
    help="Library that builds it [default: the first of these that is installed].",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="X.Y",
    help="Compute capability of the GPUs that it is for: 7.5 (RTX 2080 Ti), 8.6 (RTX 30xx), 8.9 "
    "(RTX 40xx), 12.0 (RTX 50xx); give it again for each [default: 8.6, 8.9 and 12.0 with "
    "tensorrt_rtx; with tensorrt it is the GPU of this machine, and no other can be named].",
)
@click.option(
    "--times",
    nargs=3,
    type=click.IntRange(1),
    default=(1, 1, 8),
    show_default=True,
    metavar="MIN OPT MAX",
    help="Minimum, optimum and maximum number of times (days) in one run.",
)
@click.option(
    "--hardware-compatibility",
    type=click.Choice(list(HARDWARE_COMPATIBILITY)),
    default="none",
    show_default=True,
    help="Further GPUs that an engine of tensorrt is to run on.",
)
@click.option(
    "--version-compatible",
    is_flag=True,
    help="Make an engine that also runs with later versions of tensorrt.",
)
@click.option(
    "--timing-cache",
    type=OutputFile(),
    help="File with what tensorrt measured before, which is read and written: a second build takes "
    "less time.",
)
def engine(
    model: Path,
    output: Path,
    library: str | None,
    targets: tuple[str, ...],
    times: tuple[int, int, int],
    hardware_compatibility: str,
    version_compatible: bool,
    timing_cache: Path | None,
) -> None:
    """Build a TensorRT engine from MODEL (an ONNX file in fp32 or fp16)."""
    try:
        profile = Profile(*times)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--times") from error
    content, metadata, sha256 = read_model_file(model)
    options = EngineOptions(
        profile=profile,
        targets=targets,
        hardware_compatibility=hardware_compatibility,
        version_compatible=version_compatible,
        timing_cache=timing_cache,
    )
    module = load_library(library)
    click.echo(f"building with {module.__name__} {module.__version__} ...", err=True)
    header, plan = build_engine(module, content, metadata, sha256, options)
    write_engine(output, header, plan)
    click.echo(f"wrote {output}, {output.stat().st_size} bytes")
    _print_header(header)


@click.command(cls=Command)
@click.argument("file", type=InputFile())
@click.option("--model", type=InputFile(), help="Model file that the engine must belong to.")
@click.option("--target", metavar="X.Y", help="Compute capability that the engine must support.")
@click.option("--layers", is_flag=True, help="List the layers with their precision.")
def inspect(file: Path, model: Path | None, target: str | None, layers: bool) -> None:
    """Check an engine FILE and show its header, without running it."""
    sha256 = None if model is None else read_model_file(model)[2]
    header, plan = read_engine(file, target, sha256)
    click.echo(f"{file} is whole: {len(plan)} bytes of engine")
    _print_header(header)
    if layers:
        for layer in header.layers:
            click.echo(f"{layer.precision:5}  {layer.kind:14}  {layer.name}")


def _print_header(header: EngineHeader) -> None:
    counts = Counter(layer.precision for layer in header.layers)
    profile = header.profile
    for name, value in {
        "model": f"{header.model.name} {header.model.version}, {header.model.precision}",
        "model sha256": header.model_sha256,
        "built with": f"{header.library} {header.library_version} on {header.platform}",
        "targets": ", ".join(header.targets),
        "compatibility": f"hardware {header.hardware_compatibility}, "
        f"{'later versions' if header.version_compatible else 'this version'} of the library",
        "times in a run": f"{profile.minimum} to {profile.maximum}, best {profile.optimum}",
        "TF32": "on" if header.tf32 else "off",
        f"layers ({header.layers_from})": ", ".join(
            f"{count} {name}" for name, count in sorted(counts.items())
        ),
    }.items():
        click.echo(f"{name:16} {value}")
