"""PointConv against scipy, against numbers worked out by hand, and for what it must never do."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from pointfuse import InputError
from pointfuse_training import PointConv, PositiveKernelConv

E = math.exp(-5)
# Sums of some hundred float32 products against the same in float64.
RELATIVE = 2e-5


def lopsided(point_conv: PointConv, seed: int = 0) -> PointConv:
    """Kernels without any symmetry, so that a flipped or transposed one cannot pass."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in point_conv.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return point_conv


def scattered(rows: int, columns: int, channels: int, share: float = 0.1, seed: int = 0):
    rng = np.random.default_rng(seed)
    observed = (rng.random((1, channels, rows, columns)) < share).astype(np.float32)
    return (rng.normal(size=observed.shape) * observed).astype(np.float32), observed


def run(point_conv: PointConv, x: np.ndarray, observed: np.ndarray):
    with torch.no_grad():
        fields = point_conv(torch.from_numpy(x), torch.from_numpy(observed))
    return [field.numpy() for field in fields]


def reference(point_conv: PointConv, x: np.ndarray, observed: np.ndarray):
    """Equations 1 to 3 in float64, channel by channel."""
    wide = point_conv.wide.kernel.detach().numpy().astype(np.float64)
    narrow = point_conv.narrow.kernel.detach().numpy().astype(np.float64)
    fields = []
    for channel in range(x.shape[1]):
        value, mask = (array[0, channel].astype(np.float64) for array in (x, observed))
        wide_density = correlate2d(mask, wide[channel, 0], mode="same")
        first = correlate2d(value, wide[channel, 0], mode="same") / (wide_density + E)
        error = first - value if point_conv.published_correction else (value - first) * mask
        narrow_density = correlate2d(mask, narrow[channel, 0], mode="same")
        second = correlate2d(error, narrow[channel, 0], mode="same") / (narrow_density + E)
        fields.append((first + second, first, wide_density, narrow_density))
    return [np.stack(field)[None] for field in zip(*fields, strict=True)]


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize(("rows", "columns", "sizes"), [(30, 37, (21, 11)), (8, 5, (7, 3))])
def test_agrees_with_scipy(rows, columns, sizes, published):
    point_conv = lopsided(PointConv(2, sizes, published_correction=published))
    x, observed = scattered(rows, columns, 2)
    for found, expected in zip(
        run(point_conv, x, observed), reference(point_conv, x, observed), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=RELATIVE)


def test_a_single_station_fades_by_its_density_and_ends_at_the_radius():
    point_conv = lopsided(PointConv(1))
    observed = np.zeros((1, 1, 41, 43), np.float32)
    observed[0, 0, 20, 21] = 1
    _, first, density, _ = run(point_conv, 70 * observed, observed)
    # Seen from a cell at offset o from the station, the station lies at -o in the kernel.
    kernel = point_conv.wide.kernel.detach().numpy()[0, 0, ::-1, ::-1]
    np.testing.assert_allclose(density[0, 0, 10:31, 11:32], kernel, rtol=1e-6)
    np.testing.assert_allclose(first, 70 * density / (density + E), rtol=1e-6)
    inside = np.zeros((41, 43), bool)
    inside[10:31, 11:32] = True
    assert (density[0, 0, ~inside] == 0).all()
    assert (first[0, 0, ~inside] == 0).all()


def test_the_correction_of_a_single_station_is_what_the_first_pass_missed():
    point_conv = lopsided(PointConv(1))
    observed = np.zeros((1, 1, 41, 43), np.float32)
    observed[0, 0, 20, 21] = 1
    corrected, first, wide, narrow = run(point_conv, 70 * observed, observed)
    missed = 70 * E / (wide[0, 0, 20, 21] + E)
    expected = first + missed * narrow / (narrow + E)
    np.testing.assert_allclose(corrected, expected, rtol=1e-5)


def test_a_constant_field_observed_everywhere_stays_itself():
    point_conv = PointConv(1)
    observed = np.ones((1, 1, 50, 50), np.float32)
    corrected, first, density, _ = run(point_conv, 30 * observed, observed)
    np.testing.assert_allclose(first, 30 * density / (density + E), rtol=RELATIVE)
    # The summand e^-5 takes 7e-5 of the first pass in the interior (the Gaussian sums to 100). The
    # correction gives that back but for a fraction of it: hence a tolerance between the two.
    assert abs(first[0, 0, 25, 25] / 30 - 1) > 5e-5
    np.testing.assert_allclose(corrected[0, 0, 20:30, 20:30], 30, rtol=1e-5)


def test_published_correction_counts_cells_without_a_station():
    x, observed = scattered(30, 30, 1)
    default, first, _, _ = run(PointConv(1), x, observed)
    published, same_first, _, _ = run(PointConv(1, published_correction=True), x, observed)
    np.testing.assert_array_equal(first, same_first)
    # With few stations the unmasked sum is far from the masked one.
    assert np.abs(published - default).max() > 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_first_pass_never_exceeds_what_stations_say(seed):
    x, observed = scattered(25, 25, 1, share=0.02, seed=seed)
    _, first, *_ = run(lopsided(PointConv(1), seed), np.abs(x), observed)
    assert first.min() >= 0
    assert first.max() <= np.abs(x).max() * (1 + 1e-5)


def test_kernels_are_positive_whatever_the_parameters():
    conv = PositiveKernelConv(1, 5, 1.0)
    with torch.no_grad():
        conv.log_kernel.copy_(torch.linspace(-80, 10, 25).reshape(1, 1, 5, 5))
    assert (conv.kernel > 0).all()


def test_kernels_start_as_gaussians_in_cells():
    kernel = PositiveKernelConv(2, 21, 4.0).kernel.detach()
    assert kernel.shape == (2, 1, 21, 21)
    assert kernel[1, 0, 10, 10] == 1
    # exp(-r^2 / 2 s^2) at r = 4 cells, s = 4 cells, and at (3, 4) cells.
    assert kernel[1, 0, 10, 14].item() == pytest.approx(math.exp(-0.5))
    assert kernel[1, 0, 13, 14].item() == pytest.approx(math.exp(-25 / 32))


@pytest.mark.parametrize("size", [0, 4, -3])
def test_a_kernel_without_a_centre_is_refused(size):
    with pytest.raises(InputError, match=f"odd edge.*got {size}"):
        PositiveKernelConv(1, size, 1.0)


@pytest.mark.parametrize("size", [1, 5, 11, 21])
@pytest.mark.parametrize("shape", [(7, 13), (40, 52), (31, 64)])
def test_the_fourier_transform_gives_the_same(size: int, shape: tuple[int, int]) -> None:
    torch.manual_seed(size)
    conv = PositiveKernelConv(3, size, 3.0)
    with torch.no_grad():
        conv.log_kernel.add_(0.3 * torch.randn_like(conv.log_kernel))
    x = torch.rand(2, 3, *shape)
    expected = conv(x)
    (gradient,) = torch.autograd.grad(expected.square().sum(), conv.log_kernel)
    conv.through_fourier = True
    # Rounding of float32 relative to the largest sums: a few units in the seventh digit.
    scale = float(expected.detach().max())
    torch.testing.assert_close(conv(x), expected, rtol=0, atol=3e-6 * scale)
    (found,) = torch.autograd.grad(conv(x).square().sum(), conv.log_kernel)
    torch.testing.assert_close(found, gradient, rtol=0, atol=2e-5 * float(gradient.abs().max()))
