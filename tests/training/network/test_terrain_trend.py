"""The trend over terrain: a regression of contrasts, as numpy and scipy would do it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator
from scipy.linalg import lstsq
from torch import Tensor

from pointfuse_training.network.terrain_trend import SURROUNDINGS, TerrainTrend, solved

ROWS, COLUMNS, LAYERS = 48, 64, 4


@pytest.fixture
def trend() -> TerrainTrend:
    """In double precision, each layer with a ridge of its own."""
    built = TerrainTrend(LAYERS).double()
    with torch.no_grad():
        built.log_ridge.copy_(torch.tensor([-1.0, 0.5, 2.0, 4.0]))
        built.log_crowding.fill_(-0.7)
        built.log_shares.copy_(torch.tensor([-0.5, 0.3, -0.2]))
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


def around(field: np.ndarray, weights: np.ndarray, edge: int) -> np.ndarray:
    """Mean of the stations in the nine squares around, bilinear between centres of squares."""
    shape = (ROWS // edge, COLUMNS // edge)
    sums = np.zeros((2, shape[0] + 2, shape[1] + 2))
    for row, column in np.argwhere(weights > 0):
        weight = weights[row, column]
        at = row // edge + 1, column // edge + 1
        sums[:, at[0], at[1]] += weight * field[row, column], weight
    nine = sum(sums[:, r : r + shape[0], c : c + shape[1]] for r in range(3) for c in range(3))
    means = np.divide(nine[0], nine[1], out=np.zeros(shape), where=nine[1] > 0)
    centres = [(np.arange(size) + 0.5) * edge - 0.5 for size in shape]
    # Beyond the outermost centres the mean is theirs.
    places = [
        np.clip(np.arange(size), centre[0], centre[-1])
        for size, centre in zip((ROWS, COLUMNS), centres, strict=True)
    ]
    return RegularGridInterpolator(centres, means)(tuple(np.meshgrid(*places, indexing="ij")))


def expected(trend: TerrainTrend, day: dict[str, Tensor]) -> tuple[np.ndarray, float]:
    """Least squares of contrasts, and of slopes of 0 that count as much as the ridges say."""
    there = at_stations(day)
    values, weights = day["values"][0, 0].numpy(), day["weights"][0, 0].numpy()
    u, w, crowd = values[there], weights[there], day["crowd"][0, 0].numpy()[there]
    apart = w / (1 + crowd * np.exp(trend.log_crowding.item()))
    layers = day["static_layers"][0].numpy()
    of_stations = layers[:, there]
    held = np.clip(layers, of_stations.min(1)[:, None, None], of_stations.max(1)[:, None, None])
    mean, centre = np.average(u, weights=apart), np.average(of_stations, weights=apart, axis=1)
    shares = np.exp(trend.log_shares.detach().numpy())
    design = [np.sqrt(shares[0] * apart)[:, None] * (of_stations - centre[:, None]).T]
    wanted = [np.sqrt(shares[0] * apart) * (u - mean)]
    for edge, share in zip(SURROUNDINGS, shares[1:], strict=True):
        root = np.sqrt(share * w)
        contrasts = [layer[there] - around(layer, weights, edge)[there] for layer in held]
        design.append(root[:, None] * np.stack(contrasts, axis=1))
        wanted.append(root * (u - around(values, weights, edge)[there]))
    design.append(np.diag(np.exp(trend.log_ridge.detach().numpy() / 2)))
    slopes, *_ = lstsq(np.vstack(design), np.concatenate([*wanted, np.zeros(LAYERS)]))
    return mean + np.tensordot(slopes, held - centre[:, None, None], 1), mean


def test_it_is_a_ridge_regression_of_contrasts_between_stations(
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


def test_what_the_west_differs_by_is_no_effect_of_terrain() -> None:
    """The west is cleaner and higher; nearer to each other, height makes no difference."""
    source = torch.Generator().manual_seed(7)
    place = torch.arange(256.0)[None, None, None] / 256
    there = (torch.rand(1, 1, 192, 256, generator=source) < 0.03).float()
    height = 2 - 2 * place + 0.5 * torch.rand(1, 1, 192, 256, generator=source)
    trend = TerrainTrend(1)
    values = (20 + 20 * place) * there
    field = trend(values, there, torch.zeros_like(there), height)[0].detach()
    of_stations = height[there > 0].numpy()
    inside = (height > of_stations.min()) & (height < of_stations.max())
    slope = np.polyfit(height[inside].numpy(), field[inside].numpy(), 1)[0]
    naive = np.polyfit(of_stations, values[there > 0].numpy(), 1)[0]
    assert naive < -8
    # Within the wide surroundings, too, the west is a little cleaner.
    assert 0.4 * naive < slope < 0


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
