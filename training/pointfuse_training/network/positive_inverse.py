"""Inverses of large positive definite matrices: an operator that export gives another form.

PyTorch has LAPACK for them; ONNX has no operator, so that the file holds a loop of its own
(`pointfuse_export.graph.sweeps`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


@torch.library.custom_op("pointfuse::inverse_of_one_plus", mutates_args=())
def inverse_of_one_plus(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Inverse of ``1 + matrix``, and the logarithm of its determinant.

    Parameters
    ----------
    matrix : Tensor, shape (time, size, size)
        Positive semidefinite matrices.

    Returns
    -------
    tuple of Tensor, of shapes (time, size, size) and (time,)
        NaN for a matrix that is not positive definite even with 1 added. In training, that is then
        a loss that is no number, which is looked for.
    """
    one = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    factor, failed = torch.linalg.cholesky_ex(matrix + one)
    factor = factor.masked_fill(failed[:, None, None] > 0, torch.nan)
    determinant = 2 * factor.diagonal(dim1=1, dim2=2).log().sum(1)
    # LAPACK leaves columns side by side; whoever asks for the layout beforehand is told rows.
    return torch.cholesky_inverse(factor).contiguous(), determinant


@inverse_of_one_plus.register_fake
def _(matrix: Tensor) -> tuple[Tensor, Tensor]:
    inverse = torch.empty_like(matrix, memory_format=torch.contiguous_format)
    return inverse, matrix.new_empty(matrix.shape[0])


def _keep_inverse(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[0])


def _gradient(ctx: Any, of_inverse: Tensor, of_determinant: Tensor) -> Tensor:
    inverse: Tensor = ctx.saved_tensors[0]
    return of_determinant[:, None, None] * inverse - inverse @ of_inverse @ inverse


inverse_of_one_plus.register_autograd(_gradient, setup_context=_keep_inverse)


def solved(right: Tensor, matrix: Tensor, inverse: Tensor) -> Tensor:
    """Rows ``x`` with ``x (1 + matrix) = right``.

    With a step of refinement: where stations are crowded an inverse has few digits left.

    Parameters
    ----------
    right : Tensor, shape (time, rows, size)
        Right-hand sides.
    matrix, inverse : Tensor, shape (time, size, size)
        Positive semidefinite matrices, and what `inverse_of_one_plus` gives for them.
    """
    first = right @ inverse
    return first + (right - first - first @ matrix) @ inverse


def diagonal(matrices: Tensor) -> Tensor:
    """Those of square matrices, shape (time, size); exported, `torch.diagonal` is no engine's."""
    size = matrices.shape[1]
    at = torch.arange(size, device=matrices.device) * (size + 1)
    return matrices.flatten(1)[:, at]
