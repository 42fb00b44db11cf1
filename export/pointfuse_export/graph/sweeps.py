"""Inverses of positive definite matrices in ONNX: the sweep operator, a block at a time.

ONNX has no operator for an inverse. Sweeping a symmetric matrix on all of its diagonal gives its
inverse with the sign changed (Goodnight, A tutorial on the SWEEP operator, The American
Statistician 33, 1979); positive definite ones need no pivoting. Here the part that is swept is
always the first, and goes to the end:

    P   Q                 R - Q' V Q   Q' V
    Q'  R     becomes     V Q          -V        with V the inverse of P

which is a shift, less the product of G (Q, -1) with itself, where V = G' G. G is the inverse of the
Cholesky factor of P: with V itself, digits would be lost twice. It comes from elimination in place,
a row at a time.
"""

from __future__ import annotations

from onnxscript import FLOAT, graph, script
from onnxscript import opset18 as op

BLOCK = 64
"""Rows of a block. With fewer the whole matrix is copied more often, with more there is more to do
for each row."""

# onnxscript translates the source of this function: a list in it may hold no names, and a graph in
# it may take none from outside of it. Scan ends with what it goes along, as Loop need not.
_FROM_BLOCK = [0, BLOCK]
_TO_BLOCK = [BLOCK, BLOCK]
_TO_END = [BLOCK, 2**31 - 1]
_NEXT_BLOCK = [0, -BLOCK, -BLOCK, 0, BLOCK, BLOCK]


@script(default_opset=op)
def inverse_of_one_plus(
    matrix: FLOAT[None, None, None],
) -> tuple[FLOAT[None, None, None], FLOAT[None]]:
    """Inverse of ``1 + matrix`` and the logarithm of its determinant.

    Of positive semidefinite matrices (time, size, size).
    """
    from_block = op.Constant(value_ints=_FROM_BLOCK)
    to_block = op.Constant(value_ints=_TO_BLOCK)
    to_end = op.Constant(value_ints=_TO_END)
    next_block = op.Constant(value_ints=_NEXT_BLOCK)
    size = op.Shape(matrix, start=2)
    # Two at least: ONNX Runtime 1.20 leaves old numbers where Pad takes all of a matrix away.
    blocks = op.Max((size + (BLOCK - 1)) / BLOCK, 2)
    padded = blocks * BLOCK
    added = padded - size
    number = op.Range(0, op.Squeeze(padded), 1)
    one = op.Cast(op.Equal(op.Unsqueeze(number, [0]), op.Unsqueeze(number, [1])), to=FLOAT.dtype)
    each_block = op.Range(0, op.Squeeze(blocks), 1)
    place = op.Range(0, BLOCK, 1)
    each_row = op.Unsqueeze(place, [1])
    one_block = op.Slice(one, [0, 0], to_block)
    is_below = op.Cast(op.Greater(op.Unsqueeze(place, [0]), each_row), to=FLOAT.dtype)
    is_left = op.Transpose(is_below, perm=[1, 0])
    below_each = op.Unsqueeze(is_below, [2])

    @graph()
    def with_row_done(block, at, below, unit):  # type: ignore[no-untyped-def]
        row = op.Gather(block, at, axis=1)
        column = op.Gather(block, at, axis=2) * below
        factor = column / op.Gather(row, at, axis=2)
        # What the row eliminates gives its place to the inverse.
        return block - column * unit - factor * op.Where(unit > 0, unit, row)

    @graph()
    def with_block_swept(system, _block):  # type: ignore[no-untyped-def]
        block = op.Slice(system, [0, 0], to_block, [1, 2])
        done = op.Scan(
            block, each_row, below_each, one_block, body=with_row_done, num_scan_inputs=3
        )
        pivots = op.ReduceSum(done * one_block, [2])
        root = (done * is_left + one_block) / op.Sqrt(pivots)
        rest = op.Slice(system, from_block, to_end, [1, 2])
        rows = op.Concat(rest, op.Expand(-one_block, op.Shape(block)), axis=2)
        product = op.MatMul(root, rows)
        change = op.MatMul(op.Transpose(product, perm=[0, 2, 1]), product)
        return op.Pad(system, next_block) - change, op.ReduceSum(op.Log(pivots), [1, 2], keepdims=0)

    system = op.Pad(matrix, op.Concat([0, 0, 0, 0], added, added, axis=0)) + one
    swept_system, of_blocks = op.Scan(system, each_block, body=with_block_swept, num_scan_inputs=1)
    inverse = -op.Slice(swept_system, [0, 0], op.Concat(size, size, axis=0), [1, 2])
    return inverse, op.ReduceSum(of_blocks, [0], keepdims=0)
