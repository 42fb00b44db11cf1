"""The steps of a training against what they are by definition."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pointfuse import InputError
from pointfuse_training.fitting.fit import CHECKPOINT_NAME, fit
from pointfuse_training.fitting.losses import deviation_error, field_errors, share_left
from pointfuse_training.fitting.process_team import Team
from pointfuse_training.fitting.recipes import RECIPES, Recipe, changed
from pointfuse_training.fitting.training_inputs import (
    Start,
    TrainingInputs,
    loss_weights,
    read_start,
    read_training_inputs,
)
from pointfuse_training.fitting.training_loop import (
    DEVIATION_SHARE,
    Training,
    validation_scores,
)
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.training_days import Batch, CompleteDays, DrawnBatches

pytestmark = pytest.mark.slow

ALONE = Team(torch.device("cpu"))


@pytest.fixture
def batch(small_inputs: TrainingInputs) -> Batch:
    return DrawnBatches(small_inputs.training, 2, 0, 0)[0]


def test_the_default_network_has_the_share_that_is_left_and_the_likelihood(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch
) -> None:
    training = Training(small_recipe, small_inputs, ALONE)
    training.network.eval()
    with torch.no_grad():
        estimate = training.network.estimate(batch.observations, batch.observed)
        errors = field_errors(estimate.mean, estimate.level, batch)
        before = field_errors(estimate.interpolated, estimate.level, batch)
        expected = share_left(errors, before) + DEVIATION_SHARE * deviation_error(estimate, batch)
        loss = training.loss(batch)
    # The same operations, on patches that are the whole grid.
    torch.testing.assert_close(loss, expected)


def test_the_paper_has_equation_5(
    small_recipe: Recipe, small_archive: Path, small_static_file: Path
) -> None:
    paper = RECIPES["paper"]
    stations = {"uniform_stations": [150, 250], "weather_stations": [150, 250]}
    recipe = changed(paper, {"widths": [4, 8], "held_out": 1, "sampling": stations})
    inputs = read_training_inputs([small_archive], small_static_file, recipe)
    training = Training(recipe, inputs, ALONE)
    drawn = DrawnBatches(inputs.training, 2, 0, 0)[0]
    # Every cell weighs the same.
    torch.testing.assert_close(drawn.weights, torch.ones_like(drawn.weights))
    training.network.eval()
    with torch.no_grad():
        field = training.network(drawn.observations, drawn.observed)
        loss = training.loss(drawn)
    errors = np.abs((field - drawn.truth).numpy())
    # Order of summation: a few units in the seventh digit.
    assert float(loss) == pytest.approx(errors.mean(), rel=1e-5)
    # It begins with fields of the size of a day.
    assert 0.2 < float(field.mean() / drawn.truth.mean()) < 5


def test_all_but_the_interpolation_learns(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch
) -> None:
    training = Training(small_recipe, small_inputs, ALONE)
    before = {name: w.clone() for name, w in training.network.state_dict().items()}
    for _ in range(3):
        training.step(batch, 0.0)
    after = training.network.state_dict()
    averaged = training.averaged.state_dict()
    for name, weights in before.items():
        learns = name.startswith(("weather.", "regr_unetpp.", "detail."))
        assert torch.equal(after[name], weights) != learns, name
        if not learns:
            assert torch.equal(averaged[name], weights), name


def test_weights_of_the_cells() -> None:
    land = torch.tensor([[0.0, 1.0, 1.0, 0.5]])
    target = torch.tensor([[1.0, 0.0, 1.0, 1.0]])
    inhabited = torch.tensor([[0.0, 2.0, 4.0, 0.0]])
    # 0.15 at sea, 0.5 on land, 1 on target land; half of a coastal cell is sea. The most
    # inhabited cell has 1 in addition, one half as inhabited 0.5.
    expected = torch.tensor([[0.15, 1.0, 2.0, 0.575]])
    found = loss_weights(Recipe(), land, target, inhabited)
    torch.testing.assert_close(found, expected / expected.mean())
    nothing = replace(Recipe(), sea_weight=0.0, land_weight=0.0, inhabited_weight=0.0)
    with pytest.raises(InputError, match="no cell has a weight"):
        loss_weights(nothing, land, 0 * target, inhabited)


def test_the_learning_rate_warms_up_and_follows_a_cosine(
    small_recipe: Recipe, small_inputs: TrainingInputs
) -> None:
    training = Training(replace(small_recipe, warm_up=10, learning_rate=2.0), small_inputs, ALONE)
    rates = []
    for iteration, progress in ((0, 0.0), (4, 0.0), (9, 0.0), (50, 0.5), (99, 1.0)):
        training.iteration = iteration
        rates.append(training.learning_rate(progress))
    floor = 2 * 1e-3
    expected = [0.1 * (2 + floor), 0.5 * (2 + floor), 2 + floor, 1 + floor, floor]
    assert rates == pytest.approx(expected)


def test_the_average_follows_the_weights(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch
) -> None:
    training = Training(replace(small_recipe, average=0.3), small_inputs, ALONE)
    name = "regr_unetpp.head.weight"
    mean = training.averaged.state_dict()[name].clone()
    for iteration in range(8):
        training.step(batch, 0.0)
        kept = min(0.3, (1 + iteration) / (10 + iteration))
        mean = kept * mean + (1 - kept) * training.network.state_dict()[name]
        torch.testing.assert_close(training.averaged.state_dict()[name], mean)


@pytest.mark.parametrize("kept", [True, False])
def test_statistics_of_the_first_weights_are_kept_on_demand(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch, kept: bool
) -> None:
    trained = Training(small_recipe, small_inputs, ALONE)
    trained.step(batch, 0.0)
    weights = {name: w.clone() for name, w in network_weights(trained.network).items()}
    name = "regr_unetpp.nodes.0_0.norm1.running_mean"
    assert weights[name].any()
    recipe = replace(small_recipe, keep_statistics=kept)
    start = Start(weights, recipe.variant, recipe.widths, recipe.static_channels, "")
    training = Training(recipe, small_inputs, ALONE, start)
    head = training.network.state_dict()["regr_unetpp.head.weight"].clone()
    training.step(batch, 0.0)
    after = training.network.state_dict()
    assert torch.equal(after[name], weights[name]) == kept
    assert not torch.equal(after["regr_unetpp.head.weight"], head)


def test_random_weights_have_no_statistics_to_keep(
    small_recipe: Recipe, small_inputs: TrainingInputs
) -> None:
    with pytest.raises(InputError, match="name weights with --from"):
        Training(replace(small_recipe, keep_statistics=True), small_inputs, ALONE)


def test_a_large_gradient_is_clipped(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch
) -> None:
    training = Training(replace(small_recipe, largest_gradient=1e-3), small_inputs, ALONE)
    training.step(batch, 0.0)
    squared = sum(
        float((p.grad**2).sum()) for p in training.network.parameters() if p.grad is not None
    )
    # Rounding of the norm, and what keeps it from a division by 0.
    assert math.sqrt(squared) == pytest.approx(1e-3, rel=1e-2)


def test_half_precision_stays_inside_the_network(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch
) -> None:
    half = Training(replace(small_recipe, precision="bf16"), small_inputs, ALONE)
    # Where processors have tiles for it, bf16 would be chosen.
    exact = Training(replace(small_recipe, precision="fp32"), small_inputs, ALONE)
    with torch.no_grad():
        # Untrained, the last weights are zero, and nothing of what is computed would be seen.
        for training in (half, exact):
            torch.nn.init.constant_(training.network.detail.last.weight, 0.1)
        field, reference = (
            training.network.train()(batch.observations, batch.observed)[0]
            for training in (half, exact)
        )
    assert field.dtype == torch.float32
    # bf16 has 8 significant bits; a field of tens of ug/m3 differs, but by no more than per cents.
    assert not torch.equal(field, reference)
    assert float((field - reference).abs().mean() / reference.mean()) < 0.03
    assert all(p.dtype == torch.float32 for p in half.network.parameters())
    assert math.isfinite(float(half.step(batch, 0.0)))


def test_a_patch_is_fused_with_its_own_layers(
    small_recipe: Recipe, small_inputs: TrainingInputs
) -> None:
    """A network that is shown the whole grid as a patch gives what it gives without one."""
    training = Training(small_recipe, small_inputs, ALONE)
    cut = DrawnBatches(small_inputs.training, 2, 24, 0)[0]
    layers = cut.patches(small_inputs.static_layers)
    with torch.no_grad():
        together = training.averaged(cut.observations, cut.observed, layers)
        for i in range(2):
            alone = FusionNetwork(layers[i], widths=small_recipe.widths).eval()
            alone.load_state_dict(training.averaged.state_dict())
            given = alone(cut.observations[i : i + 1], cut.observed[i : i + 1])
            for found, expected in zip(together, given, strict=True):
                # Direct and Fourier convolution of values of tens of ug/m3, in float32.
                torch.testing.assert_close(found[i : i + 1], expected, rtol=1e-4, atol=1e-2)


def test_point_conv_is_chosen_by_the_clock(
    small_recipe: Recipe, small_inputs: TrainingInputs, batch: Batch, monkeypatch
) -> None:
    training = Training(replace(small_recipe, point_conv="auto"), small_inputs, ALONE)
    training.choose_point_conv(batch)
    assert training.point_conv in ("direct", "fourier")
    for slower, expected in ((False, "fourier"), (True, "direct")):
        monkeypatch.setattr(
            training,
            "_seconds_of_loss",
            lambda batch, way, slower=slower: (way == "direct") != slower,
        )
        training.choose_point_conv(batch)
        assert training.point_conv == expected
        for network in (training.network, training.averaged):
            for part in (network.weather.wide, network.weather.narrow):
                assert part.through_fourier == (expected == "fourier")


def test_a_checkpoint_can_be_started_from(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    checkpoint = fit(replace(small_recipe, iterations=2), small_inputs, tmp_path / "first", ALONE)
    start = read_start(tmp_path / "first" / CHECKPOINT_NAME)
    training = Training(small_recipe, small_inputs, ALONE, start)
    assert start.widths == small_recipe.widths
    for name, weights in network_weights(training.averaged).items():
        assert torch.equal(weights, start.weights[name])
        # Convolutions are kept in half precision.
        torch.testing.assert_close(weights, checkpoint.weights[name], rtol=2**-11, atol=2**-25)


def test_validation_scores_land_without_stations(small_inputs: TrainingInputs) -> None:
    class Constant(FusionNetwork):
        """The same everywhere, whatever was observed."""

        def forward(self, observations, observed, static_layers=None):
            field = torch.full_like(observations[:, :1], 30.0)
            return field, field

    network = Constant(small_inputs.static_layers, widths=(4, 8))
    found = validation_scores(network, small_inputs.validation, 1)
    simulated = small_inputs.validation.kinds[0].simulated
    (day,) = simulated.days
    pm25 = simulated.archive[day][0]
    land = simulated.land > 0.5
    error = (pm25[land] - 30).abs()
    # The cells with a station, about one in ten, are left out there but not here.
    assert found["nme"] == pytest.approx(float(error.sum() / pm25[land].sum()), rel=0.1)
    assert found["rmse"] == pytest.approx(float(error.pow(2).mean().sqrt()), rel=0.1)
    sea = CompleteDays(replace(simulated, land=torch.zeros(40, 52)), torch.ones(40, 52))
    with pytest.raises(InputError, match="there is no cell to validate in"):
        validation_scores(network, sea, 1)
