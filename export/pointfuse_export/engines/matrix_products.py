"""Matrix products as sums of products: TensorRT has no others in fp32 for GPUs of Turing.

In the file they stay what they are, since a CPU takes a tenth longer for a day with the sums.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import NodeProto, helper, numpy_helper

_AXES = {"matrix_product_columns": 3, "matrix_product_rows": 1, "matrix_product_terms": 2}


def with_sums_of_products(content: bytes) -> bytes:
    """A model file in which no matrix product is left.

    Parameters
    ----------
    content : bytes
        Model file; its products are of stacks of matrices, (time, m, n) and (time, n, p). Bytes
        that are no model come back as they are: to refuse them is up to the library.
    """
    try:
        model = onnx.load_from_string(content)
    except DecodeError:
        return content
    nodes = [new for node in model.graph.node for new in _replaced(node)]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array([axis]), name) for name, axis in _AXES.items()
    )
    changed: bytes = model.SerializeToString()
    return changed


def _replaced(node: NodeProto) -> Iterator[NodeProto]:
    if node.op_type != "MatMul":
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
