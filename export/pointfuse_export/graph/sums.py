"""Sums of covariances in ONNX: a row of the grid at a time.

All of them at once would need half a gigabyte. The loops carry the decay along, since TensorRT
reads none that carries nothing.
"""

from __future__ import annotations

from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op

# What a body returns is said where it is computed: onnxscript takes the annotation of what the body
# returns for that of the function around it.


@script(default_opset=op)
def summed_exponentials(
    left: FLOAT[None, None, None, None],
    right: FLOAT[None, None, None],
    decay: FLOAT,
    weights: FLOAT[None, None, None],
) -> FLOAT[None, None, None, None]:
    """Sums of ``weights * exp(-decay * distance)``; shapes as in `pointfuse_training.network`."""

    @graph()
    def of_row(rate, row):  # type: ignore[no-untyped-def]
        near = op.Exp(op.Sqrt(op.MatMul(row, right)) * rate)
        summed: FLOAT[None, None, None] = op.MatMul(near, weights)
        return op.Identity(rate), summed

    _, sums = op.Scan(
        -decay, left, body=of_row, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1]
    )
    return sums


@script(default_opset=op)
def summed_materns(
    left: FLOAT[None, None, None, None],
    right: FLOAT[None, None, None],
    decay: FLOAT,
    weights: FLOAT[None, None, None],
) -> FLOAT[None, None, None, None]:
    """Sums of ``weights * (1 + r) exp(-r)`` with r of ``decay * distance``."""

    @graph()
    def of_row(rate, row):  # type: ignore[no-untyped-def]
        far = op.Sqrt(op.MatMul(row, right)) * rate
        summed: FLOAT[None, None, None] = op.MatMul((far + 1.0) * op.Exp(-far), weights)
        return op.Identity(rate), summed

    _, sums = op.Scan(
        decay, left, body=of_row, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1]
    )
    return sums


@script(default_opset=op)
def summed_correlations(
    left: FLOAT[None, None, None, None],
    right: FLOAT[None, None, None],
    bend: FLOAT[None],
    weights: FLOAT[None, None, None],
    numbers: FLOAT[None, None, None],
) -> FLOAT[None, None, None, None]:
    """Sums of ``weights * c`` and ``numbers * c ** 8`` with c of ``(1 + bend r) exp(-r)``."""
    bends = op.Unsqueeze(bend, [1, 2])

    @graph()
    def of_row(b, row):  # type: ignore[no-untyped-def]
        # On a large domain, rounding leaves less than nothing of short distances.
        far = op.Sqrt(op.Relu(op.MatMul(row, right)))
        near = (far * b + 1.0) * op.Exp(-far)
        square = near * near
        fourth = square * square
        summed: FLOAT[None, None, None] = op.Concat(
            op.MatMul(near, weights), op.MatMul(fourth * fourth, numbers), axis=-1
        )
        return op.Identity(b), summed

    _, sums = op.Scan(
        bends, left, body=of_row, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1]
    )
    return sums
