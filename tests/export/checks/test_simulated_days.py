"""Days for calibration and scores: what stations are given, what is withheld, what a file keeps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse.errors import InputError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse_export.checks.simulated_days import SimulatedDays, read_days, sample_days, save_days
from pointfuse_export.commands.main import main
from pointfuse_export.errors import DescriptionError
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing

SHAPE = ROWS, COLUMNS = 20, 30


@pytest.fixture
def archive(tmp_path) -> Archive:
    """Two files of three days; a cell tells its day and place."""
    projection = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
    grid = Grid(projection, ROWS, COLUMNS, 12_000.0, -306_000.0, -234_000.0)
    place = torch.arange(ROWS * COLUMNS).reshape(SHAPE) / 10
    (tmp_path / "archive").mkdir()
    for file in range(2):
        with writing(tmp_path / "archive" / f"{file}.nc", grid, 0, {}) as writer:
            for day in range(3):
                wind = torch.full(SHAPE, 1.0 + day)
                writer.append(torch.stack([place + 100 * (3 * file + day), place, wind]))
    return Archive(tmp_path / "archive")


@pytest.fixture
def network() -> np.ndarray:
    cells = np.zeros(SHAPE, bool)
    cells[::2, ::3] = True
    return cells


@pytest.fixture
def days(archive, network) -> SimulatedDays:
    return sample_days(archive, network, days=3, elsewhere=200, weather=40, seed=1)


def test_values_are_those_of_the_archive_at_the_cells(days, network) -> None:
    assert days.shape == SHAPE
    np.testing.assert_array_equal(days.stations, np.flatnonzero(network))
    assert len(days.elsewhere) == 200
    assert not set(days.elsewhere) & set(days.stations)
    assert days.withheld.sum() == len(days.stations) // 5
    # Days 1, 3 and 5: as far apart as they come.
    expected = days.cells / 10 + 100 * np.array([[1], [3], [5]])
    # Packed in steps of 0.05 and then rounded to 0.1.
    np.testing.assert_allclose(days.truth, expected, rtol=0, atol=0.1001)
    np.testing.assert_allclose(days.air[:, 0], np.tile(days.weather / 10, (3, 1)), atol=0.1001)
    np.testing.assert_array_equal(days.air[:, 1], np.repeat([[2], [1], [3]], 40, axis=1))
    # Lognormal noise of 0.16 on some 900 values: its deviation is known to a fortieth.
    noise = np.log(days.reported[days.truth > 20] / days.truth[days.truth > 20])
    assert noise.std() == pytest.approx(0.16, rel=0.1)


def test_nothing_is_scored_that_was_given_or_calibrated_on(small_days) -> None:
    scored, truth = small_days.for_scores(), small_days.withheld_truth()
    places = small_days.stations[small_days.withheld]
    assert len(scored) == len(truth) == 3
    for i, day in enumerate(scored):
        given = day.observed[0, 0].ravel() == 1
        assert given.sum() == 120
        assert not given[places].any()
        assert not given[small_days.elsewhere].any()
        np.testing.assert_array_equal(truth[i], small_days.truth[2 * i + 1, :150][::5])
        np.testing.assert_array_equal(
            day.observations[0, 0].ravel()[small_days.stations[1]],
            small_days.reported[2 * i + 1, 1],
        )
        assert not set(given.nonzero()[0]) - set(small_days.stations)
    np.testing.assert_array_equal(small_days.truth_elsewhere(), small_days.truth[1::2, 150:])


def test_days_for_calibration_have_many_and_few_stations_and_weather_or_none(small_days) -> None:
    days = small_days.for_calibration()
    assert [int(day.observed[0, 0].sum()) for day in days] == [150, 50, 400]
    assert [int(day.observed[0, 2].sum()) for day in days] == [60, 0, 60]
    for day in days:
        assert not day.observations[day.observed == 0].any()
    wind = days[2].observations[0, 2].ravel()[small_days.weather]
    np.testing.assert_array_equal(wind, small_days.air[4, 1])


def test_an_archive_without_weather(small_days) -> None:
    dry = dataclasses.replace(small_days, air=np.full_like(small_days.air, np.nan))
    for day in dry.for_calibration():
        assert not day.observed[0, 1:].any()
        assert np.isfinite(day.observations).all()


def test_a_file_gives_the_same_days_and_the_same_bytes(small_days, tmp_path) -> None:
    for name in ("one.npz", "two.npz"):
        save_days(small_days, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = read_days(tmp_path / "one.npz", small_days.shape)
    for field in dataclasses.fields(small_days):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(small_days, field.name))


def test_files_that_are_something_else_are_refused(small_days, tmp_path) -> None:
    save_days(small_days, tmp_path / "days.npz")
    with pytest.raises(DescriptionError, match="grid of 42 x 53 cells, the model's has 10 x 20"):
        read_days(tmp_path / "days.npz", (10, 20))
    np.savez(tmp_path / "other.npz", shape=[3, 4])
    with pytest.raises(DescriptionError, match="it lacks stations, withheld"):
        read_days(tmp_path / "other.npz", (3, 4))


@pytest.mark.parametrize("number", [1, 7])
def test_too_few_days_are_refused(archive, network, number) -> None:
    with pytest.raises(InputError, match=f"no more than the 6 of the archive, got {number}"):
        sample_days(archive, network, days=number, elsewhere=10, weather=10, seed=0)


def test_command_writes_the_days_of_an_archive(archive, network, tmp_path) -> None:
    observed = np.zeros((1, 3, *SHAPE), np.float32)
    observed[0, 0] = network
    np.savez(tmp_path / "stations.npz", observed=observed)
    options = ["--stations", tmp_path / "stations.npz", "-o", tmp_path / "days.npz"]
    sizes = ["--days", 3, "--elsewhere", 200, "--weather", 40, "--seed", 1]
    arguments = [tmp_path / "archive", *options, *sizes]
    result = CliRunner().invoke(main, ["days", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert "3 days, 100 cells with stations" in result.output
    days = sample_days(archive, network, days=3, elsewhere=200, weather=40, seed=1)
    np.testing.assert_array_equal(read_days(tmp_path / "days.npz", SHAPE).reported, days.reported)


def test_without_a_station_list_stations_stand_anywhere(archive, tmp_path) -> None:
    result = CliRunner().invoke(
        main, ["days", str(tmp_path / "archive"), "--days", "2", "-o", str(tmp_path / "days.npz")]
    )
    assert result.exit_code == 0, result.output
    days = read_days(tmp_path / "days.npz", SHAPE)
    # Half of the 600 cells, and all others elsewhere.
    assert sorted([*days.stations, *days.elsewhere]) == list(range(600))
    assert len(days.stations) == 300


def test_command_names_a_missing_archive(tmp_path) -> None:
    options = ["--stations", str(tmp_path / "s.npz"), "-o", str(tmp_path / "days.npz")]
    result = CliRunner().invoke(main, ["days", str(tmp_path), *options])
    assert result.exit_code == 1
    assert "there is no archive in" in result.output
