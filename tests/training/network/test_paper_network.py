"""The published network: equations 1 to 4 to the letter, and what a user may count on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import Tensor

from pointfuse import InputError
from pointfuse_training import PaperNetwork, build_network

ROWS, COLUMNS = 29, 37


def network(layers: int = 3, widths: tuple[int, ...] = (4, 6, 8), seed: int = 0) -> PaperNetwork:
    torch.manual_seed(seed)
    built = PaperNetwork(torch.rand(layers, ROWS, COLUMNS), widths)
    # Kernels without symmetry; and a positive field, so that the last ReLU hides nothing.
    with torch.no_grad():
        for conv in (built.point_conv.wide, built.point_conv.narrow):
            conv.log_kernel.add_(0.3 * torch.randn_like(conv.log_kernel))
        built.regr_unetpp.head.weight.abs_()
    return built.eval()


def day(seed: int = 0, times: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (times, 3, ROWS, COLUMNS)
    observed = (torch.rand(shape, generator=generator) < 0.1).float()
    highest = torch.tensor([200.0, 100.0, 12.0])[:, None, None]
    return torch.rand(shape, generator=generator) * highest * observed, observed


def fused(built: PaperNetwork, observations: Tensor, observed: Tensor) -> Tensor:
    with torch.no_grad():
        return built(observations, observed)


@pytest.mark.parametrize("layers", [1, 6])
@pytest.mark.parametrize("widths", [(4,), (2, 3, 4, 5)])
def test_gives_a_field_a_day_that_is_nowhere_negative(layers: int, widths: tuple[int, ...]) -> None:
    fields = fused(network(layers, widths), *day(times=3))
    assert fields.shape == (3, 1, ROWS, COLUMNS)
    assert torch.isfinite(fields).all()
    assert (fields >= 0).all()
    assert fields.max() > 0


def test_every_parameter_learns() -> None:
    built = network().train()
    built(*day(times=2)).square().sum().backward()
    for name, parameter in built.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_stays_finite_without_any_station() -> None:
    nothing = torch.zeros(1, 3, ROWS, COLUMNS)
    assert torch.isfinite(fused(network(), nothing, nothing)).all()


def test_static_layers_matter_and_are_no_part_of_the_weights() -> None:
    built = network()
    assert "static_layers" not in built.state_dict()
    before = fused(built, *day())
    built.static_layers[1] += 1
    assert not torch.allclose(before, fused(built, *day()))


def test_it_is_equations_1_to_4_in_physical_units() -> None:
    built = network(layers=2)
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


def test_several_stations_count_as_one() -> None:
    built = network()
    observations, observed = day()
    assert torch.equal(
        fused(built, observations, 2 * observed), fused(built, observations, observed)
    )


def test_what_lies_in_cells_without_observation_has_no_say() -> None:
    built = network()
    observations, observed = day()
    filled = torch.where(observed == 1, observations, -999)
    assert torch.equal(fused(built, filled, observed), fused(built, observations, observed))


def test_static_layers_of_the_wrong_rank_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(layers, rows, columns\), got \(8, 8\)"):
        PaperNetwork(torch.rand(8, 8))


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(InputError, match=r"no variant 'papier'.*default, paper"):
        build_network("papier", torch.rand(1, 8, 8), (4,))
