"""Cross-validation with a model whose predictions can be worked out: the mean of what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import interpolate

from pointfuse import InputError, Observations, Stations
from pointfuse.commands.main import main
from pointfuse.fusion.estimation import estimate
from pointfuse.grid.regions import Region
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import place
from pointfuse.trust.crossval import CrossValidation, assign_folds, cross_validate
from pointfuse.trust.evaluation import evaluate
from pointfuse.trust.scores import Scores

DAYS, STATIONS = 12, 40


@pytest.fixture
def observations(tiny_metadata: ModelMetadata, rng: np.random.Generator) -> Observations:
    """Stations in cells of their own, values of 20 to 300, a fifth of them missing."""
    grid = tiny_metadata.grid
    cells = rng.choice(grid.rows * grid.columns, STATIONS, replace=False)
    x, y = grid.x[cells % grid.columns], grid.y[cells // grid.columns]
    longitude, latitude = grid.projection.inverse(x, y)
    pm25 = rng.uniform(20, 300, (DAYS, STATIONS))
    pm25[rng.random(pm25.shape) < 0.2] = np.nan
    first = np.datetime64("2019-01-01")
    return Observations(
        Stations(np.array([f"S{i}" for i in range(STATIONS)]), longitude, latitude),
        first + 30 * np.arange(DAYS),
        {"pm25": pm25},
    )


def expected_predictions(values: np.ndarray, fold: np.ndarray) -> np.ndarray:
    expected = np.full(values.shape, np.nan)
    for day in range(len(values)):
        for station in np.flatnonzero(np.isfinite(values[day])):
            expected[day, station] = np.nanmean(values[day, fold != fold[station]])
    return expected


def test_a_network_that_has_seen_observations_is_named(
    observations: Observations, tiny_model: Model, monkeypatch, caplog
) -> None:
    days = observations.at_times(slice(2))
    cross_validate(days, tiny_model, folds=2)
    assert not caplog.messages
    adapted = replace(tiny_model.metadata, training={"observations_used": "pm25 of 12 stations"})
    monkeypatch.setattr(tiny_model, "metadata", adapted)
    cross_validate(days, tiny_model, folds=2)
    assert caplog.messages == [
        "the network was adapted to observations (pm25 of 12 stations); only stations and days "
        "that are not among them tell how good it is"
    ]


@pytest.mark.parametrize("scheme", ["stations", "cities", "blocks"])
def test_predictions_are_made_from_the_other_folds(
    observations: Observations, tiny_model: Model, scheme: str
) -> None:
    cities = {f"S{i}": f"city {i // 4}" for i in range(STATIONS)}
    result = cross_validate(observations, tiny_model, scheme=scheme, folds=4, cities=cities)
    expected = expected_predictions(result.observed, result.fold)
    # The model works in single precision.
    np.testing.assert_allclose(result.predicted, expected, rtol=1e-5)


def test_in_turns_a_day_withholds_one_fold(observations: Observations, tiny_model: Model) -> None:
    """A share of the pairs, each as it would be predicted among all."""
    whole = cross_validate(observations, tiny_model, folds=4)
    result = cross_validate(observations, tiny_model, folds=4, in_turns=True)
    np.testing.assert_array_equal(result.fold, whole.fold)
    for day in range(DAYS):
        own = np.isfinite(whole.observed[day]) & (whole.fold == (day + day // 4) % 4)
        assert np.isfinite(result.predicted[day]).tolist() == own.tolist()
        assert np.isfinite(result.observed[day]).tolist() == own.tolist()
        np.testing.assert_array_equal(result.predicted[day, own], whole.predicted[day, own])
    assert evaluate(result).model.overall.pairs == np.isfinite(result.observed).sum()


def test_hours_are_scored_as_days_are(tiny_model: Model, observations: Observations) -> None:
    hours = replace(observations, times=np.datetime64("2019-01-06T00") + 5 * np.arange(DAYS))
    by_hour = cross_validate(hours, tiny_model, folds=4)
    by_day = cross_validate(observations, tiny_model, folds=4)
    np.testing.assert_array_equal(by_hour.predicted, by_day.predicted)
    # Hours of a day err together: they are drawn as days.
    scores = evaluate(by_hour)
    assert scores.days == len(np.unique(hours.times.astype("datetime64[D]"))) == 3
    assert scores.model.overall.rmse.value == evaluate(by_day).model.overall.rmse.value
    # Of PM2.5 by the hour FAIRMODE asks for nothing.
    assert evaluate(by_day).model.quality_objective.stations > 0
    assert evaluate(by_hour).model.quality_objective.stations == 0


def test_groups_stay_together(observations: Observations, tiny_model: Model) -> None:
    cities = {f"S{i}": f"city {i // 4}" for i in range(STATIONS)}
    result = cross_validate(observations, tiny_model, scheme="cities", folds=5, cities=cities)
    assert (result.fold.reshape(-1, 4) == result.fold[::4, None]).all()
    # Ten cities in five folds: two each.
    assert np.bincount(result.fold).tolist() == [8] * 5


def test_the_seed_decides_the_folds(observations: Observations) -> None:
    xy = np.zeros((STATIONS, 2))
    stations = observations.stations
    first, again, other = (
        assign_folds(stations, xy, "stations", 10, seed, {}) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert np.bincount(first).tolist() == [4] * 10


@pytest.mark.parametrize("scheme", ["stations", "cities", "blocks"])
def test_instruments_in_one_place_are_withheld_together(
    observations: Observations, tiny_model: Model, scheme: str
) -> None:
    """Twins at the coordinates of a station or a hundred metres off, in other cities."""
    alone, grid = observations.stations, tiny_model.metadata.grid
    twins = Stations(
        np.concatenate([alone.code, np.char.add(alone.code[:30], "-2")]),
        np.concatenate([alone.longitude, alone.longitude[:30]]),
        np.concatenate([alone.latitude, alone.latitude[:30] + np.repeat([0, 0.0009], 15)]),
    )
    values = observations.values["pm25"]
    pairs = replace(
        observations, stations=twins, values={"pm25": np.hstack([values, values[:, :30] + 1])}
    )
    cities = {code: f"city {i // 4}" for i, code in enumerate(twins.code.tolist())}
    result = cross_validate(pairs, tiny_model, scheme=scheme, folds=2, cities=cities)
    assert (result.fold[:30] == result.fold[40:]).all()
    assert result.nearest[np.isfinite(result.observed)].min() > 300
    # The model gives the mean of all stations left, and knows how many are in a cell.
    expected = expected_predictions(result.observed, result.fold)
    np.testing.assert_allclose(result.predicted, expected, rtol=1e-5)
    assert len(np.unique(result.place)) == 40
    assert evaluate(result).places == 40
    x, y = grid.projection.forward(twins.longitude, twins.latitude)
    folds = assign_folds(twins, np.stack([x, y], axis=1), scheme, 2, 0, cities)
    np.testing.assert_array_equal(folds, result.fold)


@pytest.mark.parametrize(("scheme", "groups"), [("stations", 40), ("cities", 10)])
def test_where_every_station_has_its_place_folds_are_those_of_the_draw(
    observations: Observations, scheme: str, groups: int
) -> None:
    """To the bit: a permutation of the groups in their order, dealt out to the folds."""
    cities = {f"S{i}": f"city {i // 4}" for i in range(STATIONS)}
    found = assign_folds(observations.stations, np.zeros((STATIONS, 2)), scheme, 5, 3, cities)
    dealt = np.random.default_rng(3).permutation(groups) % 5
    np.testing.assert_array_equal(found, np.repeat(dealt, STATIONS // groups))


def test_folds_are_counted_in_places(observations: Observations) -> None:
    two = Stations(np.array(list("ABC")), np.array([116.0, 116.0, 117.0]), np.full(3, 40.0))
    assert assign_folds(two, np.zeros((3, 2)), "stations", 2, 0, {})[:2].tolist() in (
        [0, 0],
        [1, 1],
    )
    with pytest.raises(InputError, match="the 3 stations are in 2 places"):
        assign_folds(two, np.zeros((3, 2)), "stations", 3, 0, {})


def test_distance_is_to_the_nearest_station_left(
    observations: Observations, tiny_model: Model
) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    stations = result.placed.observations.stations
    x, y = tiny_model.metadata.grid.projection.forward(stations.longitude, stations.latitude)
    day = 3
    there = np.isfinite(result.observed[day])
    for station in np.flatnonzero(there):
        left = there & (result.fold != result.fold[station])
        nearest = np.hypot(x[left] - x[station], y[left] - y[station]).min()
        assert result.nearest[day, station] == pytest.approx(nearest, rel=1e-12)


def test_a_broken_off_run_goes_on_where_it_was(
    observations: Observations,
    tiny_model: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = cross_validate(observations, tiny_model, folds=4)
    progress = tmp_path / "progress.npz"
    days = iter(range(5))

    def stop_after_five(_: int) -> None:
        if next(days, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(
            observations, tiny_model, folds=4, progress_file=progress, advance=stop_after_five
        )
    predicted_again = []
    run = tiny_model.run

    def counted(*arrays: np.ndarray) -> object:
        predicted_again.append(1)
        return run(*arrays)

    monkeypatch.setattr(tiny_model, "run", counted)
    resumed = cross_validate(observations, tiny_model, folds=4, progress_file=progress)
    np.testing.assert_array_equal(resumed.predicted, whole.predicted)
    np.testing.assert_array_equal(resumed.nearest, whole.nearest)
    # Six of the twelve days were done; four folds each remain.
    assert len(predicted_again) == 6 * 4
    assert not progress.exists()


def broken_off(
    observations: Observations, model: Model, progress: Path, days_done: int
) -> list[np.ndarray]:
    """The tables that a run has kept when it is stopped after some days."""
    days = iter(range(days_done - 1))

    def stop(_: int) -> None:
        if next(days, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(observations, model, folds=2, progress_file=progress, advance=stop)
    with np.load(progress) as kept:
        return list(kept["tables"])


@pytest.fixture
def crowded(scale_model: Model, rng: np.random.Generator) -> Observations:
    """Three days of 80 stations in cells of their own, away from their centres."""
    grid = scale_model.metadata.grid
    cells = rng.choice(grid.rows * grid.columns, 80, replace=False)
    offset_x, offset_y = grid.cell_size * rng.uniform(-0.4, 0.4, (2, 80))
    x, y = grid.x[cells % grid.columns] + offset_x, grid.y[cells // grid.columns] + offset_y
    pm25 = rng.uniform(10, 200, (3, 80))
    pm25[0, 7] = np.nan
    return Observations(
        Stations(np.array([f"S{i}" for i in range(80)]), *grid.projection.inverse(x, y)),
        np.datetime64("2019-01-01") + np.arange(3),
        {"pm25": pm25},
    )


def test_the_uncertainty_of_each_prediction_is_kept(
    crowded: Observations, scale_model: Model
) -> None:
    result = cross_validate(crowded, scale_model, folds=2)
    np.testing.assert_array_equal(np.isfinite(result.uncertainty), np.isfinite(result.observed))
    day, fold = 1, 0
    known = result.placed.on_days(slice(day, day + 1)).without(result.fold == fold)
    whole = estimate(known, scale_model)
    withheld = result.fold == fold
    grid, stations = scale_model.metadata.grid, result.placed.observations.stations
    x, y = grid.projection.forward(stations.longitude[withheld], stations.latitude[withheld])
    # In single precision.
    for found, field in (
        (result.predicted, whole.values),
        (result.uncertainty, whole.uncertainty),
    ):
        # Beyond the outermost centres it is read at the nearest place between them.
        at = np.clip(y, grid.y[0], grid.y[-1]), np.clip(x, grid.x[0], grid.x[-1])
        expected = interpolate.interpn((grid.y, grid.x), field.reshape(grid.shape), at)
        np.testing.assert_allclose(found[day, withheld], expected, rtol=1e-6)
    assert evaluate(result).uncertainty.overall.pairs == 3 * 80 - 1


def test_a_broken_off_run_keeps_the_uncertainty_to_the_bit(
    crowded: Observations, scale_model: Model, tmp_path: Path
) -> None:
    whole = cross_validate(crowded, scale_model, folds=2)
    progress = tmp_path / "progress.npz"
    _, _, kept = broken_off(crowded, scale_model, progress, days_done=2)
    np.testing.assert_array_equal(kept, whole.uncertainty[:2])
    resumed = cross_validate(crowded, scale_model, folds=2, progress_file=progress)
    np.testing.assert_array_equal(resumed.uncertainty, whole.uncertainty)
    np.testing.assert_array_equal(resumed.predicted, whole.predicted)


def test_without_a_scale_there_is_no_uncertainty(crowded: Observations, tiny_model: Model) -> None:
    result = cross_validate(crowded, tiny_model, folds=2)
    assert result.uncertainty is None
    assert evaluate(result).uncertainty is None


def test_progress_of_another_run_is_not_taken_over(
    observations: Observations, tiny_model: Model, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.npz"
    progress.write_bytes(b"no archive")
    expected = cross_validate(observations, tiny_model, folds=4, seed=1)
    got = cross_validate(observations, tiny_model, folds=4, seed=1, progress_file=progress)
    np.testing.assert_array_equal(got.predicted, expected.predicted)


def test_what_cannot_be_divided_is_refused(observations: Observations, tiny_model: Model) -> None:
    with pytest.raises(InputError, match=r"expected 2 to 40 folds, .* got 41"):
        cross_validate(observations, tiny_model, folds=41)
    with pytest.raises(InputError, match="40 of 40 have none; give a station list with a column"):
        cross_validate(observations, tiny_model, scheme="cities")
    with pytest.raises(InputError, match="no scheme 'months'; expected one of stations, cities"):
        cross_validate(observations, tiny_model, scheme="months")


def test_scores_are_those_of_the_pairs(observations: Observations, tiny_model: Model) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    found = evaluate(result)
    pairs = np.isfinite(result.observed)
    observed, predicted = result.observed[pairs], result.predicted[pairs]
    assert found.model.overall.pairs == len(observed)
    assert found.model.overall.rmse.value == pytest.approx(
        np.sqrt(np.mean((predicted - observed) ** 2)), abs=1e-4
    )
    assert found.model.high.pairs == (observed > 150).sum()
    for classes in (found.model.by_season, found.model.by_distance):
        assert sum(scores.pairs for scores in classes.values()) == len(observed)
    rmse = found.model.overall.rmse
    assert rmse.low < rmse.value < rmse.high
    json.dumps(found.to_dict(), allow_nan=False)


def resampled(result: CrossValidation, *predictions: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Observations and predictions of days drawn pair by pair, as `evaluate` draws them."""
    rng, count = np.random.default_rng(0), len(result.observed)
    for _ in range(1000):
        days = rng.integers(count, size=count)
        kept = np.isfinite(result.observed[days])
        yield [values[days][kept] for values in (result.observed, *predictions)]


