"""`pointfuse-train fit`."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.commands.main import main
from pointfuse_training.fitting.fit import CHECKPOINT_NAME
from pointfuse_training.fitting.provenance import archive_sha256
from pointfuse_training.network.checkpoints import load_checkpoint

pytestmark = pytest.mark.slow


def train(*arguments: object):
    return CliRunner().invoke(main, ["fit", *(str(argument) for argument in arguments)])


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(
        "batch = 1\nwarm_up = 0\nheld_out = 1\nvalidation_days = 1\npoint_conv = 'direct'\n"
        "[sampling]\nclustered_stations = [80, 120]\nuniform_stations = [150, 250]\n"
    )
    return path


@pytest.fixture
def data(small_archive: Path, small_static_file: Path, recipe_file: Path) -> dict[str, object]:
    return {
        "--archive": small_archive,
        "--static": small_static_file,
        "--recipe": recipe_file,
        "--threads": torch.get_num_threads(),
    }


def options(*tables: dict[str, object]) -> list[object]:
    together = {name: value for table in tables for name, value in table.items()}
    return [part for pair in together.items() for part in pair]


def test_the_command_trains_and_resumes(data: dict[str, object], tmp_path: Path) -> None:
    run = tmp_path / "run"
    short = options(data, {"--iterations": 2, "--widths": "4,8", "--crop": 32, "-o": run})
    first = train(*short)
    assert first.exit_code == 0, first.output
    assert "iteration 2, held-out days: r2 " in first.output
    assert f"wrote {run / CHECKPOINT_NAME} after 2 iterations" in first.output
    assert load_checkpoint(run / CHECKPOINT_NAME).widths == (4, 8)
    again = train(*short)
    assert again.exit_code == 1
    assert "holds a training already" in again.output
    resumed = train(*short, "--resume", "--quiet")
    assert (resumed.exit_code, resumed.output) == (0, "")


def test_the_command_goes_on_from_a_checkpoint(data: dict[str, object], tmp_path: Path) -> None:
    run, tuned = tmp_path / "run", tmp_path / "tuned"
    one = {"--iterations": 1}
    narrow = {"--widths": "4,8"}
    assert train(*options(data, one, narrow, {"-o": run}), "--quiet").exit_code == 0
    start = {"--from": run / CHECKPOINT_NAME}
    result = train(*options(data, one, start, {"-o": tuned}), "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    checkpoint = load_checkpoint(tuned / CHECKPOINT_NAME)
    assert checkpoint.widths == (4, 8)
    assert len(checkpoint.provenance["started_from"]) == 64
    both = train(*options(data, one, start, narrow, {"-o": tmp_path / "both"}))
    assert both.exit_code == 2
    assert "exclude each other" in both.output


def test_the_command_takes_several_archives(
    data: dict[str, object],
    recipe_file: Path,
    small_samples: Path,
    small_archive: Path,
    tmp_path: Path,
) -> None:
    """First samples alone, then days of both kinds."""
    first, second = tmp_path / "first", tmp_path / "second"
    short = {"--iterations": 2, "--widths": "4,8", "--archive": small_samples, "-o": first}
    result = train(*options(data, short), "--quiet")
    assert result.exit_code == 0, result.output
    recipe_file.write_text(f"archive_shares = [2, 1]\n{recipe_file.read_text()}")
    further = {"--iterations": 2, "--from": first / CHECKPOINT_NAME, "-o": second}
    result = train(*options(data, further), "--archive", small_samples, "--quiet")
    assert result.exit_code == 0, result.output
    before, after = (load_checkpoint(run / CHECKPOINT_NAME) for run in (first, second))
    archives = [Archive(folder) for folder in (small_archive, small_samples)]
    assert after.provenance["archive_sha256"] == ", ".join(map(archive_sha256, archives))
    assert after.provenance["archive_days"] == sum(map(len, archives))
    assert (
        after.provenance["started_from"]
        == sha256((first / CHECKPOINT_NAME).read_bytes()).hexdigest()
    )
    for name, weights in before.weights.items():
        if name.startswith("interpolation."):
            assert torch.equal(after.weights[name], weights), name
    assert not torch.equal(after.weights["detail.last.bias"], before.weights["detail.last.bias"])


def test_archives_of_several_grids_are_refused(
    data: dict[str, object], small_grid: Grid, tmp_path: Path
) -> None:
    aside = replace(small_grid, first_x=small_grid.first_x + 6000)
    (tmp_path / "aside").mkdir()
    with writing(tmp_path / "aside" / "scenario_0.nc", aside, 0, {}) as writer:
        writer.append(torch.ones(3, *aside.shape))
    result = train(*options(data, {"-o": tmp_path / "run"}), "--archive", tmp_path / "aside")
    assert result.exit_code == 1
    assert "expected archives of one grid and target" in result.output
    assert result.output.count("\n") == 1


def test_a_station_list_is_a_network_as_good_as_its_cells(
    data: dict[str, object], small_grid: Grid, tmp_path: Path
) -> None:
    """The recipe has every day seen by the network; both ways it is the same, bit by bit."""
    recipe = tmp_path / "seen.toml"
    recipe.write_text(
        "batch = 1\nheld_out = 1\nvalidation_days = 1\nwidths = [4, 8]\npoint_conv = 'direct'\n"
        "[sampling]\nnetwork = 1.0\nclustered = 0.0\n"
    )
    observed = np.zeros((1, 3, *small_grid.shape), bool)
    observed[0, 0, 5:35:5, 5:45:4] = True
    np.savez(tmp_path / "cells.npz", observed=observed)
    places = np.stack(small_grid.longitude_latitude())[:, observed[0, 0]].T
    rows = [f"S{number},{east},{north}" for number, (east, north) in enumerate(places)]
    (tmp_path / "list.csv").write_text("\n".join(["station,longitude,latitude", *rows]) + "\n")
    weights = []
    for name in ("cells.npz", "list.csv"):
        own = {"--recipe": recipe, "--network": tmp_path / name, "--iterations": 2}
        result = train(*options(data, own, {"-o": tmp_path / f"run-{name}"}), "--quiet")
        assert result.exit_code == 0, result.output
        weights.append(load_checkpoint(tmp_path / f"run-{name}" / CHECKPOINT_NAME).network())
    first, second = (network.state_dict() for network in weights)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ("name", "value", "message", "status"),
    [
        ("--static", "other.npz", "the grid needs (40, 52)", 1),
        ("--static", "absent.npz", "there is no file", 1),
        ("--archive", "", "there is no archive in", 1),
        ("--recipe", "papers", "there is no recipe '", 1),
        ("--recipe", "greedy.toml", "has 5 scenarios, 5 of them are to be held out", 1),
        ("--recipe", "target.toml", "should hold the array 'home' of the shape (40, 52)", 1),
        ("--network", "other.npz", "should hold the array 'observed'", 1),
        ("--from", "other.npz", "is no checkpoint of a network", 1),
    ],
)
def test_what_cannot_be_trained_on_ends_with_one_sentence(
    data: dict[str, object],
    small_layers: dict[str, np.ndarray],
    tmp_path: Path,
    name: str,
    value: str,
    message: str,
    status: int,
) -> None:
    np.savez(tmp_path / "other.npz", **{k: v[..., :-1] for k, v in small_layers.items()})
    (tmp_path / "greedy.toml").write_text("held_out = 5")
    (tmp_path / "target.toml").write_text('held_out = 1\ntarget_layer = "home"')
    result = train(*options(data, {name: tmp_path / value, "-o": tmp_path / "run"}))
    assert result.exit_code == status
    assert message in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_wrong_usage_and_devices_have_their_own_status(
    data: dict[str, object], tmp_path: Path
) -> None:
    folder = {"-o": tmp_path / "run"}
    assert train(*options(data, {"--device": "cuda:99"}, folder)).exit_code == 3
    assert train(*options(data, {"--iterations": 0}, folder)).exit_code == 2
    result = train(*options(data, {"--widths": "4;8"}, folder))
    assert result.exit_code == 2
    assert "is no list of numbers such as 8,16,32" in result.output
