"""Graphs that cannot run, or give random values, are refused before ONNX Runtime sees them."""

from __future__ import annotations

import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pointfuse.errors import ModelFileError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.onnx_file.graph_checks import FORMAT_VERSIONS, OPERATOR_SETS, OPERATORS, RANDOM
from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse_benchmarks.robustness.broken_graphs import broken_graphs
from pointfuse_benchmarks.robustness.hostile_model_files import mean_model

NEED_NOT_END = {"If", "Loop", "SequenceMap"}
VERSION = "has version {} of the ONNX {}; expected {} to {}, so export it again"
SIZE = "the values of the tensor 'k' do not fill its shape "
REASONS = {
    "a cycle": "an operator Add takes 'b', which nothing before it makes",
    "an operator that takes its own result": "Identity takes 'more', which nothing before it makes",
    "an input that nothing makes": "an operator Add takes 'nowhere', which nothing before it makes",
    "a value made twice": "the value 'pm25' is made twice",
    "an input made again": "the value 'observed' is made twice",
    "an output that nothing makes": "nothing makes the output 'other'",
    "an unknown operator": "the operator 'FooBar', which is not a standard ONNX operator",
    "an operator with escapes": r"the operator 'evil\x1b[31m\nX', which is not a standard",
    "operators of version 99": VERSION.format(99, "operators", 7, 28),
    "operators of version -1": VERSION.format(-1, "operators", 7, 28),
    "no version of operators": VERSION.format("unknown", "operators", 7, 28),
    "a format of version 99": VERSION.format(99, "file format (IR)", 3, 14),
    "a constant of 2^60 values": SIZE + "[1099511627776, 1048576]",
    "a size that overflows to the right one": SIZE + "[4294967296, 4294967296, 1]",
    "a size of -1": SIZE + "[-1]",
    "two sizes of -1": SIZE + "[-1, -1]",
    "a constant without values": SIZE + "[1]",
    "values of another type": SIZE + "[1]",
    "a constant of no type": "the element type 0 of the tensor 'k' is not a number's",
    "an attribute that is too short": "the values of the tensor '' do not fill its shape [2]",
    "dropout while training": "the operator Dropout, which gives random values",
} | {
    f"random values of {kind}": f"the operator {kind}, which gives random values"
    for kind in sorted(RANDOM)
}


@pytest.mark.parametrize("title", REASONS)
def test_a_broken_graph_is_refused_for_its_reason(title: str, tiny_metadata: ModelMetadata) -> None:
    with pytest.raises(ModelFileError, match=re.escape(REASONS[title])) as refusal:
        read_onnx_structure(broken_graphs(tiny_metadata)[title])
    assert len(str(refusal.value)) < 250
    assert str(refusal.value).isprintable()


def test_every_broken_graph_has_its_reason(tiny_metadata: ModelMetadata) -> None:
    assert broken_graphs(tiny_metadata).keys() == REASONS.keys()


def test_the_operators_are_those_of_the_standard() -> None:
    """All of the onnx package up to the newest known version, but for graphs and random values."""
    standard = {
        schema.name
        for schema in onnx.defs.get_all_schemas_with_history()
        if schema.domain == "" and schema.since_version <= OPERATOR_SETS[-1]
    }
    assert standard <= OPERATORS | RANDOM | NEED_NOT_END
    if onnx.defs.onnx_opset_version() >= OPERATOR_SETS[-1]:
        assert standard == OPERATORS | RANDOM | NEED_NOT_END
    assert not OPERATORS & (RANDOM | NEED_NOT_END)


def test_random_operators_are_those_with_a_seed() -> None:
    seeded = {
        schema.name
        for schema in onnx.defs.get_all_schemas_with_history()
        if schema.domain == "" and "seed" in schema.attributes
    }
    # Dropout has one too, and is random in training alone.
    assert seeded == RANDOM | {"Dropout"}


def test_dropout_at_rest_passes(tiny_metadata: ModelMetadata) -> None:
    model = mean_model(tiny_metadata)
    model.graph.node.append(helper.make_node("Dropout", ["mean"], ["same", ""]))
    assert read_onnx_structure(model.SerializeToString()).operators[-1].type == "Dropout"


NUMBERS = [
    number
    for name, number in TensorProto.DataType.items()
    if not name.startswith(("UNDEFINED", "STRING", "COMPLEX", "FLOAT6"))
]


@pytest.mark.parametrize("kind", NUMBERS, ids=TensorProto.DataType.Name)
@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
@pytest.mark.parametrize("shape", [(), (0, 3), (3,), (2, 4)], ids=str)
def test_tensors_of_every_type_as_the_onnx_package_writes_them(
    kind: int, raw: bool, shape: tuple[int, ...], tiny_metadata: ModelMetadata
) -> None:
    ones = np.ones(shape).astype(helper.tensor_dtype_to_np_dtype(kind))
    tensor = numpy_helper.from_array(ones, "k")
    if not raw:
        tensor = helper.make_tensor("k", kind, shape, np.ones(shape).ravel())
    model = mean_model(tiny_metadata)
    model.graph.initializer.append(tensor)
    assert read_onnx_structure(model.SerializeToString()).constants[-1] == "k"
    model.graph.initializer[-1].dims.append(9)
    if ones.size:
        with pytest.raises(ModelFileError, match="the values of the tensor 'k' do not fill"):
            read_onnx_structure(model.SerializeToString())


def test_versions_at_the_ends_pass(tiny_metadata: ModelMetadata) -> None:
    for version, form in ((OPERATOR_SETS[0], FORMAT_VERSIONS[0]), (28, 14)):
        model = mean_model(tiny_metadata)
        model.opset_import[0].version, model.ir_version = version, form
        structure = read_onnx_structure(model.SerializeToString())
        assert list(structure.outputs) == [each.name for each in model.graph.output]
