"""Models of any place: parts are as the whole, and every domain gives a field."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from pointfuse import InputError, Model, load_model
from pointfuse.domains.extents import extent_around, extent_of_box
from pointfuse.domains.new_domain import new_domain
from pointfuse.domains.static_input import static_input
from pointfuse.grid.regular_grid import Grid
from pointfuse.model import any_place
from pointfuse.model.any_place import stations_of

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def day(grid: Grid, count: int, times: int = 1) -> Arrays:
    """Values and numbers of stations at random cells, with a wave and noise."""
    random = np.random.default_rng(count)
    values = np.zeros((times, 1, *grid.shape), np.float32)
    numbers = np.zeros_like(values)
    for time in range(times):
        cells = random.permutation(grid.rows * grid.columns)[:count]
        row, column = np.divmod(cells, grid.columns)
        wave = np.sin(5 * row / grid.rows) * np.cos(4 * column / grid.columns)
        values[time, 0, row, column] = 40 + 25 * wave + random.normal(0, 3, len(cells))
        numbers[time, 0, row, column] = random.integers(1, 4, len(cells))
    return values, numbers


@pytest.fixture(scope="module")
def on() -> Callable[[Grid], Model]:
    model = load_model(domain=new_domain(extent_around(10, 51, 300)), threads=1)

    def placed(grid: Grid) -> Model:
        return model.on(grid)

    return placed


@pytest.mark.parametrize(("stations", "times"), [(1, 1), (40, 3), (2300, 2)])
def test_parts_are_as_the_whole(
    on: Callable[[Grid], Model], monkeypatch: pytest.MonkeyPatch, stations: int, times: int
) -> None:
    """Equal but for sums in another order: 0.01 ug m-3 is what a continent may differ by."""
    grid = new_domain(extent_around(116, 33, 900), cell_size=12_000).grid
    given = day(grid, stations, times)
    whole = on(grid).run(*given)
    monkeypatch.setattr(any_place, "CELLS_AT_ONCE", 3000)
    monkeypatch.setattr(any_place, "_MOST_KEPT", 0)
    parts = on(grid).run(*given)
    np.testing.assert_allclose(parts.field, whole.field, atol=0.01)
    np.testing.assert_allclose(parts.scale, whole.scale, atol=0.01)


@pytest.mark.parametrize("stations", [60, 2300])
def test_the_file_alone_gives_the_same(on: Callable[[Grid], Model], stations: int) -> None:
    """Whoever embeds the file gives grids of stations and of the static input, and no more."""
    grid = new_domain(extent_around(116, 33, 900), cell_size=12_000).grid
    values, numbers = day(grid, stations)
    model = on(grid)
    units = {layer.name: layer.scale for layer in model.metadata.static_layers}
    static = static_input(grid, units).reshape(len(units), *grid.shape)
    feed = {"observations": values, "observed": numbers, "static": static}
    bare = model._session.run(feed)
    packaged = model.run(values, numbers)
    np.testing.assert_allclose(bare[0][:, 0], packaged.field, atol=0.01)
    np.testing.assert_allclose(bare[1][:, 0], packaged.scale, atol=0.01)


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((170, -25, -170, -10), 12_000),  # across the date line
        ((30, -8, 45, 8), 15_000),  # across the equator
        ((-180, 70, 180, 90), 36_000),  # around a pole
        ((-180, -90, 180, 90), 36_000),  # all of it
    ],
)
def test_every_domain_gives_a_field(
    on: Callable[[Grid], Model], box: tuple[float, ...], size: float
) -> None:
    """Near each station the field is that of the station, and far from all that of their mean."""
    grid = new_domain(extent_of_box(*box), cell_size=size).grid
    values, numbers = day(grid, 25)
    found = on(grid).run(values, numbers)
    at = numbers[:, 0] > 0
    assert found.scale is not None
    reports = values[:, 0][at]
    assert np.corrcoef(found.field[at], reports)[0, 1] > 0.8
    assert found.field.min() > 0.3 * reports.min()
    assert found.field.max() < 1.5 * reports.max()
    assert found.scale[at].mean() < 0.9 * found.scale.mean()


def test_on_both_sides_of_the_date_line_nothing_is_cut(on: Callable[[Grid], Model]) -> None:
    """A station at 179.9 E speaks for cells at 179.9 W as for those at 179.7 E."""
    grid = new_domain(extent_around(180, 60, 600), cell_size=12_000).grid
    values, numbers = np.zeros((2, 1, 1, *grid.shape), np.float32)
    cells = grid.cells([180.0, 174.0, -174.0], [60.0, 58.0, 62.0])
    values.reshape(-1)[cells], numbers.reshape(-1)[cells] = (90, 20, 20), 1
    found = on(grid).run(values, numbers)
    assert found.scale is not None
    row, column = np.divmod(cells[0], grid.columns)
    line = found.field[0, row, column - 6 : column + 7]
    assert np.abs(np.diff(line)).max() < 15
    assert line[6] == line.max()


def test_too_many_stations_are_put_together_in_squares() -> None:
    grid = new_domain(extent_around(116, 33, 900), cell_size=12_000).grid
    values, numbers = day(grid, 2300, times=2)
    found = list(stations_of(values[:, 0], numbers[:, 0]))
    assert len(found) == 2
    for one, value, number in zip(found, values[:, 0], numbers[:, 0], strict=True):
        assert len(one.cell) <= any_place.MOST_STATIONS
        assert one.number.sum() == number.sum()
        assert (one.value * one.number).sum() == pytest.approx((value * number).sum(), rel=1e-5)


def test_a_model_and_its_copies(on: Callable[[Grid], Model]) -> None:
    grid = new_domain(extent_around(10, 51, 200)).grid
    model = on(grid)
    again = pickle.loads(pickle.dumps(model))
    given = day(grid, 20)
    np.testing.assert_array_equal(again.run(*given).field, model.run(*given).field)
    assert copy.copy(model) is model
    assert f"{grid.rows} x {grid.columns} cells of 6000 m" in repr(model)
    assert model.static_layer("height").shape == grid.shape
    with pytest.raises(InputError, match="no static layer 'snow'"):
        model.static_layer("snow")


def test_a_station_alone_says_nothing_of_how_much_fields_vary(on: Callable[[Grid], Model]) -> None:
    """Intervals are wide with one station, and with a few that agree."""
    grid = new_domain(extent_around(110, 35, 400), cell_size=12_000).grid
    for cells in ([grid.shape[1] * 16 + 16], [20, 400, 700]):
        values, numbers = np.zeros((2, 1, 1, *grid.shape), np.float32)
        values.reshape(-1)[cells], numbers.reshape(-1)[cells] = 40, 1
        found = on(grid).run(values, numbers)
        assert found.scale is not None
        np.testing.assert_allclose(found.field.reshape(-1)[cells], 40, rtol=0.05)
        # A standard deviation of a tenth of the level, at least; a scale is 0.55 of it.
        assert found.scale.min() > 0.1 * 40 * 0.55


@pytest.mark.parametrize("cells", [[], [-1], [10**6]])
def test_cells_that_are_not_there_are_refused(
    on: Callable[[Grid], Model], cells: list[int]
) -> None:
    grid = new_domain(extent_around(10, 51, 200)).grid
    with pytest.raises(InputError, match="expected one cell or more, from 0 to"):
        on(grid).run(*day(grid, 5), np.array(cells, np.int64))


def test_a_model_of_a_grid_stays_on_it() -> None:
    grid = new_domain(extent_around(10, 51, 200)).grid
    with pytest.raises(InputError, match="has a grid of its own; take one of any place"):
        load_model(threads=1).on(grid)


def test_without_a_domain_it_says_what_it_needs(on: Callable[[Grid], Model]) -> None:
    from dataclasses import replace

    unplaced = replace(on(new_domain(extent_around(10, 51, 200)).grid).metadata, own_grid=None)
    with pytest.raises(InputError, match="has no grid of its own; say where the field is to be"):
        _ = unplaced.grid
    assert "grid: any" in repr(unplaced)
