"""Lists of cells with stations, against sums that numpy makes cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pointfuse_training.network import station_cells as module
from pointfuse_training.network.station_cells import SQUARES, station_cells

ROWS, COLUMNS = 37, 50


def day(number: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    stations = np.zeros(ROWS * COLUMNS)
    stations[rng.permutation(stations.size)[:number]] = rng.integers(1, 5, number)
    values = rng.uniform(0, 4, stations.size) * (stations > 0)
    shape = (1, 1, ROWS, COLUMNS)
    return tuple(torch.from_numpy(x.reshape(shape)) for x in (values, stations))


def squares(values: torch.Tensor, stations: torch.Tensor, edge: int) -> list[tuple[float, ...]]:
    """Number, value, row and column of each square with stations, in the order of the places."""
    found = []
    for row in range(0, ROWS, edge):
        for column in range(0, COLUMNS, edge):
            inside = np.s_[row : row + edge, column : column + edge]
            number, value = stations.numpy()[0, 0][inside], values.numpy()[0, 0][inside]
            if number.sum():
                of_row, of_column = np.indices(number.shape)
                means = ((x * number).sum() / number.sum() for x in (value, of_row, of_column))
                value, of_row, of_column = means
                found.append((number.sum(), value, row + of_row, column + of_column))
    return sorted(found, key=lambda one: (one[2], one[3]))


def listed(values: torch.Tensor, stations: torch.Tensor, at: int = 0) -> list[tuple[float, ...]]:
    value, number, row, column = (x[at].numpy() for x in station_cells(values, stations))
    there = number > 0
    found = zip(*(x[there] for x in (number, value, row, column)), strict=True)
    return sorted(found, key=lambda one: (one[2], one[3]))


@pytest.mark.parametrize("number", [1, 30, 100])
def test_few_cells_are_listed_as_they_are(number: int) -> None:
    given = day(number)
    np.testing.assert_allclose(listed(*given), squares(*given, 1), rtol=1e-12)


@pytest.mark.parametrize(("most", "edge"), [(299, 2), (150, 4), (40, 8), (12, 16), (6, 32)])
def test_too_many_are_put_together_in_the_smallest_squares_that_are_few_enough(
    most: int, edge: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", most)
    given = day(300)
    expected = squares(*given, edge)
    assert len(expected) <= most < len(squares(*given, edge // 2))
    np.testing.assert_allclose(listed(*given), expected, rtol=1e-12)


def test_each_day_has_squares_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 150)
    few, many = day(20), day(300)
    both = (torch.cat(pair) for pair in zip(few, many, strict=True))
    values, stations = both
    np.testing.assert_allclose(listed(values, stations), squares(*few, 1), rtol=1e-12)
    np.testing.assert_allclose(listed(values, stations, 1), squares(*many, 4), rtol=1e-12)


def test_a_day_without_stations_has_a_cell_without() -> None:
    nothing = torch.zeros(1, 1, ROWS, COLUMNS)
    cells = station_cells(nothing, nothing)
    assert cells.number.tolist() == [[0]]
    assert all(x.isfinite().all() for x in cells)


def test_the_largest_squares_are_few_on_any_grid_of_the_size_of_a_continent() -> None:
    assert (1000 // SQUARES[-1] + 1) ** 2 <= module.MOST_CELLS


def test_static_layers_are_those_of_the_cell() -> None:
    layers = torch.rand(1, 3, ROWS, COLUMNS, dtype=torch.float64)
    values, stations = day(30)
    cells = station_cells(values, stations)
    row, column = cells.row[0].long(), cells.column[0].long()
    assert torch.equal(cells.at(layers)[0], layers[0, :, row, column])
    twice = torch.cat([layers, layers + 1])
    two = station_cells(torch.cat([values] * 2), torch.cat([stations] * 2))
    assert torch.equal(two.at(twice)[1], layers[0, :, row, column] + 1)
