"""Inverses of ``1 + K`` against numpy, and their gradients against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from pointfuse_training.network.positive_inverse import inverse_of_one_plus


def semidefinite(size: int, rank: int, times: int = 2) -> Tensor:
    rng = np.random.default_rng(size)
    table = rng.normal(size=(times, size, rank))
    return torch.from_numpy(table @ table.transpose(0, 2, 1))


# Of all ranks: what is added makes any of them definite.
@pytest.mark.parametrize(("size", "rank"), [(1, 0), (1, 1), (5, 2), (40, 40), (90, 3)])
def test_it_is_the_inverse_that_numpy_finds(size: int, rank: int) -> None:
    matrix = semidefinite(size, rank)
    expected = np.linalg.inv(np.eye(size) + matrix.numpy())
    found, determinant = inverse_of_one_plus(matrix)
    # Conditions are below 1e3, in double precision.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    of_numpy = np.linalg.slogdet(np.eye(size) + matrix.numpy())[1]
    np.testing.assert_allclose(determinant, of_numpy, rtol=1e-12, atol=1e-12)
    single, _ = inverse_of_one_plus(matrix.float())
    assert single.dtype == torch.float32
    # The largest element of an inverse is at most 1; seven digits, less those of the condition.
    condition = np.linalg.cond(np.eye(size) + matrix.numpy()).max()
    np.testing.assert_allclose(single, expected, rtol=0, atol=2**-23 * condition)


def test_its_gradient_is_that_of_finite_differences() -> None:
    """Through a symmetric matrix, since nothing else is ever inverted."""
    table = torch.randn(2, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def inverse(table: Tensor) -> tuple[Tensor, Tensor]:
        found: tuple[Tensor, Tensor] = inverse_of_one_plus(table @ table.transpose(1, 2))
        return found

    assert torch.autograd.gradcheck(inverse, (table.requires_grad_(),))


def test_what_has_no_inverse_is_no_number_and_no_error() -> None:
    """A training that diverges looks at its loss, and says so in a sentence."""
    matrices = semidefinite(4, 4, times=3)
    matrices[0] -= 100 * torch.eye(4)
    matrices[1, 2, 2] = torch.nan
    found = inverse_of_one_plus(matrices)
    for some, alone in zip(found, inverse_of_one_plus(matrices[2:]), strict=True):
        assert some[:2].isnan().all()
        torch.testing.assert_close(some[2:], alone)


@pytest.mark.slow
def test_the_operator_keeps_what_operators_promise() -> None:
    """It changes no input, knows the shape of its output, and has its gradient registered."""
    matrix = semidefinite(6, 6).requires_grad_()
    torch.library.opcheck(torch.ops.pointfuse.inverse_of_one_plus, (matrix,))
