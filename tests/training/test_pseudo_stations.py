"""Pseudo-stations: how many, where, and what they report."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from pointfuse import InputError
from pointfuse_training import pseudo_stations
from pointfuse_training.pseudo_stations import (
    CLUSTERED,
    HOLE,
    MOST_HOLES,
    NOISE,
    UNIFORM,
    StationPlaces,
    draw_day,
    draw_holes,
    inhabited_cells,
    reports,
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
def no_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudo_stations, "MOST_HOLES", 0.0)


@pytest.fixture
def fields() -> torch.Tensor:
    return torch.stack([torch.full((ROWS, COLUMNS), value) for value in (50.0, 70.0, 0.0)])


@pytest.mark.usefixtures("no_holes")
def test_a_third_of_the_draws_each(places: StationPlaces) -> None:
    source = generator()
    kinds = {"network": 0, "clustered": 0, "uniform": 0}
    for _ in range(300):
        stations = places.draw(source)
        number = int(stations.sum())
        if torch.equal(stations, places.network):
            kinds["network"] += 1
        elif not stations[:, COLUMNS // 2 :].any():
            kinds["clustered"] += 1
            assert CLUSTERED[0] <= number <= CLUSTERED[1]
        else:
            kinds["uniform"] += 1
            assert UNIFORM[0] <= number <= UNIFORM[1]
    # 300 draws with a chance of a third: five standard deviations of 8.2 are 41.
    assert all(abs(count - 100) < 41 for count in kinds.values()), kinds


@pytest.mark.usefixtures("no_holes")
def test_without_a_network_stations_follow_people(places: StationPlaces) -> None:
    source = generator()
    alone = StationPlaces(places.inhabited)
    clustered = sum(not alone.draw(source)[:, COLUMNS // 2 :].any() for _ in range(150))
    # Two thirds of 150, give or take five standard deviations of 5.8.
    assert abs(clustered - 100) < 29


@pytest.mark.usefixtures("no_holes")
def test_stations_are_as_frequent_as_the_weights_say() -> None:
    inhabited = torch.ones(ROWS, COLUMNS)
    inhabited[:45] = 3
    source = generator()
    drawn = [StationPlaces(inhabited).draw(source) for _ in range(60)]
    clustered = [stations for stations in drawn if stations.sum() <= CLUSTERED[1]]
    north = sum(int(stations[:45].sum()) for stations in clustered)
    share = north / sum(int(stations.sum()) for stations in clustered)
    # Three of four, less about 0.02 because no cell is drawn twice (up to 13 % of the cells are).
    assert share == pytest.approx(0.73, abs=0.03)


def test_a_small_grid_keeps_cells_without_a_station() -> None:
    source = generator()
    for _ in range(20):
        assert StationPlaces(torch.ones(10, 12)).draw(source).sum() <= 60


def test_holes_are_squares_and_cover_up_to_a_third() -> None:
    source = generator()
    shape = torch.Size((20 * HOLE, 25 * HOLE))
    shares = []
    for _ in range(200):
        holes = draw_holes(shape, source).numpy()
        shares.append(holes.mean())
        # The pattern changes at one and the same remainder of the square's edge alone.
        changes = np.nonzero(np.diff(holes.astype(int), axis=1))[1] + 1
        assert len(set(changes % HOLE)) <= 1
        changes = np.nonzero(np.diff(holes.astype(int), axis=0))[0] + 1
        assert len(set(changes % HOLE)) <= 1
    # Uniform from 0 to a third; 500 squares scatter by 0.02 about their chance.
    assert max(shares) < MOST_HOLES + 0.09
    assert np.mean(shares) == pytest.approx(MOST_HOLES / 2, abs=0.04)


def test_no_station_stands_in_a_hole(places: StationPlaces, monkeypatch) -> None:
    monkeypatch.setattr(pseudo_stations, "MOST_HOLES", 1e9)
    assert not places.draw(generator()).any()


def test_a_station_reports_its_cell_with_lognormal_noise() -> None:
    truth = torch.full((1, 200, 200), 40.0)
    logarithms = np.log(reports(truth, generator()).numpy() / 40).ravel()
    # Kolmogorov and Smirnov: a probability below 1e-4 would be no accident.
    assert stats.kstest(logarithms, "norm", (0, NOISE)).pvalue > 1e-4


def test_a_day_is_what_its_stations_report(places: StationPlaces, fields: torch.Tensor) -> None:
    day = draw_day(fields, places, generator(3))
    assert day.observations.shape == day.observed.shape == (1, 3, ROWS, COLUMNS)
    assert day.truth.shape == (1, 1, ROWS, COLUMNS)
    assert ((day.observed == 0) | (day.observed == 1)).all()
    assert (day.observations[day.observed == 0] == 0).all()
    here = day.observed[:, :1] == 1
    ratio = day.observations[:, :1][here] / day.truth[here]
    # Six standard deviations of the noise.
    assert ratio.log().abs().max() < 6 * NOISE
    assert ratio.std() > 0.5 * NOISE
    # Weather has no noise, and a calm is an observation.
    assert (day.observations[:, 1][day.observed[:, 1] == 1] == 70).all()


def test_half_of_the_days_have_no_weather(places: StationPlaces, fields: torch.Tensor) -> None:
    source = generator()
    with_weather = 0
    for _ in range(200):
        share = draw_day(fields, places, source).observed[0, 1:].mean((1, 2))
        # 9,900 cells scatter by 0.0012 about the largest chance.
        assert (share < pseudo_stations.MOST_WEATHER + 0.006).all()
        with_weather += bool((share > 0).any())
    # Five standard deviations of 7.1.
    assert abs(with_weather - 100) < 36


def test_days_are_scaled_and_shifted(places: StationPlaces, fields: torch.Tensor) -> None:
    source = generator()
    level = np.array([float(draw_day(fields, places, source).truth.mean()) for _ in range(200)])
    # 50 exp(0.4 N) + 6 U has the median 53 to a good approximation, and the spread of the factor.
    assert np.median(level) == pytest.approx(53, rel=0.12)
    assert np.log(level).std() == pytest.approx(0.38, abs=0.06)


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


def test_places_that_cannot_be_are_refused(places: StationPlaces, fields: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"the grid \(2, 3\), the layers \(3, 2\)"):
        StationPlaces(torch.ones(3, 2), torch.ones(2, 3, dtype=torch.bool))
    for weights in (torch.zeros(3, 2), torch.full((3, 2), -1.0), torch.full((3, 2), torch.nan)):
        with pytest.raises(InputError, match="nowhere negative and somewhere positive"):
            StationPlaces(weights)
    with pytest.raises(InputError, match=r"the simulated day has the grid \(90, 109\)"):
        draw_day(fields[:, :, 1:], places, generator())
