"""Successive corrections against numpy and scipy, and what they must never do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from torch import Tensor

from pointfuse_training.network.pointconv import PointConv
from pointfuse_training.network.successive_corrections import (
    KERNEL,
    CorrectionPass,
    SuccessiveCorrections,
    crowding,
    raised,
)

ROWS, COLUMNS, LAYERS = 64, 96, 3

Module = TypeVar("Module", bound=torch.nn.Module)


def lopsided(build: Callable[[], Module], seed: int = 0) -> Module:
    """Parameters away from where they start, kernels without any symmetry; double precision."""
    torch.manual_seed(seed)
    module = build()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.4 * torch.randn(parameter.shape))
    return module.double().requires_grad_(False)


def random_pass(squares: int, kinds: int, features: int = 1, seed: int = 0) -> CorrectionPass:
    return lopsided(lambda: CorrectionPass(squares, kinds, features), seed)


def random_corrections(seed: int = 0, **options: object) -> SuccessiveCorrections:
    return lopsided(lambda: SuccessiveCorrections(LAYERS, **options), seed)


def scattered(seed: int = 0, share: float = 0.03) -> tuple[Tensor, Tensor]:
    """Values between 4 and 16, and 1 to 4 stations in the cells that have any."""
    rng = np.random.default_rng(seed)
    stations = rng.integers(1, 5, (1, 1, ROWS, COLUMNS)) * (rng.random((ROWS, COLUMNS)) < share)
    values = rng.uniform(4, 16, stations.shape) * (stations > 0)
    return torch.from_numpy(values), torch.from_numpy(stations).double()


def layers(seed: int = 0) -> Tensor:
    """Smooth static layers of order one."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:ROWS, :COLUMNS]
    waves = [
        np.sin(row / rng.uniform(5, 20) + rng.uniform(0, 6)) * np.cos(column / rng.uniform(5, 20))
        for _ in range(LAYERS)
    ]
    return torch.from_numpy(np.stack(waves)[None])


