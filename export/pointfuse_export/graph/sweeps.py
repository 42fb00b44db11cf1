"""Inverses of positive definite matrices in ONNX: the sweep operator, a block at a time.

ONNX has no operator for an inverse. Sweeping a symmetric matrix on all of its diagonal gives its
inverse with the sign changed (Goodnight, A tutorial on the SWEEP operator, The American
Statistician 33, 1979); positive definite ones need no pivoting. Here the part that is swept is
always the first, and goes to the end:

    P   Q                 R - Q' V Q   Q' V
    Q'  R     becomes     V Q          -V        with V the inverse of P

so that each sweep is a shift and a product of matrices. A block is swept a row at a time.
"""

from __future__ import annotations

from onnxscript import FLOAT, script
from onnxscript import opset18 as op

BLOCK = 64
"""Rows of a block. With fewer the whole matrix is copied more often, with more there is more to do
for each row."""

# Where slices begin and end, and paddings that take what was swept away and make room at the end.
_BLOCK_ENDS = [BLOCK, BLOCK]
_BEHIND_BLOCK = [0, BLOCK]
_ROW_ENDS = [BLOCK, 2**31 - 1]
_NEXT_ROW = [0, -1, -1, 0, 1, 1]
_NEXT_BLOCK = [0, -BLOCK, -BLOCK, 0, BLOCK, BLOCK]


# onnxscript translates the source of this function; a list in it may hold no names.
@script(default_opset=op)
def inverse_of_one_plus(matrix: FLOAT["time", "size", "size"]) -> FLOAT["time", "size", "size"]:  # noqa: F821 - names of dimensions
    """Inverse of ``1 + matrix``, of positive semidefinite matrices."""
    size = op.Shape(matrix, start=2)
    blocks = (size + (BLOCK - 1)) / BLOCK
    padded = blocks * BLOCK
    added = padded - size
    number = op.Range(0, op.Squeeze(padded), 1)
    one = op.Cast(op.Equal(op.Unsqueeze(number, [0]), op.Unsqueeze(number, [1])), to=FLOAT.dtype)
    system = op.Pad(matrix, op.Concat([0, 0, 0, 0], added, added, axis=0)) + one
    one_block = op.Slice(one, [0, 0], _BLOCK_ENDS)
    for _ in range(op.Squeeze(blocks)):
        first = op.Slice(system, [0, 0], _BLOCK_ENDS, [1, 2])
        swept = first
        for _ in range(BLOCK):
            row = op.Slice(swept, [0], [1], [1])
            pivot = op.Slice(row, [0], [1], [2])
            row = op.Pad(row, [0, 0, -1, 0, 0, 1], -1.0)
            swept = op.Pad(swept, _NEXT_ROW) - op.Transpose(row, perm=[0, 2, 1]) * (row / pivot)
        rows = op.Concat(
            op.Slice(system, _BEHIND_BLOCK, _ROW_ENDS, [1, 2]),
            op.Expand(-one_block, op.Shape(first)),
            axis=2,
        )
        # The block swept is its inverse with the sign changed, so that this is added.
        change = op.MatMul(op.Transpose(rows, perm=[0, 2, 1]), op.MatMul(swept, rows))
        system = op.Pad(system, _NEXT_BLOCK) + change
    return -op.Slice(system, [0, 0], op.Concat(size, size, axis=0), [1, 2])
