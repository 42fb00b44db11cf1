"""Optimal interpolation against a dense Gaussian process in numpy and scipy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.ndimage import map_coordinates
from scipy.spatial.distance import cdist
from torch import Tensor

from pointfuse_training.network import conditioning
from pointfuse_training.network.conditioning import MOST_OFF
from pointfuse_training.network.optimal_interpolation import (
    Interpolated,
    OptimalInterpolation,
)
from pointfuse_training.network.positive_inverse import inverse_of_one_plus, solved

Array = NDArray[np.float64]

ROWS, COLUMNS, LAYERS = 24, 32, 3


def built(layers: int = LAYERS, seed: int = 0) -> OptimalInterpolation:
    """In double precision, each number away from where it starts."""
    source = torch.Generator().manual_seed(seed)
    interpolation = OptimalInterpolation(layers).double()
    with torch.no_grad():
        for parameter in interpolation.parameters():
            parameter.add_(0.5 * torch.randn(parameter.shape, generator=source))
    return interpolation


def day(
    number: int = 40, seed: int = 0, layers: int = LAYERS, shape: tuple[int, int] = (ROWS, COLUMNS)
) -> tuple[Tensor, Tensor, Tensor]:
    """Values between 4 and 16 in some cells, of 1 to 4 stations each, over waves of order one."""
    rng = np.random.default_rng(seed)
    stations = np.zeros(shape)
    cells = rng.choice(stations.size, number, replace=False)
    stations.ravel()[cells] = rng.integers(1, 5, number)
    values = rng.uniform(4, 16, shape) * (stations > 0)
    return (
        torch.from_numpy(values)[None, None],
        torch.from_numpy(stations)[None, None],
        waves(rng, layers, shape),
    )


def waves(rng: np.random.Generator, layers: int, shape: tuple[int, int]) -> Tensor:
    row, column = np.indices(shape)
    static = [
        np.sin(row / rng.uniform(3, 9) + rng.uniform(0, 6)) * np.cos(column / rng.uniform(3, 9))
        for _ in range(layers)
    ]
    return torch.from_numpy(np.stack(static))[None]


def interpolated(interpolation: OptimalInterpolation, *given: Tensor) -> Interpolated:
    with torch.no_grad():
        found: Interpolated = interpolation(*given)
    return found


class Expected(NamedTuple):
    """What a dense process gives, each of shape (rows, columns)."""

    field: Array
    trend: Array
    spread: float


def process(interpolation: OptimalInterpolation, *given: Tensor) -> Expected:
    """The formula of the class, for one day, with every covariance written out."""
    numbers = {name: p.numpy() for name, p in interpolation.state_dict().items()}
    values, stations, layers = (x[0].numpy() for x in given)
    values, stations = values[0], stations[0]
    there = stations > 0
    u, n = values[there], stations[there]
    level = np.average(u, weights=n)
    correlations = correlation_of_stations(numbers, layers, there), matern(numbers, there)
    evidence, parts = [], []
    for correlation, log_noise, variances, (first, *of_each) in zip(
        correlations,
        numbers["log_noise"],
        numbers["log_variances"],
        numbers["amplitude"],
        strict=True,
    ):
        amplitude = np.logaddexp(0, 4 * (first + np.tensordot(of_each, layers, 1))) / 4 + 0.1
        amplitude = amplitude.ravel()
        to_grid, to_stations = (
            np.outer(amplitude[part], amplitude[there.ravel()]) * found
            for part, found in zip((slice(None), there.ravel()), correlation, strict=True)
        )
        of_layers = (
            layers.reshape(len(layers), -1).T @ np.diag(np.exp(variances)) @ layers[:, there]
        )
        noise = np.diag(np.exp(log_noise) * amplitude[there.ravel()] ** 2 / n)
        of_stations = to_stations + of_layers[there.ravel()] + 100.0 + noise
        weights = solve(of_stations, u - level, assume_a="pos")
        misfit = np.maximum((u - level) @ weights, 1e-6)
        # A cell that is too far off what the others say of it is brought nearer.
        own = np.diag(np.linalg.inv(to_stations + noise))
        off, may_be = (
            weights / own,
            MOST_OFF * np.sqrt(n * misfit / len(u) / own),
        )
        nearer = u - level - off + np.clip(off, -may_be, may_be)
        robust = solve(of_stations, nearer, assume_a="pos")
        # Of a normal distribution, with the unit of the covariance at its most likely.
        evidence.append(-(len(u) * np.log(misfit) + np.linalg.slogdet(of_stations)[1]) / 2)
        of_layers = of_layers @ robust
        at_stations = of_layers[there.ravel()]
        trend = 100 * robust.sum() + np.clip(of_layers, at_stations.min(), at_stations.max())
        parts.append((to_grid @ robust, trend, np.sqrt(misfit / len(u))))
    likely = np.exp(np.array(evidence) - max(evidence))
    likely = likely / likely.sum()
    near, trends, spreads = zip(*parts, strict=True)
    trend, near = (likely @ np.stack(some) for some in (trends, near))
    field, trend = (level + part.reshape(values.shape) for part in (trend + near, trend))
    return Expected(field, trend, float(likely @ spreads))


def correlation_of_stations(
    numbers: dict[str, Array], layers: Array, there: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Exponential in map and relief, of the grid and of the stations with the stations."""
    length = np.exp(numbers["log_length"][0])
    of_relief = length * np.tensordot(numbers["relief"], layers, 1)
    place = np.stack([*np.indices(there.shape), *of_relief]).reshape(-1, there.size).T
    # Two places in a cell are half a cell apart.
    found = np.exp(-np.hypot(cdist(place, place[there.ravel()]), 0.5) / length)
    return found, found[there.ravel()]


