"""Read and check the structure of an ONNX file without onnx or ONNX Runtime.

A model from elsewhere is looked at before a native library parses it, and what was looked at must
be what the library then runs. So the whole file is read, after a list of the parts that a model may
have, which follows https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; a file with any other
part is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.printable import beginning, printable, quoted
from pointfuse.errors import ModelFileError
from pointfuse.model.onnx_file.graph_checks import all_nodes, check_graph
from pointfuse.model.onnx_file.protobuf import (
    Field,
    Kind,
    Layout,
    MalformedError,
    Message,
    Refused,
    read_message,
)

_OUTSIDE = (
    "the model refers to data in other files; expected a single file, so export it with its "
    "weights inside"
)
_SPARSE = Refused("the model holds sparse tensors; expected plain ones, so export it again")
_NESTED = Refused(
    "the model has graphs inside graphs, deeper than any of ours; expected a plainer one, so "
    "export it again"
)
_FUNCTIONS = Refused(
    "the model defines functions of its own; expected standard ONNX operators only, so export it "
    "again"
)
_TRAINING = Refused(
    "the model holds a training graph; expected an inference graph, so export it again"
)

_ENTRY = Layout("an entry", {1: Field("key", Kind.TEXT), 2: Field("value", Kind.TEXT)})

_TENSOR = Layout(
    "a tensor",
    {
        1: Field("dims", Kind.INT64, repeated=True),
        2: Field("data_type", Kind.INT32),
        4: Field("float_data", Kind.FLOAT, repeated=True),
        5: Field("int32_data", Kind.INT32, repeated=True),
        6: Field("string_data", Kind.BYTES, repeated=True),
        7: Field("int64_data", Kind.INT64, repeated=True),
        8: Field("name", Kind.TEXT),
        9: Field("raw_data", Kind.BYTES),
        10: Field("double_data", Kind.DOUBLE, repeated=True),
        11: Field("uint64_data", Kind.UINT64, repeated=True),
        12: Field("doc_string", Kind.TEXT),
        13: Refused(_OUTSIDE),  # external_data
        14: Field("data_location", Kind.INT32, allowed=(0,), refusal=_OUTSIDE),
        16: Field("metadata_props", _ENTRY, repeated=True),
    },
)

_DIMENSION = Layout(
    "a dimension",
    {
        1: Field("dim_value", Kind.INT64),
        2: Field("dim_param", Kind.TEXT),
        3: Field("denotation", Kind.TEXT),
    },
)
_SHAPE = Layout("a shape", {1: Field("dim", _DIMENSION, repeated=True)})
_TENSOR_TYPE = Layout(
    "a tensor's type", {1: Field("elem_type", Kind.INT32), 2: Field("shape", _SHAPE)}
)
_TYPE = Layout("a type", {1: Field("tensor_type", _TENSOR_TYPE), 6: Field("denotation", Kind.TEXT)})
_VALUE_INFO = Layout(
    "an input or output",
    {
        1: Field("name", Kind.TEXT),
        2: Field("type", _TYPE),
        3: Field("doc_string", Kind.TEXT),
        4: Field("metadata_props", _ENTRY, repeated=True),
    },
)

# float, int, string, tensor, graph, and lists of the first four; others come with fields that are
# refused.
_ATTRIBUTE_TYPES = (1, 2, 3, 4, 5, 6, 7, 8, 9)

_DEEPEST = 2
"""Graphs inside each other, below that of the model: the blocks of an inverse, and their rows."""


def _graph(deeper: int) -> Layout:
    """A graph whose operators may hold graphs, one inside the other so many times."""
    attribute = Layout(
        "an attribute",
        {
            1: Field("name", Kind.TEXT),
            2: Field("f", Kind.FLOAT),
            3: Field("i", Kind.INT64),
            4: Field("s", Kind.BYTES),
            5: Field("t", _TENSOR),
            6: Field("g", _graph(deeper - 1)) if deeper else _NESTED,
            7: Field("floats", Kind.FLOAT, repeated=True),
            8: Field("ints", Kind.INT64, repeated=True),
            9: Field("strings", Kind.BYTES, repeated=True),
            10: Field("tensors", _TENSOR, repeated=True),
            11: _NESTED,
            13: Field("doc_string", Kind.TEXT),
            20: Field("type", Kind.INT32, allowed=_ATTRIBUTE_TYPES),
            21: _FUNCTIONS,  # ref_attr_name, which has a meaning in functions alone
            22: _SPARSE,
            23: _SPARSE,
        },
    )
    node = Layout(
        "an operator",
        {
            1: Field("input", Kind.TEXT, repeated=True),
            2: Field("output", Kind.TEXT, repeated=True),
            3: Field("name", Kind.TEXT),
            4: Field("op_type", Kind.TEXT),
            5: Field("attribute", attribute, repeated=True),
            6: Field("doc_string", Kind.TEXT),
            7: Field("domain", Kind.TEXT),
            9: Field("metadata_props", _ENTRY, repeated=True),
        },
    )
    return Layout(
        "the graph",
        {
            1: Field("node", node, repeated=True),
            2: Field("name", Kind.TEXT),
            5: Field("initializer", _TENSOR, repeated=True),
            10: Field("doc_string", Kind.TEXT),
            11: Field("input", _VALUE_INFO, repeated=True),
            12: Field("output", _VALUE_INFO, repeated=True),
            13: Field("value_info", _VALUE_INFO, repeated=True),
            15: _SPARSE,
            16: Field("metadata_props", _ENTRY, repeated=True),
        },
    )


_OPERATOR_SET = Layout(
    "an operator set", {1: Field("domain", Kind.TEXT), 2: Field("version", Kind.INT64)}
)

_MODEL = Layout(
    "the model",
    {
        1: Field("ir_version", Kind.INT64),
        2: Field("producer_name", Kind.TEXT),
        3: Field("producer_version", Kind.TEXT),
        4: Field("domain", Kind.TEXT),
        5: Field("model_version", Kind.INT64),
        6: Field("doc_string", Kind.TEXT),
        7: Field("graph", _graph(_DEEPEST)),
        8: Field("opset_import", _OPERATOR_SET, repeated=True),
        14: Field("metadata_props", _ENTRY, repeated=True),
        20: _TRAINING,
        25: _FUNCTIONS,
    },
)

# By these bytes ONNX Runtime knows a model in its own format, whatever else the file is.
_OTHER_FORMAT, _OTHER_FORMAT_AT = b"ORTM", slice(4, 8)

# Element types of ONNX, in their little-endian storage.
_ELEMENTS: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    10: np.dtype("<f2"),
}

FLOAT32 = 1
"""ONNX's number of the element type of all inputs and outputs."""

