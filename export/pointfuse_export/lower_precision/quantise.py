"""RegrUnetPP in integers of 8 bits, for CPUs; everything before and after it stays in fp32.

Static quantisation in the QDQ form: QuantizeLinear and DequantizeLinear say where values are
rounded, and a runtime that can, computes the convolutions between them in integers. Interpolation
stays in fp32, since in integers ONNX Runtime cuts off in place of rounding, and takes longer.

First the channels are made alike. Channels of one activation differ twentyfold in range, and one
scale for all would leave the small ones a few steps. A ReLU gives a positive factor on, so a
channel may be divided by a constant if the next convolution multiplies by it again (Nagel et al.,
Data-free quantization through weight equalization and bias correction, 2019). It is also divided by
what makes the whole activation reach 1. Then all activations have one scale, and a concatenation
only copies bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from pointfuse_export.checks.verify import Days, open_file, run_session
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.regression_part import (
    activations,
    is_between,
    is_regression,
    with_own_weights,
    without_unused,
)

Channels = NDArray[np.float64]

EQUALISED = 0.5
"""How far channels are made alike, 0 (not) to 1 (all reach 1): what is taken from the rounding of
activations is given to that of weights. Between 0.5 and 0.75 the error hardly changes."""

STEPS = 255
"""Steps of an activation between 0 and 1."""

LARGEST_WEIGHT = 64
"""Steps of a weight between 0 and the largest of its channel: 7 bits and a sign, not 8.

CPUs without VNNI multiply 8 bits by 8 bits and add two products in 16 bits, which saturate: 2 x 255
x 127 does not fit into them, 2 x 255 x 64 does. So sums are exact on every processor, and fields
the same."""

_SCALE, _ZERO = "activation_scale", "activation_zero"

# Ranges are rounded up to eighths of an octave, so that a last bit that differs between machines
# does not reach the file.
_RANGES_IN_AN_OCTAVE = 8

# A channel that calibration hardly saw may yet speak up on another day.
_LEAST_SHARE = 1 / 64


def activation_ranges(model: onnx.ModelProto, days: Sequence[Days]) -> dict[str, Channels]:
    """How far each channel of RegrUnetPP reaches on days that are like those to come.

    Parameters
    ----------
    model : onnx.ModelProto
        Named graph in fp32.
    days : sequence of Days
        Days for calibration.

    Returns
    -------
    dict of str to ndarray of float64, shape (channel,)
        Largest value by the name of the activation.
    """
    names = list(activations(model).values())
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names
    )
    session = open_file(probe.SerializeToString())
    reached = dict.fromkeys(names, np.zeros(1))
    for day in days:
        for name, values in zip(names, run_session(session, day, names), strict=True):
            reached[name] = np.maximum(reached[name], values.max(axis=(0, 2, 3)))
    return reached


def equalised(model: onnx.ModelProto, ranges: Mapping[str, Channels]) -> onnx.ModelProto:
    """A graph that computes the same with activations of RegrUnetPP that reach from 0 to 1.

    Parameters
    ----------
    model : onnx.ModelProto
        Named graph in fp32; it is left as it is.
    ranges : mapping of str to ndarray of float64, shape (channel,)
        Largest value of each channel, as `activation_ranges` gives it.

    Raises
    ------
    VerificationError
        If an activation is nothing but zeros.
    """
    changed = with_own_weights(model)
    divisors = {name: _divisors(name, reached) for name, reached in ranges.items()}
    channels = _channels(model)
    tensors = {tensor.name: tensor for tensor in changed.graph.initializer}
    rectified = activations(model)
    for node in changed.graph.node:
        if node.op_type == "Conv":
            weights = numpy_helper.to_array(tensors[node.input[1]]).astype(np.float64)
            if node.input[0] in divisors:
                weights = weights * divisors[node.input[0]][:, None, None]
            if node.output[0] in rectified:
                divisor = divisors[rectified[node.output[0]]]
                weights = weights / divisor[:, None, None, None]
                bias = tensors[node.input[2]]
                _set(bias, numpy_helper.to_array(bias) / divisor)
            _set(tensors[node.input[1]], weights)
        elif node.op_type == "Concat" and not divisors.keys().isdisjoint(node.input):
            divisors[node.output[0]] = np.concatenate(
                [divisors.get(name, np.ones(channels.get(name, 0))) for name in node.input]
            )
        elif node.op_type in ("MaxPool", "Resize", "Slice") and node.input[0] in divisors:
            divisors[node.output[0]] = divisors[node.input[0]]
    return changed


def _divisors(name: str, reached: Channels) -> Channels:
    highest = reached.max()
    if not 0 < highest < np.inf:
        raise VerificationError(
            f"the activation '{name}' reaches {highest} on the days for calibration; expected "
            "something above 0, so give days with stations"
        )
    reached = np.maximum(reached, _LEAST_SHARE * highest)
    reached = 2 ** (np.ceil(_RANGES_IN_AN_OCTAVE * np.log2(reached)) / _RANGES_IN_AN_OCTAVE)
    highest = reached.max()
    divisors: Channels = highest * (reached / highest) ** EQUALISED
    return divisors


def _channels(model: onnx.ModelProto) -> dict[str, int]:
    """Number of channels of each field in the graph."""
    inferred = onnx.shape_inference.infer_shapes(model)
    return {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in inferred.graph.value_info
        if len(value.type.tensor_type.shape.dim) == 4
    }


def _set(tensor: TensorProto, values: NDArray[np.float64]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """An equalised graph with the convolutions of RegrUnetPP between integers of 8 bits.

    Weights are symmetric, with a scale for each channel of the output; activations are unsigned,
    255 steps from 0 to 1. The first convolution stays in fp32: its channels are quantities as
    unlike as heights and concentrations, and it is a hundredth of the work.

    Parameters
    ----------
    model : onnx.ModelProto
        What `equalised` gives; it is left as it is.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    rounded = set(activations(model).values())
    renamed: dict[str, str] = {}
    nodes: list[NodeProto] = []
    for node in graph.node:
        carried = is_between(node, renamed)
        if is_regression(node) and node.input[0] in renamed:
            nodes += _integer_weights(graph, tensors, node)
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
        nodes.append(node)
        name = node.output[0]
        if carried or name in rounded:
            renamed[name] = f"{name}_dequantised"
            nodes += _rounding(name, renamed[name])
    graph.initializer.extend(
        (
            numpy_helper.from_array(np.array(1 / STEPS, np.float32), _SCALE),
            numpy_helper.from_array(np.array(0, np.uint8), _ZERO),
        )
    )
    # The types of the tensors are no longer what the exporter noted.
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    without_unused(changed, tensors)
    return changed


