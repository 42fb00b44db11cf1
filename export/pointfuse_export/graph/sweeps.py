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

from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op

BLOCK = 64
"""Rows of a block. With fewer the whole matrix is copied more often, with more there is more to do
for each row."""

# onnxscript translates the source of this function: a list in it may hold no names, and a graph in
# it may take none from outside of it. Scan ends with the tensor that it goes along, as Loop need not.
_FROM_BLOCK = [0, BLOCK]
_TO_BLOCK = [BLOCK, BLOCK]
_TO_END = [BLOCK, 2**31 - 1]
_NEXT_BLOCK = [0, -BLOCK, -BLOCK, 0, BLOCK, BLOCK]


@script(default_opset=op)
def inverse_of_one_plus(matrix: FLOAT[None, None, None]) -> FLOAT[None, None, None]:
    """Inverse of ``1 + matrix``, of positive semidefinite matrices (time, size, size)."""
    from_block = op.Constant(value_ints=_FROM_BLOCK)
    to_block = op.Constant(value_ints=_TO_BLOCK)
    to_end = op.Constant(value_ints=_TO_END)
    next_block = op.Constant(value_ints=_NEXT_BLOCK)
    size = op.Shape(matrix, start=2)
    blocks = (size + (BLOCK - 1)) / BLOCK
    padded = blocks * BLOCK
    added = padded - size
    number = op.Range(0, op.Squeeze(padded), 1)
    one = op.Cast(op.Equal(op.Unsqueeze(number, [0]), op.Unsqueeze(number, [1])), to=FLOAT.dtype)
    one_block = op.Slice(one, [0, 0], to_block)
    each_row = op.Range(0, BLOCK, 1)
    each_block = op.Range(0, op.Squeeze(blocks), 1)

    @graph()
    def with_row_swept(block, _row):  # type: ignore[no-untyped-def]
        row = op.Slice(block, [0], [1], [1])
        pivot = op.Slice(row, [0], [1], [2])
        row = op.Pad(row, [0, 0, -1, 0, 0, 1], -1.0)
        shifted = op.Pad(block, [0, -1, -1, 0, 1, 1])
        return shifted - op.Transpose(row, perm=[0, 2, 1]) * (row / pivot)

    @graph()
    def with_block_swept(system, _block):  # type: ignore[no-untyped-def]
        block = op.Slice(system, [0, 0], to_block, [1, 2])
        swept = op.Scan(block, each_row, body=with_row_swept, num_scan_inputs=1)
        rest = op.Slice(system, from_block, to_end, [1, 2])
        rows = op.Concat(rest, op.Expand(-one_block, op.Shape(block)), axis=2)
        # The block swept is its inverse with the sign changed, so that this is added.
        change = op.MatMul(op.Transpose(rows, perm=[0, 2, 1]), op.MatMul(swept, rows))
        return op.Pad(system, next_block) + change

    system = op.Pad(matrix, op.Concat([0, 0, 0, 0], added, added, axis=0)) + one
    swept_system = op.Scan(system, each_block, body=with_block_swept, num_scan_inputs=1)
    return -op.Slice(swept_system, [0, 0], op.Concat(size, size, axis=0), [1, 2])
