"""The fusion network: its variants, and what a user may count on."""

import math

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from pointfuse import InputError
from pointfuse_training import VARIANTS, FusionNetwork
from pointfuse_training.network.fusion_network import day_scale

ROWS, COLUMNS = 29, 37


def network(variant="default", layers=3, widths=(4, 6, 8), seed=0) -> FusionNetwork:
    torch.manual_seed(seed)
    built = FusionNetwork(torch.rand(layers, ROWS, COLUMNS), variant, widths)
    # Kernels without symmetry; and a positive field, so that the last ReLU hides nothing.
    with torch.no_grad():
        for conv in (built.point_conv.wide, built.point_conv.narrow):
            conv.log_kernel.add_(0.3 * torch.randn_like(conv.log_kernel))
        built.regr_unetpp.head.weight.abs_()
    return built.eval()


def day(seed=0, times=1):
    generator = torch.Generator().manual_seed(seed)
    shape = (times, 3, ROWS, COLUMNS)
    observed = (torch.rand(shape, generator=generator) < 0.1).float()
    highest = torch.tensor([200.0, 100.0, 12.0])[:, None, None]
    return torch.rand(shape, generator=generator) * highest * observed, observed


def fused(built, observations, observed):
    with torch.no_grad():
        return built(observations, observed)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layers", [1, 6])
@pytest.mark.parametrize("widths", [(4,), (2, 3, 4, 5)])
class TestEveryVariant:
    def test_gives_a_field_a_day_that_is_nowhere_negative(self, variant, layers, widths):
        fields = fused(network(variant, layers, widths), *day(times=3))
        assert fields.shape == (3, 1, ROWS, COLUMNS)
        assert torch.isfinite(fields).all()
        assert (fields >= 0).all()
        assert fields.max() > 0

    @pytest.mark.slow
    def test_every_parameter_learns(self, variant, layers, widths):
        built = network(variant, layers, widths).train()
        built(*day(times=2)).square().sum().backward()
        for name, parameter in built.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name

    def test_stays_finite_without_any_station(self, variant, layers, widths):
        nothing = torch.zeros(1, 3, ROWS, COLUMNS)
        assert torch.isfinite(fused(network(variant, layers, widths), nothing, nothing)).all()

    def test_static_layers_are_no_part_of_the_weights(self, variant, layers, widths):
        assert "static_layers" not in network(variant, layers, widths).state_dict()


@pytest.mark.parametrize("variant", VARIANTS)
def test_static_layers_matter(variant):
    built = network(variant)
    before = fused(built, *day())
    built.static_layers[1] += 1
    assert not torch.allclose(before, fused(built, *day()))


def test_doubling_the_observations_doubles_the_field():
    built = network()
    observations, observed = day()
    twice = observations.clone()
    twice[:, 0] *= 2
    # Exact: a factor of two changes no mantissa, and the network sees the same numbers.
    assert torch.equal(fused(built, twice, observed), 2 * fused(built, observations, observed))


def test_scale_is_the_mean_of_the_stations_and_at_least_one():
    observations, observed = torch.zeros(3, 3, 4, 5), torch.zeros(3, 3, 4, 5)
    observed[0, 0, 1, 2] = observed[0, 0, 3, 3] = observed[1, 0, 0, 0] = 1
    observations[0, 0, 1, 2], observations[0, 0, 3, 3], observations[1, 0, 0, 0] = 20, 50, 0.25
    # Humidity and wind have no say.
    observations[:, 1:], observed[:, 1:] = 90, 1
    assert day_scale(observations, observed).flatten().tolist() == [35, 1, 1]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_lies_in_cells_without_observation_has_no_say(variant):
    built = network(variant)
    observations, observed = day()
    filled = torch.where(observed == 1, observations, -999)
    assert torch.equal(fused(built, filled, observed), fused(built, observations, observed))


def test_a_calm_is_not_a_missing_wind():
    built = network()
    observations, observed = day()
    calm = observations.clone()
    calm[:, 2] = 0
    unknown = observed.clone()
    unknown[:, 2] = 0
    assert not torch.allclose(fused(built, calm, observed), fused(built, calm, unknown))


