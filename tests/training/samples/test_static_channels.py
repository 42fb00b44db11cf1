"""Static channels, and the region that a network is made for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pointfuse import InputError
from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.samples.static_channels import (
    DEFAULT_CHANNELS,
    PAPER_CHANNELS,
    in_bytes,
    read_target,
    ruggedness,
    static_channels,
)
from pointfuse_training.simulation.static_inputs import StaticInputs


def assert_in_bytes(found: torch.Tensor, layer: np.ndarray) -> None:
    """The layer in 255 steps: no cell is off by more than half of one."""
    step = (max(layer.max(), 0) - min(layer.min(), 0)) / 255
    np.testing.assert_allclose(found, layer, rtol=1e-6, atol=0.5001 * step)
    assert len(np.unique(found)) <= 256


@given(
    below=st.one_of(st.floats(0, 255), st.integers(0, 255), st.integers(0, 254).map((0.5).__add__)),
    unit=st.floats(1e-3, 1e3),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_layer_that_was_rounded_comes_out_as_it_is(below: float, unit: float, seed: int) -> None:
    between = np.random.default_rng(seed).uniform(-below, 255 - below, 40)
    layer = (unit * np.array([[-below, 255 - below, *between]])).astype(np.float32)
    found = in_bytes(torch.from_numpy(layer)).values()
    # Half a step, and at most one where both ends lie between steps.
    np.testing.assert_allclose(found, layer, rtol=1e-6, atol=unit)
    assert torch.equal(in_bytes(found).values(), found)


def test_channels_are_the_layers_in_their_units(
    small_static: StaticInputs, small_layers: dict[str, np.ndarray]
) -> None:
    found = static_channels(small_static, PAPER_CHANNELS)
    assert found.dtype == torch.float32
    cover = small_layers["igbp_fraction"]
    expected = [
        small_layers["height"] / 2000,
        cover[0],
        cover[13],
        cover[12] + cover[14],
        cover[16],
        cover[1:6].sum(0),
    ]
    for channel, layer in zip(found, expected, strict=True):
        assert_in_bytes(channel, layer)


def test_the_default_network_knows_the_layers_of_the_process(small_static: StaticInputs) -> None:
    layers = covariate_layers(small_static)
    for name, layer, scale in (
        ("broad_height", "broad_height", 2),
        ("broad_ruggedness", "ruggedness", 2),
        ("log_lights", "lights", 4),
        ("broad_lights", "broad_lights", 4),
    ):
        assert name in DEFAULT_CHANNELS
        (found,) = static_channels(small_static, (name,))
        assert_in_bytes(found, layers[layer] / scale)
    # All are of order one, as the networks expect.
    assert static_channels(small_static, DEFAULT_CHANNELS).abs().max() < 4


def test_the_order_is_that_of_the_names(small_static: StaticInputs) -> None:
    names = ("ruggedness", "night_lights", "height")
    found = static_channels(small_static, names)
    for channel, name in zip(found, names, strict=True):
        (alone,) = static_channels(small_static, (name,))
        assert torch.equal(channel, alone)
    assert found.max() <= 2
    with pytest.raises(InputError, match=r"no static channel 'slope'; expected some of height"):
        static_channels(small_static, ("slope",))


def test_ruggedness_of_a_slope_and_of_a_step() -> None:
    # Three columns each 100 m apart: the deviation of (-100, 0, 100) is 100 sqrt(2 / 3).
    slope = 100 * torch.arange(6.0).expand(5, 6)
    assert ruggedness(slope)[2, 3] == pytest.approx(100 * np.sqrt(2 / 3), rel=1e-6)
    assert (ruggedness(torch.full((4, 5), 800.0)) == 0).all()
    # One cell in nine 900 m high: mean 100, variance (8 * 100^2 + 800^2) / 9 = 80,000.
    peak = torch.zeros(5, 5)
    peak[2, 2] = 900
    assert ruggedness(peak)[1, 1] == pytest.approx(np.sqrt(80_000), rel=1e-6)


def test_a_target_holds_shares_on_the_grid(tmp_path: Path) -> None:
    path = tmp_path / "layers.npz"
    np.savez(path, home=np.eye(3, 4) > 0, odd=2 * np.ones((3, 4)), small=np.ones((2, 2)))
    np.testing.assert_array_equal(read_target(path, "home", (3, 4)), np.eye(3, 4))
    for name, message in (
        ("away", "should hold the array 'away'"),
        ("small", r"of the shape \(3, 4\), got \(2, 2\)"),
        ("odd", "should hold shares, 0 to 1"),
    ):
        with pytest.raises(InputError, match=message):
            read_target(path, name, (3, 4))
