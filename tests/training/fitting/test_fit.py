"""A training from data to a checkpoint: it goes on to the bit, and stops with a reason."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pointfuse import InputError, PointfuseError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.errors import DivergedError
from pointfuse_training.fitting import training_state
from pointfuse_training.fitting.fit import CHECKPOINT_NAME, LOG_NAME, fit
from pointfuse_training.fitting.process_team import Team
from pointfuse_training.fitting.provenance import archive_sha256, check_provenance
from pointfuse_training.fitting.recipes import RECIPES, Recipe, changed
from pointfuse_training.fitting.training_inputs import TrainingInputs, read_training_inputs
from pointfuse_training.fitting.training_loop import Training
from pointfuse_training.fitting.training_state import find_state, read_state
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.training_days import DrawnBatches

pytestmark = pytest.mark.slow

ALONE = Team(torch.device("cpu"))


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(folder / CHECKPOINT_NAME).weights)


def log_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / LOG_NAME).read_text().splitlines()]


def test_a_checkpoint_knows_where_it_comes_from(
    small_recipe: Recipe, small_inputs: TrainingInputs, small_archive: Path, tmp_path: Path
) -> None:
    returned = fit(small_recipe, small_inputs, tmp_path / "run", ALONE)
    written = load_checkpoint(tmp_path / "run" / CHECKPOINT_NAME)
    facts = written.provenance
    check_provenance(facts)
    assert facts["archive_sha256"] == archive_sha256(Archive(small_archive))
    assert (facts["recipe"], facts["seed"], facts["iterations"]) == ("small", 0, 6)
    assert (facts["training_days"], facts["archive_days"]) == (8, 10)
    assert facts["validation"].keys() == {"r2", "rmse", "nme"}
    assert dict(facts) == dict(returned.provenance)
    assert changed(Recipe(), written.configuration) == small_recipe
    assert written.grid == small_inputs.grid
    assert set(written.weights) == set(network_weights(written.network()))


@pytest.mark.parametrize("crop", [0, 24])
def test_an_interrupted_training_goes_on_to_the_bit(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path, crop: int
) -> None:
    # A state after each iteration; the run is killed in the fourth.
    recipe = replace(small_recipe, crop=crop, save_minutes=0.0)
    fit(recipe, small_inputs, tmp_path / "straight", ALONE)
    killed = tmp_path / "killed"
    step = Training.step

    def dies(self, batch, progress):
        if self.iteration == 3:
            raise KeyboardInterrupt
        return step(self, batch, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", dies)
        with pytest.raises(KeyboardInterrupt):
            fit(recipe, small_inputs, killed, ALONE)
    assert find_state(killed).name == "state_00000003"
    fit(recipe, small_inputs, killed, ALONE, resume=True)

    straight, resumed = weights_of(tmp_path / "straight"), weights_of(killed)
    assert all(torch.equal(resumed[name], weights) for name, weights in straight.items())
    # Raw weights and moments too, not only what is rounded and averaged in the checkpoint.
    one, other = (
        read_state(find_state(folder)).tensors for folder in (tmp_path / "straight", killed)
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(other[name], tensor) for name, tensor in one.items())
    assert [path.name for path in killed.glob("state_*")] == ["state_00000006"]


def test_what_was_logged_after_the_state_is_logged_again_once(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    recipe = replace(small_recipe, validate_every=1)
    step = Training.step

    def dies(self, batch, progress):
        if self.iteration == 2:
            raise KeyboardInterrupt
        return step(self, batch, progress)

    run = tmp_path / "run"
    fit(replace(recipe, iterations=1), small_inputs, run, ALONE)
    facts = json.loads((find_state(run) / "facts.json").read_text())
    facts["identity"]["configuration"]["iterations"] = 6
    (find_state(run) / "facts.json").write_text(json.dumps(facts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", dies)
        with pytest.raises(KeyboardInterrupt):
            fit(recipe, small_inputs, run, ALONE, resume=True)
    assert log_of(run)[-1]["iteration"] == 2
    fit(recipe, small_inputs, run, ALONE, resume=True)
    # The first run validated at its end, too; so does the last.
    assert [entry["iteration"] for entry in log_of(run)] == [1, 1, 2, 3, 4, 5, 6, 6]


def test_the_seed_decides(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    found = []
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        recipe = replace(small_recipe, iterations=2, seed=seed)
        fit(recipe, small_inputs, tmp_path / name, ALONE)
        found.append(weights_of(tmp_path / name))
    one, again, other = found
    assert all(torch.equal(again[name], weights) for name, weights in one.items())
    assert not torch.equal(one["detail.last.bias"], other["detail.last.bias"])


def quick(name: str) -> Recipe:
    """A named recipe, so that it can be seen to learn within seconds."""
    named = RECIPES[name]
    stations = {"uniform_stations": [300, 400], "weather_stations": [300, 400]}
    return changed(
        replace(named, sampling=replace(named.sampling, clustered_stations=(80, 120))),
        {"widths": [4, 8], "batch": 2, "iterations": 60, "learning_rate": 0.01, "warm_up": 2}
        | {"held_out": 1, "validation_days": 1, "sampling": stations, "point_conv": "fourier"},
    )


def test_it_learns(small_archive: Path, small_static_file: Path, tmp_path: Path) -> None:
    """The interpolation is good from the beginning: days differ by more than it learns."""
    recipe = quick("default")
    inputs = read_training_inputs([small_archive], small_static_file, recipe)
    before = Training(recipe, inputs, ALONE).validate()
    after = fit(recipe, inputs, tmp_path / "run", ALONE).provenance["validation"]
    # The same day before and after, of which 2 in 100 was found to be won.
    for score in ("rmse", "nme"):
        assert after[score] < 0.99 * before[score]


def test_the_published_network_learns(
    small_archive: Path, small_static_file: Path, tmp_path: Path
) -> None:
    recipe = quick("paper")
    inputs = read_training_inputs([small_archive], small_static_file, recipe)
    fit(recipe, inputs, tmp_path / "run", ALONE)
    losses = [entry["loss"] for entry in log_of(tmp_path / "run") if "loss" in entry]
    assert len(losses) == 3
    # Means of 20 iterations, each of other days, of which the first are part of the learning; what
    # learns nothing stays within 5 %.
    assert losses[-1] < 0.9 * losses[0]


def test_simulated_days_and_samples_are_learned_from_together(
    small_recipe: Recipe,
    small_archive: Path,
    small_samples: Path,
    small_static_file: Path,
    tmp_path: Path,
) -> None:
    archives = [small_archive, small_samples]
    inputs = read_training_inputs(archives, small_static_file, small_recipe)
    facts = fit(small_recipe, inputs, tmp_path / "run", ALONE).provenance
    check_provenance(facts)
    hashes = [archive_sha256(Archive(folder)) for folder in archives]
    assert facts["archive_sha256"] == ", ".join(hashes)
    # Of 5 and 3 scenarios of 2 days one each is held out.
    assert (facts["archive_days"], facts["training_days"]) == (10 + 6, 8 + 4)
    assert [days.simulated.archive.station_noise is None for days in inputs.training.kinds] == [
        True,
        False,
    ]
    # Samples have no weather, and so no station of it.
    batches = DrawnBatches(inputs.training, 1, 0, 0)
    dry = [not batches[number].observed[0, 1:].any() for number in range(40)]
    # Half of them, and half of the others: 30, give or take four deviations of 2.7.
    assert abs(sum(dry) - 30) < 11


def test_the_log_can_be_read_line_by_line(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    told = []
    recipe = replace(small_recipe, iterations=21, validate_every=10)
    fit(recipe, small_inputs, tmp_path / "run", ALONE, on_entry=told.append)
    logged = log_of(tmp_path / "run")
    assert [entry["iteration"] for entry in logged] == [10, 20, 20, 21]
    assert [{**entry, "progress": entry["iteration"] / 21} for entry in logged] == told
    assert {"loss", "learning_rate", "days_per_second", "minutes"} < logged[1].keys()


def test_a_loss_that_is_no_number_stops_the_training(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path, monkeypatch
) -> None:
    def poisoned(self, batch):
        return math.nan * sum(p.sum() for p in self.network.parameters())

    monkeypatch.setattr(Training, "loss", poisoned)
    run = tmp_path / "run"
    with pytest.raises(DivergedError, match="the loss is nan after 6 iterations; lower the"):
        fit(small_recipe, small_inputs, run, ALONE)
    with pytest.raises(DivergedError, match="the loss is nan after 1 iterations"):
        fit(replace(small_recipe, save_minutes=0.0), small_inputs, run, ALONE)
    # Nothing to resume from, and nothing to use.
    assert find_state(run) is None
    assert not (run / CHECKPOINT_NAME).exists()


def test_a_time_budget_ends_the_training(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    recipe = replace(small_recipe, minutes=0.01)
    facts = fit(recipe, small_inputs, tmp_path / "run", ALONE).provenance
    assert facts["iterations"] >= 1
    assert 0.01 <= facts["minutes"] < 0.2


def test_another_run_is_not_resumed(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path
) -> None:
    run, short = tmp_path / "run", replace(small_recipe, iterations=1)
    with pytest.raises(InputError, match=r"there is no state in .* to resume from"):
        fit(short, small_inputs, run, ALONE, resume=True)
    fit(short, small_inputs, run, ALONE)
    with pytest.raises(InputError, match="holds a training already; resume it, or name another"):
        fit(short, small_inputs, run, ALONE)
    with pytest.raises(InputError, match="has the iterations 1, this one 6; resume it with"):
        fit(small_recipe, small_inputs, run, ALONE, resume=True)
    other = replace(small_inputs, facts={**small_inputs.facts, "archive_sha256": "another"})
    with pytest.raises(InputError, match=r"has the archive_sha256 [0-9a-f]{64}, this one another"):
        fit(short, other, run, ALONE, resume=True)
    (find_state(run) / "part_00.npz").write_bytes(b"")
    with pytest.raises(PointfuseError, match="is not a numpy archive"):
        fit(short, small_inputs, run, ALONE, resume=True)


def test_a_state_comes_in_parts_that_can_be_moved(
    small_recipe: Recipe, small_inputs: TrainingInputs, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(training_state, "PART_BYTES", 10_000)
    fit(replace(small_recipe, iterations=1), small_inputs, tmp_path / "run", ALONE)
    parts = sorted(find_state(tmp_path / "run").glob("part_*.npz"))
    assert len(parts) > 3
    for part in parts:
        with np.load(part) as arrays:
            sizes = [array.nbytes for array in arrays.values()]
        assert len(sizes) == 1 or sum(sizes) <= 10_000
    parts[-1].unlink()
    with pytest.raises(InputError, match="is damaged"):
        read_state(find_state(tmp_path / "run"))
