"""`pointfuse-train evaluate`: from a checkpoint and an archive to scores and a report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse.grid.regular_grid import Grid
from pointfuse_training import FusionNetwork
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.commands.main import main
from pointfuse_training.evaluation.archive_days import days_seen
from pointfuse_training.fitting.provenance import archive_sha256
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.weights import network_weights

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parents[3] / "models" / "pointfuse-china12.onnx"


@pytest.fixture(scope="module")
def folder(
    small_grid: Grid,
    small_layers: dict[str, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An archive of four smooth days, a static file, stations, and a network trained on a day."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "archive").mkdir()
    row, column = np.mgrid[: small_grid.rows, : small_grid.columns]
    for name, first in (("a.nc", 10), ("b.nc", 190)):
        with writing(folder / "archive" / name, small_grid, first, {}) as writer:
            for day in range(2):
                pm25 = 40 + 30 * np.sin((row + 5 * day) / 8) * np.cos(column / 9)
                writer.append(torch.from_numpy(np.stack([pm25, 0 * pm25 + 60, 0 * pm25 + 3])))
    np.savez(folder / "static.npz", mask=small_layers["height"] < 500, **small_layers)
    observed = np.zeros((1, 3, *small_grid.shape), np.uint8)
    observed[0, 0, 2::4, 2::4] = 1
    np.savez(folder / "stations.npz", observed=observed)
    torch.manual_seed(1)
    static = torch.rand(1, *small_grid.shape)
    network = FusionNetwork(static, widths=(4, 6, 8, 10))
    checkpoint = Checkpoint(
        weights=network_weights(network),
        static_layers=static,
        static_names=("random",),
        variant="default",
        widths=(4, 6, 8, 10),
        grid=small_grid,
        configuration={},
        provenance={
            "archive_sha256": archive_sha256(Archive(folder / "archive")),
            "training_days": 3,
        },
    )
    save_checkpoint(checkpoint, folder / "checkpoint.npz")
    return folder


def evaluate(folder: Path, output: Path, *options: object, model: Path | None = None):
    arguments = [
        "evaluate",
        model or folder / "checkpoint.npz",
        *("--archive", folder / "archive", "-o", output / "scores.json"),
        # Setting another number of threads would slow the tests that follow.
        *("--threads", torch.get_num_threads()),
        *options,
    ]
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_checkpoint_is_scored_and_shown(folder, tmp_path):
    stations = "--stations", folder / "stations.npz"
    mask = "--static", folder / "static.npz", "--mask", "mask"
    report = tmp_path / "report.html"
    options = *stations, *mask, "--baselines", "idw", "--held-out", 1, "--report", report
    result = evaluate(folder, tmp_path, *options)
    assert result.exit_code == 0, result.output
    # Of the held-out file the first day was trained on, as the checkpoint says.
    assert "warning: checkpoint was trained on 1 of these 2 days" in result.stderr
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores["days_seen_in_training"] == 1
    assert [day["file"] for day in scores["days"]] == ["b.nc", "b.nc"]
    assert scores["sampled_cells"] == {"fewest": [130, 0, 0], "most": [130, 0, 0]}
    assert list(scores["methods"]) == ["network", "idw"]
    # Untrained interpolation follows a smooth field, and so does inverse distance.
    for method in scores["methods"].values():
        assert 0.8 < method["all cells"]["mean_of_days"]["r2"] < 1
    assert f"| network | all cells | {_figures(scores)} " in result.stdout
    assert "130 cells and no weather" in result.stdout
    # On squares of four cells of 12 km. The exponential of 50 cells that an untrained network has
    # falls to 1/e there. Then come those of humidity and wind.
    interpolation, *weather = scores["kernels"]
    assert interpolation["edge_cells"] == 4 * 101
    assert interpolation["radius_km"] == pytest.approx(600, rel=0.02)
    assert len(weather) == 4
    page = report.read_text(encoding="utf-8")
    root = ElementTree.fromstring(page)
    assert not re.search(r"https?:|<script", page)
    assert len(list(root.iter("svg"))) == 5
    titles = ["".join(title.itertext()) for title in root.iter("h3")]
    assert titles == [
        "Day by day",
        "Means of the seasons",
        "Step by step",
        "Kernels",
        "Completed against raw",
    ]
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in root.iter("tr")}
    assert "network, winter" not in rows
    assert " / ".join(rows["network, summer"]) == _figures(scores)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "scores.json"]


def _figures(scores) -> str:
    means = scores["methods"]["network"]["all cells"]["mean_of_days"]
    return f"{means['r2']:.3f} / {means['rmse']:.2f} / {means['nme']:.3f}"


def test_drawn_cells_follow_from_the_seed(folder, tmp_path):
    contents = []
    for seed in (3, 3, 4):
        result = evaluate(folder, tmp_path, "--seed", seed, "--every", 2, "--quiet")
        assert (result.exit_code, result.stdout) == (0, "")
        contents.append((tmp_path / "scores.json").read_bytes())
    assert contents[0] == contents[1] != contents[2]
    scores = json.loads(contents[0])
    # Half of a small grid; without a static file all of it is scored.
    assert scores["sampled_cells"]["most"] == [1040, 0, 0]
    assert scores["region"] == {"name": "whole grid", "cells": 2080, "cells_of_grid": 2080}
    assert [day["file"] for day in scores["days"]] == ["a.nc", "b.nc"]


def test_weather_is_given_where_it_is_asked_for(folder, tmp_path):
    stations = folder / "stations.npz"
    result = evaluate(folder, tmp_path, "--stations", stations, "--weather", stations)
    assert result.exit_code == 0, result.output
    assert "humidity at 130 and wind at 130 cells" in result.stdout


def test_it_ends_with_one_sentence(folder, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 cut short")
    (tmp_path / "text.onnx").write_text("no model")
    stations, static = folder / "stations.npz", folder / "static.npz"
    for options, model, message in (
        ((), SHIPPED, "works on a grid of 372 x 426 cells, the archive has 40 x 52"),
        ((), tmp_path / "absent.npz", "there is no model file"),
        ((), tmp_path / "broken.npz", "is not a numpy archive"),
        ((), tmp_path / "text.onnx", "does not begin like an ONNX file"),
        ((), stations, "is no checkpoint"),
        (("--archive", tmp_path), None, "there is no archive in"),
        (("--held-out", 3), None, "the archive has 2 files, the last 3"),
        (("--stations", static), None, "should hold the array 'observed'"),
        (("--static", static, "--mask", "china"), None, "has no array 'china'"),
        (("--baselines", "oracle"), None, "there is no baseline 'oracle'"),
        (("--report", tmp_path / "report.txt"), None, "expected a report named *.html"),
        (("-o", tmp_path / "no" / "scores.json"), None, "does not exist; make it first"),
    ):
        result = evaluate(folder, tmp_path, *options, model=model)
        assert result.exit_code == 1, result.output
        assert message in result.output
        assert result.output.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.npz", "text.onnx"]


def test_usage_errors_and_one_name_for_two_files_are_refused(folder, tmp_path):
    same = tmp_path / "scores.json"
    assert evaluate(folder, tmp_path, "--mask", "mask").exit_code == 2
    result = evaluate(folder, tmp_path, "--report", same)
    assert (result.exit_code, "name the same file" in result.output) == (1, True)
    assert evaluate(folder, tmp_path, "--every", 0).exit_code == 2


def test_days_that_were_trained_on_are_counted():
    training = {"archive_sha256": "ab", "training_days": 3}
    assert days_seen(training, "ab", [0, 2, 3, 9]) == 2
    assert days_seen(training, "cd", [0, 2, 3, 9]) == 0
    assert days_seen({"archive": "WRF-CMAQ"}, "ab", [0]) == 0
