"""Pseudo-stations: how many, where, and what they report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from pointfuse import InputError
from pointfuse_training.fitting.recipes import RECIPES
from pointfuse_training.samples.pseudo_stations import (
    OUTLIER,
    StationPlaces,
    draw_cells,
    draw_day,
    draw_holes,
    draw_kept,
    inhabited_cells,
    report_noise,
)
from pointfuse_training.samples.sampling import SAMPLING, Sampling

ROWS, COLUMNS = 90, 110

WHOLE = Sampling(most_holes=0.0, several=0.0, regional=0.0, few=0.0, one_sided=0.0)
"""Stations in all of the grid, one in a cell."""


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def places() -> StationPlaces:
    """People in the western half alone; a network of 36 cells of three in the east."""
    inhabited = torch.zeros(ROWS, COLUMNS)
    inhabited[:, : COLUMNS // 2] = 1
    network = torch.zeros(ROWS, COLUMNS, dtype=torch.int64)
    network[::10, 60:100:10] = 3
    return StationPlaces(inhabited, network)


@pytest.fixture
def whole(places: StationPlaces) -> StationPlaces:
    """The same in all of the grid."""
    return replace(places, sampling=WHOLE)


@pytest.fixture
def fields() -> torch.Tensor:
    return torch.stack([torch.full((ROWS, COLUMNS), value) for value in (50.0, 70.0, 0.0)])


def test_a_third_of_the_draws_each(whole: StationPlaces) -> None:
    source = generator()
    kinds = {"network": 0, "clustered": 0, "uniform": 0}
    for _ in range(300):
        stations = whole.draw(source)
        number = int(stations.sum())
        if torch.equal(stations, whole.network):
            kinds["network"] += 1
        elif not stations[:, COLUMNS // 2 :].any():
            kinds["clustered"] += 1
            assert SAMPLING.clustered_stations[0] <= number <= SAMPLING.clustered_stations[1]
        else:
            kinds["uniform"] += 1
            assert SAMPLING.uniform_stations[0] <= number <= SAMPLING.uniform_stations[1]
    # 300 draws with a chance of a third: five standard deviations of 8.2 are 41.
    assert all(abs(count - 100) < 41 for count in kinds.values()), kinds


def test_without_a_network_stations_follow_people(whole: StationPlaces) -> None:
    source = generator()
    alone = replace(whole, network=None)
    clustered = sum(not alone.draw(source)[:, COLUMNS // 2 :].any() for _ in range(150))
    # Two thirds of 150, give or take five standard deviations of 5.8.
    assert abs(clustered - 100) < 29


def test_stations_are_as_frequent_as_the_weights_say() -> None:
    inhabited = torch.ones(ROWS, COLUMNS)
    inhabited[:45] = 3
    source = generator()
    places = StationPlaces(inhabited, sampling=WHOLE)
    drawn = [places.draw(source) for _ in range(60)]
    clustered = [stations for stations in drawn if stations.sum() <= SAMPLING.clustered_stations[1]]
    north = sum(int(stations[:45].sum()) for stations in clustered)
    share = north / sum(int(stations.sum()) for stations in clustered)
    # Three of four, less about 0.02 because no cell is drawn twice (up to 13 % of the cells are).
    assert share == pytest.approx(0.73, abs=0.03)


def test_a_small_grid_keeps_cells_without_a_station() -> None:
    source = generator()
    for _ in range(20):
        assert StationPlaces(torch.ones(10, 12)).draw(source).count_nonzero() <= 60


def test_there_may_be_no_station() -> None:
    weights = torch.ones(5, 6)
    assert not draw_cells(weights, (0, 0), generator()).any()
    assert not draw_cells(0 * weights, (3, 4), generator()).any()
    assert draw_cells(weights, (3, 3), generator()).sum() == 3


def test_holes_are_squares_and_cover_up_to_a_third() -> None:
    source = generator()
    shape = torch.Size((20 * SAMPLING.hole, 25 * SAMPLING.hole))
    shares = []
    for _ in range(200):
        holes = draw_holes(shape, source).numpy()
        shares.append(holes.mean())
        # The pattern changes at one and the same remainder of the square's edge alone.
        changes = np.nonzero(np.diff(holes.astype(int), axis=1))[1] + 1
        assert len(set(changes % SAMPLING.hole)) <= 1
        changes = np.nonzero(np.diff(holes.astype(int), axis=0))[0] + 1
        assert len(set(changes % SAMPLING.hole)) <= 1
    # Uniform from 0 to a third; 500 squares scatter by 0.02 about their chance.
    assert max(shares) < SAMPLING.most_holes + 0.09
    assert np.mean(shares) == pytest.approx(SAMPLING.most_holes / 2, abs=0.04)


def test_no_station_stands_in_a_hole(places: StationPlaces) -> None:
    holed = replace(places, sampling=replace(WHOLE, network=1.0, clustered=0.0, most_holes=1.0))
    for seed in range(5):
        drawn = holed.draw(generator(seed))
        source = generator(seed)
        torch.rand(1, generator=source)  # the kind of the draw
        torch.rand(1 + ROWS * COLUMNS, generator=source)  # which cells report: all
        holes = draw_holes(drawn.shape, source, holed.sampling)
        assert holes.any()
        assert torch.equal(drawn, places.network * ~holes)


def test_a_network_of_which_a_part_reports(places: StationPlaces) -> None:
    sampling = replace(WHOLE, network=1.0, clustered=0.0, network_present=0.2)
    network = torch.ones(ROWS, COLUMNS, dtype=torch.bool)
    partly = replace(places, network=network, sampling=sampling)
    source = generator()
    shares = [float(partly.draw(source).float().mean()) for _ in range(200)]
    # Uniform from 0.2 to 1; 9,900 cells scatter by 0.005 about it.
    assert stats.kstest(shares, "uniform", (0.2, 0.8)).pvalue > 1e-4


def test_uniform_sampling_alone_as_published(places: StationPlaces) -> None:
    published = replace(places, sampling=RECIPES["paper"].sampling)
    source = generator()
    east = []
    for _ in range(30):
        stations = published.draw(source)
        assert 1500 <= stations.sum() <= 2500
        east.append(float(stations[:, COLUMNS // 2 :].float().sum() / stations.sum()))
    # Half of the cells; a share of 2,000 cells scatters by 0.011, the mean of 30 by 0.002.
    assert np.mean(east) == pytest.approx(0.5, abs=0.01)


def test_a_station_reports_its_cell_with_lognormal_noise() -> None:
    truth = torch.full((1, 200, 200), 40.0)
    alone = replace(WHOLE, outliers=0.0)
    reported = StationPlaces(torch.ones(200, 200), sampling=alone).reports(truth, 1, generator())
    logarithms = np.log(reported.numpy() / 40).ravel()
    # Kolmogorov and Smirnov: a probability below 1e-4 would be no accident.
    assert stats.kstest(logarithms, "norm", (0, SAMPLING.noise)).pvalue > 1e-4


def test_the_mean_of_several_stations_has_less_noise() -> None:
    """The noises of n stations are independent: that of their mean falls with the root of n."""
    places = StationPlaces(torch.ones(1, 40_000), sampling=replace(WHOLE, outliers=0.0))
    truth = torch.full((1, 40_000), 40.0)
    for number in (1, 4, 9):
        stations = torch.full((1, 40_000), float(number))
        relative = places.reports(truth, stations, generator(number)).div(40).log()
        # A deviation of 40,000 draws scatters by 0.35 %; three times that.
        assert float(relative.std()) == pytest.approx(SAMPLING.noise / number**0.5, rel=0.011)


def test_the_noise_of_a_process_is_that_of_its_scale() -> None:
    places = StationPlaces(torch.ones(1, 40_000), sampling=replace(WHOLE, outliers=0.0))
    for level in (20.0, 300.0):
        truth = torch.full((1, 40_000), level)
        reported = places.reports(truth, torch.full_like(truth, 4.0), generator(), 0.9)
        error = 2 * ((reported + 1).sqrt() - (truth + 1).sqrt())
        assert stats.kstest(error.numpy().ravel(), "norm", (0, 0.9 / 2)).pvalue > 1e-4
    # A station next to nothing reports no less than nothing.
    assert places.reports(torch.zeros(1, 40_000), 1, generator(), 0.9).min() == 0


def test_days_are_quiet_or_loud(fields: torch.Tensor) -> None:
    """The deviation of a day is a share of the sampling's, even between the least and 1."""
    sampling = replace(WHOLE, outliers=0.0, quietest=0.4)
    places = StationPlaces(torch.ones(ROWS, COLUMNS), sampling=sampling)
    days = [draw_day(fields, places, generator(number)) for number in range(60)]
    shares = [float((day.reports / day.truth).log().std()) / sampling.noise for day in days]
    # A deviation of 9,900 draws scatters by 0.7 %, which hardly changes the distribution.
    assert stats.kstest(shares, "uniform", (0.4, 0.6)).pvalue > 1e-3
    assert 0.39 < min(shares) < max(shares) < 1.02


