"""RegrUnetPP in half precision, for GPUs; everything before and after it stays in single."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.regression_part import (
    activations,
    is_between,
    is_regression,
    with_own_weights,
)

MARGIN = 16
"""How many times larger than on days for calibration activations may become on others."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with the nodes of RegrUnetPP in half precision.

    What spreads the stations stays in single precision, since sums over squares of cells overflow
    half precision, and so do inputs and outputs: whoever runs the model gives and takes what they
    did.

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
    changed = with_own_weights(model)
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


def check_half_range(ranges: Mapping[str, NDArray[np.float64]]) -> None:
    """Make sure that activations stay far from what half precision holds.

    Parameters
    ----------
    ranges : mapping of str to ndarray of float64, shape (channel,)
        Largest values, as `quantise.activation_ranges` gives them.

    Raises
    ------
    VerificationError
        If one comes within `MARGIN` of it.
    """
    most = np.finfo(np.float16).max / MARGIN
    for name, reached in ranges.items():
        if not reached.max() <= most:
            raise VerificationError(
                f"the activation '{name}' reaches {reached.max():.3g}, half precision with a "
                f"margin of {MARGIN} only {most:.0f}; leave fp16 out with --precision"
            )


def _halve(tensor: TensorProto) -> None:
    values = numpy_helper.to_array(tensor)
    if np.abs(values).max() > np.finfo(np.float16).max:
        raise VerificationError(
            f"the weights '{tensor.name}' reach {np.abs(values).max():.3g}, half precision only "
            f"{np.finfo(np.float16).max}; export the model in fp32"
        )
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), tensor.name))
