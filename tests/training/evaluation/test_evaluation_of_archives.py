"""Evaluation of completed fields against hand-worked cases, numpy and scipy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr

from pointfuse import InputError, ModelFileError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training import VARIANTS, build_network
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.evaluation.archive_days import last_files, read_days
from pointfuse_training.evaluation.archive_evaluation import (
    ALL_CELLS,
    NETWORK,
    UNSAMPLED,
    evaluate_archive,
)
from pointfuse_training.evaluation.density import PairDensity
from pointfuse_training.evaluation.reconstruction import Reconstructor, network_reconstructor
from pointfuse_training.evaluation.region import ScoredRegion, read_region
from pointfuse_training.evaluation.sampling import SampledCells, read_cells
from pointfuse_training.evaluation.tables import scores_markdown, scores_of
from pointfuse_training.network.concentration_scale import transformed, transformed_back
from pointfuse_training.network.variants import field_of

WINTER, SUMMER = 20, 200
"""Days of the year."""


@pytest.fixture(scope="module")
def archive(small_grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Two files, of three days in January and of two in July."""
    folder = tmp_path_factory.mktemp("archive")
    random = np.random.default_rng(5)
    for name, first, days in (("a.nc", WINTER, 3), ("b.nc", SUMMER, 2)):
        with writing(folder / name, small_grid, first, {}) as writer:
            for _ in range(days):
                fields = random.gamma(2, 20, (3, *small_grid.shape))
                writer.append(torch.from_numpy(fields))
    return Archive(folder)


@pytest.fixture(scope="module")
def stations(small_grid: Grid) -> np.ndarray:
    cells = np.zeros(small_grid.shape, bool)
    cells[3::6, 2::5] = True
    return cells


@pytest.fixture(scope="module")
def region(small_grid: Grid) -> ScoredRegion:
    cells = np.zeros(small_grid.shape, bool)
    cells[5:30, 10:45] = True
    return ScoredRegion("middle", cells)


def truths(archive: Archive) -> list[np.ndarray]:
    return [archive[day][0].numpy().astype(np.float64) for day in range(len(archive))]


def oracle(archive: Archive, grid: Grid, change=lambda field: field) -> Reconstructor:
    """It knows the days, in their order, and gives them changed."""
    fields = iter(truths(archive))

    def complete(observations, observed):
        return change(next(fields)).astype(np.float32)

    return Reconstructor("oracle", grid, "pm25", complete)


def test_a_perfect_model_scores_one(archive, small_grid, stations, region):
    found = evaluate_archive(
        archive,
        range(5),
        oracle(archive, small_grid),
        SampledCells(small_grid.shape, stations),
        region,
    )
    scores = scores_of(found)
    for cells in (ALL_CELLS, UNSAMPLED):
        for kind in ("pairs", "mean_of_days"):
            values = scores["methods"][NETWORK][cells][kind]
            assert (values["r2"], values["determination"]) == (1, 1)
            assert [values[name] for name in ("rmse", "nme", "nmb", "mfb", "mfe")] == [0] * 5
    inside = int(region.cells.sum())
    assert scores["methods"][NETWORK][ALL_CELLS]["pairs"]["number"] == 5 * inside
    both = int((region.cells & stations).sum())
    assert scores["methods"][NETWORK][UNSAMPLED]["pairs"]["number"] == 5 * (inside - both)
    for season in found.seasons.values():
        np.testing.assert_allclose(season.raw, season.completed)
    # All pairs on the line of equality.
    counts, _ = found.density.shown(1, 64)
    assert counts.sum() == np.trace(counts[0]) == 5 * inside


