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
    SAMPLING,
    Sampling,
    StationPlaces,
    draw_cells,
    draw_day,
    draw_holes,
    inhabited_cells,
    report_noise,
)

ROWS, COLUMNS = 90, 110


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def places() -> StationPlaces:
    """People in the western half alone; a network of 40 cells in the east."""
    inhabited = torch.zeros(ROWS, COLUMNS)
    inhabited[:, : COLUMNS // 2] = 1
    network = torch.zeros(ROWS, COLUMNS, dtype=torch.bool)
    network[::10, 60:100:10] = True
    return StationPlaces(inhabited, network)


@pytest.fixture
def whole(places: StationPlaces) -> StationPlaces:
    """The same without holes."""
    return replace(places, sampling=Sampling(most_holes=0.0))


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
    places = StationPlaces(inhabited, sampling=Sampling(most_holes=0.0))
    drawn = [places.draw(source) for _ in range(60)]
    clustered = [stations for stations in drawn if stations.sum() <= SAMPLING.clustered_stations[1]]
    north = sum(int(stations[:45].sum()) for stations in clustered)
    share = north / sum(int(stations.sum()) for stations in clustered)
    # Three of four, less about 0.02 because no cell is drawn twice (up to 13 % of the cells are).
    assert share == pytest.approx(0.73, abs=0.03)


def test_a_small_grid_keeps_cells_without_a_station() -> None:
    source = generator()
    for _ in range(20):
        assert StationPlaces(torch.ones(10, 12)).draw(source).sum() <= 60


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
    holed = replace(places, sampling=Sampling(network=1.0, clustered=0.0, most_holes=1.0))
    for seed in range(5):
        drawn = holed.draw(generator(seed))
        source = generator(seed)
        torch.rand(1, generator=source)  # the kind of the draw
        torch.rand(1 + ROWS * COLUMNS, generator=source)  # which cells report: all
        holes = draw_holes(drawn.shape, source, holed.sampling)
        assert holes.any()
        assert torch.equal(drawn, places.network & ~holes)


def test_a_network_of_which_a_part_reports(places: StationPlaces) -> None:
    sampling = Sampling(network=1.0, clustered=0.0, most_holes=0.0, network_present=0.2)
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
    reported = StationPlaces(torch.ones(200, 200)).reports(truth, generator())
    logarithms = np.log(reported.numpy() / 40).ravel()
    # Kolmogorov and Smirnov: a probability below 1e-4 would be no accident.
    assert stats.kstest(logarithms, "norm", (0, SAMPLING.noise)).pvalue > 1e-4


def test_noise_grows_with_lights_and_ruggedness() -> None:
    sampling = Sampling(noise=0.1, lights_noise=0.3, ruggedness_noise=0.2)
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
    drawn = torch.cat([places.reports(torch.ones(1, 3), source) for _ in range(4000)]).log()
    # The standard deviation of 4,000 draws scatters by 1.1 %.
    torch.testing.assert_close(drawn.std(0), expected[0], rtol=0.06, atol=0)


def test_a_day_is_what_its_stations_report(places: StationPlaces, fields: torch.Tensor) -> None:
    day = draw_day(fields, places, generator(3))
    assert day.observations.shape == day.observed.shape == (1, 3, ROWS, COLUMNS)
    assert day.truth.shape == (1, 1, ROWS, COLUMNS)
    assert ((day.observed == 0) | (day.observed == 1)).all()
    assert (day.observations[day.observed == 0] == 0).all()
    here = day.observed[:, :1] == 1
    ratio = day.observations[:, :1][here] / day.truth[here]
    # Six standard deviations of the noise.
    assert ratio.log().abs().max() < 6 * SAMPLING.noise
    assert ratio.std() > 0.5 * SAMPLING.noise
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
        ({"hole": 0}, "'hole' should be at least one cell, got 0"),
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
