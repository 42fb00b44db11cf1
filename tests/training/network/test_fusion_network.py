"""The default network: what goes in, what comes out, and what has no say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.ndimage
import torch
from scipy.stats import logistic
from torch import Tensor, nn

from pointfuse import InputError
from pointfuse_training import FusionNetwork
from pointfuse_training.network.concentration_scale import UNITS, transformed, transformed_back
from pointfuse_training.network.fusion_network import Estimate
from pointfuse_training.network.variants import field_of

ROWS, COLUMNS, LAYERS = 49, 71, 3
"""Neither is even, as half the resolution would have it."""


def network(rows: int = ROWS, columns: int = COLUMNS, seed: int = 0) -> FusionNetwork:
    """With the last weights drawn, too: they begin at zero."""
    torch.manual_seed(seed)
    built = FusionNetwork(torch.rand(LAYERS, rows, columns), (4, 6, 8))
    nn.init.normal_(built.detail.last.weight, std=0.3)
    return built.eval()


def day(seed: int = 0, times: int = 1, share: float = 0.1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (times, 3, ROWS, COLUMNS)
    observed = (torch.rand(shape, generator=generator) < share).float()
    highest = torch.tensor([200.0, 100.0, 12.0])[:, None, None]
    return torch.rand(shape, generator=generator) * highest * observed, observed


def fused(built: FusionNetwork, observations: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        return built(observations, observed)


def estimated(built: FusionNetwork, observations: Tensor, observed: Tensor) -> Estimate:
    with torch.no_grad():
        return built.estimate(observations, observed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.3])
def test_no_field_is_negative_and_every_scale_is_positive(seed: int, share: float) -> None:
    field, scale = fused(network(seed=seed), *day(seed, times=2, share=share))
    assert field.shape == scale.shape == (2, 1, ROWS, COLUMNS)
    assert field.isfinite().all()
    assert scale.isfinite().all()
    assert (field >= 0).all()
    assert (scale > 0).all()


def test_a_day_of_zeros_is_one() -> None:
    _, observed = day()
    field, scale = fused(network(), torch.zeros_like(observed), observed)
    assert field.isfinite().all()
    assert (scale > 0).all()
    assert estimated(network(), torch.zeros_like(observed), observed).level.item() == 0


@pytest.mark.parametrize("target", ["co"])
def test_a_pollutant_in_another_unit_has_the_same_field_in_it(target: str) -> None:
    of_particles, of_gas = network(seed=3), network(seed=3)
    of_gas.target = target
    observations, observed = day(3)
    expected = fused(of_particles, observations, observed)
    observations[:, 0] *= UNITS[target]
    found = fused(of_gas, observations, observed)
    for one, other in zip(found, expected, strict=True):
        # Single precision, through a solution and a network.
        torch.testing.assert_close(one / UNITS[target], other, rtol=2e-4, atol=1e-3)


def test_fields_are_expectations_of_what_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    built = network()
    given = (torch.full((1, 1, ROWS, COLUMNS), value) for value in (1.5, 0.6))
    whole = torch.ones(1, 1, ROWS, COLUMNS)
    one = torch.ones(1, 1, 1, 1)
    made = Estimate(*given, one, whole, (whole, whole, whole, whole), one)
    monkeypatch.setattr(built, "estimate", lambda *inputs: made)
    field, scale = fused(built, *day())
    expectation, deviation = transformed_back(made.mean, made.deviation)
    torch.testing.assert_close(field, expectation)
    torch.testing.assert_close(scale, deviation / logistic.std())


def test_the_calibration_changes_the_scale_alone() -> None:
    built = network()
    field, scale = fused(built, *day())
    built.calibration.coefficients[0] = math.log(1.7)
    same, wider = fused(built, *day())
    assert torch.equal(same, field)
    torch.testing.assert_close(wider, 1.7 * scale)


def test_a_share_of_the_variance_raises_the_field() -> None:
    built = network()
    raised, _ = fused(built, *day())
    built.calibration.mean_share.fill_(0.0)
    median, _ = fused(built, *day())
    built.calibration.mean_share.fill_(0.25)
    between, _ = fused(built, *day())
    assert (raised > median).all()
    torch.testing.assert_close(between, median + (raised - median) / 4)


def test_an_untrained_network_leaves_the_field_of_the_interpolation() -> None:
    torch.manual_seed(0)
    built = FusionNetwork(torch.rand(LAYERS, ROWS, COLUMNS), (4, 6)).eval()
    estimate = estimated(built, *day(times=2))
    assert torch.equal(estimate.mean, estimate.interpolated)
    # What softplus of the first bias gives, and the least deviation.
    torch.testing.assert_close(estimate.deviation, torch.full_like(estimate.mean, 0.3 + 0.01))


def test_what_is_learned_counts_as_far_as_a_day_is_one_of_models() -> None:
    built = network()
    shares = []
    with torch.no_grad():
        built.detail.last.weight.zero_()
        built.detail.last.bias[0] = 0.5
        for log_noise in (-6.0, -3.0, 0.0):
            built.interpolation.log_noise[1] = log_noise
            observations, observed = day(share=0.02)
            estimate = estimated(built, observations, observed)
            interpolated = built.interpolation(
                evenly(transformed(observations[:, :1])),
                evenly(observed[:, :1]),
                evenly(built.static_layers[None], "replicate"),
            )
            shares.append(interpolated.models.item())
            expected = torch.full_like(estimate.mean, 0.5 * shares[-1])
            change = estimate.mean - estimate.interpolated
            torch.testing.assert_close(change, expected, atol=1e-5, rtol=0)
    assert max(shares) - min(shares) > 0.1


def evenly(x: Tensor, mode: str = "constant") -> Tensor:
    """A row and a column more."""
    return nn.functional.pad(x, (0, 1, 0, 1), mode=mode)


def test_the_estimate_tells_of_the_interpolation() -> None:
    built = network()
    observations, observed = day()
    estimate = estimated(built, observations, observed)
    with torch.no_grad():
        interpolated = built.interpolation(
            evenly(transformed(observations[:, :1])),
            evenly(observed[:, :1]),
            evenly(built.static_layers[None], "replicate"),
        )
    torch.testing.assert_close(estimate.interpolated, interpolated.field[..., :ROWS, :COLUMNS])
    torch.testing.assert_close(estimate.level, interpolated.level)
    assert estimate.stations.item() == observed[:, 0].sum()
    here, _, middle, _ = estimate.reaches
    around = scipy.ndimage.convolve(observed[0, 0].numpy(), np.ones((3, 3)), mode="constant")
    np.testing.assert_allclose(here[0, 0], around, atol=1e-5)
    # Half of the grid brought up again, from cells to their centres.
    assert middle.shape == estimate.mean.shape
    reach = middle[..., :-1, :-1].unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2))
    means = reach.mean((-3, -1))[..., 1:-1, 1:-1]
    # Linear between the centres of squares, which a Gaussian of 12 cells hardly bends between.
    torch.testing.assert_close(means, interpolated.reaches[1][..., 1:-2, 1:-2], rtol=0.01, atol=0)


def test_a_grid_may_have_any_size() -> None:
    """What is padded is as if the grid went on without stations, over the ground of its edge."""
    built = network()
    observations, observed = day()
    field, scale = fused(built, observations, observed)
    layers = evenly(built.static_layers[None], "replicate")
    with torch.no_grad():
        wider = built(evenly(observations), evenly(observed), layers)
    assert wider[0].shape == (1, 1, ROWS + 1, COLUMNS + 1)
    for found, expected in zip(wider, (field, scale), strict=True):
        torch.testing.assert_close(found[..., :ROWS, :COLUMNS], expected)


def test_each_day_may_be_seen_in_a_patch_of_its_own() -> None:
    built = network()
    observations, observed = (x[..., :24, :32] for x in day(times=2))
    layers = built.static_layers
    patches = torch.stack([layers[:, :24, :32], layers[:, 20:44, 30:62]])
    with torch.no_grad():
        together = built(observations, observed, patches)
        for number, patch in enumerate(patches):
            alone = built(
                observations[number : number + 1], observed[number : number + 1], patch[None]
            )
            for found, expected in zip(together, alone, strict=True):
                # The same sums, perhaps in another order.
                torch.testing.assert_close(
                    found[number : number + 1], expected, rtol=1e-4, atol=1e-3
                )


def test_what_lies_in_cells_without_observation_has_no_say() -> None:
    built = network()
    observations, observed = day()
    filled = torch.where(observed == 1, observations, -999)
    for found, expected in zip(
        fused(built, filled, observed), fused(built, observations, observed), strict=True
    ):
        assert torch.equal(found, expected)


def test_the_number_of_stations_has_a_say_for_the_fused_variable_alone() -> None:
    built = network()
    observations, observed = day()
    before = fused(built, observations, observed)
    many = observed.clone()
    many[:, 1:] *= 3
    assert torch.equal(fused(built, observations, many)[0], before[0])
    many[:, :1] *= 3
    assert not torch.allclose(fused(built, observations, many)[0], before[0])


def test_static_layers_matter_and_are_no_part_of_the_weights() -> None:
    built = network()
    assert "static_layers" not in built.state_dict()
    before = fused(built, *day())[0]
    built.static_layers[1] += 1
    assert not torch.allclose(before, fused(built, *day())[0])


def test_days_do_not_mix() -> None:
    built = network()
    observations, observed = day(times=3)
    for together, alone in zip(
        fused(built, observations, observed),
        fused(built, observations[1:2], observed[1:2]),
        strict=True,
    ):
        # The same sums, perhaps in another order.
        torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-4)


def test_a_calm_is_not_a_missing_wind() -> None:
    built = network()
    observations, observed = day()
    calm, unknown = observations.clone(), observed.clone()
    calm[:, 2] = unknown[:, 2] = 0
    assert not torch.allclose(fused(built, calm, observed)[0], fused(built, calm, unknown)[0])


def entering(built: nn.Module, *inputs: Tensor) -> list[tuple[Tensor, ...]]:
    """What a part of a network is given while `inputs` are fused."""
    caught: list[tuple[Tensor, ...]] = []
    with built.register_forward_pre_hook(lambda _, given: caught.append(given)):
        fused(*inputs)
    return caught


def test_weather_is_centred_in_its_units_and_missing_weather_is_nothing() -> None:
    built = network()
    observations, observed = torch.zeros(2, 1, 3, ROWS, COLUMNS)
    observed[0, :, 4, 6] = 1
    observations[0, :, 4, 6] = torch.tensor([40.0, 90.0, 8.0])
    ((values, mask),) = entering(built.weather, built, observations, observed)
    # (90 - 60) / 20 and (8 - 3) / 2, on the grid of half the resolution.
    assert values[0, :, 2, 3].tolist() == [1.5, 2.5]
    assert values.count_nonzero() == mask.count_nonzero() == 2
    # Two neighbours in one square have their mean.
    observed[0, 1, 5, 7], observations[0, 1, 5, 7] = 1, 70.0
    ((values, mask),) = entering(built.weather, built, observations, observed)
    assert values[0, 0, 2, 3] == 1.0
    assert mask.max() == 1


def test_regr_unetpp_is_told_the_level_and_the_stations_of_the_day() -> None:
    built = network()
    observations, observed = day()
    observed[:, :1] *= 2
    ((channels,),) = entering(built.regr_unetpp, built, observations, observed)
    squares = (ROWS + 1) // 2, (COLUMNS + 1) // 2
    assert channels.shape == (1, 15 + LAYERS, *squares)
    given = (
        evenly(transformed(observations[:, :1])),
        evenly(observed[:, :1]),
        evenly(built.static_layers[None], "replicate"),
    )
    with torch.no_grad():
        interpolated = built.interpolation(*given)

    def of_squares(x: Tensor) -> np.ndarray:
        """Sums over squares of two by two cells, shape (channels, rows, columns)."""
        return x[0].double().numpy().reshape(-1, squares[0], 2, squares[1], 2).sum((2, 4))

    level, spread = interpolated.level.item(), interpolated.spread.item()
    stations = given[1]
    fields = torch.cat([interpolated.field, interpolated.trend], dim=1)
    in_square = np.maximum(of_squares(stations > 0)[0], 1)
    expected = [
        *(of_squares(fields) / 4 - level),
        *(np.log1p(reach[0, 0].numpy()) for reach in interpolated.reaches),
        of_squares(interpolated.left)[0] / in_square,
        np.log1p(of_squares(stations)[0]),
        *(
            np.full(squares, number)
            for number in (
                level,
                math.log(spread),
                math.log1p(stations.sum()) / 8,
                interpolated.models.item(),
            )
        ),
    ]
    # Single precision, of numbers of order one.
    np.testing.assert_allclose(channels[0, :11], np.stack(expected), rtol=1e-4, atol=1e-5)
    # After them come fields of weather and their densities, and the static layers.
    layers = of_squares(given[2]) / 4
    np.testing.assert_allclose(channels[0, 15:], layers, rtol=1e-5)


def test_every_parameter_learns_but_those_of_the_interpolation() -> None:
    built = network().train()
    estimate = built.estimate(*day(times=2))
    (estimate.mean.square().sum() + estimate.deviation.square().sum()).backward()
    for name, parameter in built.named_parameters():
        if name.startswith("interpolation"):
            assert parameter.grad is None
            continue
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_field_is_found_in_what_either_network_gives() -> None:
    field, scale = torch.zeros(1), torch.ones(1)
    assert field_of((field, scale)) is field
    assert field_of(field) is field


def test_static_layers_of_the_wrong_rank_are_refused() -> None:
    with pytest.raises(InputError, match=r"\(layers, rows, columns\), got \(8, 8\)"):
        FusionNetwork(torch.rand(8, 8))
