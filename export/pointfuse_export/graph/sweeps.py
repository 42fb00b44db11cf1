"""Inverses of positive definite matrices in ONNX: the sweep operator, a block at a time.

ONNX has no operator for an inverse. Sweeping a symmetric matrix on all of its diagonal gives its
inverse with the sign changed (Goodnight, A tutorial on the SWEEP operator, The American
Statistician 33, 1979); positive definite ones need no pivoting. Here the part that is swept is
always the first, and goes to the end:

    P   Q                 R - Q' V Q   Q' V
    Q'  R     becomes     V Q          -V        with V the inverse of P

so that each sweep is a shift and a product of matrices.
"""

# onnxscript reads the functions below as text and translates them, so they are plain.

from __future__ import annotations

from onnxscript import FLOAT, opset18, script

BLOCK = 64
"""Rows of a block: as many sweeps of one row each make its inverse, and then one sweep of all."""

_ALL = 2**31 - 1


@script(default_opset=opset18)
def inverse_of_one_plus(matrix: FLOAT["time", "size", "size"]) -> FLOAT["time", "size", "size"]:  # noqa: F821 - names of dimensions
    """Inverse of ``1 + matrix``, of positive semidefinite matrices."""
    size = opset18.Gather(opset18.Shape(matrix), opset18.Constant(value_int=2))
    blocks = (size + 63) / 64
    padded = blocks * 64
    added = opset18.Reshape(padded - size, opset18.Constant(value_ints=[1]))
    none = opset18.Constant(value_ints=[0, 0, 0, 0])
    system = opset18.Pad(matrix, opset18.Concat(none, added, added, axis=0))
    number = opset18.Range(opset18.Constant(value_int=0), padded, opset18.Constant(value_int=1))
    same = opset18.Equal(opset18.Unsqueeze(number, [0]), opset18.Unsqueeze(number, [1]))
    system = system + opset18.Cast(same, to=1)
    for _block in range(blocks):
        first = opset18.Slice(system, [0, 0], [64, 64], [1, 2])
        inverse = first
        for _row in range(64):
            pivot = opset18.Slice(inverse, [0, 0], [1, 1], [1, 2])
            row = opset18.Concat(
                opset18.Slice(inverse, [0, 1], [1, 64], [1, 2]), -pivot / pivot, axis=2
            )
            shifted = opset18.Pad(inverse, [0, -1, -1, 0, 1, 1])
            inverse = shifted - opset18.Transpose(row, perm=[0, 2, 1]) * (row / pivot)
        # Swept on all of it, the block is its inverse with the sign changed, and what is below is
        # added rather than taken away.
        identity = opset18.Cast(opset18.Slice(same, [0, 0], [64, 64], [0, 1]), to=1)
        rows = opset18.Concat(
            opset18.Slice(system, [0, 64], [64, 2147483647], [1, 2]),
            opset18.Expand(-identity, opset18.Shape(first)),
            axis=2,
        )
        shifted = opset18.Pad(system, [0, -64, -64, 0, 64, 64])
        turned = opset18.Transpose(rows, perm=[0, 2, 1])
        system = shifted + opset18.MatMul(turned, opset18.MatMul(inverse, rows))
    return -opset18.Slice(
        system, [0, 0], opset18.Concat(opset18.Reshape(size, [1]), opset18.Reshape(size, [1]), axis=0), [1, 2]
    )
