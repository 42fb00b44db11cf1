"""Matrix products as sums of products: TensorRT has no others in fp32 for GPUs of Turing.

In the file, and in engines for later GPUs, they stay what they are: those are faster with products.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import GraphProto, NodeProto, helper, numpy_helper

# Counted from the last, since one of the two may be a single matrix.
_AXES = {"matrix_product_columns": -1, "matrix_product_rows": -3, "matrix_product_terms": -2}


def with_sums_of_products(content: bytes) -> bytes:
    """A model file in which no matrix product is left.

    Parameters
    ----------
    content : bytes
        Model file; its products are of matrices or stacks of them, (time, m, n) and (time, n, p).
        Bytes that are no model come back as they are: to refuse them is up to the library.
    """
    try:
        model = onnx.load_from_string(content)
    except DecodeError:
        return content
    _replace(model.graph)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array([axis]), name) for name, axis in _AXES.items()
    )
    changed: bytes = model.SerializeToString()
    return changed


def _replace(graph: GraphProto) -> None:
    """Do so in a graph and in all graphs inside of it."""
    nodes = [new for node in graph.node for new in _replaced(node)]
    del graph.node[:]
    graph.node.extend(nodes)


def _replaced(node: NodeProto) -> Iterator[NodeProto]:
    if node.op_type != "MatMul":
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _replace(attribute.g)
        yield node
        return
    (left, right), output = node.input, node.output[0]
    columns, rows, terms = _AXES
    factors = [f"{output}_left", f"{output}_right"]
    products = f"{output}_products"
    for operator, inputs, result in (
        ("Unsqueeze", [left, columns], factors[0]),
        ("Unsqueeze", [right, rows], factors[1]),
        ("Mul", factors, products),
    ):
        yield helper.make_node(operator, inputs, [result], f"{result}/{operator}")
    yield helper.make_node("ReduceSum", [products, terms], [output], f"{output}/Sum", keepdims=0)
