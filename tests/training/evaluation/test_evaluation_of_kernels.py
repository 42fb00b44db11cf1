"""Radius of influence of kernels against closed forms, and where kernels are read from."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from pointfuse.model.kernels import Kernel
from pointfuse_training import FusionNetwork, PaperNetwork
from pointfuse_training.evaluation.first_guess import kernels_of


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


def test_a_kernel_of_squares_reaches_so_many_times_as_far():
    narrow = kernel(lambda distance: np.exp(-distance / 4))
    wide = replace(narrow, squares=8)
    assert wide.radius == pytest.approx(8 * narrow.radius)
    np.testing.assert_allclose(wide.rings[0], 8 * narrow.rings[0])
    np.testing.assert_array_equal(wide.rings[1], narrow.rings[1])


def test_kernels_of_the_default_network_are_that_of_the_interpolation_and_those_of_weather():
    network = FusionNetwork(torch.rand(2, 40, 52), (4, 6))
    interpolation, *weather = kernels_of(network)
    assert (interpolation.variable, interpolation.step) == ("pm25", "interpolation")
    # On squares of 4 cells, 200 cells far.
    assert (len(interpolation.weights), interpolation.squares) == (101, 4)
    # That of stations falls to 1 / e over 50 cells before anything is fitted.
    for row, column in ((50, 50), (50, 51), (12, 97), (0, 0)):
        expected = math.exp(-4 * math.hypot(row - 50, column - 50) / 50)
        assert interpolation.weights[row, column] == pytest.approx(expected, rel=1e-6)
    # Rings are 4 cells wide.
    assert interpolation.radius == pytest.approx(50, rel=0.02)
    assert [(kernel.variable, kernel.step) for kernel in weather] == [
        ("relative_humidity", "wide"),
        ("wind_speed", "wide"),
        ("relative_humidity", "narrow"),
        ("wind_speed", "narrow"),
    ]
    reach = [kernel.radius for kernel in weather]
    # Two cells a square. Rings are coarse where a kernel is as narrow as one.
    np.testing.assert_allclose(reach, 2 * np.sqrt(2) * np.array([2, 2, 1, 1]), rtol=0.05)


def test_kernels_of_the_published_network_are_those_of_pointconv():
    network = PaperNetwork(torch.rand(2, 40, 52), (4, 6))
    kernels = kernels_of(network)
    assert [(kernel.variable, kernel.step, len(kernel.weights)) for kernel in kernels] == [
        (variable, step, edge)
        for step, edge in (("wide", 21), ("narrow", 11))
        for variable in ("pm25", "relative_humidity", "wind_speed")
    ]
    # Untrained kernels are Gaussians of 4 and 2 cells.
    radii = [kernel.radius for kernel in kernels]
    np.testing.assert_allclose(radii, np.sqrt(2) * np.array([4, 4, 4, 2, 2, 2]), rtol=0.02)
