"""Model files whose graph the runtime cannot run, or runs with another result each time."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import TensorProto, helper

from pointfuse.model.metadata import ModelMetadata
from pointfuse_benchmarks.robustness.hostile_model_files import mean_model


def broken_graphs(metadata: ModelMetadata) -> dict[str, bytes]:
    """Files that are sound but for the graph, by what is wrong with it.

    Parameters
    ----------
    metadata : ModelMetadata
        What they say of themselves.
    """

    def with_nodes(*more: onnx.NodeProto) -> bytes:
        model = mean_model(metadata)
        model.graph.node.extend(more)
        content: bytes = model.SerializeToString()
        return content

    def with_constant(**parts: Any) -> bytes:
        model = mean_model(metadata)
        model.graph.initializer.append(TensorProto(name="k", **parts))
        content: bytes = model.SerializeToString()
        return content

    def of_version(operators: int, form: int) -> bytes:
        model = mean_model(metadata)
        model.opset_import[0].version, model.ir_version = operators, form
        content: bytes = model.SerializeToString()
        return content

    def node(kind: str, *inputs: str, into: str = "more", **attributes: Any) -> onnx.NodeProto:
        return helper.make_node(kind, inputs, [into], **attributes)

    target = metadata.target.name
    unmade = mean_model(metadata)
    unmade.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1]))
    without = mean_model(metadata)
    del without.opset_import[:]
    one = b"\0" * 4
    return {
        "a cycle": with_nodes(node("Add", "mean", "b", into="a"), node("Identity", "a", into="b")),
        "an operator that takes its own result": with_nodes(node("Identity", "more")),
        "an input that nothing makes": with_nodes(node("Add", "mean", "nowhere")),
        "a value made twice": with_nodes(node("Identity", "mean", into=target)),
        "an input made again": with_nodes(node("Identity", "mean", into="observed")),
        "an output that nothing makes": unmade.SerializeToString(),
        "an unknown operator": with_nodes(node("FooBar", "mean")),
        "an operator with escapes": with_nodes(node("evil\x1b[31m\nX", "mean")),
        "operators of version 99": of_version(99, 9),
        "operators of version -1": of_version(-1, 9),
        "no version of operators": without.SerializeToString(),
        "a format of version 99": of_version(18, 99),
        "a constant of 2^60 values": with_constant(
            data_type=1, dims=[1 << 40, 1 << 20], raw_data=one
        ),
        "a size that overflows to the right one": with_constant(
            data_type=1, dims=[1 << 32, 1 << 32, 1], raw_data=b""
        ),
        "a size of -1": with_constant(data_type=1, dims=[-1], raw_data=one),
        "two sizes of -1": with_constant(data_type=1, dims=[-1, -1], raw_data=one),
        "a constant without values": with_constant(data_type=1, dims=[1]),
        "values of another type": with_constant(data_type=1, dims=[1], int32_data=[1]),
        "a constant of no type": with_constant(data_type=0, dims=[1], raw_data=one),
        "an attribute that is too short": with_nodes(
            node("Constant", value=TensorProto(data_type=1, dims=[2], raw_data=one))
        ),
        "dropout while training": with_nodes(node("Dropout", "mean", "", "count")),
        "random values of RandomUniform": with_nodes(node("RandomUniform", shape=[1])),
        "random values of RandomNormal": with_nodes(node("RandomNormal", shape=[1])),
    } | {
        f"random values of {kind}": with_nodes(node(kind, "mean"))
        for kind in ("RandomUniformLike", "RandomNormalLike", "Multinomial", "Bernoulli")
    }
