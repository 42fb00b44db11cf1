"""The part of a graph that may be computed in fewer bits: the nodes of RegrUnetPP.

What spreads the stations, the masks, the unit of the day and what makes outputs of the features
stay in single precision. The nodes of RegrUnetPP are known by the names that `name_nodes` gives
their convolutions; between them are only operators that give each channel on as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, numpy_helper

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.inner_graphs import all_graphs

_MODULE = "regr_unetpp.nodes."

BETWEEN = frozenset({"Relu", "MaxPool", "Resize", "Concat"})
"""Operators between the convolutions."""

_TYPES = {TensorProto.FLOAT: "fp32", TensorProto.FLOAT16: "fp16", TensorProto.INT8: "int8"}


def is_regression(node: NodeProto) -> bool:
    """Whether a node is a convolution in a node of RegrUnetPP."""
    return node.op_type == "Conv" and names_regression(node.name)


def names_regression(name: str) -> bool:
    """Whether a name is that of something in a node of RegrUnetPP."""
    return name.startswith(_MODULE)


def activations(model: onnx.ModelProto) -> dict[str, str]:
    """What each convolution of RegrUnetPP becomes: the output of its ReLU, by its own output.

    Raises
    ------
    VerificationError
        If the graph has no such convolution, or one has no ReLU.
    """
    convolved = [node.output[0] for node in model.graph.node if is_regression(node)]
    rectified = {
        node.input[0]: node.output[0] for node in model.graph.node if node.op_type == "Relu"
    }
    if not convolved or not rectified.keys() >= set(convolved):
        raise VerificationError(
            f"expected convolutions named '{_MODULE}...', each with a ReLU behind it, got "
            f"{', '.join(convolved) or 'none'}; fewer bits are for graphs of RegrUnetPP alone"
        )
    return {output: rectified[output] for output in convolved}


def with_own_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which each convolution of RegrUnetPP has weights and a bias of its own.

    The exporter leaves out a bias of zeros, and keeps equal ones once, as networks that were
    hardly trained have them.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    tensors = {tensor.name: tensor for tensor in changed.graph.initializer}
    uses = Counter(name for node in changed.graph.node for name in node.input)
    for node in filter(is_regression, changed.graph.node):
        if len(node.input) == 2:
            zeros = np.zeros(tensors[node.input[1]].dims[0], np.float32)
            node.input.append(f"{node.name}/bias")
            changed.graph.initializer.append(numpy_helper.from_array(zeros, node.input[2]))
        for place in (1, 2):
            if uses[name := node.input[place]] > 1:
                node.input[place] = f"{node.name}/{name}"
                values = numpy_helper.to_array(tensors[name])
                changed.graph.initializer.append(numpy_helper.from_array(values, node.input[place]))
    without_unused(changed, tensors)
    return changed


def data_inputs(node: NodeProto) -> list[str]:
    """Inputs of a node between the convolutions that are data, not its settings."""
    return list(node.input if node.op_type == "Concat" else node.input[:1])


def is_between(node: NodeProto, tensors: Iterable[str]) -> bool:
    """Whether a node gives on nothing but the tensors named."""
    return node.op_type in BETWEEN and set(data_inputs(node)) <= set(tensors)


def without_unused(model: onnx.ModelProto, names: Iterable[str]) -> None:
    """Remove initialisers of these names where no node takes them any more."""
    taken = {
        name for graph in all_graphs(model.graph) for node in graph.node for name in node.input
    }
    gone = set(names) - taken
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in gone]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def convolution_types(model: onnx.ModelProto) -> dict[str, int]:
    """How many convolutions have weights of each type, as they lie in the file.

    Weights that a DequantizeLinear gives count as what it makes them of.
    """
    stored = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    counts = Counter(
        _TYPES.get(stored.get(node.input[1], 0), "unknown")
        for node in model.graph.node
        if node.op_type == "Conv"
    )
    return dict(sorted(counts.items()))


def check_precision(model: onnx.ModelProto, precision: str) -> None:
    """Make sure that RegrUnetPP, and nothing else, has weights of a precision.

    The first convolution of an int8 file has them in fp32.

    Raises
    ------
    VerificationError
        If convolutions have weights of other types.
    """
    names = [node.name for node in model.graph.node if node.op_type == "Conv"]
    fewer = sum(name.startswith(_MODULE) for name in names) - (precision == "int8")
    expected = {precision: fewer, "fp32": len(names) - fewer}
    if (found := convolution_types(model)) != expected:
        raise VerificationError(
            f"expected {_counted(expected)} by the type of their weights, got {_counted(found)}; "
            "do not publish the model"
        )


def _counted(types: dict[str, int]) -> str:
    return ", ".join(f"{count} convolutions in {kind}" for kind, count in types.items())
