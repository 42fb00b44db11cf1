"""Baselines beside the model: found by name, given what the model gets, and not trusted."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import InputError, Observations, Stations
from pointfuse.commands.main import main
from pointfuse.errors import MissingExtraError
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.trust import baselines as module
from pointfuse.trust.baselines import ENTRY_POINTS, find_baselines
from pointfuse.trust.crossval import cross_validate

Array = np.ndarray


def mean_of_known(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
    """What the tiny model gives, too, where each station has a cell of its own."""
    return np.full(len(longitude), np.nanmean(known.observations.values["pm25"]))


def place_itself(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
    return 1000 * longitude + latitude


@pytest.fixture
def observations(tiny_metadata: ModelMetadata, rng: np.random.Generator) -> Observations:
    """Thirty stations in cells of their own on six days, some values missing."""
    longitude, latitude = (
        table.ravel()[::5][:30] for table in tiny_metadata.grid.longitude_latitude()
    )
    pm25 = rng.uniform(20, 300, (6, 30))
    pm25[rng.random(pm25.shape) < 0.2] = np.nan
    code = np.array([f"S{i}" for i in range(30)])
    days = np.datetime64("2019-01-01") + np.arange(6)
    return Observations(Stations(code, longitude, latitude), days, {"pm25": pm25})


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register baselines of this module, as an installed package would."""
    here = f"{__name__}:"
    points = [
        importlib.metadata.EntryPoint(name, value, ENTRY_POINTS)
        for name, value in (
            ("mean", here + "mean_of_known"),
            ("place", here + "place_itself"),
            ("heavy", "a_package_that_nobody_has:predict"),
        )
    ]
    monkeypatch.setattr(module, "entry_points", lambda group: points)


def test_a_baseline_gets_the_stations_that_the_model_gets(
    observations: Observations, tiny_model: Model
) -> None:
    result = cross_validate(
        observations,
        tiny_model,
        folds=4,
        baselines={"mean": mean_of_known, "place": place_itself},
    )
    # The model works in single precision.
    np.testing.assert_allclose(result.baselines["mean"], result.predicted, rtol=1e-5)
    stations = result.placed.observations.stations
    expected = np.where(
        np.isnan(result.observed), np.nan, 1000 * stations.longitude + stations.latitude
    )
    np.testing.assert_array_equal(result.baselines["place"], expected)


def test_a_broken_off_run_goes_on_with_its_baselines(
    observations: Observations, tiny_model: Model, tmp_path: Path
) -> None:
    whole = cross_validate(observations, tiny_model, folds=4, baselines={"mean": mean_of_known})
    progress = tmp_path / "progress.npz"
    calls = []

    def counting(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        calls.append(str(known.observations.times[0]))
        if len(calls) == 10:
            raise KeyboardInterrupt
        return mean_of_known(known, longitude, latitude)

    arguments = {"folds": 4, "baselines": {"mean": counting}, "progress_file": progress}
    with pytest.raises(KeyboardInterrupt):
        cross_validate(observations, tiny_model, **arguments)
    # The tenth fold was the second of the third day; of the six days four remain.
    calls_before = len(calls)
    resumed = cross_validate(observations, tiny_model, **arguments)
    assert len(calls) - calls_before == 4 * 4
    np.testing.assert_array_equal(resumed.baselines["mean"], whole.baselines["mean"])
    np.testing.assert_array_equal(resumed.predicted, whole.predicted)


def test_progress_with_other_baselines_is_not_taken_over(
    observations: Observations, tiny_model: Model, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.npz"

    def stop(days: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(observations, tiny_model, folds=4, progress_file=progress, advance=stop)
    result = cross_validate(
        observations,
        tiny_model,
        folds=4,
        progress_file=progress,
        baselines={"mean": mean_of_known},
    )
    there = np.isfinite(result.observed)
    assert np.isfinite(result.baselines["mean"][there]).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_baseline_that_gives_no_number_is_refused(
    observations: Observations, tiny_model: Model, wrong: float
) -> None:
    def one_hole(known: PlacedObservations, longitude: Array, latitude: Array) -> Array:
        return np.r_[wrong, np.ones(len(longitude) - 1)]

    with pytest.raises(InputError, match=r"finite values from the baseline 'holes' on 2019-01-01"):
        cross_validate(observations, tiny_model, folds=4, baselines={"holes": one_hole})


def test_a_baseline_that_gives_another_shape_is_refused(
    observations: Observations, tiny_model: Model
) -> None:
    with pytest.raises(InputError, match=r"in the shape \(1,\); correct the baseline"):
        cross_validate(
            observations, tiny_model, folds=4, baselines={"short": lambda *_: np.ones(1)}
        )


@pytest.mark.usefixtures("register")
def test_baselines_are_found_by_name() -> None:
    found = find_baselines(["place", "mean"])
    assert list(found) == ["place", "mean"]
    points = np.array([104.0, 105.0]), np.array([30.0, 31.0])
    assert found["place"](None, *points).tolist() == [104_030.0, 105_031.0]
    with pytest.raises(MissingExtraError, match="no baseline 'kriging'; installed are heavy, mean"):
        find_baselines(["mean", "kriging"])
    with pytest.raises(MissingExtraError, match=r"'heavy' needs a package .*a_package_that_nobody"):
        find_baselines(["heavy"])


def test_without_any_the_message_says_how_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "entry_points", lambda group: [])
    with pytest.raises(MissingExtraError, match=r"are none, .* \./training \./benchmarks'"):
        find_baselines(["idw"])


@pytest.mark.usefixtures("register")
def test_the_command_names_what_is_missing_before_it_reads(tmp_path: Path) -> None:
    arguments = ["crossval", "absent.csv", "-o", str(tmp_path / "s.json"), "--baselines", "x,mean"]
    outcome = CliRunner().invoke(main, arguments)
    assert outcome.exit_code == 1
    assert "no baseline 'x'; installed are heavy, mean, place, and pointfuse's" in outcome.output
    assert outcome.output.count("\n") == 1