def rmse(observed: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))


def test_intervals_are_those_of_days_drawn_pair_by_pair(
    observations: Observations, tiny_model: Model
) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    found = evaluate(result)
    draws = list(resampled(result, result.predicted))
    for name, definition in {
        "rmse": rmse,
        "r2": lambda o, p: np.corrcoef(o, p)[0, 1] ** 2,
        "nme": lambda o, p: np.abs(p - o).sum() / o.sum(),
    }.items():
        expected = np.quantile([definition(*draw) for draw in draws], [0.025, 0.975])
        # Scores are rounded to four digits.
        assert found.model.overall.score(name).interval == pytest.approx(expected, abs=1e-4)
        # Each season has three of the twelve days: too few to draw from.
        assert found.model.by_season["winter"].score(name).interval == [None, None]


def test_regions_are_those_of_the_model(observations: Observations, tiny_model: Model) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    assert evaluate(result).model.by_region == {}
    metadata = replace(tiny_model.metadata, regions=(Region("West", 90, 105, 25, 50),))
    result = replace(result, placed=replace(result.placed, metadata=metadata))
    found = evaluate(result).model.by_region
    assert list(found) == ["West", "elsewhere"]
    west = result.placed.observations.stations.longitude < 105
    observed, predicted = result.observed[:, west], result.predicted[:, west]
    there = np.isfinite(observed)
    assert found["West"].pairs == there.sum()
    assert found["West"].rmse.value == pytest.approx(
        rmse(observed[there], predicted[there]), abs=1e-4
    )
    assert found["elsewhere"].pairs == np.isfinite(result.observed).sum() - there.sum()


