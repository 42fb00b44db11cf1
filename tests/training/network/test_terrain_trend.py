"""The trend over terrain: a ridge regression, as numpy and scipy would do it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import lstsq
from torch import Tensor

from pointfuse_training.network.terrain_trend import TerrainTrend, solved

ROWS, COLUMNS, LAYERS = 24, 31, 4


@pytest.fixture
def trend() -> TerrainTrend:
    """In double precision, each layer with a ridge of its own."""
    built = TerrainTrend(LAYERS).double()
    with torch.no_grad():
        built.log_ridge.copy_(torch.tensor([-1.0, 0.5, 2.0, 4.0]))
        built.log_crowding.fill_(-0.7)
    return built


@pytest.fixture
def day() -> dict[str, Tensor]:
    """Values at 60 stations, with weights, in a crowd or not."""
    source = torch.Generator().manual_seed(4)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(1, *shape, ROWS, COLUMNS, generator=source, dtype=torch.float64)

    there = uniform(1).flatten().argsort().reshape(1, 1, ROWS, COLUMNS) < 60
    return {
        "values": 20 * uniform(1) * there,
        "weights": (0.2 + uniform(1)) * there,
        "crowd": 6 * uniform(1),
        "static_layers": 3 * uniform(LAYERS) - 1,
    }


def at_stations(day: dict[str, Tensor]) -> np.ndarray:
    return day["weights"][0, 0].numpy() > 0


def expected(trend: TerrainTrend, day: dict[str, Tensor]) -> tuple[np.ndarray, float]:
    """Least squares of the stations, and of slopes of 0 that count as much as the ridges say."""
    there = at_stations(day)
    u, w, crowd = (day[name][0, 0].numpy()[there] for name in ("values", "weights", "crowd"))
    w = w / (1 + crowd * np.exp(trend.log_crowding.item()))
    layers = day["static_layers"][0].numpy()
    of_stations = layers[:, there]
    held = np.clip(layers, of_stations.min(1)[:, None, None], of_stations.max(1)[:, None, None])
    mean, centre = np.average(u, weights=w), np.average(of_stations, weights=w, axis=1)
    design = np.sqrt(w)[:, None] * (of_stations - centre[:, None]).T
    ridge = np.diag(np.exp(trend.log_ridge.detach().numpy() / 2))
    slopes, *_ = lstsq(
        np.vstack([design, ridge]), np.concatenate([np.sqrt(w) * (u - mean), np.zeros(LAYERS)])
    )
    return mean + np.tensordot(slopes, held - centre[:, None, None], 1), mean


def test_it_is_a_ridge_regression_of_the_stations(
    trend: TerrainTrend, day: dict[str, Tensor]
) -> None:
    field, mean = trend(**day)
    trend_of_scipy, mean_of_numpy = expected(trend, day)
    # Double precision through a well conditioned system.
    np.testing.assert_allclose(field[0, 0].detach(), trend_of_scipy, rtol=1e-9)
    np.testing.assert_allclose(mean.item(), mean_of_numpy, rtol=1e-12)
    # There is something to see: the trend is no constant.
    assert trend_of_scipy.std() > 0.3


def test_days_are_fitted_apart(trend: TerrainTrend, day: dict[str, Tensor]) -> None:
    other = {name: field.flip(-1) + 0 for name, field in day.items()}
    other["values"] = 3 * other["values"]
    both = {name: torch.cat([field, other[name]]) for name, field in day.items()}
    field, mean = trend(**both)
    for number, alone in enumerate((day, other)):
        trend_of_scipy, mean_of_numpy = expected(trend, alone)
        np.testing.assert_allclose(field[number, 0].detach(), trend_of_scipy, rtol=1e-9)
        assert mean[number].item() == pytest.approx(mean_of_numpy)


def test_stations_in_a_crowd_count_less(trend: TerrainTrend, day: dict[str, Tensor]) -> None:
    there = torch.from_numpy(at_stations(day))
    high = there & (day["values"][0, 0] > 10)
    crowded = day | {"crowd": torch.where(high, 50.0, 0.0)[None, None].double()}
    even = day | {"crowd": torch.zeros_like(day["crowd"])}
    assert trend(**crowded)[1] < trend(**even)[1] - 1


def test_no_layer_leads_beyond_the_stations(trend: TerrainTrend, day: dict[str, Tensor]) -> None:
    before = trend(**day)[0]
    layers, there = day["static_layers"], torch.from_numpy(at_stations(day))
    row, column = (~there).nonzero()[0].tolist()
    highest = int(torch.where(there, layers[0, 0], -torch.inf).argmax())
    layers[0, :, row, column] = layers[0].flatten(1)[:, highest]
    layers[0, 0, row, column] += 500  # a summit that no station is near
    after = trend(**day)[0]
    assert after[0, 0, row, column].item() == pytest.approx(after.flatten()[highest].item())
    others = torch.ones_like(there)
    others[row, column] = False
    torch.testing.assert_close(after[0, 0][others], before[0, 0][others])


def test_one_station_is_all_there_is(trend: TerrainTrend, day: dict[str, Tensor]) -> None:
    alone = torch.zeros_like(day["weights"])
    alone[0, 0, 5, 7] = 0.3
    field, mean = trend(**(day | {"weights": alone, "values": 17 * (alone > 0).double()}))
    torch.testing.assert_close(field, torch.full_like(field, 17.0))
    assert mean.item() == pytest.approx(17)


def test_no_station_says_nothing(trend: TerrainTrend, day: dict[str, Tensor]) -> None:
    nothing = torch.zeros_like(day["weights"])
    field, mean = trend(**(day | {"weights": nothing, "values": nothing}))
    assert (field == 0).all()
    assert (mean == 0).all()


@pytest.mark.parametrize("terms", [1, 2, 11])
def test_equations_are_solved_as_numpy_does(terms: int) -> None:
    rng = np.random.default_rng(terms)
    table = rng.normal(size=(3, 40, terms)) * np.logspace(0, 1, terms)
    matrix = table.transpose(0, 2, 1) @ table + np.eye(terms)
    right = rng.normal(size=(3, terms, 1))
    reference = np.linalg.solve(matrix, right)
    np.testing.assert_allclose(
        solved(torch.from_numpy(matrix), torch.from_numpy(right)), reference, rtol=1e-9, atol=1e-13
    )
    # Errors in single precision grow by the condition of the matrix; and in the row of a pivot,
    # which is taken off itself, by the pivot.
    single = solved(torch.from_numpy(matrix).float(), torch.from_numpy(right).float())
    growth = terms * np.linalg.cond(matrix).max() + matrix.max()
    tolerance = 2**-23 * growth * np.abs(reference).max()
    np.testing.assert_allclose(single, reference, rtol=0, atol=tolerance)
