"""The command line of the training package."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.main import main
from pointfuse_training.simulation.tables import parameters_markdown

ROOT = Path(__file__).parents[3]


def train(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def small_grid_taken(monkeypatch, small_grid):
    """Have the command take the small grid, whatever is named."""
    monkeypatch.setattr(
        "pointfuse_training.commands.archive_options.read_grid", lambda path: small_grid
    )


def simulate(static, folder, *options):
    scenarios = ["--scenarios", 2, "--days", 1, "--threads", torch.get_num_threads()]
    return train("simulate", "--static", static, *scenarios, "-o", folder, *options)


@pytest.mark.usefixtures("small_grid_taken")
def test_simulate_writes_an_archive_and_goes_on_with_one(small_static_file, tmp_path):
    first = simulate(small_static_file, tmp_path / "archive", "--seed", 4)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("2 scenarios of 1 day in ")
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
