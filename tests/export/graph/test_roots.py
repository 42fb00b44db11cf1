"""Roots of inverses by halves: those of LAPACK at any size, as badly conditioned as real ones."""

from __future__ import annotations

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from pointfuse_export.graph.roots import HALVINGS, SMALL, inverse_root_of_one_plus
from pointfuse_training.network import inverse_root


class Roots(nn.Module):
    def forward(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        both: tuple[Tensor, Tensor] = inverse_root.inverse_root_of_one_plus(matrix)
        return both


def exported(size: int, **shapes: object) -> onnx.ModelProto:
    """A graph of roots of matrices of a size, or of any where `shapes` let it free."""
    with warnings.catch_warnings():
        # PyTorch warns about its own internals, and that a matrix is square.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Roots().eval(),
            (torch.zeros(2, size, size),),
            dynamo=True,
            opset_version=18,
            verbose=False,
            custom_translation_table={
                torch.ops.pointfuse.inverse_root_of_one_plus.default: inverse_root_of_one_plus
            },
            **shapes,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return model


def opened(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    size = torch.export.Dim("size")
    free = {0: torch.export.Dim("time"), 1: size, 2: size}
    return opened(exported(20, dynamic_shapes=(free,)))


def positive(size: int, largest: float, seed: int) -> np.ndarray:
    """A symmetric matrix whose eigenvalues are spread evenly in their logarithm."""
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.normal(size=(size, size)))
    values = np.geomspace(largest, 1e-2, size)
    return (turned * values) @ turned.T


@pytest.mark.parametrize("largest", [10.0, 1e5])
@pytest.mark.parametrize("size", [1, 2, 2**HALVINGS - 1, 2**HALVINGS, 2**HALVINGS + 1, 200, 333])
def test_roots_are_those_of_lapack(
    session: onnxruntime.InferenceSession, size: int, largest: float
) -> None:
    days = np.stack([positive(size, largest, seed) for seed in range(3)]).astype(np.float32)
    root, determinant = session.run(None, {session.get_inputs()[0].name: days})
    np.testing.assert_array_equal(root, np.tril(root))
    found = root.transpose(0, 2, 1).astype(np.float64) @ root
    right = np.linalg.inv(np.eye(size) + days.astype(np.float64))
    # No entry of an inverse exceeds 1. Errors are at most the precision of single floats, 6e-8,
    # times the condition, and nearly always less; the network refines its solution once more.
    condition = 1 + largest
    np.testing.assert_allclose(found, right, rtol=0, atol=2**-24 * max(condition, 20))
    # Each pivot has a relative error as large, and one more of the scale to ones on the diagonal.
    expected = np.linalg.slogdet(np.eye(size) + days.astype(np.float64))[1]
    np.testing.assert_allclose(determinant, expected, rtol=1e-5, atol=2**-23 * condition)


def test_a_matrix_of_zeros_leaves_the_identity(session: onnxruntime.InferenceSession) -> None:
    zeros = np.zeros((2, 70, 70), np.float32)
    found, determinant = session.run(None, {session.get_inputs()[0].name: zeros})
    np.testing.assert_array_equal(found, np.broadcast_to(np.eye(70), zeros.shape))
    np.testing.assert_array_equal(determinant, [0, 0])


@pytest.mark.parametrize(("size", "scans"), [(SMALL, 1), (SMALL + 1, 2**HALVINGS)])
def test_small_matrices_of_a_known_size_are_not_halved(size: int, scans: int) -> None:
    model = exported(size)
    assert [node.op_type for node in model.graph.node].count("Scan") == scans
    days = np.stack([positive(size, 10.0, seed) for seed in range(2)]).astype(np.float32)
    root, _ = opened(model).run(None, {model.graph.input[0].name: days})
    right = np.linalg.inv(np.eye(size) + days.astype(np.float64))
    # As above.
    np.testing.assert_allclose(root.transpose(0, 2, 1) @ root, right, rtol=0, atol=2**-24 * 20)
