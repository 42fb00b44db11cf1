"""The command line of the training package."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse_training import load_seed_network
from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.main import main
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.weights import network_weights
from pointfuse_training.simulation.tables import parameters_markdown

ROOT = Path(__file__).parents[3]
SEED = ROOT / "models" / "seed"


def train(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def small_grid_taken(monkeypatch, small_grid):
    """Have the command take the small grid, whatever is named."""
    monkeypatch.setattr("pointfuse_training.commands.simulate.read_grid", lambda path: small_grid)


def simulate(static, folder, *options):
    scenarios = ["--scenarios", 2, "--days", 1, "--threads", torch.get_num_threads()]
    return train("simulate", "--static", static, *scenarios, "-o", folder, *options)


@pytest.mark.usefixtures("small_grid_taken")
def test_simulate_writes_an_archive_and_goes_on_with_one(small_static_file, tmp_path):
    first = simulate(small_static_file, tmp_path / "archive", "--seed", 4)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("2 scenarios of 1 days in ")
    again = simulate(small_static_file, tmp_path / "archive", "--seed", 4, "--quiet")
    assert (again.exit_code, again.output) == (0, "")
    assert len(Archive(tmp_path / "archive")) == 2
    other = simulate(small_static_file, tmp_path / "archive", "--seed", 5)
    assert other.exit_code == 1
    assert "has the seed 4, this run 5" in other.output
    assert other.output.count("\n") == 1


def test_the_grid_of_the_layers_must_be_that_of_the_model(small_static_file, tmp_path):
    result = simulate(small_static_file, tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("pointfuse-train: small.npz holds lat with the shape (40, 52)")


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_has_its_own_status(small_static_file, tmp_path, device):
    result = simulate(small_static_file, tmp_path, "--device", device)
    assert result.exit_code == 3
    assert f"the device '{device}' cannot be used" in result.output
    assert result.output.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_named(small_static_file, tmp_path, small_grid_taken):
    (tmp_path / "file").write_text("")
    result = simulate(small_static_file, tmp_path / "file" / "archive")
    assert result.exit_code == 1
    assert "cannot be made" in result.output


@pytest.fixture(scope="module")
def small_seed(tmp_path_factory):
    """The seed weights, static channels of the small grid, and a network of stations on it."""
    folder = tmp_path_factory.mktemp("seed")
    with np.load(SEED / "static_channels.npz") as layers:
        np.savez(folder / "channels.npz", static=layers["static"][:, 150:190, 200:252])
    observed = np.zeros((2, 3, 40, 52), np.uint8)
    observed[0, 0, 2::4, 2:46:4] = observed[1, 0, 1, 1] = 1
    np.savez(folder / "network.npz", observed=observed)
    return folder


def scale(archive, static, seed, output, *options):
    files = ["--weights", SEED / "weights.npz", "--channels", seed / "channels.npz"]
    short = ["--steps", 2, "--held-out", 1, "--threads", torch.get_num_threads()]
    arguments = ["--archive", archive, "--static", static, *files, *short, "-o", output, *options]
    return train("scale", *arguments)


@pytest.mark.slow
@pytest.mark.usefixtures("small_grid_taken")
def test_scale_trains_a_head_that_the_network_takes(small_static_file, small_seed, tmp_path):
    assert simulate(small_static_file, tmp_path / "archive", "--quiet").exit_code == 0
    output = tmp_path / "head.npz"
    network = "--network", small_seed / "network.npz"
    result = scale(tmp_path / "archive", small_static_file, small_seed, output, *network)
    assert result.exit_code == 0, result.output
    assert "withheld pseudo-stations\ninterval  inside before  inside after\n" in result.output
    with np.load(output) as arrays:
        assert sum(array.size for array in arrays.values()) == 36 * 16 * 9 + 16 + 16 + 1 + 1
        assert f"factor {arrays['factor'][0]:.3f} " in result.output
        stored = arrays["conv1.weight"]
    head = load_seed_network(SEED / "weights.npz", small_seed / "channels.npz", output).scale_head
    np.testing.assert_array_equal(head.conv1.weight.detach(), stored)
    again = scale(
        tmp_path / "archive", small_static_file, small_seed, tmp_path / "2.npz", *network, "--quiet"
    )
    assert (again.exit_code, again.output) == (0, "")
    assert (tmp_path / "2.npz").read_bytes() == output.read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("small_grid_taken")
def test_scale_ends_with_one_sentence(small_static_file, small_seed, tmp_path):
    archive = tmp_path / "archive"
    assert simulate(small_static_file, archive, "--quiet").exit_code == 0
    arguments = archive, small_static_file, small_seed, tmp_path / "head.npz"
    for result, message in (
        (scale(*arguments, "--held-out", 2), "2 of them are to be held out"),
        (scale(tmp_path, *arguments[1:]), "there is no archive in"),
        (scale(*arguments[:3], tmp_path / "no" / "head.npz"), "does not exist; make it first"),
        (
            scale(*arguments, "--network", small_seed / "channels.npz"),
            "should hold the array 'observed'",
        ),
        (
            scale(*arguments, "--channels", SEED / "static_channels.npz"),
            "the network fuses pm25 on 372 x 426 cells, the archive has pm25 on 40 x 52",
        ),
    ):
        assert result.exit_code == 1
        assert message in result.output
        assert result.output.count("\n") == 1
    assert list(tmp_path.glob("*.npz")) == []


@pytest.mark.usefixtures("small_grid_taken")
def test_scale_takes_a_checkpoint(small_static_file, small_archive, small_grid, tmp_path):
    network = FusionNetwork(torch.rand(6, 40, 52), widths=(4, 8))
    save_checkpoint(
        Checkpoint(
            weights=network_weights(network),
            static_layers=network.static_layers,
            static_names=tuple("abcdef"),
            variant="default",
            widths=(4, 8),
            grid=small_grid,
            configuration={},
            provenance={},
        ),
        tmp_path / "checkpoint.npz",
    )
    data = "--archive", small_archive, "--static", small_static_file, "--held-out", 1
    given = "--checkpoint", tmp_path / "checkpoint.npz"
    rest = "--steps", 1, "--threads", torch.get_num_threads(), "-o", tmp_path / "head.npz"
    result = train("scale", *data, *given, *rest)
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "head.npz") as arrays:
        # The finest features and the evidence beside them.
        assert arrays["conv1.weight"].shape == (16, 4 + 4, 3, 3)
    for wrong in ((), (*given, "--weights", "a.npz"), ("--weights", "a.npz")):
        result = train("scale", *data, *wrong, *rest)
        assert result.exit_code == 2
        assert "either --checkpoint, or both --weights and --channels" in result.output


def test_usage_errors_have_their_own_status():
    assert train("simulate").exit_code == 2
    assert train("simulate", "--static", "a", "--days", 0).exit_code == 2


def test_the_document_has_the_table_of_parameters():
    result = train("parameters")
    assert result.exit_code == 0
    assert result.output == parameters_markdown() + "\n"
    document = (ROOT / "docs" / "background" / "simulation.md").read_text(encoding="utf-8")
    assert parameters_markdown() in document


def test_the_command_is_installed_under_its_name():
    distribution = importlib.metadata.distribution("pointfuse-training")
    scripts = {entry.name: entry.value for entry in distribution.entry_points}
    assert scripts["pointfuse-train"] == "pointfuse_training.commands.main:main"