def test_scores_are_those_of_numpy_and_scipy(archive, small_grid, stations, region):
    def change(field):
        return np.maximum(0.8 * field + 7 * np.sin(np.arange(field.size)).reshape(field.shape), 0)

    found = evaluate_archive(
        archive,
        range(5),
        oracle(archive, small_grid, change),
        SampledCells(small_grid.shape, stations),
        region,
    )
    scores = scores_of(found)
    for cells, chosen in ((ALL_CELLS, region.cells), (UNSAMPLED, region.cells & ~stations)):
        raw = [field[chosen] for field in truths(archive)]
        made = [change(field).astype(np.float32)[chosen] for field in truths(archive)]
        expected = {
            "r2": [pearsonr(a, b).statistic ** 2 for a, b in zip(raw, made, strict=True)],
            "rmse": [np.sqrt(np.mean((b - a) ** 2)) for a, b in zip(raw, made, strict=True)],
            "nme": [np.abs(b - a).sum() / a.sum() for a, b in zip(raw, made, strict=True)],
        }
        means = scores["methods"][NETWORK][cells]["mean_of_days"]
        winter = scores["methods"][NETWORK][cells]["by_season"]["winter"]
        summer = scores["methods"][NETWORK][cells]["by_season"]["summer"]
        for name, values in expected.items():
            daily = [day["scores"][NETWORK][cells][name] for day in scores["days"]]
            # Scores are rounded to four decimals.
            np.testing.assert_allclose(daily, values, atol=5.1e-5)
            assert means[name] == pytest.approx(np.mean(values), abs=5.1e-5)
            assert winter[name] == pytest.approx(np.mean(values[:3]), abs=5.1e-5)
            assert summer[name] == pytest.approx(np.mean(values[3:]), abs=5.1e-5)
        pairs = scores["methods"][NETWORK][cells]["pairs"]
        a, b = np.concatenate(raw), np.concatenate(made)
        assert pairs["r2"] == pytest.approx(pearsonr(a, b).statistic ** 2, abs=5.1e-5)
        assert pairs["rmse"] == pytest.approx(np.sqrt(np.mean((b - a) ** 2)), abs=5.1e-5)
        assert pairs["nme"] == pytest.approx(np.abs(b - a).sum() / a.sum(), abs=5.1e-5)
    assert list(found.seasons) == ["winter", "summer"]
    winter = found.seasons["winter"]
    assert winter.days == 3
    np.testing.assert_allclose(winter.raw / 3, np.mean(truths(archive)[:3], axis=0), rtol=1e-6)
    expected_mean = np.mean([change(field) for field in truths(archive)[:3]], axis=0)
    np.testing.assert_allclose(winter.completed / 3, expected_mean, rtol=1e-6, atol=1e-5)
    assert [day["date"] for day in scores["days"]] == [
        "2001-01-21",
        "2001-01-22",
        "2001-01-23",
        "2001-07-20",
        "2001-07-21",
    ]
    assert [day["file"] for day in scores["days"]] == ["a.nc"] * 3 + ["b.nc"] * 2


def test_it_is_given_the_sampled_cells_and_nothing_else(archive, small_grid, stations, region):
    weather = np.roll(stations, 1, axis=1)
    given = []

    def complete(observations, observed):
        given.append((observations, observed))
        return np.ones(small_grid.shape, np.float32)

    sampling = SampledCells(small_grid.shape, stations, weather)
    evaluate_archive(
        archive, [3, 1], Reconstructor("one", small_grid, "pm25", complete), sampling, region
    )
    for day, (observations, observed) in zip([3, 1], given, strict=True):
        np.testing.assert_array_equal(observed, np.stack([stations, weather, weather]))
        np.testing.assert_array_equal(observations, archive[day].numpy() * observed)
        assert observations.dtype == observed.dtype == np.float32