def sums(field: np.ndarray, squares: int) -> np.ndarray:
    """Sums over squares of so many cells."""
    rows, columns = field.shape
    return field.reshape(rows // squares, squares, columns // squares, squares).sum((1, 3))


def bilinear(field: np.ndarray, factor: int) -> np.ndarray:
    """So many times the resolution, linear between the centres, the outermost held."""
    for axis in (0, 1):
        size = field.shape[axis]
        at = (np.arange(size * factor) + 0.5) / factor - 0.5
        field = np.apply_along_axis(
            lambda line, at=at: np.interp(at, range(len(line)), line), axis, field
        )
    return field


@pytest.mark.parametrize("squares", [1, 2, 8])
@pytest.mark.parametrize("kinds", [1, 5])
def test_a_pass_is_a_weighted_mean_of_what_is_missed(squares: int, kinds: int) -> None:
    """With one kind on cells it is equation 1 of the publication, PointConv, times a gain."""
    one = random_pass(squares, kinds, 2)
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(1, 2, 32, 48, generator=generator).double()
    weights = (torch.rand(1, 1, 32, 48, generator=generator) < 0.1).double()
    missed = weights * torch.randn(1, 1, 32, 48, generator=generator).double()
    found, density = one(missed, weights, features)

    logits = one.kind(features)[0].numpy()
    shares = np.exp(logits) / np.exp(logits).sum(0)
    kernel, e = one.kernel[0, 0].numpy(), np.exp(one.log_stabiliser.item())
    correction = total = 0
    for share in shares:
        above, below = (
            correlate2d(sums(share * field[0, 0].numpy(), squares), kernel, mode="same")
            for field in (missed, weights)
        )
        correction = correction + share * bilinear(above / (below + e), squares)
        total = total + bilinear(below, squares)
    np.testing.assert_allclose(found[0, 0], one.gain.item() * correction, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(density[0, 0], total, rtol=1e-9, atol=1e-12)


def test_the_kernel_is_the_same_in_eight_directions() -> None:
    kernel = random_pass(1, 1, 1).kernel[0, 0]
    assert kernel.shape == (KERNEL, KERNEL)
    assert (kernel > 0).all()
    for turns in range(4):
        torch.testing.assert_close(kernel.rot90(turns), kernel)
        torch.testing.assert_close(kernel.rot90(turns).T, kernel)
    # It is no single number all the same.
    assert kernel.std() > 0.1


def test_more_stations_have_more_weight_but_never_more_than_one() -> None:
    one = random_pass(1, 1, 1)
    n = torch.tensor([0.0, 1.0, 2.0, 10.0, 1e6]).double()
    noise = np.exp(one.log_noise.item())
    np.testing.assert_allclose(one.weights(n), n / (n + noise))
    assert one.weights(n).diff().gt(0).all()
    assert one.weights(n)[0] == 0
    assert one.weights(n)[-1] < 1


def test_the_number_of_stations_moves_the_field_towards_them() -> None:
    corrections = random_corrections()
    values, stations = torch.zeros(2, 1, 1, ROWS, COLUMNS).double()
    for row, column, value in ((30, 40, 20.0), (30, 44, 5.0)):
        values[0, 0, row, column], stations[0, 0, row, column] = value, 1
    few = corrections(values, stations, layers()).field[0, 0, 30, 42]
    stations[0, 0, 30, 40] = 8
    assert corrections(values, stations, layers()).field[0, 0, 30, 42] > few + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_a_constant_day_stays_constant(seed: int) -> None:
    """The mean gives it, so that nothing is missed, and no stabiliser takes anything away."""
    corrections = random_corrections(seed)
    _, stations = scattered(seed)
    found = corrections(13.0 * (stations > 0), stations, layers(seed))
    # Rounding in double precision.
    for field in (found.field, found.broad, found.trend):
        torch.testing.assert_close(field, torch.full_like(field, 13.0), rtol=1e-10, atol=0)
    assert found.left.abs().max() < 1e-10


def test_the_field_is_linear_in_the_values() -> None:
    corrections = random_corrections()
    values, stations = scattered()
    there = (stations > 0).double()
    before = corrections(values, stations, layers())
    after = corrections((3 * values + 7) * there, stations, layers())
    for one, other in zip(before[:3], after[:3], strict=True):
        torch.testing.assert_close(other, 3 * one + 7, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(after.left, 3 * before.left, rtol=1e-9, atol=1e-9)


def test_what_is_left_is_what_the_field_misses_at_stations() -> None:
    corrections = random_corrections()
    values, stations = scattered()
    found = corrections(values, stations, layers())
    torch.testing.assert_close(found.left, (values - found.field) * (stations > 0))
    # Each pass has a part in it: what is left is far less than what the trend missed.
    missed = ((values - found.trend) * (stations > 0)).square().sum()
    assert found.left.square().sum() < 0.5 * missed


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 4]), st.sampled_from([1, 6]))
def test_no_pass_gives_more_than_its_gain_times_what_was_missed(
    seed: int, squares: int, kinds: int
) -> None:
    """It is a mean with weights that are positive and sum to less than one."""
    one = random_pass(squares, kinds, 2, seed=seed)
    values, stations = scattered(seed)
    weights = one.weights(stations)
    residual = (values - 9) * (stations > 0)
    features = torch.randn(1, 2, ROWS, COLUMNS, dtype=torch.float64)
    found, density = one(residual * weights, weights, features)
    most = abs(one.gain.item()) * residual.abs().max()
    assert found.abs().max() <= most * (1 + 1e-9)
    assert density.min() >= 0


@pytest.mark.parametrize("cells", [2, 10, 200])
def test_the_field_stays_near_the_range_of_the_values(cells: int) -> None:
    """Not by construction, but on 20 random networks: three quarters of the range beyond it."""
    for seed in range(20):
        corrections = random_corrections(seed)
        values, stations = scattered(seed, share=cells / ROWS / COLUMNS)
        if (stations > 0).sum() < 2:
            continue
        found = corrections(values, stations, layers(seed)).field
        seen = values[stations > 0]
        margin = 0.75 * (seen.max() - seen.min())
        assert found.min() > seen.min() - margin, seed
        assert found.max() < seen.max() + margin, seed


