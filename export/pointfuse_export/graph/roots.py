"""Roots of inverses of positive definite matrices in ONNX, by halves.

ONNX has no operator for them. The root of the inverse, which is the inverse of the Cholesky factor,
is known from those of two halves:

    P   Q     has     G           0     with G that of P, Y = G Q,
    Q'  R             -S Y' G     S     and S that of R - Y' Y

so that nearly all of the work is products of large matrices. Halves are halved again, and the last
parts are eliminated in place, a row at a time (Golub and Van Loan, Matrix Computations, sections
3.2 and 4.2); positive definite matrices need no pivoting.
"""

from __future__ import annotations

from typing import NamedTuple

from onnxscript import FLOAT, INT64, graph, script
from onnxscript import opset18 as op
from onnxscript.tensor import Tensor

HALVINGS = 2
"""How often a matrix is halved. With more, rows are shorter and the graph is twice as large: for
GPUs of Turing TensorRT compiles each of its products apart."""

SMALL = 64
"""Up to this many rows, where their number is known, a matrix is not worth to be halved."""


class _Table(NamedTuple):
    """What tells the rows of matrices of one size apart."""

    each_row: Tensor
    below: Tensor
    one: Tensor


def inverse_root_of_one_plus(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Root of the inverse of ``1 + matrix`` and the logarithm of the determinant of that sum.

    Of positive semidefinite matrices (time, size, size), as `pointfuse_training.network` has it.
    """
    halvings = _halvings(matrix)
    parts = 2**halvings
    size = op.Shape(matrix, start=2)
    part = op.Div(op.Add(size, _numbers(parts - 1)), _numbers(parts))
    padded = op.Mul(part, _numbers(parts))
    added = op.Sub(padded, size)
    one = _table(padded).one
    # What is added stays apart: it is its own root.
    system = op.Add(op.Pad(matrix, op.Concat(_numbers(0, 0, 0, 0), added, added, axis=0)), one)
    root = _root(system, halvings, _table(part))
    own = op.ReduceSum(op.Mul(root, one), _numbers(2), keepdims=0)
    logarithm = op.ReduceSum(op.Log(own), _numbers(1), keepdims=0)
    kept = op.Slice(root, _numbers(0, 0), op.Concat(size, size, axis=0), _numbers(1, 2))
    return kept, op.Mul(logarithm, op.Constant(value_float=-2.0))


def _halvings(matrix: Tensor) -> int:
    """How often matrices are halved, of which the exporter may know the size."""
    size = matrix.shape[2]
    return 0 if isinstance(size, int) and size <= SMALL else HALVINGS


def _root(matrix: Tensor, halvings: int, of_part: _Table) -> Tensor:
    """Root of the inverse of matrices that can be halved so often."""
    if halvings == 0:
        return _root_of_part(matrix, *of_part)
    (first, beside), (_, second) = (
        op.Split(rows, axis=2, num_outputs=2) for rows in op.Split(matrix, axis=1, num_outputs=2)
    )
    above = _root(first, halvings - 1, of_part)
    product = op.MatMul(above, beside)
    turned = op.Transpose(product, perm=[0, 2, 1])
    below = _root(op.Sub(second, op.MatMul(turned, product)), halvings - 1, of_part)
    between = op.Neg(op.MatMul(op.MatMul(below, turned), above))
    upper = op.Concat(above, op.Sub(beside, beside), axis=2)
    return op.Concat(upper, op.Concat(between, below, axis=2), axis=1)


@script(default_opset=op)
def _root_of_part(
    matrix: FLOAT[None, None, None],
    each_row: INT64[None, 1],
    below: FLOAT[None, None],
    one: FLOAT[None, None],
) -> FLOAT[None, None, None]:
    # With ones on the diagonal no pivot is above 1: what a row eliminates and what takes its place,
    # the row of the root, can be one step without a loss of digits.
    scale = op.Sqrt(op.ReduceSum(matrix * one, [2]))
    across = op.Transpose(scale, perm=[0, 2, 1])

    # onnxscript takes the annotations of what a body returns for those of the function around it.
    @graph()
    def with_row_done(part, at, below_row, unit):  # type: ignore[no-untyped-def]
        row = op.Gather(part, at, axis=1)
        share = row * below_row / op.Gather(row, at, axis=2)
        return part - op.Transpose(share, perm=[0, 2, 1]) * (row + unit)

    done = op.Scan(
        matrix / scale / across, each_row, below, one, body=with_row_done, num_scan_inputs=3
    )
    left = done * op.Transpose(below, perm=[1, 0]) + one
    return left / op.Sqrt(op.ReduceSum(done * one, [2])) / across


def _table(size: Tensor) -> _Table:
    number = op.Range(
        op.Constant(value_int=0), op.Squeeze(size, _numbers(0)), op.Constant(value_int=1)
    )
    across, each_row = op.Unsqueeze(number, _numbers(0)), op.Unsqueeze(number, _numbers(1))
    below, one = op.Greater(across, each_row), op.Equal(across, each_row)
    return _Table(each_row, op.Cast(below, to=FLOAT.dtype), op.Cast(one, to=FLOAT.dtype))


def _numbers(*numbers: int) -> Tensor:
    return op.Constant(value_ints=numbers)