def test_a_share_of_the_reports_is_far_off() -> None:
    sampling = replace(WHOLE, outliers=0.1)
    truth = torch.full((1, 200_000), 40.0)
    places = StationPlaces(torch.ones_like(truth), sampling=sampling)
    relative = places.reports(truth, 1, generator()).div(40).log() / SAMPLING.noise
    for limit in (2.0, 4.0, 8.0):
        expected = 0.9 * stats.norm.sf(limit) + 0.1 * stats.norm.sf(limit / OUTLIER)
        found = float((relative.abs() > limit).float().mean())
        # Both tails; four deviations of the share of 200,000 draws.
        assert found == pytest.approx(2 * expected, abs=4 * (2 * expected / 200_000) ** 0.5)


def test_a_day_of_a_process_keeps_its_noise_when_it_is_scaled(fields: torch.Tensor) -> None:
    """Twice the concentration is root two times as much on the scale of the process."""
    sampling = replace(WHOLE, outliers=0.0, day_factor_spread=0.0, largest_offset=0.0)
    places = StationPlaces(torch.ones(ROWS, COLUMNS), sampling=sampling)
    scaled = replace(places, sampling=replace(sampling, day_factor_spread=0.5))
    for drawn in (places, scaled):
        day = draw_day(fields, drawn, generator(1), station_noise=0.5)
        factor = float(day.truth.mean()) / 50
        error = 2 * ((day.reports + 1).sqrt() - (day.truth + 1).sqrt())
        # 9,900 draws: 0.7 %, three times that.
        assert float(error.std()) == pytest.approx(0.5 * factor**0.5, rel=0.021)
    assert abs(factor - 1) > 0.2