Item = TypeVar("Item")

# `ai.onnx` is another name of the standard domain.
_STANDARD = ("", "ai.onnx")


@dataclass(frozen=True)
class TensorSignature:
    """Type of an input or output: ONNX element type (1 is float32) and shape, None where free."""

    element_type: int
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Operator:
    """A node of the graph: what it computes, of what and into what."""

    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class OnnxStructure:
    """The parts of an ONNX file that decide whether it may be run.

    Parameters
    ----------
    model : Message
        The whole file.

    Attributes
    ----------
    inputs, outputs : dict of str to TensorSignature
        By name, in order.
    operators : tuple of Operator
        The nodes of the graph in the order of the file, each before those of a graph inside of it,
        all of the standard domain.
    metadata : dict of str to str
        Entries of `metadata_props`.

    Raises
    ------
    ModelFileError
        If it uses operators of other domains, two things have one name, or the graph does not hold
        together.
    """

    def __init__(self, model: Message) -> None:
        graph = model.message("graph")
        nodes = list(all_nodes(graph))
        imports = [entry.text("domain") for entry in model.messages("opset_import")]
        _refuse_foreign([*imports, *(node.text("domain") for node in nodes)])
        entries = model.messages("metadata_props")
        self.metadata = _by_name(
            "the metadata entry", [(entry.text("key"), entry.text("value")) for entry in entries]
        )
        self.operators = tuple(
            Operator(node.text("op_type"), tuple(node.texts("input")), tuple(node.texts("output")))
            for node in nodes
        )
        self.inputs, self.outputs = (
            _by_name(f"the {kind}", [_signature(value) for value in graph.messages(kind)])
            for kind in ("input", "output")
        )
        # Of two that share a name readers take the one or the other.
        constants = [(tensor.text("name"), tensor) for tensor in graph.messages("initializer")]
        self._constants = _by_name("the constant", constants)
        if both := self.inputs.keys() & self._constants.keys():
            raise MalformedError(f"{quoted(min(both))} is an input and a constant")
        if len(imports) > 1:
            raise MalformedError("it names its operator set twice")
        check_graph(model)

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constant tensors."""
        return tuple(self._constants)

    def constant(self, name: str) -> NDArray[np.float32] | None:
        """Values of a constant tensor.

        Parameters
        ----------
        name : str
            Name of the tensor.

        Returns
        -------
        ndarray of float32, or None
            The tensor in its own shape; None where the graph has no tensor of that name.

        Raises
        ------
        ModelFileError
            If the tensor is not of single or half precision or of bytes, or has no values.
        """
        if name not in self._constants:
            return None
        try:
            return _values(self._constants[name])
        except MalformedError as error:
            raise ModelFileError(
                f"the tensor '{name}' cannot be read from the model ({error}); export the model "
                "again"
            ) from error


def read_onnx_structure(content: bytes) -> OnnxStructure:
    """Read the structure of an ONNX file.

    Parameters
    ----------
    content : bytes
        The whole file.

    Raises
    ------
    ModelFileError
        If the bytes are no ONNX model, or are damaged, or hold what a model must not have: data in
        other files, graphs inside operators but Scan, functions, operators of other domains, random
        values.
    """
    try:
        if content[_OTHER_FORMAT_AT] == _OTHER_FORMAT:
            raise MalformedError("it has the identifier of ONNX Runtime's own format")
        model = read_message(memoryview(content), _MODEL)
        if "graph" not in model:
            raise ModelFileError("the file is not an ONNX model: it has no graph; check the path")
        return OnnxStructure(model)
    except MalformedError as error:
        raise ModelFileError(
            f"the file is not a complete ONNX model ({error}); get it again from where it "
            "was published"
        ) from error


def described(signatures: Mapping[str, TensorSignature]) -> str:
    """Inputs or outputs for a message, such as ``pm25(time, 1, 372, 426)``; a ? is any size."""
    shown = ", ".join(
        f"{name[:40]}({', '.join(_sizes(signature.shape))})"
        + ("" if signature.element_type == FLOAT32 else " not in float32")
        for name, signature in signatures.items()
    )
    return beginning(printable(shown), 120) or "none"


def _sizes(shape: Sequence[int | None]) -> Iterator[str]:
    for axis, size in enumerate(shape):
        yield str(size) if size is not None else "?" if axis else "time"


def _refuse_foreign(domains: Sequence[str]) -> None:
    foreign = sorted(set(domains).difference(_STANDARD))
    if foreign:
        raise ModelFileError(
            f"the model uses operators of the domain {', '.join(foreign)[:80]}; expected "
            "standard ONNX operators only"
        )


def _by_name(what: str, items: Sequence[tuple[str, Item]]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for name, item in items:
        if name in found:
            raise MalformedError(f"{what} {quoted(name)} occurs twice")
        found[name] = item
    return found


def _signature(value_info: Message) -> tuple[str, TensorSignature]:
    tensor = value_info.message("type").message("tensor_type")
    shape = tuple(_size(dimension) for dimension in tensor.message("shape").messages("dim"))
    return value_info.text("name"), TensorSignature(tensor.integer("elem_type"), shape)


def _size(dimension: Message) -> int | None:
    if "dim_value" in dimension and "dim_param" in dimension:
        raise MalformedError("a dimension has both a size and a name")
    return dimension.integer("dim_value") if "dim_value" in dimension else None


def _values(tensor: Message) -> NDArray[np.float32]:
    """Values of a tensor, which are stored either as raw bytes or as a list of floats."""
    shape, element_type = tensor.integers("dims"), tensor.integer("data_type")
    if element_type not in _ELEMENTS:
        raise MalformedError(
            f"its element type {element_type} is none of single precision, half precision and bytes"
        )
    raw = "raw_data" in tensor
    stored = tensor.content("raw_data" if raw else "float_data")
    if not stored:
        raise MalformedError("it has no values")
    element = _ELEMENTS[element_type if raw else FLOAT32]
    return np.frombuffer(stored, element).reshape(shape).astype(np.float32)
