"""Whether ONNX Runtime ever runs what the checks of model files did not see.

    python -m pointfuse_benchmarks.robustness.hostile_models

A sound model is changed by chance, in its bytes and in the structure of its protocol buffers, and
by intent, in the ways that such files have been made. Each file must either be refused with
`ModelFileError`, or be the same model to the checks, to the onnx package and to ONNX Runtime.
"""

from __future__ import annotations

import collections
import contextlib
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import onnx
import onnxruntime
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from pointfuse.errors import ModelFileError
from pointfuse.model.model_file import read_model_file
from pointfuse.model.onnx_file.onnx_structure import OnnxStructure, read_onnx_structure
from pointfuse.model.session import Program, open_session
from pointfuse_benchmarks.robustness.broken_graphs import broken_graphs
from pointfuse_benchmarks.robustness.hostile_model_files import crafted, mean_model, mutations


def examine(content: bytes, folder: Path) -> str:
    """What becomes of a file: ``refused``, ``refused by ONNX Runtime``, ``the same``, or a problem.

    Parameters
    ----------
    content : bytes
        The file.
    folder : Path
        Where to write.

    Returns
    -------
    str
        Begins with ``problem`` if the runtime takes a file for something else than the checks.
    """
    path = folder / "model.onnx"
    path.write_bytes(content)
    try:
        structure = read_onnx_structure(content)
    except ModelFileError:
        return "refused"
    # What comes after the structure may refuse more, and raise nothing else.
    with contextlib.suppress(ModelFileError):
        read_model_file(path)
    if problem := differs_from_package(structure, content):
        return f"problem: {problem}"
    try:
        open_session(Program(content, "", "fp32", tuple(structure.outputs)), "cpu").check_is(
            structure
        )
        seen = _as_the_runtime_sees(content, folder / "seen.onnx")
    except ModelFileError:
        return "refused by ONNX Runtime"
    if problem := _differs_from_runtime(structure, seen):
        return f"problem: {problem}"
    return "the same"


def differs_from_package(structure: OnnxStructure, content: bytes) -> str | None:
    """What the onnx package reads in a file that the checks did not, or None."""
    model = onnx.ModelProto.FromString(content)
    graph = model.graph
    if problem := next(_never_to_be_met(model), None):
        return problem
    pairs = (
        ("inputs", [*structure.inputs], [value.name for value in graph.input]),
        ("outputs", [*structure.outputs], [value.name for value in graph.output]),
        ("constants", [*structure.constants], [tensor.name for tensor in graph.initializer]),
        (
            "operators",
            [(node.type, *node.inputs, *node.outputs) for node in structure.operators],
            [(node.op_type, *node.input, *node.output) for node in _all_nodes(graph)],
        ),
        ("metadata", structure.metadata, {p.key: p.value for p in model.metadata_props}),
    )
    return next((f"other {name}" for name, ours, theirs in pairs if ours != theirs), None)


def _all_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Operators of a graph, each followed by those of a graph inside of it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _all_nodes(attribute.g)


def _never_to_be_met(message: Message, of_scan: bool = False) -> Iterator[str]:
    """Parts that must not be in a model, wherever they hide; a graph may be in Scan, which ends."""
    if len(UnknownFieldSet(message)):
        yield f"a field nobody knows in {type(message).__name__}"
    for field, value in message.ListFields():
        if field.name in ("external_data", "graphs", "functions", "training_info"):
            yield field.name
        if field.name == "g" and not of_scan:
            yield field.name
        if field.name in ("sparse_initializer", "sparse_tensor", "sparse_tensors"):
            yield field.name
        if field.name == "data_location" and value:
            yield field.name
        if (
            field.name == "domain"
            and value not in ("", "ai.onnx")
            and message.DESCRIPTOR.name
            in (
                "NodeProto",
                "OperatorSetIdProto",
            )
        ):
            yield f"the domain {value}"
        if field.type == field.TYPE_MESSAGE:
            for child in [value] if isinstance(value, Message) else value:
                is_scan = isinstance(message, onnx.NodeProto) and message.op_type == "Scan"
                yield from _never_to_be_met(child, is_scan)


def _as_the_runtime_sees(content: bytes, path: Path) -> onnx.ModelProto:
    """The model as ONNX Runtime writes it again, before it changes anything."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no other base
        raise ModelFileError(str(error)) from error
    return onnx.load(path)


def _differs_from_runtime(structure: OnnxStructure, seen: onnx.ModelProto) -> str | None:
    """What ONNX Runtime has in its graph that the checks did not see, or None."""
    known = {(node.type, *node.inputs, *node.outputs) for node in structure.operators}
    ran = {(node.op_type, *node.input, *node.output) for node in _all_nodes(seen.graph)}
    # It turns operators that give a constant into constants.
    given = {name for node in structure.operators if not node.inputs for name in node.outputs}
    constants = {tensor.name for tensor in seen.graph.initializer}
    if not ran <= known:
        return f"ONNX Runtime runs {sorted(ran - known)}"
    if not constants <= {*structure.constants} | given:
        return f"ONNX Runtime has the constants {sorted(constants - {*structure.constants})}"
    return next(_never_to_be_met(seen.graph), None)


@click.command()
@click.option("--count", default=2000, show_default=True, help="Files that chance makes.")
@click.option("--seed", default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Make hostile model files, and print what became of them; 1 if one got through."""
    # Of each file it would be said that it is not a shipped one.
    logging.getLogger("pointfuse").setLevel(logging.ERROR)
    metadata = read_model_file()[1]
    sound = mean_model(metadata).SerializeToString()
    found: collections.Counter[tuple[str, str]] = collections.Counter()
    problems = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = mutations(sound, seed)
        made = [("sound", "", sound)]
        made += [(kind, "", content) for kind, content in (next(files) for _ in range(count))]
        by_intent = crafted(metadata) | broken_graphs(metadata)
        made += [("crafted", title, content) for title, content in by_intent.items()]
        for kind, title, content in made:
            result = examine(content, folder)
            found[kind, result.split(":")[0]] += 1
            if result.startswith("problem") or (title and result != "refused"):
                problems.append(f"{title or kind}: {result}")
    for (kind, result), number_of in sorted(found.items()):
        click.echo(f"{kind:<16}{result:<26}{number_of:>6}")
    click.echo(f"{count} files by chance and {len(by_intent)} by intent, {len(problems)} ran")
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
