"""The reader of ONNX files against the onnx package, and against broken bytes."""

from __future__ import annotations

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from pointfuse.errors import ModelFileError
from pointfuse.model.onnx_structure import OnnxStructure, TensorSignature, read_onnx_structure


def structure_of(model: onnx.ModelProto) -> OnnxStructure:
    return read_onnx_structure(model.SerializeToString())


def model_with(node: onnx.NodeProto, domain: str = "") -> onnx.ModelProto:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [value], [value])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, 18)])


def test_inputs_outputs_and_metadata(tiny_proto: onnx.ModelProto) -> None:
    structure = structure_of(tiny_proto)
    stack = TensorSignature(TensorProto.FLOAT, (None, 3, 12, 16))
    assert structure.inputs == {"observations": stack, "observed": stack}
    assert structure.outputs == {"pm25": TensorSignature(TensorProto.FLOAT, (None, 1, 12, 16))}
    assert structure.metadata == {p.key: p.value for p in tiny_proto.metadata_props}
    assert structure.domains == {""}
    assert not structure.external_data


def test_a_domain_of_its_own_is_seen_wherever_it_hides(tiny_proto: onnx.ModelProto) -> None:
    foreign = helper.make_node("Evil", ["x"], ["y"], domain="com.example")
    assert "com.example" in structure_of(model_with(foreign)).domains
    imported = model_with(helper.make_node("Relu", ["x"], ["y"]), domain="com.example")
    assert "com.example" in structure_of(imported).domains

    branch = helper.make_graph([foreign], "then", [], [])
    nested = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    assert "com.example" in structure_of(model_with(nested)).domains

    function = helper.make_function("com.example", "F", ["x"], ["y"], [], [])
    tiny_proto.functions.append(function)
    assert "com.example" in structure_of(tiny_proto).domains


def test_ai_onnx_is_the_standard_domain() -> None:
    node = helper.make_node("Relu", ["x"], ["y"], domain="ai.onnx")
    assert structure_of(model_with(node)).domains == {""}


@pytest.mark.parametrize("where", ["initializer", "constant", "sparse", "function"])
def test_external_data_is_seen_wherever_it_hides(where: str) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    model = model_with(helper.make_node("Relu", ["x"], ["y"]))
    assert not structure_of(model).external_data
    if where == "initializer":
        model.graph.initializer.append(tensor)
    elif where == "constant":
        model.graph.node.append(helper.make_node("Constant", [], ["w"], value=tensor))
    elif where == "sparse":
        model.graph.sparse_initializer.add().values.CopyFrom(tensor)
    else:
        # A default value of a function's attribute.
        function = helper.make_function("", "F", ["x"], ["y"], [], [])
        function.attribute_proto.append(helper.make_attribute("w", tensor))
        model.functions.append(function)
    assert structure_of(model).external_data


def test_a_repeated_metadata_key_is_refused(tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.metadata_props.add(key="pointfuse", value="{}")
    with pytest.raises(ModelFileError, match="'pointfuse' stands twice"):
        structure_of(tiny_proto)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no graph"),
        (b"\x08\x08", "holds no graph"),
        (b"\x08", "ends early"),
        (b"\x3a\x05abc", "ends early"),
        (b"\x08" + b"\xff" * 11, "a number is too long"),
        (b"\x03", "a field without number"),
        (b"\x0b", "an unknown wire type 3"),
        (b"\x38\x01", "a number where a message should be"),
        (b"\x72\x03\x0a\x01\xff\x3a\x00", "a text is not UTF-8"),
    ],
)
def test_broken_bytes_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        read_onnx_structure(content)


def test_bottomless_graphs_are_refused() -> None:
    graph = b""
    for _ in range(200):
        attribute = b"\x32" + _length(graph) + graph
        node = b"\x2a" + _length(attribute) + attribute
        graph = b"\x0a" + _length(node) + node
    with pytest.raises(ModelFileError, match="graphs nest too deep"):
        read_onnx_structure(b"\x3a" + _length(graph) + graph)


def _length(message: bytes) -> bytes:
    """Length of a message in base-128 encoding."""
    size, encoded = len(message), []
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*encoded, size])


@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_off_model_is_refused_or_lacks_something(tiny_model_bytes: bytes, cut: float) -> None:
    position = int(cut * len(tiny_model_bytes))
    try:
        structure = read_onnx_structure(tiny_model_bytes[:position])
    except ModelFileError:
        return
    # Cut between two fields the bytes are well-formed; then a whole part is missing.
    assert structure != read_onnx_structure(tiny_model_bytes)


@settings(max_examples=300)
@given(content=st.binary(max_size=400))
def test_any_bytes_give_a_structure_or_our_error(content: bytes) -> None:
    try:
        read_onnx_structure(content)
    except ModelFileError as error:
        assert "\n" not in str(error)


@settings(max_examples=300)
@given(position=st.integers(0), byte=st.integers(0, 255))
def test_any_changed_byte_gives_a_structure_or_our_error(
    tiny_model_bytes: bytes, position: int, byte: int
) -> None:
    changed = bytearray(tiny_model_bytes)
    changed[position % len(changed)] = byte
    try:
        read_onnx_structure(bytes(changed))
    except ModelFileError as error:
        assert "\n" not in str(error)