def test_baselines_are_scored_and_compared_on_the_same_draws(
    observations: Observations, tiny_model: Model
) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    noise = np.random.default_rng(1).normal(0, 30, result.observed.shape)
    other = result.observed + noise
    found = evaluate(replace(result, baselines={"other": other}))
    alone = evaluate(replace(result, predicted=other))
    # A baseline is scored as the model is.
    assert found.baselines["other"] == alone.model

    ratios, nme_ratios = [], []
    for observed, ours, theirs in resampled(result, result.predicted, other):
        ratios.append(rmse(observed, ours) / rmse(observed, theirs))
        nme_ratios.append(np.abs(ours - observed).sum() / np.abs(theirs - observed).sum())
    days = [np.isfinite(row) for row in result.observed]
    daily = [
        [rmse(o[d], p[d]) for o, p, d in zip(result.observed, predicted, days, strict=True)]
        for predicted in (result.predicted, other)
    ]
    assert found.comparisons["other"].to_dict() == {
        "rmse_ratio": pytest.approx(
            found.model.overall.rmse.value / alone.model.overall.rmse.value, rel=1e-4
        ),
        "rmse_ratio_interval": pytest.approx(np.quantile(ratios, [0.025, 0.975]), abs=1e-4),
        "nme_ratio": pytest.approx(
            found.model.overall.nme.value / alone.model.overall.nme.value, rel=1e-3
        ),
        "nme_ratio_interval": pytest.approx(np.quantile(nme_ratios, [0.025, 0.975]), abs=1e-4),
        "days_better": pytest.approx(np.mean(np.less(*daily)), abs=1e-4),
    }