def test_baselines_get_the_same_stations(archive, small_grid, stations, region):
    def mean(known, longitude, latitude):
        places = known.observations.stations
        cells = small_grid.cells(places.longitude, places.latitude)
        np.testing.assert_array_equal(cells, np.flatnonzero(stations))
        np.testing.assert_array_equal(
            small_grid.cells(longitude, latitude), np.flatnonzero(region.cells)
        )
        values = known.observations.values["pm25"][0]
        assert str(known.observations.times[0]) == "2001-07-20"
        np.testing.assert_array_equal(values, truths(archive)[3][stations])
        return np.full(longitude.shape, values.mean())

    found = evaluate_archive(
        archive,
        [3],
        Reconstructor(
            "zero", small_grid, "pm25", lambda *_: np.zeros(small_grid.shape, np.float32)
        ),
        SampledCells(small_grid.shape, stations),
        region,
        baselines={"mean": mean},
    )
    scores = scores_of(found)
    truth = truths(archive)[3]
    error = truth[stations].mean() - truth[region.cells]
    assert list(scores["methods"]) == [NETWORK, "mean"]
    pairs = scores["methods"]["mean"][ALL_CELLS]["pairs"]
    assert pairs["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), abs=5.1e-5)
    # A constant has no correlation, and JSON no NaN.
    assert pairs["r2"] is None
    assert scores["methods"][NETWORK][ALL_CELLS]["pairs"]["nme"] == 1
    table = scores_markdown(scores)
    assert f"| mean | all cells | - / {pairs['rmse']:.2f} / {pairs['nme']:.3f} |" in table
    assert "compared in 875 cells (middle) of 2,080" in table


def test_bad_fields_and_grids_are_refused(archive, small_grid, stations, region):
    sampling = SampledCells(small_grid.shape, stations)

    def evaluated(reconstructor, days=(0,)):
        return evaluate_archive(archive, days, reconstructor, sampling, region)

    for value in (np.nan, -1.0, np.inf):
        with pytest.raises(ModelFileError, match=r"negative or not finite on 2001-01-21 of a\.nc"):
            evaluated(oracle(archive, small_grid, lambda field, v=value: field * 0 + v))
    with pytest.raises(InputError, match=r"works on a grid of 41 x 52 cells"):
        evaluated(oracle(archive, replace(small_grid, rows=41)))
    aside = replace(small_grid, first_x=small_grid.first_x + 12_000)
    with pytest.raises(
        InputError, match=r"the cells of the archive lie elsewhere than those of oracle"
    ):
        evaluated(oracle(archive, aside))
    ozone = replace(oracle(archive, small_grid), target="ozone")
    with pytest.raises(InputError, match="oracle completes ozone, the archive has pm25"):
        evaluated(ozone)
    with pytest.raises(InputError, match="no day to evaluate"):
        evaluated(oracle(archive, small_grid), ())


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_network_in_memory_gives_its_field(archive, small_grid, stations, variant):
    torch.manual_seed(0)
    network = build_network(variant, torch.rand(2, *small_grid.shape), (4, 6, 8, 10))
    raw, observed = archive[0], SampledCells(small_grid.shape, stations).observed(0)
    mask = torch.from_numpy(observed).float()
    reconstructor = network_reconstructor(network, small_grid, "untrained")
    found = reconstructor.complete((raw * mask).numpy(), mask.numpy())
    with torch.no_grad():
        expected = field_of(network.eval()((raw * mask)[None], mask[None]))
    np.testing.assert_array_equal(found, expected[0, 0].numpy())


def test_steps_of_the_default_network_end_in_its_field(archive, small_grid, stations):
    torch.manual_seed(0)
    network = build_network("default", torch.rand(2, *small_grid.shape), (4, 6))
    observed = SampledCells(small_grid.shape, stations).observed(0).astype(np.float32)
    observations = archive[0].numpy() * observed
    reconstructor = network_reconstructor(network, small_grid, "untrained")
    steps = reconstructor.steps(observations, observed)
    assert list(steps) == ["trend", "interpolation"]
    # Untrained, the rest leaves the last of them as it is, and adds what a deviation of 0.31 does
    # to the mean.
    field = reconstructor.complete(observations, observed)
    last = transformed(torch.from_numpy(steps["interpolation"]))
    expected, _ = transformed_back(last, torch.tensor(0.31))
    np.testing.assert_allclose(field, expected, rtol=1e-4, atol=1e-4)
    # Every step brings the field nearer to the stations.
    there = observed[0] > 0
    missed = [np.abs(step - observations[0])[there].mean() for step in steps.values()]
    assert missed[0] > missed[1]


def test_steps_of_the_published_network_are_those_of_pointconv(archive, small_grid, stations):
    network = build_network("paper", torch.rand(2, *small_grid.shape), (4, 6))
    observed = SampledCells(small_grid.shape, stations).observed(0).astype(np.float32)
    observations = archive[0].numpy() * observed
    steps = network_reconstructor(network, small_grid, "untrained").steps(observations, observed)
    with torch.no_grad():
        expected = network.point_conv(*map(torch.from_numpy, (observations[None], observed[None])))
    assert list(steps) == ["wide pass", "both passes"]
    for found, fields in zip(
        steps.values(), (expected.first_pass, expected.corrected), strict=True
    ):
        np.testing.assert_array_equal(found, fields[0, 0])


def test_cells_are_drawn_from_the_seed_and_the_day():
    sampling = SampledCells((60, 100), seed=3)
    for day in (0, 7):
        observed = sampling.observed(day)
        np.testing.assert_array_equal(observed, SampledCells((60, 100), seed=3).observed(day))
        assert 1500 <= observed[0].sum() <= 2500
        assert not observed[1:].any()
    assert (sampling.observed(0) != sampling.observed(7)).any()
    assert (sampling.observed(0) != SampledCells((60, 100), seed=4).observed(0)).any()
    # Half of a small grid, and no cell twice.
    assert SampledCells((5, 7)).observed(0)[0].sum() == 18


def test_cells_of_a_station_list_and_of_golden_days(small_grid, tmp_path):
    longitude, latitude = small_grid.longitude_latitude()
    rows = [
        f"{name},{longitude[cell]:.5f},{latitude[cell]:.5f}"
        for name, cell in (("a", (4, 9)), ("b", (4, 9)), ("c", (39, 51)))
    ]
    listed = tmp_path / "stations.csv"
    # One abroad, and one without coordinates.
    listed.write_text("\n".join(["station,longitude,latitude", *rows, "d,-100,40", "e,,"]) + "\n")
    expected = np.zeros(small_grid.shape, bool)
    expected[4, 9] = expected[39, 51] = True
    np.testing.assert_array_equal(read_cells(listed, small_grid), expected)
    observed = np.zeros((2, 3, *small_grid.shape), np.uint8)
    observed[0, 0, 4, 9] = observed[1, 0, 39, 51] = observed[:, 1:] = 1
    np.savez(tmp_path / "golden.npz", observed=observed)
    np.testing.assert_array_equal(read_cells(tmp_path / "golden.npz", small_grid), expected)
    listed.write_text("station,longitude,latitude\nd,-100,40\n")
    with pytest.raises(InputError, match=r"stations\.csv has no station on the grid"):
        read_cells(listed, small_grid)
    with pytest.raises(InputError, match=r"stand on a grid of \(40, 52\) cells"):
        SampledCells((40, 53), expected)


def test_the_scored_cells(tmp_path: Path):
    sea = np.array([[0.0, 0.49, 0.5], [1.0, 0.9, 0.2]])
    path = tmp_path / "static.npz"
    np.savez(path, ocean_fraction=sea, mask=sea > 0.4, none=sea < 0, one_row=sea[:1])
    land = read_region(path, None, (2, 3))
    assert land.name == "land"
    np.testing.assert_array_equal(land.cells, [[True, True, False], [False, False, True]])
    np.testing.assert_array_equal(read_region(path, "mask", (2, 3)).cells, sea > 0.4)
    assert read_region(None, None, (2, 3)).cells.all()
    for mask, message in (
        ("china", "no array 'china'.*one of ocean_fraction, mask"),
        ("one_row", r"shape \(1, 3\)"),
        ("ocean_fraction", "true or false"),
        ("none", "no cell to score"),
    ):
        with pytest.raises(InputError, match=message):
            read_region(path, mask, (2, 3))


def test_the_last_files_are_held_out(archive):
    assert list(last_files(archive, None, 1)) == [0, 1, 2, 3, 4]
    assert list(last_files(archive, None, 2)) == [0, 2, 4]
    assert list(last_files(archive, 1, 1)) == [3, 4]
    with pytest.raises(InputError, match="the archive has 2 files, the last 3"):
        last_files(archive, 3, 1)


def test_an_archive_without_dates_is_named(archive, tmp_path):
    import netCDF4

    path = tmp_path / "b.nc"
    path.write_bytes(archive.files[1].read_bytes())
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["time"].delncattr("units")
    with pytest.raises(InputError, match=r"b\.nc does not say when its days are"):
        read_days(Archive(tmp_path))


# Values up to eighty times the first range of 1,024 bins of 1/16: binary, so that edges are exact.
values = st.lists(
    st.tuples(st.floats(0, 5000), st.floats(0, 5000), st.floats(-10, 60)), min_size=1, max_size=30
)


@pytest.mark.slow
@settings(max_examples=20)
@given(batches=st.lists(values, min_size=1, max_size=3))
@example(batches=[[(0.0, 127.0, 0.0)]])  # bins at the upper end that are not a whole number shown
def test_density_counts_every_pair_once(batches):
    density = PairDensity(("a", "b"), 1 / 16)
    for batch in batches:
        raw, a, b = np.array(batch).T
        density.add(raw, {"a": a, "b": b})
    raw, a, b = np.concatenate([np.array(batch) for batch in batches]).T
    edges = density.width * np.arange(1025)
    for counts, predicted in zip(density.counts, (a, np.maximum(b, 0)), strict=True):
        expected, _, _ = np.histogram2d(raw, predicted, bins=(edges, edges))
        # Bins join in pairs, so that a value on an edge stays on the same side of it.
        np.testing.assert_array_equal(counts, expected)
    shown, width = density.shown(1.0, 80)
    assert shown.sum() == 2 * len(raw)
    assert width * shown.shape[1] > max(raw.max(), a.max(), b.max())


def test_density_shows_the_lower_part():
    density = PairDensity(("a",), 1.0)
    raw = np.arange(1000.0)
    density.add(raw, {"a": raw})
    shown, width = density.shown(0.5, 50)
    assert width == 10
    np.testing.assert_array_equal(shown[0], 10 * np.eye(50))