def test_several_stations_in_a_cell() -> None:
    sampling = replace(WHOLE, network=0.0, clustered=1.0, several=0.8)
    drawn = StationPlaces(torch.ones(ROWS, COLUMNS), sampling=sampling).draw(generator())
    further = drawn[drawn > 0].numpy() - 1
    # Poisson: the mean of at least 500 draws scatters by 0.04; three times that.
    assert further.mean() == pytest.approx(0.8, abs=0.12)
    assert further.var() == pytest.approx(0.8, abs=0.25)


@pytest.fixture
def everywhere() -> torch.Tensor:
    return torch.ones(ROWS, COLUMNS, dtype=torch.bool)


def test_how_often_only_some_stations_are_left(everywhere: torch.Tensor) -> None:
    sampling = Sampling(regional=0.2, few=0.3, one_sided=0.1, most_of_few=50, region_radius=(5, 9))
    source, kinds = generator(), {"all": 0, "few": 0, "region": 0, "side": 0}
    for _ in range(500):
        number = int(draw_kept(everywhere, source, sampling).sum())
        # Discs of 5 to 9 cells hold 20 (in a corner) to 260; half planes through a cell more.
        kind = "all" if number == ROWS * COLUMNS else "few" if number <= 50 else "region"
        kinds["side" if kind == "region" and number > 260 else kind] += 1
    # Discs in corners may pass for few, narrow sides for discs; and four deviations of 10.
    assert kinds["all"] == pytest.approx(200, abs=44)
    assert kinds["few"] == pytest.approx(150, abs=50)
    assert kinds["region"] == pytest.approx(100, abs=45)
    assert kinds["side"] == pytest.approx(50, abs=30)


def test_a_region_is_a_disc_about_a_station(everywhere: torch.Tensor) -> None:
    sampling = Sampling(regional=1.0, few=0.0, one_sided=0.0, region_radius=(6, 12))
    stations = torch.zeros_like(everywhere)
    stations[40, 50] = True
    row, column = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    distance = torch.hypot(row - 40.0, column - 50.0)
    radii = []
    for seed in range(100):
        kept = draw_kept(stations, generator(seed), sampling)
        radii.append(float(distance[kept].max()))
        assert torch.equal(kept, distance <= radii[-1])
    # Uniform, but for the distances that cells have: steps of up to 0.3.
    assert min(radii) >= 6
    assert max(radii) <= 12
    assert np.mean(radii) == pytest.approx(9, abs=0.75)


