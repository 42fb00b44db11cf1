"""Static layers in a byte a cell: a quarter of the size, and the same numbers."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from pointfuse.model.static_layers import INITIALIZER
from pointfuse_export.errors import VerificationError
from pointfuse_training.samples.static_channels import in_bytes


def with_layers_in_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a graph whose static layers are bytes, which its first node makes numbers of.

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
        f"{INITIALIZER}_steps": np.stack([one.steps.numpy() for one in rounded]),
        f"{INITIALIZER}_scale": np.array([one.scale for one in rounded], np.float32),
        f"{INITIALIZER}_zero": np.array([one.zero for one in rounded], np.uint8),
    }
    graph.initializer.remove(stored)
    graph.initializer.extend(numpy_helper.from_array(a, name) for name, a in parts.items())
    graph.node.insert(
        0,
        helper.make_node(
            "DequantizeLinear",
            list(parts),
            [INITIALIZER],
            f"{INITIALIZER}/DequantizeLinear",
            axis=0,
        ),
    )
    return changed