def matern(numbers: dict[str, Array], there: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Of Matern's class, on the map; of the grid raised from one of half the resolution."""
    length = np.exp(numbers["log_length"][1])
    stations = np.argwhere(there)

    def of(places: Array) -> Array:
        far = np.sqrt(3) * np.hypot(cdist(places, stations), 0.5) / length
        return (1 + far) * np.exp(-far)

    half = np.argwhere(np.ones(np.array(there.shape) // 2)) * 2 + 0.5
    tables = of(half).T.reshape(-1, *np.array(there.shape) // 2)
    at = (np.indices(there.shape) - 0.5) / 2
    raised = [map_coordinates(table, at, order=1, mode="nearest").ravel() for table in tables]
    return np.transpose(raised), of(stations)


def agree(found: Interpolated, expected: Expected, number: int = 0) -> None:
    """In double precision: conditions of up to 1e6 leave ten digits of values of order ten."""
    for name in ("field", "trend"):
        np.testing.assert_allclose(
            getattr(found, name)[number, 0], getattr(expected, name), rtol=0, atol=1e-7
        )
    np.testing.assert_allclose(found.spread[number].item(), expected.spread, rtol=1e-8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("number", [1, 2, 40, 300])
def test_it_is_the_expectation_of_a_gaussian_process(number: int, seed: int) -> None:
    interpolation, given = built(seed=seed), day(number, seed)
    agree(interpolated(interpolation, *given), process(interpolation, *given))


def test_a_broken_station_has_little_say_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 600 where 299 others are 4 to 16."""
    interpolation = built()
    values, stations, layers = day(300)
    row, column = (stations[0, 0] > 0).nonzero()[150].tolist()
    without = stations.clone()
    without[0, 0, row, column] = 0
    stations[0, 0, row, column] = 1
    expected = interpolated(interpolation, values * (without > 0), without, layers).field
    values[0, 0, row, column] = 600
    given = values, stations, layers
    found = interpolated(interpolation, *given)
    agree(found, process(interpolation, *given))
    monkeypatch.setattr(conditioning, "MOST_OFF", 1e9)
    unlimited = interpolated(interpolation, *given)
    changes = [(one.field - expected).square().mean().sqrt() for one in (found, unlimited)]
    # One of 300 is 17 deviations off at most, which it makes itself.
    assert changes[0] < 0.4 * changes[1]


def test_the_noise_of_a_cell_is_that_of_one_station_over_their_number() -> None:
    """Four stations in a cell are as one with a quarter of the noise."""
    interpolation = built()
    values, _, layers = day(40)
    four = 4.0 * (values > 0)
    before = interpolated(interpolation, values, four, layers)
    with torch.no_grad():
        interpolation.log_noise -= np.log(4)
    quieter = interpolated(interpolation, values, four / 4, layers)
    for name in ("field", "spread", "left"):
        torch.testing.assert_close(getattr(before, name), getattr(quieter, name))


def test_many_stations_pull_the_field_towards_them() -> None:
    interpolation = built()
    values, stations, layers = day(40)
    row, column = (stations[0, 0] == 1).nonzero()[5].tolist()
    before = interpolated(interpolation, values, stations, layers).left[0, 0, row, column]
    stations[0, 0, row, column] = 100
    after = interpolated(interpolation, values, stations, layers).left[0, 0, row, column]
    assert 0 < abs(after) < 0.1 * abs(before)


def test_days_are_independent_and_may_have_any_number_of_stations() -> None:
    """Those with fewer are filled up with cells that have no station and no say."""
    interpolation = built()
    days = [day(number, seed=number) for number in (3, 60, 0, 1, 25)]
    together = interpolated(interpolation, *(torch.cat(parts) for parts in zip(*days, strict=True)))
    for number, given in enumerate(days):
        alone = interpolated(interpolation, *given)
        for found, expected in zip(together[:6], alone[:6], strict=True):
            # The same sums in another order.
            torch.testing.assert_close(found[number : number + 1], expected, rtol=0, atol=1e-9)
        for found, expected in zip(together.reaches, alone.reaches, strict=True):
            torch.testing.assert_close(found[number : number + 1], expected)


def test_static_layers_may_be_given_once_for_all_days() -> None:
    interpolation = built()
    values, stations, layers = day(40)
    values, stations = (torch.cat([x, x.flip(-1)]) for x in (values, stations))
    once = interpolated(interpolation, values, stations, layers)
    each = interpolated(interpolation, values, stations, layers.expand(2, -1, -1, -1))
    for found, expected in zip(once[:6], each[:6], strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_one_station_gives_its_value_everywhere() -> None:
    """The level of a day is all that it tells, and it is not pulled towards any other."""
    values, stations, layers = day(1)
    found = interpolated(built(), values, stations, layers)
    torch.testing.assert_close(found.field, values.sum().expand_as(found.field))
    torch.testing.assert_close(found.level, values.sum().expand_as(found.level))
    assert found.left.abs().max() < 1e-9


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_no_station_gives_nothing(precision: torch.dtype) -> None:
    values, stations, layers = (x.to(precision) for x in day(0))
    interpolation = built().to(precision)
    found: Interpolated = interpolation(values, stations, layers)
    for field in (found.field, found.trend, found.level, found.left, *found.reaches):
        assert (field == 0).all()
    assert 0 < found.spread.item() < 0.01


def test_a_level_that_all_stations_share_goes_into_the_field_as_it_is() -> None:
    """Exactly: the prior of the level, of variance 100, is about the mean of the stations."""
    interpolation = built()
    values, stations, layers = day(40)
    before = interpolated(interpolation, values, stations, layers)
    higher = interpolated(interpolation, values + 50 * (stations > 0), stations, layers)
    for name in ("field", "trend", "level"):
        torch.testing.assert_close(getattr(higher, name), getattr(before, name) + 50)
    for name in ("left", "spread"):
        torch.testing.assert_close(getattr(higher, name), getattr(before, name))
    level = (values * stations).sum() / stations.sum()
    assert before.level.item() == pytest.approx(level.item())


def test_the_field_is_linear_in_the_values_and_the_spread_in_their_scatter() -> None:
    interpolation = built()
    values, stations, layers = day(40)
    one = interpolated(interpolation, values, stations, layers)
    three = interpolated(interpolation, 3 * values, stations, layers)
    for name in ("field", "trend", "level", "left", "spread"):
        torch.testing.assert_close(getattr(three, name), 3 * getattr(one, name))


def test_the_trend_is_held_to_the_range_that_it_has_at_stations() -> None:
    """A summit higher than all stations has the trend of one of them, and is no nearer to any."""
    interpolation = built()
    with torch.no_grad():
        interpolation.relief.zero_()
        interpolation.amplitude[:, 1:] = 0
    values, stations, layers = day(40)
    at_stations = interpolated(interpolation, values, stations, layers).trend[stations > 0]
    row, column = (stations[0, 0] == 0).nonzero()[100].tolist()
    for height in (-50.0, 50.0):
        summit = layers.clone()
        summit[0, 0, row, column] = height
        trend = interpolated(interpolation, values, stations, summit).trend[0, 0, row, column]
        ends = torch.stack([at_stations.min(), at_stations.max()])
        # Under each covariance; the less likely one has a say of a millionth at most.
        assert (trend - ends).abs().min() < 1e-6


def test_a_valley_hears_little_of_a_summit_as_near() -> None:
    """Relief counts as distance: of two stations as far away, that of the same height counts."""
    interpolation = OptimalInterpolation(1).double()
    with torch.no_grad():
        interpolation.relief[0, 0] = 1.0
        interpolation.log_variances.fill_(-12.0)
    values, stations, layers = torch.zeros(3, 1, 1, 12, 41).double()
    layers[..., 20:] = 2.0
    stations[0, 0, 6, [10, 30]] = 1
    values[0, 0, 6, 10], values[0, 0, 6, 30] = 10, 20
    field = interpolated(interpolation, values, stations, layers).field[0, 0, 6]
    # The valley is at 0 to 19, the foot of the summit at 20; the covariance of models, which has
    # half of the say here, knows no relief.
    assert field[19] < 13.5
    assert field[20] > 16.5


def test_what_is_left_is_what_the_field_misses_at_stations() -> None:
    given = day(40)
    values, stations, _ = given
    found = interpolated(built(), *given)
    torch.testing.assert_close(found.left, (values - found.field) * (stations > 0))
    assert (found.left != 0).sum() == 40
    # The covariances bring the field nearer to them.
    missed = [
        ((values - part) * (stations > 0)).square().sum()
        for part in (found.level, found.trend, found.field)
    ]
    assert missed[2] < 0.8 * min(missed[:2])


def test_the_spread_is_that_of_the_values_where_no_place_speaks_for_another() -> None:
    interpolation = built()
    values, stations, layers = day(200)
    stations = (stations > 0).double()
    with torch.no_grad():
        interpolation.log_length.fill_(-9.0)
        interpolation.log_variances.fill_(-60.0)
        interpolation.amplitude[:, 1:] = 0
        interpolation.amplitude[:, 0] = 0.7
        interpolation.log_noise.fill_(-3.0)
    found = interpolated(interpolation, values, stations, layers)
    noise = np.exp(-1.5) * (np.logaddexp(0, 4 * 0.7) / 4 + 0.1)
    deviation = values[stations > 0].std(correction=0).item() / noise
    assert found.spread.item() == pytest.approx(deviation, rel=1e-9)


def test_reaches_count_the_stations_around_the_centres_of_squares() -> None:
    values, stations, layers = day(40)
    reaches = interpolated(built(), values, stations, layers).reaches
    # Squares of two by two cells, the first of which has its centre at half a cell.
    centre = np.argwhere(np.ones((ROWS // 2, COLUMNS // 2))) * 2 + 0.5
    there = stations[0, 0].numpy() > 0
    distance = cdist(centre, np.argwhere(there))
    for reach, width in zip(reaches, (3, 12, 48), strict=True):
        expected = np.exp(-(distance**2) / 2 / width**2) @ stations[0, 0].numpy()[there]
        np.testing.assert_allclose(reach.flatten(), expected, rtol=1e-9, atol=1e-12)


def test_gradients_of_the_evidence_are_those_of_finite_differences() -> None:
    values, stations, layers = day(5, layers=2, shape=(4, 6))
    there = stations.flatten() > 0
    number, anomaly = stations.flatten()[there][None], values.flatten()[there][None] - 10
    of_cells = layers.flatten(2)[..., there]
    row, column = (stations[0, 0] > 0).nonzero().double().T[:, None]
    interpolation = built(2)
    names = [name for name, _ in interpolation.named_parameters()]

    class Evidence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = interpolation

        def forward(self) -> Tensor:
            places = self.one.coordinates(row, column, of_cells, (4, 6))
            found: Tensor = self.one.conditioned(anomaly, number, of_cells, places).evidence
            return found

    def outcome(*numbers: Tensor) -> Tensor:
        given = {f"one.{name}": one for name, one in zip(names, numbers, strict=True)}
        return torch.func.functional_call(Evidence(), given, ())  # type: ignore[no-any-return]

    numbers = [p.detach().clone().requires_grad_() for p in interpolation.parameters()]
    assert torch.autograd.gradcheck(outcome, numbers, atol=1e-6)


def crowded(number: int, shape: tuple[int, int], seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Stations in cities of about eight, and a smooth field with noise."""
    rng = np.random.default_rng(seed)
    city = rng.uniform(0, 1, (number // 8, 2)) * shape
    place = city[rng.integers(0, len(city), number)] + 2.5 * rng.standard_normal((number, 2))
    place = np.clip(place, 0, np.array(shape) - 1).astype(int)
    stations = np.zeros(shape)
    np.add.at(stations, tuple(place.T), 1)
    row, column = np.indices(shape)
    layers = waves(rng, LAYERS, shape)
    values = 12 + 3 * np.sin(row / 9) * np.cos(column / 7) + layers[0, 0].numpy()
    values = (values + rng.standard_normal(shape)) * (stations > 0)
    return torch.from_numpy(values)[None, None], torch.from_numpy(stations)[None, None], layers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "shape", "log_noise", "most"),
    [
        # A network of the size of the Chinese one, with the noise that training begins with and
        # with a fortieth of it. The condition of 1 + K/N is up to 1e4 and 1e6: of seven digits of
        # an inverse three and one are left, and its step of refinement doubles them.
        (1300, (180, 210), -3.0, 1e-3),
        (1300, (180, 210), -6.7, 1e-2),
        # So many in a small country.
        (3000, (60, 60), -3.0, 3e-3),
    ],
)
def test_single_precision_has_the_digits(
    number: int, shape: tuple[int, int], log_noise: float, most: float
) -> None:
    """The difference to double precision, on a scale where stations scatter by 1."""
    given = crowded(number, shape)
    assert (given[1] > 0).sum() > 0.6 * number
    interpolation = OptimalInterpolation(LAYERS)
    with torch.no_grad():
        interpolation.log_noise.fill_(log_noise)
    found = interpolated(interpolation, *(x.float() for x in given))
    expected = interpolated(interpolation.double(), *given)
    assert (found.field - expected.field).abs().max() < most
    assert found.spread.item() == pytest.approx(expected.spread.item(), rel=1e-3)


@pytest.mark.parametrize("log_number", [-12.0, -8.0, 4.0, 12.0])
@pytest.mark.parametrize("which", ["log_length", "log_noise", "log_variances", "amplitude"])
def test_no_number_that_training_may_find_breaks_it(which: str, log_number: float) -> None:
    """In single precision, with all stations in a corner and each layer twice."""
    values, stations, _ = day(60, shape=(8, 8))
    values, stations = (torch.nn.functional.pad(x, (0, 24, 0, 16)) for x in (values, stations))
    layers = waves(np.random.default_rng(1), LAYERS, (ROWS, COLUMNS))
    given = values, stations, torch.cat([layers, layers], dim=1)
    interpolation = OptimalInterpolation(2 * LAYERS)
    with torch.no_grad():
        getattr(interpolation, which).fill_(log_number)
    found: Interpolated = interpolation(*(x.float() for x in given))
    for field in found[:6]:
        assert field.isfinite().all()
    if abs(log_number) < 10:
        # The noise is a few thousandths of the covariance at least, and a condition up to 1e6
        # leaves two digits after the step of refinement.
        expected = interpolated(interpolation.double(), *given)
        torch.testing.assert_close(found.field.double(), expected.field, rtol=0, atol=0.3)


def test_all_stations_in_one_cell_are_one_with_little_noise() -> None:
    values, stations, layers = day(1)
    found = interpolated(built(), values, 500 * (stations > 0).double(), layers)
    torch.testing.assert_close(found.field, values.sum().expand_as(found.field))


@pytest.mark.parametrize("size", [1, 2, 11])
def test_equations_are_solved_as_numpy_does(size: int) -> None:
    rng = np.random.default_rng(size)
    table = rng.normal(size=(3, 40, size)) * np.logspace(0, 1, size)
    matrix = table.transpose(0, 2, 1) @ table
    right = rng.normal(size=(3, 2, size))
    reference = np.linalg.solve(matrix + np.eye(size), right.transpose(0, 2, 1)).transpose(0, 2, 1)
    of_rows, of_matrix = torch.from_numpy(right), torch.from_numpy(matrix)
    inverse, determinant = inverse_of_one_plus(of_matrix)
    np.testing.assert_allclose(solved(of_rows, of_matrix, inverse), reference, rtol=1e-9)
    expected = np.linalg.slogdet(matrix + np.eye(size))[1]
    np.testing.assert_allclose(determinant, expected, rtol=1e-9)
    # Errors in single precision grow by the condition of the matrix.
    of_rows, of_matrix = of_rows.float(), of_matrix.float()
    single = solved(of_rows, of_matrix, inverse_of_one_plus(of_matrix)[0])
    tolerance = 2**-23 * size * np.linalg.cond(matrix + np.eye(size)).max()
    np.testing.assert_allclose(single, reference, rtol=0, atol=tolerance * np.abs(reference).max())