def test_a_model_that_is_its_own_baseline_is_equal(
    observations: Observations, tiny_model: Model
) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    found = evaluate(replace(result, baselines={"itself": result.predicted}))
    assert found.comparisons["itself"].to_dict() == {
        "rmse_ratio": 1.0,
        "rmse_ratio_interval": [1.0, 1.0],
        "nme_ratio": 1.0,
        "nme_ratio_interval": [1.0, 1.0],
        "days_better": 0.0,
    }


def test_a_few_days_are_compared_without_an_interval(
    observations: Observations, tiny_model: Model
) -> None:
    """Draws of one day are all the same: their range would look like certainty."""
    for days, known in ((1, False), (4, False), (5, True)):
        result = cross_validate(observations.at_times(slice(days)), tiny_model, folds=4)
        found = evaluate(replace(result, baselines={"other": result.observed + 30.0}))
        compared = found.comparisons["other"]
        there = np.isfinite(result.observed)
        own = rmse(result.observed[there], result.predicted[there])
        assert compared.rmse_ratio.value == pytest.approx(own / 30.0, abs=1e-4)
        for ratio in (compared.rmse_ratio, compared.nme_ratio):
            assert (None not in ratio.interval) == known


def test_a_baseline_with_gaps_is_refused(observations: Observations, tiny_model: Model) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    gaps = result.predicted.copy()
    gaps[tuple(np.argwhere(np.isfinite(gaps))[:3].T)] = np.nan
    with pytest.raises(InputError, match=r"'other' should predict all \d+ .*, 3 are missing"):
        evaluate(replace(result, baselines={"other": gaps}))


