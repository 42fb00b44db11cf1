"""Sums of covariances in ONNX: those of PyTorch, and of numpy in double precision."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from pointfuse_export.graph import sums
from pointfuse_training.network import summed_covariances
from pointfuse_training.network.summed_covariances import (
    factors,
    over_grid,
    squared_distances,
    summed_materns,
)

CORRELATIONS = {
    "summed_exponentials": lambda far: np.exp(-far),
    "summed_materns": lambda far: (1 + far) * np.exp(-far),
}


@pytest.mark.parametrize("name", CORRELATIONS)
@pytest.mark.parametrize("times", [1, 3])
def test_they_are_those_of_pytorch_and_numpy(times: int, name: str) -> None:
    rng = np.random.default_rng(times)
    grid = np.stack([*np.indices((40, 30)) - 17.5, *rng.uniform(0, 40, (3, 40, 30))]).reshape(5, -1)
    stations = grid[:, rng.permutation(1200)[: 50 * times]].reshape(5, times, 50).swapaxes(0, 1)
    weights = rng.normal(size=(times, 50, 2))
    given = [torch.from_numpy(x.astype(np.float32)) for x in (grid.T[None], stations, weights)]
    left, right = factors(given[0], given[1])
    inputs = left.reshape(1, 10, 120, -1), right, torch.tensor(0.02), given[2]
    found = getattr(summed_covariances, name)(*inputs).reshape(times, 1200, 2)

    apart = (grid[None, :, :, None] - stations[:, :, None]) ** 2
    expected = CORRELATIONS[name](0.02 * np.sqrt(apart.sum(1) + 0.25)) @ weights
    # Sums of 50 terms of order one; a distance within a cell, of half a cell, has an error of
    # 1e-3 at worst, and counts by 0.02.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4)
    model = getattr(sums, name).to_model_proto(ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
    (in_runtime,) = session.run(None, feed)
    np.testing.assert_allclose(in_runtime.reshape(found.shape), found, rtol=0, atol=2e-4)


@pytest.mark.parametrize("shape", [(12, 5), (13, 5), (36, 5)])
def test_a_grid_is_summed_up_whatever_blocks_it_has(shape: tuple[int, int]) -> None:
    """Twelve rows, one row and three blocks; the first cell is that of the first station."""
    row, column = np.indices(shape, np.float32).reshape(2, 1, -1)
    grid = torch.from_numpy(np.stack([row, column], 1))
    weights = torch.tensor([[[1.0], [0.0]], [[0.0], [2.0]]])
    stations = torch.tensor([[[0.0, 3.0], [0.0, 4.0]]]).expand(2, -1, -1)
    found = over_grid(summed_materns, grid, stations, torch.tensor(0.5), weights, shape)
    assert found.shape == (2, 1, *shape)
    for day, (weight, *place) in enumerate([(1, 0, 0), (2, 3, 4)]):
        far = 0.5 * np.sqrt((row[0] - place[0]) ** 2 + (column[0] - place[1]) ** 2 + 0.25)
        expected = weight * (1 + far) * np.exp(-far)
        np.testing.assert_allclose(found[day, 0].flatten(), expected, rtol=1e-5)


def test_the_product_of_the_factors_is_the_square_of_the_distance() -> None:
    rng = np.random.default_rng(0)
    places, others = (torch.from_numpy(rng.normal(size=(2, 5, n))) for n in (30, 20))
    left, right = factors(places.transpose(1, 2), others)
    torch.testing.assert_close(left @ right, squared_distances(places, others))
