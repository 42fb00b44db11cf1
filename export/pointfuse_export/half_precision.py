"""RegrUnetPP in half precision, for GPUs; everything before and after it stays in single."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from pointfuse_export.errors import VerificationError
from pointfuse_export.regression_part import activations, is_between, is_regression


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with the nodes of RegrUnetPP in half precision.

    PointConv stays in single precision, since 441 values of hundreds overflow half precision, and
    so do inputs and outputs: whoever runs the model gives and takes what they did.

    Parameters
    ----------
    model : onnx.ModelProto
        Named graph in single precision; it is left as it is.

    Raises
    ------
    VerificationError
        If it has no RegrUnetPP, or weights beyond half precision.
    """
    activations(model)  # which makes sure that there are any
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    half: set[str] = set()
    casts: dict[tuple[str, int], str] = {}
    nodes: list[NodeProto] = []

    def cast(name: str, kind: int, suffix: str) -> str:
        if (name, kind) not in casts:
            casts[name, kind] = f"{name}_{suffix}"
            nodes.append(
                helper.make_node("Cast", [name], [f"{name}_{suffix}"], f"{name}/Cast", to=kind)
            )
        return casts[name, kind]

    for node in graph.node:
        if is_regression(node):
            if node.input[0] not in half:
                node.input[0] = cast(node.input[0], TensorProto.FLOAT16, "half")
            for name in node.input[1:]:
                _halve(tensors[name])
            half.add(node.output[0])
        elif is_between(node, half):
            half.add(node.output[0])
        else:
            for i, name in enumerate(node.input):
                if name in half:
                    node.input[i] = cast(name, TensorProto.FLOAT, "single")
        nodes.append(node)
    # Their types are no longer what the exporter noted.
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    return changed


def _halve(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        return
    values = numpy_helper.to_array(tensor)
    if np.abs(values).max() > np.finfo(np.float16).max:
        raise VerificationError(
            f"the weights '{tensor.name}' reach {np.abs(values).max():.3g}, half precision only "
            f"{np.finfo(np.float16).max}; export the model in fp32"
        )
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), tensor.name))
