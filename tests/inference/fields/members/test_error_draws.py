"""Errors go together as the formulas say, in space and in time, and agree with the stations."""

from __future__ import annotations

import numpy as np
import pytest

from pointfuse import Grid, LambertConformal
from pointfuse.fields.members.error_draws import ErrorDraws
from pointfuse.fields.members.waves import WAVES, Waves
from pointfuse.model.error_correlation import ErrorCorrelation

GRID = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6370000.0), 40, 40, 12e3, -234e3, -234e3)
CORRELATION = ErrorCorrelation(100.0, 0.2, (24.0, 960.0), (0.5, 0.2))
NONE = np.zeros(GRID.shape, np.int64)
DAY = np.datetime64("2019-01-06")

# Deviation of a correlation of so many independent pairs is at most 1 / sqrt(4000) = 0.016; four
# of them.
MEMBERS, OFF = 4000, 0.065


def draws(cells: list[int], members: int = MEMBERS, seed: int = 1) -> ErrorDraws:
    where = GRID.centres(np.array(cells))
    return ErrorDraws(CORRELATION, GRID, *where, members, seed)


def apart(one: list[int], others: list[int]) -> np.ndarray:
    """Distances on the sphere, km, by haversines."""
    first, second = (np.radians(GRID.centres(np.array(cells))) for cells in (one, others))
    (lon, lat), (lon2, lat2) = first[:, :, None], second[:, None]
    half = np.sin((lat - lat2) / 2) ** 2
    half += np.cos(lat) * np.cos(lat2) * np.sin((lon - lon2) / 2) ** 2
    return 2 * 6370 * np.arcsin(np.sqrt(half))


def test_waves_have_an_exponential_correlation() -> None:
    places = np.zeros((50, 3), np.float32)
    places[:, 1] = np.linspace(0, 500, 50)
    random = np.random.default_rng(0)
    waves = Waves(100.0, MEMBERS, random)
    fields = waves.sums(places, random.standard_normal((2 * WAVES, MEMBERS), np.float32))
    expected = np.exp(-places[:, 1] / 100)
    np.testing.assert_allclose(fields @ fields[0] / MEMBERS, expected, atol=OFF)
    np.testing.assert_allclose(fields.std(axis=1), 1, atol=OFF)


@pytest.mark.slow
def test_means_over_large_areas_vary_as_they_should() -> None:
    """By the double sum of the correlation; waves that all members share would be far off."""
    side = np.linspace(0, 1500, 12)
    places = np.stack([*map(np.ravel, np.meshgrid(side, side)), np.zeros(144)], 1)
    random = np.random.default_rng(0)
    fields = Waves(80.0, MEMBERS, random).sums(
        places.astype(np.float32), random.standard_normal((2 * WAVES, MEMBERS), np.float32)
    )
    apart_in_plane = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)[:2])
    # Of 4000 means the variance is known to sqrt(2 / 4000) = 0.022; three of it.
    expected = np.exp(-apart_in_plane / 80).mean()
    assert fields.mean(axis=0).var() == pytest.approx(expected, rel=0.07)


def test_each_place_has_a_mean_of_0_and_a_deviation_of_1() -> None:
    stations = NONE.copy()
    stations[10, 10] = 3
    errors = draws([0, 410, 411, 820], 20).at(DAY, stations)
    # Sums of 20 numbers in single precision.
    np.testing.assert_allclose(errors.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(errors.std(axis=1, ddof=1), 1, rtol=1e-5)


def test_without_stations_errors_go_together_by_distance() -> None:
    cells = [0, 1, 8, 400, 1599]
    errors = draws(cells).at(DAY, NONE)
    expected = 0.8 * np.exp(-apart(cells, cells) / 100)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(np.corrcoef(errors), expected, atol=OFF)


def test_stations_take_off_what_they_have_seen() -> None:
    """As the covariance of a normal process given noisy observations, written out."""
    cells, of_stations, numbers = [820, 822, 826, 840], [821, 900, 1200], [1, 4, 2]
    stations = NONE.copy()
    stations.ravel()[of_stations] = numbers
    errors = draws(cells).at(DAY, stations)

    def covariance(one: list[int], others: list[int]) -> np.ndarray:
        return 0.8 * np.exp(-apart(one, others) / 100)

    seen = covariance(of_stations, of_stations) + np.diag(0.2 / np.array(numbers))
    across = covariance(cells, of_stations)
    left = covariance(cells, cells) + 0.2 * np.eye(4) - across @ np.linalg.inv(seen) @ across.T
    deviation = np.sqrt(np.diag(left))
    expected = left / np.outer(deviation, deviation)
    prior = covariance(cells, cells) + 0.2 * np.eye(4)
    assert expected[0, 1] < prior[0, 1] - 2 * OFF  # otherwise it shows nothing
    np.testing.assert_allclose(np.corrcoef(errors), expected, atol=OFF)


@pytest.mark.parametrize("with_station", [False, True])
def test_errors_are_forgotten_as_time_passes(with_station: bool) -> None:
    """What lasts stays; what a station measures wrongly for long is wrong for long too."""
    stations = NONE.copy()
    stations[10, 10] = int(with_station)
    drawn = draws([0, 410, 800, 1599])
    days = [0, 1, 40]
    tables = [drawn.at(DAY + day, stations) for day in days]
    for day, table in zip(days[1:], tables[1:], strict=True):
        hours = 24 * day
        expected = 0.5 * np.exp(-hours / 24) + 0.2 * np.exp(-hours / 960) + 0.3
        found = [np.corrcoef(*pair)[0, 1] for pair in zip(tables[0], table, strict=True)]
        np.testing.assert_allclose(found, expected, atol=OFF)


def test_hours_of_a_day_resemble_each_other() -> None:
    drawn = draws([0])
    first = drawn.at(np.datetime64("2019-01-06T00"), NONE)
    later = drawn.at(np.datetime64("2019-01-06T06"), NONE)
    expected = 0.5 * np.exp(-6 / 24) + 0.2 * np.exp(-6 / 960) + 0.3
    assert np.corrcoef(first, later)[0, 1] == pytest.approx(expected, abs=OFF)


def test_stations_may_come_and_go() -> None:
    """Numbers of a cell stay its own when stations appear before and behind it."""
    one, all_of_them = NONE.copy(), NONE.copy()
    one.ravel()[820] = all_of_them.ravel()[[5, 820, 1500]] = 1
    drawn = draws([821])
    first = drawn.at(DAY, one)
    drawn.at(DAY + 1, all_of_them)
    later = drawn.at(DAY + 2, one)
    expected = 0.5 * np.exp(-2) + 0.2 * np.exp(-48 / 960) + 0.3
    assert np.corrcoef(first, later)[0, 1] == pytest.approx(expected, abs=OFF)


def test_the_same_seed_gives_the_same_errors() -> None:
    first, second, other = (draws([0, 9], 30, seed).at(DAY, NONE) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)
