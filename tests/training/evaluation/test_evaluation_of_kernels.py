"""Radius of influence of kernels against closed forms, and where kernels are read from."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from pointfuse.model.kernels import Kernel
from pointfuse_training import load_seed_network
from pointfuse_training.evaluation.reconstruction import load_reconstructor, network_reconstructor

ROOT = Path(__file__).parents[3]
SEED = ROOT / "models" / "seed"


def kernel(shape, size: int = 21) -> Kernel:
    """A kernel whose weight is a function of the distance in cells."""
    offset = np.arange(size) - size // 2
    return Kernel("pm25", "wide", shape(np.hypot(offset[:, None], offset[None, :])))


# Rings are a cell wide, and logarithms linear between them: up to 2 % where the kernel bends most.
@pytest.mark.parametrize("deviation", [1.5, 2.0, 3.3, 5.0, 6.5])
def test_a_gaussian_reaches_root_two_deviations(deviation):
    found = kernel(lambda distance: 3 * np.exp(-(distance**2) / (2 * deviation**2))).radius
    assert found == pytest.approx(math.sqrt(2) * deviation, rel=0.02)


@pytest.mark.parametrize("length", [1.5, 2.0, 4.0, 8.5])
def test_an_exponential_reaches_its_length(length):
    assert kernel(lambda distance: np.exp(-distance / length)).radius == pytest.approx(
        length, rel=0.02
    )


def test_a_kernel_that_ends_before_has_no_radius():
    assert kernel(np.ones_like).radius is None
    assert kernel(lambda distance: np.exp(-distance / 30)).radius is None
    # 10 cells to the edge: just within, and just beyond.
    assert kernel(lambda distance: np.exp(-distance / 9.5)).radius is not None
    assert kernel(lambda distance: np.exp(-distance / 10.5)).radius is None


def test_a_crater_in_the_middle_does_not_shrink_it():
    def crater(distance):
        return np.where(distance == 0, 0.1, np.exp(-distance / 4))

    # Measured from the ring next to the centre, 1.2 cells out, whose weight is exp(-1.2 / 4).
    distance, weight = kernel(crater).rings
    assert weight.argmax() == 1
    assert kernel(crater).radius == pytest.approx(distance[1] + 4, rel=0.02)


def test_weights_may_end_at_zero():
    assert kernel(lambda distance: (distance < 3).astype(float)).radius == pytest.approx(3, abs=0.3)


def test_rings_hold_the_means_of_their_cells():
    weights = np.arange(25.0).reshape(5, 5)
    distance, weight = Kernel("pm25", "narrow", weights).rings
    # By hand: the centre; its eight neighbours (1 and 1.41 away); of the 16 at the edge those up to
    # 2.24 away, without the corners (2.83, of a ring that is cut).
    np.testing.assert_allclose(weight, [12, 12, (weights.sum() - 9 * 12 - 0 - 4 - 20 - 24) / 12])
    ring = (4 * 2 + 8 * math.sqrt(5)) / 12
    np.testing.assert_allclose(distance, [0, (1 + math.sqrt(2)) / 2, ring])


def test_the_shipped_file_holds_the_kernels_of_its_weights():
    shipped = load_reconstructor(ROOT / "models" / "pointfuse-china12.onnx")
    network = load_seed_network(SEED / "weights.npz", SEED / "static_channels.npz")
    expected = network_reconstructor(network, shipped.grid, "seed").kernels
    assert len(shipped.kernels) == len(expected) == 6
    for found, one in zip(shipped.kernels, expected, strict=True):
        assert (found.variable, found.step) == (one.variable, one.step)
        np.testing.assert_allclose(found.weights, one.weights, rtol=1e-6)
    assert shipped.kernels[0].weights.shape == (21, 21)
    assert shipped.kernels[5].weights.shape == (11, 11)