def test_a_few_are_as_often_ones_as_tens() -> None:
    sampling = Sampling(regional=0.0, few=1.0, one_sided=0.0, most_of_few=100)
    stations = torch.rand(ROWS, COLUMNS, generator=generator()) < 0.1
    numbers = []
    for seed in range(400):
        kept = draw_kept(stations, generator(seed), sampling)
        assert not (kept & ~stations).any()
        numbers.append(int(kept.sum()))
    assert min(numbers) == 1
    assert max(numbers) <= 100
    # Uniform in the logarithm: half of the days have at most ten. Five deviations of 2.5 %.
    assert np.mean(np.array(numbers) <= 10) == pytest.approx(0.5, abs=0.125)


def test_one_side_is_a_half_plane_through_a_station() -> None:
    sampling = Sampling(regional=0.0, few=0.0, one_sided=1.0)
    stations = torch.zeros(ROWS, COLUMNS, dtype=torch.bool)
    stations[45, 55] = True
    shares = []
    for seed in range(50):
        kept = draw_kept(stations, generator(seed), sampling)
        assert kept[45, 55]
        # Of two cells opposite each other one is kept, both on the line alone.
        window = kept[10:81, 20:91]
        assert (window | window.flip(0, 1)).all()
        assert (window & window.flip(0, 1)).sum() <= 71
        shares.append([float(kept[:45].float().mean()), float(kept[:, :55].float().mean())])
    # The line turns all around: south and west are kept as often as not.
    np.testing.assert_allclose(np.mean(shares, axis=0), 0.5, atol=0.2)


def test_a_day_without_stations_is_left_as_it_is() -> None:
    sampling = Sampling(regional=1.0, few=0.0, one_sided=0.0)
    nothing = torch.zeros(ROWS, COLUMNS, dtype=torch.bool)
    assert draw_kept(nothing, generator(), sampling).all()


def test_noise_grows_with_lights_and_ruggedness() -> None:
    sampling = Sampling(noise=0.1, lights_noise=0.3, ruggedness_noise=0.2, outliers=0.0)
    lights = torch.tensor([[0.0, 4.0, 16.0]])
    rugged = torch.tensor([[100.0, 0.0, 50.0]])
    # Variances by hand: 0.01 + 0.04; 0.01 + (0.3 / 2)^2; 0.01 + 0.09 + (0.2 / 2)^2.
    expected = torch.tensor([[0.05, 0.0325, 0.11]]).sqrt()
    noise = report_noise(sampling, lights, rugged)
    torch.testing.assert_close(noise, expected)
    # Plain ground without lights has the noise of the instrument alone.
    flat = torch.zeros(2, 3)
    torch.testing.assert_close(report_noise(sampling, flat, flat), torch.full((2, 3), 0.1))
    places = StationPlaces(torch.ones(1, 3), sampling=sampling, noise=noise)
    source = generator()
    drawn = torch.cat([places.reports(torch.ones(1, 3), 1, source) for _ in range(4000)]).log()
    # The standard deviation of 4,000 draws scatters by 1.1 %.
    torch.testing.assert_close(drawn.std(0), expected[0], rtol=0.06, atol=0)


def test_a_day_is_what_its_stations_report(places: StationPlaces, fields: torch.Tensor) -> None:
    sampling = replace(SAMPLING, outliers=0.0, quietest=1.0)
    day = draw_day(fields, replace(places, sampling=sampling), generator(3))
    assert day.observations.shape == day.observed.shape == (1, 3, ROWS, COLUMNS)
    assert day.truth.shape == (1, 1, ROWS, COLUMNS)
    assert torch.equal(day.observed, day.observed.round())
    assert day.observed[:, 1:].max() <= 1 < day.observed[:, 0].max()
    assert (day.observations[day.observed == 0] == 0).all()
    here = day.observed[:, :1] > 0
    ratio = day.observations[:, :1][here] / day.truth[here]
    # Six standard deviations of the noise.
    assert ratio.log().abs().max() < 6 * SAMPLING.noise
    assert ratio.std() > 0.5 * SAMPLING.noise
    # What a station in each cell reports that nobody is given has a noise of its own.
    unseen = (day.reports / day.truth).log()
    assert float(unseen.std()) == pytest.approx(SAMPLING.noise, rel=0.05)
    assert abs(float(torch.corrcoef(torch.stack([unseen[here], ratio.log()]))[0, 1])) < 0.1
    # Weather has no noise, and a calm is an observation.
    assert (day.observations[:, 1][day.observed[:, 1] == 1] == 70).all()


