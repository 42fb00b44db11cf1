"""Sums of covariances in ONNX: those of PyTorch, and of numpy in double precision."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from pointfuse_export.graph.sums import summed_covariances as in_onnx
from pointfuse_training.network.summed_covariances import (
    factors,
    squared_distances,
    summed_covariances,
)


@pytest.mark.parametrize("times", [1, 3])
def test_they_are_those_of_pytorch_and_numpy(times: int) -> None:
    rng = np.random.default_rng(times)
    grid = np.stack([*np.indices((40, 30)) - 17.5, *rng.uniform(0, 40, (3, 40, 30))]).reshape(5, -1)
    stations = grid[:, rng.permutation(1200)[: 50 * times]].reshape(5, times, 50).swapaxes(0, 1)
    weights = rng.normal(size=(times, 50, 2))
    given = [torch.from_numpy(x.astype(np.float32)) for x in (grid.T[None], stations, weights)]
    left, right = factors(given[0], given[1])
    inputs = left.reshape(1, 10, 120, -1), right, torch.tensor(0.02), given[2]
    found = summed_covariances(*inputs).reshape(times, 1200, 2)

    apart = (grid[None, :, :, None] - stations[:, :, None]) ** 2
    expected = np.exp(-0.02 * np.sqrt(apart.sum(1) + 0.25)) @ weights
    # Sums of 50 terms of order one; a distance within a cell, of half a cell, has an error of
    # 1e-3 at worst, and counts by 0.02.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4)
    model = in_onnx.to_model_proto(ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
    (in_runtime,) = session.run(None, feed)
    np.testing.assert_allclose(in_runtime.reshape(found.shape), found, rtol=0, atol=2e-4)


def test_the_product_of_the_factors_is_the_square_of_the_distance() -> None:
    rng = np.random.default_rng(0)
    places, others = (torch.from_numpy(rng.normal(size=(2, 5, n))) for n in (30, 20))
    left, right = factors(places.transpose(1, 2), others)
    torch.testing.assert_close(left @ right, squared_distances(places, others))
