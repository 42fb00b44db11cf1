"""Static layers in a byte a cell: a quarter of the size, and the same numbers.

The nodes that make numbers of the bytes are ordinary arithmetic. DequantizeLinear would say the
same in one node, but TensorRT has none for unsigned bytes, and ONNX Runtime, which computes once
whatever depends on constants alone, leaves that operator and all behind it to every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper

from pointfuse.model.static_layers import IN_BYTES, INITIALIZER
from pointfuse_export.errors import VerificationError
from pointfuse_training.samples.static_channels import in_bytes

STEPS, SCALE, ZERO = IN_BYTES

_PLANE = f"{INITIALIZER}_plane"


def with_layers_in_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a graph whose static layers are bytes, which its first nodes make numbers of.

    Parameters
    ----------
    model : onnx.ModelProto
        Graph with the initialiser ``static_layers``, float32 of shape (layers, rows, columns).

    Raises
    ------
    VerificationError
        If there is none, or a layer is not made of 255 steps.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    stored = next((tensor for tensor in graph.initializer if tensor.name == INITIALIZER), None)
    if stored is None:
        raise VerificationError(
            f"expected the static layers as '{INITIALIZER}' in the graph, got no such tensor"
        )
    layers = numpy_helper.to_array(stored)
    rounded = [in_bytes(torch.from_numpy(layer.copy())) for layer in layers]
    for number, (layer, steps) in enumerate(zip(layers, rounded, strict=True)):
        if not np.array_equal(layer, steps.values().numpy()):
            raise VerificationError(
                f"static layer {number} is not in 255 steps of {steps.scale:g}; train with the "
                "layers of `static_channels`"
            )
    parts = {
        STEPS: np.stack([one.steps.numpy() for one in rounded]),
        SCALE: np.array([one.scale for one in rounded], np.float32),
        ZERO: np.array([one.zero for one in rounded], np.uint8),
        _PLANE: np.array([-1, 1, 1]),
    }
    graph.initializer.remove(stored)
    graph.initializer.extend(numpy_helper.from_array(a, name) for name, a in parts.items())
    traced = list(graph.node)
    del graph.node[:]
    graph.node.extend([*_numbers_of_bytes(), *traced])
    return changed


def _numbers_of_bytes() -> Iterator[NodeProto]:
    """Nodes that compute ``(steps - zero) * scale``, with a zero and a scale for each layer."""
    for operator, inputs, output in (
        ("Cast", [STEPS], f"{STEPS}_float"),
        ("Cast", [ZERO], f"{ZERO}_float"),
        ("Reshape", [f"{ZERO}_float", _PLANE], f"{ZERO}_plane"),
        ("Reshape", [SCALE, _PLANE], f"{SCALE}_plane"),
        ("Sub", [f"{STEPS}_float", f"{ZERO}_plane"], f"{STEPS}_centred"),
        ("Mul", [f"{STEPS}_centred", f"{SCALE}_plane"], INITIALIZER),
    ):
        node = helper.make_node(operator, inputs, [output], f"{output}/{operator}")
        if operator == "Cast":
            node.attribute.append(helper.make_attribute("to", TensorProto.FLOAT))
        yield node
