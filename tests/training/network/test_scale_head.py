"""The scale of the error: its likelihood, its training, its calibration."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from pointfuse import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training import FusionNetwork, ScaleHead
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.fitting.scale_training import (
    calibrate,
    cell_weights,
    coverage,
    train_scale_head,
    withheld_ratios,
)
from pointfuse_training.network.scale_head import FLOOR, laplace_nll
from pointfuse_training.samples.pseudo_stations import StationPlaces, draw_day
from pointfuse_training.samples.simulated_days import SimulatedDays, split_by_scenario

ROWS, COLUMNS = 40, 52


def small_network(variant: str = "default") -> FusionNetwork:
    torch.manual_seed(0)
    return FusionNetwork(torch.rand(2, ROWS, COLUMNS), variant, (4, 6), ScaleHead(4)).eval()


def random_day(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    observed = (torch.rand(1, 3, ROWS, COLUMNS, generator=source) < 0.1).float()
    highest = torch.tensor([200.0, 100.0, 12.0])[:, None, None]
    return torch.rand(observed.shape, generator=source) * highest * observed, observed


@pytest.fixture
def simulated(small_grid: Grid, tmp_path: Path) -> SimulatedDays:
    """Three scenarios of two smooth days each; sea in the east."""
    row, column = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    for scenario in range(3):
        with writing(tmp_path / f"scenario_{scenario}.nc", small_grid, 0, {}) as writer:
            for day in range(2):
                pm25 = 40 + 20 * torch.sin((row + 7 * scenario) / 8) * torch.cos(column / 9 + day)
                writer.append(torch.stack([pm25, 0 * pm25 + 60, 0 * pm25 + 3]))
    land = (column < 46).float()
    return SimulatedDays(Archive(tmp_path), range(6), StationPlaces(land), land)


def test_likelihood_is_that_of_scipy() -> None:
    error, scale = torch.linspace(-5, 5, 11), torch.linspace(0.5, 3, 11)
    expected = -stats.laplace.logpdf(error.numpy(), scale=scale.numpy())
    np.testing.assert_allclose(laplace_nll(error, scale), expected, rtol=1e-6)


def test_likelihood_is_best_at_the_mean_absolute_error() -> None:
    error = torch.tensor([-1.0, 4.0, 0.5, -0.5]).double()
    scale = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([scale], line_search_fn="strong_wolfe", tolerance_grad=1e-12)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = laplace_nll(error, scale).mean()
        value.backward()
        return value

    for _ in range(5):
        optimiser.step(loss)
    # (1 + 4 + 0.5 + 0.5) / 4
    assert scale.item() == pytest.approx(1.5, rel=1e-6)


def test_head_is_what_it_says() -> None:
    head = ScaleHead(4)
    evidence = torch.randn(1, 8, 5, 6)
    with torch.no_grad():
        head.conv1.weight.normal_()
        head.factor.fill_(1.5)
        raw = head.conv2(head.conv1(evidence).clamp(min=0)).double()
        expected = 1.5 * (torch.log1p(raw.exp()) + FLOOR)
        torch.testing.assert_close(head(evidence).double(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("variant", ["default", "paper"])
def test_the_field_is_the_same_with_and_without_a_head(variant: str) -> None:
    network = small_network(variant)
    with torch.no_grad():
        field, scale = network(*random_day())
        network.scale_head = None
        assert torch.equal(field, network(*random_day()))
    assert scale.shape == field.shape
    assert (scale > 0).all()


def test_doubling_the_observations_doubles_the_scale() -> None:
    network = small_network()
    observations, observed = random_day()
    twice = observations.clone()
    twice[:, 0] *= 2
    with torch.no_grad():
        # Exact: a factor of two changes no mantissa, and the network sees the same numbers.
        assert torch.equal(network(twice, observed)[1], 2 * network(observations, observed)[1])


def test_no_gradient_of_the_scale_reaches_the_network() -> None:
    network = small_network().train()
    network(*random_day())[1].sum().backward()
    for name, parameter in network.named_parameters():
        assert (parameter.grad is not None) == name.startswith("scale_head."), name


@pytest.mark.slow
def test_training_lowers_the_loss_and_leaves_the_network_alone(simulated: SimulatedDays) -> None:
    network = small_network()
    network.scale_head = None
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    losses: list[float] = []
    head = train_scale_head(network, simulated, steps=40, seed=1, on_step=losses.append)
    assert np.mean(losses[-5:]) < np.mean(losses[:3]) - 0.3
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    for name, parameter in head.named_parameters():
        assert torch.equal(parameter, parameter.half().float()), name
    again = train_scale_head(network, simulated, steps=3, seed=1)
    same = train_scale_head(network, simulated, steps=3, seed=1)
    other = train_scale_head(network, simulated, steps=3, seed=2)
    assert torch.equal(again.conv1.weight, same.conv1.weight)
    assert not torch.equal(again.conv1.weight, other.conv1.weight)


def test_weights_are_a_third_each_and_none_at_sea(simulated: SimulatedDays) -> None:
    day = draw_day(simulated.archive[0], simulated.places, torch.Generator().manual_seed(0))
    weight = cell_weights(day, simulated)
    assert float(weight.sum()) == pytest.approx(1, rel=1e-5)
    assert (weight[..., 46:] == 0).all()
    stations = day.observed[:, :1] * simulated.land
    # People live on all land alike here, so a cell with a station has its third on top of two.
    cells, occupied = float(simulated.land.sum()), float(stations.sum())
    expected = simulated.land * 2 / 3 / cells + stations / 3 / occupied
    torch.testing.assert_close(weight, expected.view_as(weight), rtol=1e-5, atol=1e-9)


def test_coverage_of_laplace_errors_is_nominal() -> None:
    ratios = torch.from_numpy(np.random.default_rng(0).exponential(size=40_000))
    # Five binomial standard deviations at one half.
    for nominal, found in coverage(ratios).items():
        assert found == pytest.approx(nominal, abs=0.0125)


def test_calibration_makes_nine_of_ten() -> None:
    ratios = torch.from_numpy(np.random.default_rng(0).gamma(0.4, 3, size=10_000))
    head = ScaleHead(4)
    calibrate(head, ratios)
    assert float(head.factor) == pytest.approx(np.quantile(ratios, 0.9) / math.log(10), rel=1e-6)
    assert coverage(ratios / float(head.factor))[0.9] == pytest.approx(0.9, abs=2e-4)


def test_ratios_are_errors_over_scales_at_withheld_stations(simulated: SimulatedDays) -> None:
    network, head = small_network(), ScaleHead(4)
    one = withheld_ratios(network, head, simulated, seed=3)
    head.factor *= 2
    halved = withheld_ratios(network, head, simulated, seed=3)
    torch.testing.assert_close(halved, one / 2)
    # A tenth of half of the cells or fewer, on six days.
    assert 20 < len(one) < 6 * 0.14 * ROWS * COLUMNS / 2


def test_scenarios_are_held_out_whole(simulated: SimulatedDays) -> None:
    assert split_by_scenario(simulated.archive, 1) == (range(4), range(4, 6))
    for held_out in (0, 3):
        with pytest.raises(InputError, match=f"has 3 scenarios, {held_out} of them"):
            split_by_scenario(simulated.archive, held_out)
