"""No trace of the build machine in a model, and a check that would find one."""

from collections import Counter
from pathlib import Path

import onnx
import pytest

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.inner_graphs import all_graphs
from pointfuse_export.graph.strip import check_no_build_traces, name_nodes, strip_build_traces


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def said(node: onnx.NodeProto) -> list[object]:
    """All that the node computes; a graph inside is one of `all_graphs`."""
    plain = [one for one in node.attribute if not one.HasField("g")]
    return [node.op_type, node.input, node.output, *plain]


def test_the_exporter_leaves_traces_that_the_check_finds(small):
    with pytest.raises(VerificationError, match="a trace of the machine"):
        check_no_build_traces(small[1])


def test_stripping_removes_them_all_and_changes_nothing_else(small):
    model = copied(small[1])
    strip_build_traces(model)
    check_no_build_traces(model)
    graphs = zip(all_graphs(small[1].graph), all_graphs(model.graph), strict=True)
    for before, after in graphs:
        assert list(map(said, before.node)) == list(map(said, after.node))
    assert model.graph.initializer[0].raw_data == small[1].graph.initializer[0].raw_data


@pytest.mark.parametrize("trace", [str(Path.cwd()), str(Path.home()), "/tmp/x", "model.py"])
def test_a_planted_trace_is_found(stripped_graph, trace):
    model = copied(stripped_graph)
    model.graph.node[7].doc_string = f"built from {trace}"
    with pytest.raises(VerificationError, match="a trace of the machine"):
        check_no_build_traces(model)


def test_letters_among_the_weights_are_no_trace(stripped_graph):
    model = copied(stripped_graph)
    tensor = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    tensor.raw_data = b"/tmp/a.py" + tensor.raw_data[9:]
    check_no_build_traces(model)


def test_nodes_are_named_after_modules_once_each(small):
    model = copied(small[1])
    name_nodes(model)
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    counts = Counter(name.partition(".")[0] for name in convolutions)
    # Two a node of the triangle, and the head.
    assert counts.pop("regr_unetpp") == 20 + 1
    assert "regr_unetpp.nodes.0_3.conv2/Conv" in convolutions
    assert "regr_unetpp.head/Conv" in convolutions
    # Three variables, values and mask, in two passes.
    published = {"point_conv": 12}
    # Two variables of the weather in two passes, values and mask; three convolutions of the cells.
    default = {"weather": 8, "detail": 3}
    assert counts == (published if "point_conv" in counts else default)
