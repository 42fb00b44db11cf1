"""Sums of covariances in ONNX: a block of rows of the grid at a time.

All of them at once would need half a gigabyte.
"""

from __future__ import annotations

from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op


@script(default_opset=op)
def summed_exponentials(
    left: FLOAT[None, None, None, None],
    right: FLOAT[None, None, None],
    decay: FLOAT,
    weights: FLOAT[None, None, None],
) -> FLOAT[None, None, None, None]:
    """Sums of ``weights * exp(-decay * distance)``; shapes as in `pointfuse_training.network`."""
    falling = -decay

    @graph()
    def of_block(block: FLOAT[None, None, None]) -> FLOAT[None, None, None]:
        return op.MatMul(op.Exp(op.Sqrt(op.MatMul(block, right)) * falling), weights)

    return op.Scan(
        left, body=of_block, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1]
    )


@script(default_opset=op)
def summed_materns(
    left: FLOAT[None, None, None, None],
    right: FLOAT[None, None, None],
    decay: FLOAT,
    weights: FLOAT[None, None, None],
) -> FLOAT[None, None, None, None]:
    """Sums of ``weights * (1 + r) exp(-r)`` with r of ``decay * distance``."""

    @graph()
    def of_block(block: FLOAT[None, None, None]) -> FLOAT[None, None, None]:
        far = op.Sqrt(op.MatMul(block, right)) * decay
        return op.MatMul((far + 1.0) * op.Exp(-far), weights)

    return op.Scan(
        left, body=of_block, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1]
    )
