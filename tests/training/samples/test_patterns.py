"""Patterns of simulated days: what numpy's singular vectors say of the same days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.main import main
from pointfuse_training.samples.patterns import patterns_of
from pointfuse_training.samples.static_channels import static_channels
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

CPU = torch.device("cpu")


@pytest.fixture
def weights(small_static: StaticInputs) -> np.ndarray:
    return (1 - small_static.ocean.numpy()) * np.linspace(0.5, 1, small_static.grid.columns)


def relative_days(archive: Archive, days: range, weights: np.ndarray) -> np.ndarray:
    fields = np.stack([archive[day][0].double().numpy() for day in days])
    # The scale of the network, an inverse softplus.
    scaled = fields / 200 + np.log(np.expm1(-(fields + 10) / 200) / np.expm1(-10 / 200))
    everywhere = np.broadcast_to(weights, scaled.shape)
    return scaled / np.average(scaled, axis=(1, 2), weights=everywhere)[:, None, None]


def test_patterns_are_those_of_a_singular_value_decomposition(
    small_archive: Path, weights: np.ndarray
) -> None:
    archive = Archive(small_archive)
    days = range(len(archive))
    found = patterns_of(archive, days, weights.astype(np.float32), 2)
    relative = relative_days(archive, days, weights)
    # Packed days, and single precision.
    np.testing.assert_allclose(found[0], relative.mean(0), rtol=1e-4)
    anomalies = (relative - relative.mean(0)) * np.sqrt(weights)
    _, _, vectors = np.linalg.svd(anomalies.reshape(len(days), -1), full_matrices=False)
    for pattern, vector in zip(found[1:], vectors, strict=False):
        in_weights = (pattern * np.sqrt(weights)).ravel()
        likeness = in_weights @ vector / np.linalg.norm(in_weights)
        assert abs(likeness) == pytest.approx(1, abs=1e-4)
        assert np.average(pattern**2, weights=weights) == pytest.approx(1, rel=1e-4)
        assert np.average(pattern, weights=weights) >= 0


def test_days_are_regressed_on_them(small_archive: Path, weights: np.ndarray) -> None:
    """As many patterns as days but one leave nothing of any day."""
    archive = Archive(small_archive)
    days = range(len(archive))
    found = patterns_of(archive, days, weights.astype(np.float32), len(days) - 1)
    design = found.reshape(len(found), -1).T
    relative = relative_days(archive, days, weights).reshape(len(days), -1).T
    slopes, *_ = np.linalg.lstsq(design, relative)
    on_land = weights.ravel() > 0
    np.testing.assert_allclose((design @ slopes)[on_land], relative[on_land], atol=2e-3)


def test_more_patterns_than_days_are_refused(small_archive: Path, weights: np.ndarray) -> None:
    with pytest.raises(InputError, match="8 patterns need more than 8 days, got 3"):
        patterns_of(Archive(small_archive), range(3), weights, 8)


def test_the_command_adds_them_to_the_static_layers(
    small_archive: Path, small_static_file: Path, small_grid: Grid, tmp_path: Path
) -> None:
    output = tmp_path / "layers.npz"
    options = ["--number", "1", "--every", "1", "--held-out", "1", "-o", str(output)]
    ran = CliRunner().invoke(
        main, ["patterns", str(small_archive), "--static", str(small_static_file), *options]
    )
    assert ran.exit_code == 0, ran.output
    layers = read_static_inputs(output, small_grid, CPU)
    assert layers.patterns is not None
    assert layers.patterns.shape == (2, *small_grid.shape)
    # In bytes, as all channels are.
    (channel,) = static_channels(layers, ("pattern_0",))
    step = float(layers.patterns[0].max()) / 255
    np.testing.assert_allclose(channel, layers.patterns[0], atol=0.51 * step)
    with pytest.raises(InputError, match=r"no pattern 5 .* 'pointfuse-train patterns'"):
        static_channels(layers, ("pattern_5",))
