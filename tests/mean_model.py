"""A model that can be checked by hand: its field is the mean of what it was given, everywhere."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pointfuse.model.metadata import METADATA_KEY, ModelMetadata

ROWS, COLUMNS = 12, 16


def mean_model(metadata: ModelMetadata) -> onnx.ModelProto:
    """ONNX graph of sum(target * observed) / sum(observed), given to every cell.

    That is the mean of all stations with metadata that count them, or else of the observed cells.
    """
    stack = ["time", len(metadata.variables), ROWS, COLUMNS]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, stack)
        for name in ("observations", "observed")
    ]
    name = metadata.target.name
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["time", 1, ROWS, COLUMNS])
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        helper.make_tensor("second", TensorProto.INT64, [1], [1]),
        helper.make_tensor("channel", TensorProto.INT64, [1], [1]),
        helper.make_tensor("plane", TensorProto.INT64, [2], [2, 3]),
    ]
    nodes = [
        helper.make_node("Slice", ["observations", "first", "second", "channel"], ["value"]),
        helper.make_node("Slice", ["observed", "first", "second", "channel"], ["mask"]),
        helper.make_node("Mul", ["value", "mask"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "plane"], ["total"]),
        helper.make_node("ReduceSum", ["mask", "plane"], ["count"]),
        helper.make_node("Div", ["total", "count"], ["mean"]),
        helper.make_node("Shape", ["mask"], ["shape"]),
        helper.make_node("Expand", ["mean", "shape"], [name]),
    ]
    graph = helper.make_graph(nodes, "mean", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    return model


def with_scale(model: onnx.ModelProto, share: np.ndarray) -> onnx.ModelProto:
    """The same graph with a second output, the scale: a share of the field.

    Parameters
    ----------
    model : onnx.ModelProto
        From `mean_model`; changed in place.
    share : ndarray of float32, shape (row, column) or broadcast to it
        The share in each cell.
    """
    graph, shape = model.graph, ["time", 1, ROWS, COLUMNS]
    graph.output.append(helper.make_tensor_value_info("pm25_scale", TensorProto.FLOAT, shape))
    graph.initializer.append(numpy_helper.from_array(share, "share"))
    graph.node.append(helper.make_node("Mul", ["pm25", "share"], ["pm25_scale"]))
    return model


def uneven(model: onnx.ModelProto, share: np.ndarray) -> onnx.ModelProto:
    """The same graph whose field is another share of the mean in each cell.

    Parameters
    ----------
    model : onnx.ModelProto
        From `mean_model`; changed in place.
    share : ndarray of float32, shape (row, column)
        The share in each cell.
    """
    graph = model.graph
    last = graph.node[-1]
    last.output[0] = "even"
    graph.initializer.append(numpy_helper.from_array(share, "share_of_mean"))
    graph.node.append(helper.make_node("Mul", ["even", "share_of_mean"], ["pm25"]))
    return model