def test_scores_that_do_not_exist_are_no_nan(tiny_metadata: ModelMetadata) -> None:
    longitude, latitude = tiny_metadata.grid.longitude_latitude()
    stations = Stations(np.array(list("ABCDE")), longitude[5, :5], latitude[5, :5])
    days = np.datetime64("2019-01-01") + np.arange(20)
    constant = np.full((20, 5), 30.0)
    placed = place(Observations(stations, days, {"pm25": constant}), tiny_metadata)
    result = CrossValidation(placed, "stations", np.arange(5), constant + 1, np.ones((20, 5)))
    found = evaluate(result)
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.model.overall.r2.value is None
    assert found.model.overall.rmse.value == 1.0
    assert found.model.high == Scores(0)


def test_seasons_are_those_of_the_months(observations: Observations, tiny_model: Model) -> None:
    result = cross_validate(observations, tiny_model, folds=4)
    months = [int(str(day)[5:7]) for day in result.placed.observations.times]
    winter = np.isin(months, (12, 1, 2))
    expected = int(np.isfinite(result.observed[winter]).sum())
    assert evaluate(result).model.by_season["winter"].pairs == expected


def test_the_interval_covers_the_truth_as_often_as_it_says(tiny_metadata: ModelMetadata) -> None:
    """Days of independent errors with a known RMSE, many times over."""
    covered = 0
    for trial in range(60):
        rng = np.random.default_rng(trial)
        observed = rng.uniform(50, 100, (60, 5))
        longitude, latitude = tiny_metadata.grid.longitude_latitude()
        stations = Stations(np.array(list("ABCDE")), longitude[5, :5], latitude[5, :5])
        days = np.datetime64("2019-01-01") + np.arange(60)
        placed = place(Observations(stations, days, {"pm25": observed}), tiny_metadata)
        predicted = observed + rng.normal(0, 10, observed.shape)
        result = CrossValidation(
            placed, "stations", np.arange(5), predicted, np.ones_like(observed)
        )
        rmse = evaluate(result).model.overall.rmse
        covered += rmse.low <= 10 <= rmse.high
    # 95 % of 60 is 57; with binomial scatter fewer than 50 has a probability of 1e-4.
    assert covered >= 50


