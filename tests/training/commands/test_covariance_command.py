"""`pointfuse-train covariance`: stations and simulated days in, the beginning of a network out."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse_training.commands.main import main
from pointfuse_training.fitting import covariance_fit
from pointfuse_training.network.checkpoints import load_checkpoint

RECIPE = """\
base = "default"
widths = [4, 8]
static_channels = ["height", "forest_fraction"]
"""


@pytest.fixture
def covariance(station_files, small_archive, model_file, small_static_file, tmp_path, monkeypatch):
    """Run the command with few steps, and return what it says and the file."""
    monkeypatch.setattr(covariance_fit, "STEPS", 6)
    monkeypatch.setattr("pointfuse_training.commands.covariance.STEPS", 6)
    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE)

    def run(*options, recipe=recipe):
        output = tmp_path / "covariance.npz"
        arguments = (
            *("covariance", station_files / "days.csv", "--stations", station_files / "list.csv"),
            *("--archive", small_archive, "--static", small_static_file, "--recipe", recipe),
            *("--model", model_file, "--simulated", 2, "--every", 6, "-o", output, *options),
        )
        return CliRunner().invoke(main, [str(argument) for argument in arguments]), output

    return run


def test_it_writes_a_network_with_a_fitted_interpolation(covariance):
    result, output = covariance("--half-of-cities", 1)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"wrote {output}: of stations length ")
    checkpoint = load_checkpoint(output)
    network = checkpoint.network()
    assert checkpoint.static_names == ("height", "forest_fraction")
    of_stations, of_models = network.interpolation.log_noise.exp().tolist()
    assert of_stations != pytest.approx(0.05)
    assert of_models == pytest.approx(0.01)
    fit = checkpoint.provenance["covariance"]
    assert fit["days"] == ["2019-03-01", "2019-03-07", "2019-03-13", "2019-03-19"]
    assert 0 < fit["stations"] < 130
    for before, after in fit["log_likelihood"].values():
        assert after >= before
    assert fit["command"].startswith("pointfuse-train covariance days.csv --stations list.csv ")


def test_the_same_command_gives_the_same_numbers(covariance):
    weights = []
    for _ in range(2):
        result, output = covariance("--quiet")
        assert (result.exit_code, result.output) == (0, "")
        weights.append(load_checkpoint(output).weights)
    for name, values in weights[0].items():
        np.testing.assert_array_equal(values, weights[1][name])


def test_it_ends_with_one_sentence(covariance, tmp_path):
    paper = tmp_path / "paper.toml"
    paper.write_text('base = "paper"\n')
    result, output = covariance(recipe=paper)
    assert result.exit_code == 1
    assert "the recipe is of the variant 'paper', which does not interpolate" in result.output
    assert result.output.count("\n") == 1
    assert not output.exists()
