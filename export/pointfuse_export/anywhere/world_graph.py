"""The graph of the network of any place, with free rows and columns."""

from __future__ import annotations

import onnx
import torch

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import OPSET, traced
from pointfuse_export.graph.strip import check_no_build_traces, name_nodes, strip_build_traces
from pointfuse_training.network.anywhere.world_network import LAYERS, PLACES, WorldNetwork

INPUTS = ("observations", "observed", "static")
IR_VERSION = 10
_DIMENSIONS = ("row", "column")
_EXAMPLE = (40, 50)


def world_graph(network: WorldNetwork) -> onnx.ModelProto:
    """Trace the network into an ONNX model without traces of the machine.

    Raises
    ------
    VerificationError
        If the graph is not what the light package counts on.
    """
    field = torch.zeros(2, 1, *_EXAMPLE)
    field[:, :, ::7, ::9] = 1
    example = (field, field.clone(), torch.rand(len(PLACES) + len(LAYERS), *_EXAMPLE))
    free = torch.export.Dim.AUTO
    of_field, of_static = {0: free, 2: free, 3: free}, {1: free, 2: free}
    outputs = (network.target, f"{network.target}_scale")
    model = traced(network, example, INPUTS, outputs, (of_field, of_field, of_static))
    for tensor in (*model.graph.input, *model.graph.output):
        *first, row, column = tensor.type.tensor_type.shape.dim
        for dimension, name in zip((row, column), _DIMENSIONS, strict=True):
            dimension.dim_param = name
        if len(first) == 2:
            first[0].dim_param = "time"
    model.graph.ClearField("value_info")
    name_nodes(model)
    strip_build_traces(model)
    check_no_build_traces(model)
    _check(model, outputs)
    return model


def _check(model: onnx.ModelProto, outputs: tuple[str, ...]) -> None:
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise VerificationError(f"the model is not valid ONNX: {error}") from error
    found = {(s.domain, s.version) for s in model.opset_import}
    named = tuple(tensor.name for tensor in model.graph.input)
    given = tuple(tensor.name for tensor in model.graph.output)
    for what, is_there, expected in (
        ("operator sets", found, {("", OPSET)}),
        ("version of the file format", model.ir_version, IR_VERSION),
        ("inputs", named, INPUTS),
        ("outputs", given, outputs),
        ("functions of its own", len(model.functions), 0),
    ):
        if is_there != expected:
            raise VerificationError(f"{what} of the model: expected {expected}, got {is_there}")
