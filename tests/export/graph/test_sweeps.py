"""Inverses by sweeps: those of LAPACK at any size, if as badly conditioned as real ones too."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from pointfuse_export.graph.sweeps import BLOCK, inverse_of_one_plus


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    model = inverse_of_one_plus.to_model_proto(ir_version=10)
    options = onnxruntime.SessionOptions()
    # Without the exporter, constants keep operators that the runtime folds only in part.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def positive(size: int, largest: float, seed: int) -> np.ndarray:
    """A symmetric matrix whose eigenvalues are spread evenly in their logarithm."""
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.normal(size=(size, size)))
    values = np.geomspace(largest, 1e-2, size)
    return (turned * values) @ turned.T


@pytest.mark.parametrize("largest", [10.0, 1e5])
@pytest.mark.parametrize("size", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 200])
def test_inverses_are_those_of_lapack(
    session: onnxruntime.InferenceSession, size: int, largest: float
) -> None:
    days = np.stack([positive(size, largest, seed) for seed in range(3)]).astype(np.float32)
    found, determinant = session.run(None, {session.get_inputs()[0].name: days})
    right = np.linalg.inv(np.eye(size) + days.astype(np.float64))
    # No entry of an inverse exceeds 1. Errors are at most the precision of single floats, 6e-8,
    # times the condition, and nearly always less; the network refines its solution once more.
    condition = 1 + largest
    np.testing.assert_allclose(found, right, rtol=0, atol=2**-24 * max(condition, 20))
    # Each pivot has a relative error as large, and those of a sign are few.
    expected = np.linalg.slogdet(np.eye(size) + days.astype(np.float64))[1]
    np.testing.assert_allclose(determinant, expected, rtol=1e-5, atol=2**-24 * condition)


def test_a_matrix_of_zeros_leaves_the_identity(session: onnxruntime.InferenceSession) -> None:
    zeros = np.zeros((2, 70, 70), np.float32)
    found, determinant = session.run(None, {session.get_inputs()[0].name: zeros})
    np.testing.assert_array_equal(found, np.broadcast_to(np.eye(70), zeros.shape))
    np.testing.assert_array_equal(determinant, [0, 0])
