"""Matrix products as sums: the same fields, and no product left."""

from __future__ import annotations

import numpy as np
import onnx

from pointfuse_export.checks.verify import probing_days, run_file
from pointfuse_export.engines.matrix_products import with_sums_of_products
from pointfuse_export.graph.inner_graphs import all_graphs


def products(graph: onnx.GraphProto) -> list[int]:
    """Matrix products in a graph, and in those inside of it."""
    return [sum(node.op_type == "MatMul" for node in one.node) for one in all_graphs(graph)]


def test_fields_are_those_of_the_model(tiny_model):
    content = tiny_model.read_bytes()
    sums = with_sums_of_products(content)
    # Also those of the inverse and of the sums, which are in graphs inside of nodes.
    assert products(onnx.load_from_string(content).graph)[1:] == [2, 0, 2, 0, 2, 2]
    changed = onnx.load_from_string(sums)
    onnx.checker.check_model(changed, full_check=True)
    assert products(changed.graph) == 7 * [0]
    for days in probing_days(42, 53):
        for found, right in zip(
            *(run_file(each, days, ["pm25", "pm25_scale"]) for each in (sums, content)), strict=True
        ):
            # Single precision, summed in another order.
            np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-3)


def test_a_model_without_products_stays_the_same(named_paper):
    before = [node.name for node in named_paper.graph.node]
    after = onnx.load_from_string(with_sums_of_products(named_paper.SerializeToString()))
    assert [node.name for node in after.graph.node] == before


def test_bytes_that_are_no_model_are_left_to_the_library():
    assert with_sums_of_products(b"no graph") == b"no graph"
