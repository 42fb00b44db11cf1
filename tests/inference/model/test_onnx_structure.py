"""The reader of ONNX files against the onnx package, and against broken bytes."""

from __future__ import annotations

from collections.abc import Callable

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from pointfuse.errors import ModelFileError
from pointfuse.model.onnx_file.onnx_structure import (
    OnnxStructure,
    Operator,
    TensorSignature,
    read_onnx_structure,
)
from pointfuse.model.precisions import files_by_precision
from pointfuse.model.shipped import model_folder
from pointfuse_benchmarks.robustness.hostile_models import differs_from_package


def structure_of(model: onnx.ModelProto) -> OnnxStructure:
    return read_onnx_structure(model.SerializeToString())


def model_with(node: onnx.NodeProto, domain: str = "") -> onnx.ModelProto:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [value], [value])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(domain, 18)])


RELU = helper.make_node("Relu", ["x"], ["y"])


def test_inputs_outputs_operators_and_metadata(tiny_proto: onnx.ModelProto) -> None:
    structure = structure_of(tiny_proto)
    stack = TensorSignature(TensorProto.FLOAT, (None, 3, 12, 16))
    assert structure.inputs == {"observations": stack, "observed": stack}
    assert structure.outputs == {"pm25": TensorSignature(TensorProto.FLOAT, (None, 1, 12, 16))}
    assert structure.metadata == {p.key: p.value for p in tiny_proto.metadata_props}
    assert structure.constants == ("first", "second", "channel", "plane")
    assert [operator.type for operator in structure.operators] == [
        *("Slice", "Slice", "Mul", "ReduceSum", "ReduceSum", "Div", "Shape", "Expand")
    ]
    assert structure.operators[3].inputs == ("weighted", "plane")
    assert structure.operators[3].outputs == ("total",)


@pytest.mark.parametrize("precision", files_by_precision())
def test_shipped_files_are_what_the_onnx_package_reads(precision: str) -> None:
    content = (model_folder() / files_by_precision()[precision].file).read_bytes()
    assert differs_from_package(read_onnx_structure(content), content) is None


def test_operators_of_other_domains_are_refused() -> None:
    foreign = helper.make_node("Evil", ["x"], ["y"], domain="com.example")
    message = r"domain com\.example; expected standard"
    with pytest.raises(ModelFileError, match=message):
        structure_of(model_with(foreign))
    with pytest.raises(ModelFileError, match=message):
        structure_of(model_with(RELU, domain="com.example"))


def test_ai_onnx_is_the_standard_domain() -> None:
    node = helper.make_node("Relu", ["x"], ["y"], domain="ai.onnx")
    assert structure_of(model_with(node)).operators == (Operator("Relu", ("x",), ("y",)),)


@pytest.mark.parametrize("where", ["initializer", "constant", "list"])
def test_external_data_is_refused_wherever_it_hides(where: str) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    model = model_with(RELU)
    structure_of(model)
    if where == "initializer":
        model.graph.initializer.append(tensor)
    elif where == "constant":
        model.graph.node.append(helper.make_node("Constant", [], ["w"], value=tensor))
    else:
        model.graph.node[0].attribute.add(name="w").tensors.append(tensor)
    with pytest.raises(ModelFileError, match="refers to data in other files"):
        structure_of(model)


def test_data_inside_may_be_called_so() -> None:
    """As the onnx package does when it takes in what lay outside."""
    model = model_with(RELU)
    model.graph.initializer.add(
        name="w", data_type=1, dims=[1], raw_data=b"1234"
    ).data_location = TensorProto.DEFAULT
    assert b"\x70\x00" in model.SerializeToString()
    assert structure_of(model).constants == ("w",)


def _sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add().values.name = "w"


def _nested(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([RELU], "then", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=branch))


def _function(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("", "F", ["x"], ["y"], [], []))


def _training(model: onnx.ModelProto) -> None:
    model.training_info.add().algorithm.name = "step"


