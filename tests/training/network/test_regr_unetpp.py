"""RegrUnetPP: every variant runs through one tester, and a small one against numpy."""

from functools import cache

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import nn

from pointfuse import InputError
from pointfuse_training import RegrUnetPP


def randomised(network: nn.Module, seed: int = 0) -> nn.Module:
    """Weights and running statistics away from their starting values."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var):
                    tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
                for tensor in (module.bias, module.running_mean):
                    tensor.copy_(torch.randn(tensor.shape, generator=generator))
    return network.eval()


def expected_parameters(in_channels: int, widths: tuple[int, ...]) -> int:
    """Two 3 x 3 convolutions without bias and two scale-and-shift pairs a node, and the head."""
    levels = len(widths)
    total = widths[0] + 1
    for i, width in enumerate(widths):
        entering = [widths[i - 1] if i else in_channels]
        entering += [j * width + widths[i + 1] for j in range(1, levels - i)]
        total += sum(9 * channels * width + 9 * width**2 + 4 * width for channels in entering)
    return total


@pytest.mark.parametrize("widths", [(4,), (4, 6), (2, 3, 5), (8, 4, 8, 4), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("in_channels", [1, 5])
class TestEveryRegrUnetPP:
    @pytest.fixture
    def network(self, in_channels, widths):
        torch.manual_seed(0)
        return randomised(RegrUnetPP(in_channels, widths))

    @pytest.mark.parametrize("size", [(16, 16), (17, 31), (1, 3), (372 // 12, 426 // 6)])
    def test_keeps_the_size_of_its_input(self, network, in_channels, size):
        with torch.no_grad():
            assert network(torch.rand(2, in_channels, *size)).shape == (2, 1, *size)

    def test_has_the_parameters_of_the_closed_form(self, network, in_channels, widths):
        found = sum(parameter.numel() for parameter in network.parameters())
        assert found == expected_parameters(in_channels, widths)

    def test_has_a_triangle_of_nodes(self, network, widths):
        levels = len(widths)
        triangle = {f"{i}_{j}" for i in range(levels) for j in range(levels - i)}
        assert set(network.nodes) == triangle

    def test_days_do_not_mix(self, network, in_channels):
        x = torch.rand(3, in_channels, 9, 14)
        with torch.no_grad():
            together = network(x)
            alone = network(x[1:2])
        # The same sums, perhaps in another order.
        torch.testing.assert_close(together[1:2], alone, rtol=1e-5, atol=1e-5)

    def test_every_parameter_learns(self, network, in_channels):
        network.train()(torch.rand(2, in_channels, 32, 32)).square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def numpy_regr_unetpp(network: RegrUnetPP, x: np.ndarray) -> np.ndarray:
    """The definition of RegrUnetPP, recursive and in float64; x is (channels, rows, columns)."""
    state = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    levels = network.levels
    rows, columns = x.shape[1:]
    surplus = [(0, -size % 2 ** (levels - 1)) for size in (rows, columns)]
    padded = np.pad(x.astype(np.float64), [(0, 0), *surplus], mode="edge")

    def convolved(z, weight):
        return np.array(
            [
                sum(correlate2d(z[k], kernel[k], mode="same") for k in range(len(z)))
                for kernel in weight
            ]
        )

    def half_layer(z, node, number):
        norm = f"nodes.{node}.norm{number}"
        z = convolved(z, state[f"nodes.{node}.conv{number}.weight"])
        scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + 1e-5)
        shift = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        return np.maximum(z * scale[:, None, None] + shift[:, None, None], 0)

    @cache
    def node(i, j):
        if (i, j) == (0, 0):
            z = padded
        elif j == 0:
            above = node(i - 1, 0)
            z = np.maximum.reduce([above[:, r::2, c::2] for r in (0, 1) for c in (0, 1)])
        else:
            z = np.concatenate([*(node(i, k) for k in range(j)), doubled(node(i + 1, j - 1))])
        return half_layer(half_layer(z, f"{i}_{j}", 1), f"{i}_{j}", 2)

    y = np.tensordot(state["head.weight"][0, :, 0, 0], node(0, levels - 1), 1)
    return (y + state["head.bias"][0])[:rows, :columns]


def doubled(z: np.ndarray) -> np.ndarray:
    """Bilinear with half-pixel centres: a quarter from the neighbour, three from the cell."""
    for axis in (1, 2):
        z = np.moveaxis(z, axis, -1)
        ends = np.pad(z, [(0, 0), (0, 0), (1, 1)], mode="edge")
        lower, upper = 0.25 * ends[..., :-2] + 0.75 * z, 0.75 * z + 0.25 * ends[..., 2:]
        z = np.moveaxis(np.stack([lower, upper], axis=-1).reshape(*z.shape[:2], -1), -1, axis)
    return z


@pytest.mark.parametrize("widths", [(2, 3), (2, 3, 4)])
@pytest.mark.parametrize("size", [(12, 8), (9, 11)])
def test_agrees_with_the_definition_in_numpy(widths, size):
    torch.manual_seed(1)
    network = randomised(RegrUnetPP(3, widths), seed=1)
    x = torch.randn(1, 3, *size)
    with torch.no_grad():
        found = network(x)[0, 0].numpy()
    # Values of order one through a dozen float32 layers.
    np.testing.assert_allclose(found, numpy_regr_unetpp(network, x[0].numpy()), atol=1e-4)


def test_without_levels_is_refused():
    with pytest.raises(InputError, match="at least one level"):
        RegrUnetPP(3, ())
