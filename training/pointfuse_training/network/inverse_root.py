"""Roots of inverses of positive definite matrices: an operator that export gives another form.

PyTorch has LAPACK for them; ONNX has no operator, so that the file holds a graph of its own
(`pointfuse_export.graph.roots`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


@torch.library.custom_op("pointfuse::inverse_root_of_one_plus", mutates_args=())
def inverse_root_of_one_plus(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Root of the inverse of ``1 + matrix``, and the logarithm of the determinant of that sum.

    Parameters
    ----------
    matrix : Tensor, shape (time, size, size)
        Positive semidefinite matrices.

    Returns
    -------
    tuple of Tensor, of shapes (time, size, size) and (time,)
        Roots ``G``, the lower triangular ones with ``G' G (1 + matrix) = 1``: inverses of Cholesky
        factors. NaN for a matrix that is not positive definite even with 1 added. In training,
        that is then a loss that is no number, which is looked for.
    """
    one = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    factor, failed = torch.linalg.cholesky_ex(matrix + one)
    factor = factor.masked_fill(failed[:, None, None] > 0, torch.nan)
    determinant = 2 * factor.diagonal(dim1=1, dim2=2).log().sum(1)
    root = torch.linalg.solve_triangular(factor, one.expand_as(factor), upper=False)
    # LAPACK leaves columns side by side; whoever asks for the layout beforehand is told rows.
    return root.contiguous(), determinant


@inverse_root_of_one_plus.register_fake
def _(matrix: Tensor) -> tuple[Tensor, Tensor]:
    root = torch.empty_like(matrix, memory_format=torch.contiguous_format)
    return root, matrix.new_empty(matrix.shape[0])


def _keep_root(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[0])


def _gradient(ctx: Any, of_root: Tensor, of_determinant: Tensor) -> Tensor:
    """Backwards through ``dG = -low(G dA G') G``, with A the matrix.

    ``low`` is what is below the diagonal, and half of it. It follows from that of a Cholesky factor
    (Murray, Differentiation of the Cholesky decomposition, 2016, equation 8).
    """
    root: Tensor = ctx.saved_tensors[0]
    upper = root.transpose(1, 2)
    below = (of_root @ upper).tril()
    below = below - 0.5 * torch.diag_embed(below.diagonal(dim1=1, dim2=2))
    inner = of_determinant[:, None, None] * torch.eye(len(root[0])).to(root) - below
    return upper @ (inner + inner.transpose(1, 2)) @ root / 2


inverse_root_of_one_plus.register_autograd(_gradient, setup_context=_keep_root)


def solved(right: Tensor, matrix: Tensor, root: Tensor) -> Tensor:
    """Rows ``x`` with ``x (1 + matrix) = right``.

    With a step of refinement: where stations are crowded an inverse has few digits left.

    Parameters
    ----------
    right : Tensor, shape (time, rows, size)
        Right-hand sides.
    matrix, root : Tensor, shape (time, size, size)
        Positive semidefinite matrices, and what `inverse_root_of_one_plus` gives for them.
    """
    first = of_inverse(right, root)
    return first + of_inverse(right - first - first @ matrix, root)


def of_inverse(rows: Tensor, root: Tensor) -> Tensor:
    """Rows times the inverse that a root is of, shape (time, rows, size)."""
    return rows @ root.transpose(1, 2) @ root