def test_command(
    observations: Observations,
    write: Callable[[str, str | bytes], Path],
    tiny_model_file: Path,
    tmp_path: Path,
) -> None:
    stations, pm25 = observations.stations, observations.values["pm25"]
    lines = ["station,date,pm25"]
    for day, row in zip(observations.times, pm25, strict=True):
        lines += [
            f"{code},{day},{value!r}"
            for code, value in zip(stations.code, row.tolist(), strict=True)
            if np.isfinite(value)
        ]
    values = write("values.csv", "\n".join(lines))
    places = ["station,longitude,latitude,city"]
    for i, code in enumerate(stations.code):
        lon, lat = float(stations.longitude[i]), float(stations.latitude[i])
        places.append(f"{code},{lon!r},{lat!r},city {i // 4}")
    station_list = write("list.csv", "\n".join(places))
    output = tmp_path / "scores.json"
    arguments = ["crossval", values, "--stations", station_list, "--model", tiny_model_file]
    arguments += ["-o", output, "--scheme", "cities", "--folds", 5, "--every", 2, "--no-qc"]
    outcome = CliRunner().invoke(main, list(map(str, arguments)))
    assert outcome.exit_code == 0, outcome.output
    scores = json.loads(output.read_text())
    assert scores["days"] == 6
    assert scores["overall"]["pairs"] == int(np.isfinite(pm25[::2]).sum())
    assert "cities withheld, 5 folds: 6 days, 40 stations" in outcome.output
    assert f"{scores['overall']['rmse']:.2f}" in outcome.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "list.csv",
        "scores.json",
        "values.csv",
    ]


def test_one_place_cannot_be_withheld_from_itself() -> None:
    here = Stations(np.array(["A", "B"]), np.array([105.0, 105.0]), np.array([36.0, 36.0]))
    with pytest.raises(InputError, match="needs stations in at least two places, got 1"):
        assign_folds(here, np.zeros((2, 2)), "stations", 2, 0, {})


def test_instruments_of_one_code_are_in_one_place_wherever_they_stand() -> None:
    """The instruments of a site of AQS have coordinates of their own, and the code of the site."""
    longitude = np.array([105.0, 105.02, 106.0, 107.0])
    stations = Stations(np.array(["A", "A", "B", "C"]), longitude, np.full(4, 36.0))
    fold = assign_folds(stations, np.zeros((4, 2)), "stations", 3, 0, {})
    assert fold[0] == fold[1]
    assert len(set(fold[1:].tolist())) == 3