def test_half_of_the_days_have_no_weather(places: StationPlaces, fields: torch.Tensor) -> None:
    source = generator()
    with_weather = 0
    for _ in range(200):
        number = draw_day(fields, places, source).observed[0, 1:].sum((1, 2))
        assert (number <= SAMPLING.weather_stations[1]).all()
        with_weather += bool((number > 0).any())
    # Five standard deviations of 7.1.
    assert abs(with_weather - 100) < 36


def test_days_are_scaled_and_shifted(places: StationPlaces, fields: torch.Tensor) -> None:
    source = generator()
    level = np.array([float(draw_day(fields, places, source).truth.mean()) for _ in range(200)])
    # 50 exp(0.4 N) + 6 U has the median 53 to a good approximation, and the spread of the factor.
    assert np.median(level) == pytest.approx(53, rel=0.12)
    assert np.log(level).std() == pytest.approx(0.38, abs=0.06)


def test_an_archive_without_weather_has_no_stations_of_it(
    places: StationPlaces, fields: torch.Tensor
) -> None:
    fields[1] = torch.nan
    day = draw_day(fields, replace(places, sampling=Sampling(without_weather=0.0)), generator())
    assert not day.observed[0, 1].any()
    assert day.observed[0, 2].any()
    assert day.observations.isfinite().all()


def test_weather_stations_stand_elsewhere(places: StationPlaces, fields: torch.Tensor) -> None:
    often = Sampling(weather_stations=(900, 1000), without_weather=0.0)
    day = draw_day(fields, replace(places, sampling=often), generator())
    humidity, wind = day.observed[0, 1], day.observed[0, 2]
    assert 900 <= humidity.sum() <= 1000
    # About a tenth of either hundred cells is also in the other: 90, give or take five times 9.
    assert abs(float((humidity * wind).sum()) - 91) < 45


def test_the_seed_fixes_the_day(places: StationPlaces, fields: torch.Tensor) -> None:
    first, again, other = (draw_day(fields, places, generator(seed)) for seed in (5, 5, 6))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first.observed, other.observed)


def test_people_live_where_there_are_lights_and_cities() -> None:
    lights = torch.tensor([[0.0, 0.0, 0.0, 25.0, 100.0]])
    urban = torch.tensor([[0.0, 0.0, 1.0, 0.0, 1.0]])
    land = torch.tensor([[0.0, 1.0, 1.0, 1.0, 1.0]])
    found = inhabited_cells(lights, urban, land)
    torch.testing.assert_close(found, torch.tensor([[0, 0.03, 0.28, 0.53, 1.28]]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"network": 1.2}, "'network' should be a share, 0 to 1, got 1.2"),
        ({"network": 0.7, "clustered": 0.6}, "should sum to at most 1, got 1.3"),
        ({"uniform_stations": (9, 3)}, "'uniform_stations' should be the fewest and the most"),
        ({"noise": -0.1}, "'noise' should not be negative, got -0.1"),
        ({"several": -1.0}, "'several' should not be negative, got -1.0"),
        ({"outliers": 2.0}, "'outliers' should be a share, 0 to 1, got 2.0"),
        ({"most_of_few": 0}, "'most_of_few' should be at least 1, got 0"),
        ({"regional": 0.7, "few": 0.4}, "'regional', 'few' and 'one_sided' sum to more than 1"),
        ({"region_radius": (9, 3)}, "'region_radius' should be the fewest and the most"),
        ({"hole": 0}, "'hole' should be at least 1, got 0"),
    ],
)
def test_a_sampling_that_cannot_be_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Sampling(**wrong)


def test_places_that_cannot_be_are_refused(places: StationPlaces, fields: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"the grid \(2, 3\), the layers \(3, 2\)"):
        StationPlaces(torch.ones(3, 2), torch.ones(2, 3, dtype=torch.bool))
    for weights in (torch.zeros(3, 2), torch.full((3, 2), -1.0), torch.full((3, 2), torch.nan)):
        with pytest.raises(InputError, match="nowhere negative and somewhere positive"):
            StationPlaces(weights)
    with pytest.raises(InputError, match=r"the simulated day has the grid \(90, 109\)"):
        draw_day(fields[:, :, 1:], places, generator())