def _twice(model: onnx.ModelProto) -> None:
    model.graph.initializer.add(name="w", data_type=1)
    model.graph.initializer.add(name="w", data_type=1)


def _default(model: onnx.ModelProto) -> None:
    model.graph.initializer.add(name="x", data_type=1)


def _sequence(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.Clear()
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1


def _scan(levels: int, last: onnx.NodeProto) -> onnx.NodeProto:
    """A Scan along 'x', and Scans in its body, one in the other; the innermost ends with a node."""
    depth = f"_{levels}"
    inner = last if levels == 1 else _scan(levels - 1, last)
    values = [helper.make_tensor_value_info(n + depth, 1, None) for n in ("in", "step", "out")]
    nodes = [inner, helper.make_node("Identity", ["in" + depth], ["out" + depth])]
    body = helper.make_graph(nodes, "body", values[:2], values[2:])
    return helper.make_node("Scan", ["x", "x"], ["scanned" + depth], body=body, num_scan_inputs=1)


INNERMOST = helper.make_node("Relu", ["in_1"], ["inner"])


def test_scans_in_scans_are_read_with_their_operators() -> None:
    structure = structure_of(model_with(_scan(2, INNERMOST)))
    kinds = [operator.type for operator in structure.operators]
    assert kinds == ["Scan", "Scan", "Relu", "Identity", "Identity"]


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (_scan(3, INNERMOST), "graphs inside graphs, deeper than any of ours"),
        (_scan(2, helper.make_node("Relu", ["later"], ["inner"])), "takes 'later', which nothing"),
        (_scan(2, helper.make_node("Relu", ["in_1"], ["x"])), "the value 'x' is made twice"),
        (_scan(2, helper.make_node("Mine", ["in_1"], ["y2"], domain="a.b")), "of the domain a.b"),
        (_scan(1, helper.make_node("RandomNormal", [], ["inner"], shape=[1])), "random values"),
    ],
)
def test_what_hides_in_a_scan_is_refused(node: onnx.NodeProto, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        structure_of(model_with(node))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_sparse, "holds sparse tensors"),
        (_nested, "an operator with a graph inside, such as Loop or If, which may never end"),
        (_function, "defines functions of its own"),
        (_training, "holds a training graph"),
        (_twice, "the constant 'w' occurs twice"),
        (_default, "'x' is an input and a constant"),
        (_sequence, "a type has a field 4, which is not known there"),
    ],
)
def test_what_no_model_of_ours_has_is_refused(
    spoil: Callable[[onnx.ModelProto], None], message: str
) -> None:
    model = model_with(RELU)
    spoil(model)
    with pytest.raises(ModelFileError, match=message):
        structure_of(model)


def test_a_repeated_metadata_key_is_refused(tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.metadata_props.add(key="pointfuse", value="{}")
    with pytest.raises(ModelFileError, match="'pointfuse' occurs twice"):
        structure_of(tiny_proto)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no graph"),
        (b"\x08\x08", "it has no graph"),
        (b"\x08", "ends early"),
        (b"\x3a\x05abc", "ends early"),
        (b"\x08" + b"\xff" * 11, "a number is longer than it needs to be"),
        (b"\x03", "a field without number"),
        (b"\x0b", "an unknown wire type 3"),
        (b"\x38\x01", "a number where 'graph' of the model should be"),
        (b"\x72\x03\x0a\x01\xff\x3a\x00", "a text is not UTF-8"),
        (b"\x08\x09\x12\x04ORTM\x3a\x00", "the identifier of ONNX Runtime's own format"),
    ],
)
def test_broken_bytes_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        read_onnx_structure(content)


@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_cut_off_model_is_refused_or_lacks_something(tiny_model_bytes: bytes, cut: float) -> None:
    position = int(cut * len(tiny_model_bytes))
    try:
        structure = read_onnx_structure(tiny_model_bytes[:position])
    except ModelFileError:
        return
    # Cut between two fields the bytes are well-formed; then the description at the end is missing.
    assert not structure.metadata


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