def test_missing_weather_enters_as_nothing():
    built = network()
    observations, observed = day()
    observations[:, 1:], observed[:, 1:] = 0, 0
    entering = []
    built.point_conv.register_forward_hook(
        lambda _, inputs, fields: entering.append((inputs, fields))
    )
    fused(built, observations, observed)
    (values, mask), fields = entering[0]
    # Not -3, which is what a humidity of 0 would be.
    for tensor in (values, mask, fields.corrected):
        assert (tensor[:, 1:] == 0).all()
        assert (tensor[:, :1] != 0).any()


def test_weather_is_centred_in_its_units():
    built = network()
    observations, observed = torch.zeros(1, 3, ROWS, COLUMNS), torch.zeros(1, 3, ROWS, COLUMNS)
    observed[..., 5, 6] = 1
    observations[0, :, 5, 6] = torch.tensor([40.0, 90.0, 8.0])
    entering = []
    built.point_conv.register_forward_pre_hook(lambda _, inputs: entering.append(inputs[0]))
    fused(built, observations, observed)
    assert entering[0][0, :, 5, 6].tolist() == [1.0, 1.5, 2.5]


def test_default_tells_the_grid_network_what_it_promises():
    built = network(layers=2)
    observations, observed = day()
    entering = []
    first_node = built.regr_unetpp.nodes["0_0"]
    first_node.register_forward_pre_hook(lambda _, inputs: entering.append(inputs[0]))
    fused(built, observations, observed)
    # There it is padded to a multiple of four.
    channels = entering[0][0, :, :ROWS, :COLUMNS]
    assert len(channels) == 3 + 2 + 5
    scaled = observations[0, 0] / day_scale(observations, observed)[0, 0]
    mask = observed[0, 0].double().numpy()
    for channel, conv in ((5, built.point_conv.wide), (6, built.point_conv.narrow)):
        kernel = conv.kernel[0, 0].detach().double().numpy()
        density = correlate2d(mask, kernel, mode="same")
        np.testing.assert_allclose(channels[channel], np.log1p(density), atol=1e-5)
    assert torch.equal(channels[3:5], built.static_layers)
    assert torch.equal(channels[7], observed[0, 0])
    assert torch.equal(channels[8], scaled)


def test_paper_is_equations_1_to_4_in_physical_units():
    built = network("paper", layers=2)
    observations, observed = day()
    e = math.exp(-5)
    pc = []
    for channel in range(3):
        x, x_one = (tensor[0, channel].double().numpy() for tensor in (observations, observed))
        w21 = np.exp(built.point_conv.wide.log_kernel[channel, 0].detach().double().numpy())
        w11 = np.exp(built.point_conv.narrow.log_kernel[channel, 0].detach().double().numpy())
        first = correlate2d(x, w21, mode="same") / (correlate2d(x_one, w21, mode="same") + e)
        second = correlate2d(first - x, w11, mode="same") / (
            correlate2d(x_one, w11, mode="same") + e
        )
        pc.append(first + second)
    entering = torch.tensor(np.stack(pc), dtype=torch.float32)
    with torch.no_grad():
        expected = built.regr_unetpp(torch.cat([entering, built.static_layers])[None]).clamp(min=0)
    found = fused(built, observations, observed)
    assert expected.max() > 0
    # Both through the same float32 layers; what enters differs by float32 rounding of sums.
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * expected.max().item())


def test_default_adds_the_first_guess():
    built = network()
    observations, observed = day()
    with torch.no_grad():
        built.regr_unetpp.head.weight.zero_()
        built.regr_unetpp.head.bias.zero_()
        scale = day_scale(observations, observed)
        values = torch.cat([observations[:, :1] / scale, torch.zeros_like(observations[:, 1:])], 1)
        guess = built.point_conv(values, observed).corrected[:, :1]
    # Kernels are grouped, so the weather channels that were zeroed above have no part in it.
    torch.testing.assert_close(fused(built, observations, observed), guess.clamp(min=0) * scale)


def test_unknown_variant_is_refused():
    with pytest.raises(InputError, match=r"no variant 'papier'.*default, paper"):
        FusionNetwork(torch.rand(1, 8, 8), "papier")


def test_static_layers_of_the_wrong_rank_are_refused():
    with pytest.raises(InputError, match=r"\(layers, rows, columns\), got \(8, 8\)"):
        FusionNetwork(torch.rand(8, 8))
