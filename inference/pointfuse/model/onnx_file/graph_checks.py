"""Check that the graph of an ONNX file holds together, before ONNX Runtime sees it.

What is refused here ONNX Runtime would refuse later and in words of its own, or run with another
result each time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from pointfuse.basics.printable import beginning, quoted
from pointfuse.errors import ModelFileError
from pointfuse.model.onnx_file.protobuf import MalformedError, Message

OPERATOR_SETS = range(7, 29)
"""Versions of the standard operators that ONNX Runtime 1.32 runs."""

FORMAT_VERSIONS = range(3, 15)
"""Versions of the file format (``ir_version``) that it reads; from 3 on, files name operator sets.
"""

RANDOM = frozenset(
    {
        *("Bernoulli", "Multinomial"),
        *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    }
)
"""Operators whose result is another one each time."""

_NAMES = """
Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
BatchNormalization BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow
Cast CastLike CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat
ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd
CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum
Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity ImageDecoder
InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual
LinearAttention Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool
MaxRoiPool MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Neg
NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement
OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization
RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean
ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize
ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu
SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength Shape
Shrink Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign
SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub
Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose
Trilu Unique Unsqueeze Upsample Where Xor
"""
OPERATORS = frozenset(_NAMES.split())
"""Standard operators of these versions that end, and whose result is always the same.

Of those with a graph inside Scan alone is sure to: it goes along a tensor, and ends with it.
"""

_BITS_IN = {
    "float_data": {1: 32},
    "int32_data": {2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 9: 8, 10: 16, 16: 16}
    | {17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2},
    "int64_data": {7: 64},
    "double_data": {11: 64},
    "uint64_data": {12: 32, 13: 64},
}
"""Bits of a value by ONNX element type, under the field for values that are not raw bytes."""

_STORED_IN = {
    kind: (field, bits) for field, kinds in _BITS_IN.items() for kind, bits in kinds.items()
}

_BYTES_OF = {"float_data": 4, "double_data": 8}
"""Bytes of one value in fields that are kept as bytes."""


def check_graph(model: Message) -> None:
    """Make sure that a model is of a version that can run, and that its graph holds together.

    Parameters
    ----------
    model : Message
        The whole file.

    Raises
    ------
    ModelFileError
        If its version or an operator is unknown, or an operator gives random values.
    MalformedError
        If an operator takes what nothing before it makes, two make the same, an output is made by
        none, or the values of a tensor do not fill its shape.
    """
    _check_versions(model)
    graph = model.message("graph")
    for node in all_nodes(graph):
        _check_operator(node)
    _check_order(graph, frozenset())
    for tensor in _tensors(graph):
        _check_size(tensor)


def all_nodes(graph: Message) -> Iterator[Message]:
    """The nodes of a graph in order, each before those of a graph inside of it."""
    for node in graph.messages("node"):
        yield node
        for inner in _graphs(node):
            yield from all_nodes(inner)


def _graphs(node: Message) -> list[Message]:
    """The graphs inside a node."""
    return [graph for entry in node.messages("attribute") for graph in entry.messages("g")]


def _check_versions(model: Message) -> None:
    imports = [entry.integer("version") for entry in model.messages("opset_import")]
    for what, found, known in (
        ("file format (IR)", model.integer("ir_version"), FORMAT_VERSIONS),
        ("operators", imports[0] if imports else 0, OPERATOR_SETS),
    ):
        if found not in known:
            raise ModelFileError(
                f"the model has version {found or 'unknown'} of the ONNX {what}; expected "
                f"{known[0]} to {known[-1]}, so export it again"
            )


def _check_operator(node: Message) -> None:
    kind, inputs = node.text("op_type"), node.texts("input")
    if kind in RANDOM or (kind == "Dropout" and any(inputs[2:])):  # the third turns on training
        raise ModelFileError(
            f"the model has the operator {kind}, which gives random values; expected a graph that "
            "gives the same field each time, so export it again"
        )
    if kind != "Scan" and _graphs(node):
        raise ModelFileError(
            "the model has an operator with a graph inside, such as Loop or If, which may never "
            "end; expected a plain graph, or Scan, which ends, so export it again"
        )
    if kind not in OPERATORS:
        raise ModelFileError(
            f"the model has the operator {quoted(kind)}, which is not a standard ONNX operator; "
            "export it again with standard operators"
        )


def _check_order(graph: Message, outside: frozenset[str]) -> None:
    """Each value is made once, and before it is taken: so there is no cycle either."""
    made = set(outside)
    given = {
        entry.text("name") for field in ("input", "initializer") for entry in graph.messages(field)
    }
    _make(made, given)
    for node in graph.messages("node"):
        # Inputs and outputs that are left out have an empty name.
        for name in filter(None, node.texts("input")):
            if name not in made:
                raise MalformedError(
                    f"an operator {node.text('op_type')} takes {quoted(name)}, which nothing "
                    "before it makes"
                )
        for inner in _graphs(node):
            _check_order(inner, frozenset(made))
        for name in filter(None, node.texts("output")):
            _make(made, [name])
    for name in (output.text("name") for output in graph.messages("output")):
        if name not in made:
            raise MalformedError(f"nothing makes the output {quoted(name)}")


def _make(made: set[str], names: Iterable[str]) -> None:
    for name in names:
        if name in made:
            raise MalformedError(f"the value {quoted(name)} is made twice")
        made.add(name)


def _tensors(graph: Message) -> Iterator[Message]:
    """All tensors of the graph, also those in attributes and in graphs inside of it."""
    yield from graph.messages("initializer")
    for node in graph.messages("node"):
        for attribute in node.messages("attribute"):
            yield from attribute.messages("t")
            yield from attribute.messages("tensors")
        for inner in _graphs(node):
            yield from _tensors(inner)


def _check_size(tensor: Message) -> None:
    """The values of a tensor stand in one place, and fill its shape."""
    name, shape = quoted(tensor.text("name")), tensor.integers("dims")
    kind = tensor.integer("data_type")
    if kind not in _STORED_IN:
        raise MalformedError(f"the element type {kind} of the tensor {name} is not a number's")
    if sum(place in tensor for place in ("raw_data", "string_data", *_BITS_IN)) > 1:
        raise MalformedError(f"the tensor {name} has two sets of values")
    field, bits = _STORED_IN[kind]
    count = math.prod(shape)
    if "raw_data" in tensor:
        stored, expected = len(tensor.content("raw_data")), -(-count * bits // 8)
    elif field in _BYTES_OF:
        stored, expected = len(tensor.content(field)), count * _BYTES_OF[field]
    else:
        # Several of less than a byte are in one number.
        stored, expected = len(tensor.integers(field)), -(-count // max(1, 8 // bits))
    if min(shape, default=1) < 0 or stored != expected:
        raise MalformedError(
            f"the values of the tensor {name} do not fill its shape {beginning(str(shape), 40)}"
        )