def test_the_fourier_transform_gives_the_same() -> None:
    direct, fourier = (random_corrections() for _ in range(2))
    for one in fourier.passes:
        one.through_fourier = True
    values, stations = scattered()
    for found, expected in zip(
        fourier(values, stations, layers())[:5], direct(values, stations, layers())[:5], strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("squares", [2, 4, 16])
def test_a_pass_has_no_seam(squares: int) -> None:
    """Between neighbours, squares apart by one, a bilinear field rises by a share of their step.

    No step between squares is more than the peak. That of the cells is at least 9/16 of it, since
    the nearest cells lie a quarter of two cells off in both directions: 2 rather than 16/9.
    """
    one = random_pass(squares, 4, 1)
    _, stations = scattered(share=0.01)
    weights = one.weights(stations)
    missed = torch.zeros_like(weights)
    row, column = weights[0, 0].nonzero()[20].tolist()
    missed[0, 0, row, column] = weights[0, 0, row, column]
    even = torch.ones(1, 1, ROWS, COLUMNS).double()
    response = one(missed, weights, even)[0][0, 0]
    steps = max(response.diff(dim=axis).abs().max() for axis in (0, 1))
    assert steps <= 2 * response.abs().max() / squares
    assert response.abs().max() > 0.01


def test_the_response_to_one_station_has_no_seam() -> None:
    """Over even land, among stations 24 cells apart. PointConv shows the end of its kernel."""
    torch.manual_seed(0)
    corrections = SuccessiveCorrections(1).requires_grad_(False)
    values, stations = torch.zeros(2, 1, 1, 192, 256)
    stations[0, 0, ::24, ::24] = 1
    values[0, 0, 96, 120] = 1
    response = corrections(values, stations, 0 * values).field[0, 0]
    published = PointConv(1).requires_grad_(False)(values, stations).corrected[0, 0]
    for field, least, most in ((response, 0.02, 0.1), (published, 0.5, 1.0)):
        assert float(field.max()) == pytest.approx(1, abs=0.05)
        largest = max(float(field.diff(dim=axis).abs().max()) for axis in (0, 1))
        assert least < largest < most


def test_no_station_gives_nothing() -> None:
    corrections = random_corrections()
    nothing = torch.zeros(1, 1, ROWS, COLUMNS).double()
    found = corrections(nothing, nothing, layers())
    assert all((field == 0).all() for field in (*found[:5], *found.densities))


def test_densities_are_those_of_a_wide_a_middle_and_a_narrow_pass() -> None:
    corrections = random_corrections(scales=(16, 8, 4, 2, 1), kinds=2)
    values, stations = scattered()
    found = corrections(values, stations, layers())
    for density, number, squares in zip(found.densities, (0, 1, 3), (8, 4, 1), strict=True):
        one = corrections.passes[number]
        weights = sums(one.weights(stations)[0, 0].numpy(), 2 * squares)
        expected = bilinear(correlate2d(weights, one.kernel[0, 0].numpy(), mode="same"), squares)
        assert density.shape == (1, 1, ROWS // 2, COLUMNS // 2)
        np.testing.assert_allclose(density[0, 0], expected, rtol=1e-9, atol=1e-12)


def test_a_crowd_is_counted_in_nine_squares() -> None:
    rng = np.random.default_rng(2)
    weights = rng.random((96, 112))
    around = correlate2d(sums(weights, 16), np.ones((3, 3)), mode="same")
    found = crowding(torch.from_numpy(weights)[None, None])[0, 0]
    np.testing.assert_allclose(found, bilinear(around, 16), rtol=1e-12)


@pytest.mark.parametrize("factor", [1, 2, 8])
def test_fields_are_raised_bilinearly(factor: int) -> None:
    field = np.random.default_rng(3).random((5, 7))
    found = raised(torch.from_numpy(field)[None, None], factor)[0, 0]
    np.testing.assert_allclose(found, bilinear(field, factor), rtol=1e-12)
