"""Half the resolution and back, against numpy."""

from __future__ import annotations

import numpy as np
import torch

from pointfuse_training.network.resolution import doubled, halved, summed

FIELD = np.random.default_rng(0).normal(size=(6, 8))


def given() -> torch.Tensor:
    return torch.from_numpy(FIELD)[None, None]


def test_sums_and_means_are_those_of_squares_of_four_cells() -> None:
    squares = FIELD.reshape(3, 2, 4, 2)
    np.testing.assert_allclose(summed(given())[0, 0], squares.sum((1, 3)))
    np.testing.assert_allclose(halved(given())[0, 0], squares.mean((1, 3)))


def test_fields_are_linear_between_the_centres_of_cells() -> None:
    """Beyond the outermost centres they are held."""
    expected = FIELD
    for axis in (0, 1):
        size = FIELD.shape[axis]
        at = (np.arange(2 * size) - 0.5) / 2
        expected = np.apply_along_axis(
            lambda line, at=at: np.interp(at, range(len(line)), line), axis, expected
        )
    np.testing.assert_allclose(doubled(given())[0, 0], expected)