def _rounding(name: str, rounded: str) -> Iterator[NodeProto]:
    """Nodes that round an activation."""
    integers = f"{name}_quantised"
    yield helper.make_node(
        "QuantizeLinear", [name, _SCALE, _ZERO], [integers], f"{name}/QuantizeLinear"
    )
    yield helper.make_node(
        "DequantizeLinear", [integers, _SCALE, _ZERO], [rounded], f"{name}/DequantizeLinear"
    )


def _integer_weights(
    graph: onnx.GraphProto, tensors: Mapping[str, TensorProto], conv: NodeProto
) -> Iterator[NodeProto]:
    """Give a convolution weights and bias in integers; nodes that make numbers of them again."""
    weights, bias = (numpy_helper.to_array(tensors[name]) for name in conv.input[1:])
    # No channel of the output is empty, but a scale of 0 would be an error in any runtime.
    largest = np.maximum(np.abs(weights).max(axis=(1, 2, 3)), np.finfo(np.float32).tiny)
    scales = (largest / LARGEST_WEIGHT).astype(np.float32)
    # A runtime adds the bias to sums of products, so it has the scale of these.
    of_products = (scales * np.float32(1 / STEPS)).astype(np.float32)
    for place, values, scale, kind in (
        (1, weights / scales[:, None, None, None], scales, np.int8),
        (2, bias / of_products.astype(np.float64), of_products, np.int32),
    ):
        name = conv.input[place]
        parts = {
            f"{name}_quantised": np.rint(values).astype(kind),
            f"{name}_scale": scale,
            f"{name}_zero": np.zeros(len(scale), kind),
        }
        graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in parts.items())
        conv.input[place] = f"{name}_dequantised"
        yield helper.make_node(
            "DequantizeLinear", list(parts), [conv.input[place]], f"{name}/DequantizeLinear", axis=0
        )
