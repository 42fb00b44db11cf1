"""What an ONNX file is made of, read from its bytes without ONNX Runtime or the onnx package.

A model from elsewhere is looked at before a native library parses it. Only the parts of the format
that this takes are known here: the protocol buffers wire format, and the field numbers of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that name inputs, outputs, operators, tensors
and metadata.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError

# Field numbers in onnx.proto.
_MODEL_GRAPH, _MODEL_OPSET, _MODEL_METADATA, _MODEL_FUNCTION = 7, 8, 14, 25
_OPSET_DOMAIN = 1
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_GRAPH_SPARSE_INITIALIZER = 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_FUNCTION_NODE, _FUNCTION_OPSET, _FUNCTION_DOMAIN, _FUNCTION_ATTRIBUTE = 7, 9, 10, 11
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE_TENSOR, _ATTRIBUTE_SPARSE_TENSORS = 22, 23
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_TENSOR_DIMENSION, _TENSOR_TYPE, _TENSOR_FLOATS, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 4, 8, 9
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR = 1
_TENSOR_TYPE_ELEMENT, _TENSOR_TYPE_SHAPE = 1, 2
_SHAPE_DIMENSION = 1
_DIMENSION_VALUE = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# Element types of ONNX, in their little-endian storage.
_ELEMENTS: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 10: np.dtype("<f2")}

# Graphs nest in attributes (If, Loop). No model of ours does; far deeper than any honest one.
_DEEPEST = 20


@dataclass(frozen=True)
class TensorSignature:
    """Type of an input or output: ONNX element type (1 is float32) and shape, None where free."""

    element_type: int
    shape: tuple[int | None, ...]


@dataclass
class OnnxStructure:
    """The parts of an ONNX file that decide whether it may be run.

    Parameters
    ----------
    inputs, outputs : dict of str to TensorSignature
        By name, in order.
    metadata : dict of str to str
        Entries of `metadata_props`.
    domains : set of str
        Operator domains that the file uses or imports; the standard one is the empty text.
    external_data : bool
        Whether a tensor lies in another file.
    """

    inputs: dict[str, TensorSignature] = field(default_factory=dict)
    outputs: dict[str, TensorSignature] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    external_data: bool = False


def read_onnx_structure(content: bytes) -> OnnxStructure:
    """Read the structure of an ONNX file.

    Parameters
    ----------
    content : bytes
        The whole file.

    Raises
    ------
    ModelFileError
        If the bytes are no ONNX model, or are damaged.
    """
    structure = OnnxStructure()
    has_graph = False
    try:
        for number, value in _fields(memoryview(content)):
            if number == _MODEL_GRAPH:
                has_graph = True
                _read_graph(_message(value), structure, depth=0, main=True)
            elif number == _MODEL_OPSET:
                structure.domains.add(_text_field(_message(value), _OPSET_DOMAIN))
            elif number == _MODEL_METADATA:
                entry = _message(value)
                key = _text_field(entry, _ENTRY_KEY)
                if key in structure.metadata:
                    raise _Malformed(f"the metadata entry '{key}' stands twice")
                structure.metadata[key] = _text_field(entry, _ENTRY_VALUE)
            elif number == _MODEL_FUNCTION:
                _read_function(_message(value), structure)
    except _Malformed as error:
        raise ModelFileError(
            f"the file is no whole ONNX model ({error}); get it again from where it was published"
        ) from error
    if not has_graph:
        raise ModelFileError("the file is no ONNX model: it holds no graph; check the path")
    # `ai.onnx` is another name of the standard domain.
    structure.domains = {"" if domain == "ai.onnx" else domain for domain in structure.domains}
    return structure


def read_initializer(content: bytes, name: str) -> NDArray[np.float32] | None:
    """Values of a constant tensor of the main graph.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        Name of the tensor.

    Returns
    -------
    ndarray of float32, or None
        The tensor in its own shape; None where the graph has no tensor of that name.

    Raises
    ------
    ModelFileError
        If the bytes are damaged, or the tensor is not of single or half precision.
    """
    try:
        for number, value in _fields(memoryview(content)):
            if number != _MODEL_GRAPH:
                continue
            for part, entry in _fields(_message(value)):
                if (
                    part == _GRAPH_INITIALIZER
                    and _text_field(_message(entry), _TENSOR_NAME) == name
                ):
                    return _tensor(_message(entry))
    except _Malformed as error:
        raise ModelFileError(
            f"the tensor '{name}' cannot be read from the model ({error}); export the model again"
        ) from error
    return None


class _Malformed(Exception):  # noqa: N818 - internal, becomes a ModelFileError
    """The bytes do not follow the format."""


def _read_graph(
    graph: memoryview, structure: OnnxStructure, depth: int, main: bool = False
) -> None:
    if depth > _DEEPEST:
        raise _Malformed("graphs nest too deep")
    for number, value in _fields(graph):
        if number == _GRAPH_NODE:
            _read_node(_message(value), structure, depth)
        elif number == _GRAPH_INITIALIZER:
            _read_tensor(_message(value), structure)
        elif number == _GRAPH_SPARSE_INITIALIZER:
            _read_sparse_tensor(_message(value), structure)
        elif main and number in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            signatures = structure.inputs if number == _GRAPH_INPUT else structure.outputs
            name, signature = _signature(_message(value))
            signatures[name] = signature


def _read_function(function: memoryview, structure: OnnxStructure) -> None:
    structure.domains.add(_text_field(function, _FUNCTION_DOMAIN))
    for number, value in _fields(function):
        if number == _FUNCTION_NODE:
            _read_node(_message(value), structure, depth=0)
        elif number == _FUNCTION_OPSET:
            structure.domains.add(_text_field(_message(value), _OPSET_DOMAIN))
        elif number == _FUNCTION_ATTRIBUTE:
            _read_attribute(_message(value), structure, depth=0)


def _read_node(node: memoryview, structure: OnnxStructure, depth: int) -> None:
    structure.domains.add(_text_field(node, _NODE_DOMAIN))
    for number, value in _fields(node):
        if number == _NODE_ATTRIBUTE:
            _read_attribute(_message(value), structure, depth)


def _read_attribute(attribute: memoryview, structure: OnnxStructure, depth: int) -> None:
    for number, value in _fields(attribute):
        if number in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            _read_graph(_message(value), structure, depth + 1)
        elif number in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            _read_tensor(_message(value), structure)
        elif number in (_ATTRIBUTE_SPARSE_TENSOR, _ATTRIBUTE_SPARSE_TENSORS):
            _read_sparse_tensor(_message(value), structure)


def _read_sparse_tensor(tensor: memoryview, structure: OnnxStructure) -> None:
    for number, value in _fields(tensor):
        if number in (_SPARSE_VALUES, _SPARSE_INDICES):
            _read_tensor(_message(value), structure)


def _read_tensor(tensor: memoryview, structure: OnnxStructure) -> None:
    for number, value in _fields(tensor):
        if number == _TENSOR_EXTERNAL_DATA or (number == _TENSOR_DATA_LOCATION and value != 0):
            structure.external_data = True


def _tensor(tensor: memoryview) -> NDArray[np.float32]:
    """Values of a tensor, which are stored either as raw bytes or as a list of floats."""
    shape: list[int] = []
    element_type, raw, floats = 0, memoryview(b""), memoryview(b"")
    for number, value in _fields(tensor):
        if number == _TENSOR_DIMENSION and isinstance(value, int):
            shape.append(value)
        elif number == _TENSOR_TYPE and isinstance(value, int):
            element_type = value
        elif number == _TENSOR_RAW:
            raw = _message(value)
        elif number == _TENSOR_FLOATS:
            floats = _message(value)
    if element_type not in _ELEMENTS:
        raise _Malformed(f"its element type {element_type} is neither single nor half precision")
    stored, element = (raw, _ELEMENTS[element_type]) if raw else (floats, _ELEMENTS[1])
    if not stored or math.prod(shape) * element.itemsize != len(stored):
        raise _Malformed(f"{len(stored)} bytes do not fill the shape {tuple(shape)}")
    return np.frombuffer(stored, element).reshape(shape).astype(np.float32)


def _signature(value_info: memoryview) -> tuple[str, TensorSignature]:
    element_type, shape = 0, []
    for number, value in _fields(value_info):
        if number != _VALUE_TYPE:
            continue
        for kind, tensor_type in _fields(_message(value)):
            if kind != _TYPE_TENSOR:
                continue
            for part, content in _fields(_message(tensor_type)):
                if part == _TENSOR_TYPE_ELEMENT and isinstance(content, int):
                    element_type = content
                elif part == _TENSOR_TYPE_SHAPE:
                    shape = [
                        _dimension(_message(dimension))
                        for which, dimension in _fields(_message(content))
                        if which == _SHAPE_DIMENSION
                    ]
    return _text_field(value_info, _VALUE_NAME), TensorSignature(element_type, tuple(shape))


def _dimension(dimension: memoryview) -> int | None:
    size = None
    for number, value in _fields(dimension):
        if number == _DIMENSION_VALUE and isinstance(value, int):
            size = value
    return size


def _text_field(message: memoryview, wanted: int) -> str:
    """A text field, empty where it is absent: that is its default in the format."""
    text = ""
    for number, value in _fields(message):
        if number == wanted:
            try:
                text = bytes(_message(value)).decode()
            except UnicodeDecodeError as error:
                raise _Malformed("a text is not UTF-8") from error
    return text


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Malformed("a number where a message should be")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message (numbers of fixed width are given as bytes)."""
    position, end = 0, len(message)
    while position < end:
        tag, position = _varint(message, position)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise _Malformed("a field without number")
        if wire_type == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire_type == _BYTES:
            length, position = _varint(message, position)
        elif wire_type in (_FIXED32, _FIXED64):
            length = 4 if wire_type == _FIXED32 else 8
        else:
            raise _Malformed(f"an unknown wire type {wire_type}")
        if length > end - position:
            raise _Malformed("it ends early")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Number in base-128 encoding, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise _Malformed("it ends early")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _Malformed("a number is too long")
